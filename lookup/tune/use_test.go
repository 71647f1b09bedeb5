package tune_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func TestSinceAndUntilBoundCalls(t *testing.T) {
	day := func(day int) string { return fmt.Sprintf("2026-11-%02dT00:00:00Z", day) }
	add := func(log *tune.Usage) tune.Report {
		for _, at := range []string{"2026-11-01T23:59:59Z", "2026-11-02T00:00:00Z",
			"2026-11-02T23:59:59Z", "2026-11-03T00:00:00Z", ""} {
			log.Add(tune.Event{ID: "x", Time: at, Outcome: tune.NotFound})
		}
		log.Add(tune.Event{ID: "there", Time: "2026-10-01T00:00:00Z", Outcome: tune.Found})
		log.Add(tune.Event{ID: "there", Time: "2026-11-02T00:00:00Z", Outcome: tune.NotFound})
		return log.Report()
	}
	for _, test := range []struct {
		since, until string
		calls        int
	}{
		{"", "", 7},
		{day(2), "", 4},
		{"", day(3), 5},
		{day(2), day(3), 3},
		{day(4), day(5), 0},
		{"2026-11-02", "", 0},
		{"", "2026-11-02T00:00:00.5Z", 0},
	} {
		log := tune.New(tune.Config{Since: test.since, Until: test.until})
		r := add(log)
		assert.Equal(t, test.calls, r.Total.Calls, "%v", test)
		assert.Equal(t, 7-test.calls, r.OtherTimes, "%v", test)
		for _, id := range r.IDs {
			assert.Equal(t, id.ID == "there", id.Exists, "a secret is there, whenever it was found")
		}
	}
}

func TestSuggestDeniedPatterns(t *testing.T) {
	for _, test := range []struct {
		name              string
		inForce           string
		existing, missing ids
		want              string
	}{
		{name: "denied and missing", existing: ids{"pg": 1, "?aws_default": 5},
			missing: ids{"smtp_default": 2},
			want:    "7 ^(?!(aws_default|smtp_default)$) [aws_default]"},
		{name: "denied alone", existing: ids{"?aws_default": 5},
			want: "5 ^(?!(aws_default)$) [aws_default]"},
		{name: "none denied", existing: ids{"pg": 1}, missing: ids{"smtp_default": 2}},
		{name: "denied and there", existing: ids{"?pg": 1, "pg": 0}, missing: ids{"x": 2}},
		{name: "denied and not found", existing: ids{"?pg": 1}, missing: ids{"pg": 2}},
		{name: "spelt like one that is there", existing: ids{"?PG": 1, "?x": 1, "pg": 1},
			want: "1 ^(?!(x)$) [x]"},
		{name: "refused already", inForce: "^(?!(x)$)", existing: ids{"?x": 1, "?y": 2},
			want: "2 ^(?!(x|y)$) [y]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := logOf(test.existing, test.missing)
			got := ""
			if s, ok := log.SuggestDenied(lookup.KindConnection,
				lookup.MustCompile(test.inForce)); ok {
				got = strings.Join([]string{strconv.Itoa(s.Saved), s.Pattern.String(),
					"[" + strings.Join(s.Doubt, " ") + "]"}, " ")
				assert.Empty(t, s.Hidden)
				assert.Equal(t, "denied", s.Form)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
