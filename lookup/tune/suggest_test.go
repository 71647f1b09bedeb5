package tune_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// logOf returns a Usage with a number of calls for each id of a connection. The existing ids were
// found; an id that begins with a question mark was denied.
func logOf(existing, missing map[string]int) *tune.Usage {
	log := tune.New(tune.Config{})
	add := func(ids map[string]int, outcome tune.Outcome) {
		for id, calls := range ids {
			e := tune.Event{ID: id, Outcome: outcome}
			if rest, denied := strings.CutPrefix(id, "?"); denied {
				e.ID, e.Outcome = rest, tune.Denied
			}
			for range calls {
				log.Add(e)
			}
			if calls == 0 {
				log.Exists(lookup.KindConnection, e.ID)
			}
		}
	}
	add(existing, tune.Found)
	add(missing, tune.NotFound)
	return log
}

type ids = map[string]int

func TestSuggestedPatterns(t *testing.T) {
	many := ids{}
	for n := range 500 {
		many[fmt.Sprintf("tmp_%03d", n)] = 500 - n
	}
	for _, test := range []struct {
		name              string
		inForce           string
		existing, missing ids
		want              []string
	}{
		{name: "worst first", existing: ids{"pg": 1}, missing: ids{"smtp_default": 2, "aws_default": 9},
			want: []string{"deny 11 ^(?!(aws_default|smtp_default)$)"}},
		{name: "nothing is missing", existing: ids{"pg": 1}},
		{name: "nothing at all"},
		{name: "found and not found", existing: ids{"pg": 1}, missing: ids{"pg": 5}},
		{name: "denied once", existing: ids{"?pg": 1}, missing: ids{"pg": 5}},
		{name: "said to exist", existing: ids{"pg": 0}, missing: ids{"pg": 5}},
		{name: "case", existing: ids{"PG": 1}, missing: ids{"pg": 5, "x": 2},
			want: []string{"deny 2 ^(?!(x)$)"}},
		{name: "case of a denied one", existing: ids{"?PG": 1}, missing: ids{"pg": 5, "x": 2},
			want: []string{"deny 2 ^(?!(x)$)"}},
		{name: "case, both missing", existing: ids{"a": 1}, missing: ids{"pg": 5, "PG": 2},
			want: []string{"deny 7 ^(?!(pg|PG)$)"}},
		{name: "long s", existing: ids{"\u017fmtp": 1}, missing: ids{"smtp": 5}},
		{name: "end of line", existing: ids{"pg\n": 1}, missing: ids{"pg": 5}},
		{name: "what a pattern means otherwise", existing: ids{"axb": 1},
			missing: ids{"a.b": 5, "a+b/c-d@e=f!": 4, `\d`: 3,
				"(|)": 2}, want: []string{`deny 14 ^(?!(a\.b|a\+b/c-d@e=f!|\\d|\(\|\))$)`}},
		{name: "not for a pattern", missing: ids{"postgres://u:hunter2@h/db": 9, "a\x00b": 5, "": 4,
			"x": 1}, want: []string{"deny 1 ^(?!(x)$)"}},
		{name: "beginnings", existing: ids{"pg_a": 1, "pg_b": 1, "?team_a/x": 1, "team_a/y": 0},
			missing: ids{"team_b/x": 5, "smtp_default": 5,
				"aws_default": 5}, want: []string{"deny 15 ^(?!(aws_default|smtp_default|team_b/x)$)",
				"allow 15 ^(pg_|team_a/)"}},
		{name: "beginnings and whole ids", existing: ids{"pg_a": 1, "pg_b": 1, "redis": 1},
			missing: ids{"redis_but_not_here": 5, "mysql_nor_mysql_here": 5},
			want: []string{"deny 10 ^(?!(mysql_nor_mysql_here|redis_but_not_here)$)",
				`allow 10 ^(pg_|redis$)`}},
		{name: "no beginning is shared", existing: ids{"a": 1, "pg_b": 1},
			missing: ids{"redis_but_not_here": 5, "mysql_nor_mysql_here": 5},
			want:    []string{"deny 10 ^(?!(mysql_nor_mysql_here|redis_but_not_here)$)"}},
		{name: "a few calls let through", existing: ids{"pg_a": 1, "pg_b": 1},
			missing: ids{"pg_none_of_them": 1, "redis_but_not_here": 500},
			want:    []string{"deny 501 ^(?!(redis_but_not_here|pg_none_of_them)$)", "allow 500 ^(pg_)"}},
		{name: "beginnings would be longer", existing: ids{"pg_a": 1, "mysql_b": 1},
			missing: ids{"x": 1}, want: []string{"deny 1 ^(?!(x)$)"}},
		{name: "too many to name", existing: ids{"pg_a": 1, "pg_b": 1}, missing: many,
			want: []string{"deny 93624 ^(?!(tmp_000|", "allow 125250 ^(pg_)"}},
		{name: "a list in force", inForce: `^(?!(aws_default|a\.b)$)`, existing: ids{"pg": 1},
			missing: ids{"aws_default": 50, "x": 5}, want: []string{`deny 5 ^(?!(aws_default|a\.b|x)$)`}},
		{name: "not quite a list in force", inForce: "^(?!(a+|b)$)", existing: ids{"pg": 1},
			missing: ids{"aa": 50, "x": 5}, want: []string{"deny 5 ^(?!(?:x)$)(?:^(?!(a+|b)$))"}},
		{name: "MWAA's in force", inForce: "^(?!aws_default$).*$", existing: ids{"pg": 1},
			missing: ids{"aws_default": 50, "x": 5}, want: []string{"deny 5 ^(?!(aws_default|x)$)"}},
		{name: "another in force", inForce: "^p|^x", existing: ids{"pg_data": 1, "pg_logs": 1},
			missing: ids{"aws_default": 50, "x_longer": 5, "x": 5},
			want:    []string{"deny 10 ^(?!(?:x|x_longer)$)(?:^p|^x)", "allow 10 ^(?=pg_)(?:^p|^x)"}},
		{name: "groups in force", inForce: `(a)\1`, existing: ids{"aa": 1},
			missing: ids{"ab": 50, "aab": 5}, want: []string{`deny 5 ^(?!(?:aab)$)(a)\1`}},
		{name: "flags in force", inForce: `(?x) a b`, existing: ids{"ab": 1}, missing: ids{"abc": 50}},
		{name: "all that is missing is refused already", inForce: "^pg", existing: ids{"pg": 1},
			missing: ids{"aws_default": 50}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			log := logOf(test.existing, test.missing)
			for _, s := range log.Suggest(lookup.KindConnection, lookup.MustCompile(test.inForce)) {
				assert.Empty(t, s.Hidden)
				assert.Empty(t, s.Doubt)
				text := fmt.Sprint(s.Form, " ", s.Saved, " ", s.Pattern)
				if len(text) > 1000 {
					text = text[:len("deny 93624 ^(?!(tmp_000|")]
				}
				got = append(got, text)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// TestSuggestionsHold makes random sets of ids, and counts again what each suggestion does to them.
func TestSuggestionsHold(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	parts := []string{"pg", "PG", "mysql", "team_a", "team-b", "aws_default", "x", "a.b", "a+", "(",
		"[x]", "$", "\u017f", "s", "\u212a", "k", "\n", " ", "#", "{2}", "_", "-", "/", "//", "."}
	inForce := []string{"", "", "", "^(?!aws_default$).*$", "^(?!(aws_default|x)$)", "^(?!aws)",
		"pg|team", "(?i)(?!x)", "(.)(?!\\1)", "^(?!aws-default).*"}
	suggested, allowed := 0, 0
	for set := range 1000 {
		pattern := inForce[random.IntN(len(inForce))]
		existing, missing := ids{}, ids{}
		for range random.IntN(40) {
			var id strings.Builder
			for range 1 + random.IntN(4) {
				id.WriteString(parts[random.IntN(len(parts))])
			}
			name := id.String()
			switch random.IntN(5) {
			case 0:
				existing[name] = random.IntN(5)
			case 1:
				existing["?"+name] = 1 + random.IntN(3)
			default:
				missing[name] = 1 + random.IntN(50)
			}
		}
		wasted := 0
		rule := lookup.Rule{Pattern: lookup.MustCompile(pattern)}
		through := func(id string) bool {
			ok, err := rule.Pattern.Match(id)
			require.NoError(t, err)
			return ok
		}
		for id, calls := range missing {
			_, exists := existing[id]
			_, denied := existing["?"+id]
			if !exists && !denied && !strings.Contains(id, "{") && through(id) {
				wasted += calls
			}
		}
		for _, s := range logOf(existing, missing).Suggest(lookup.KindConnection, rule.Pattern) {
			suggested++
			if s.Form == "allow" {
				allowed++
			}
			p, err := lookup.Compile(s.Pattern.String())
			require.NoError(t, err, "set %d", set)
			assert.Equal(t, lookup.KindConnection, s.Kind)
			saved := 0
			for _, all := range []ids{existing, missing} {
				for id, calls := range all {
					id = strings.TrimPrefix(id, "?")
					if strings.Contains(id, "{") {
						continue // it cannot be the name of a secret, but may be a secret itself
					}
					ok, err := p.Match(id)
					require.NoError(t, err)
					_, exists := existing[id]
					_, denied := existing["?"+id]
					if !through(id) {
						assert.False(t, ok, "set %d: %q asks for %q again, which %q refuses", set, p, id, pattern)
						continue
					}
					if exists || denied {
						assert.True(t, ok, "set %d: %q hides %q", set, p, id)
					}
					if !ok {
						saved += calls
					}
				}
			}
			assert.Equal(t, saved, s.Saved, "set %d: %q", set, p)
			assert.Positive(t, s.Saved)
			assert.Equal(t, wasted, s.Saved+s.Left, "set %d: %q", set, p)
			assert.NotContains(t, p.String(), "{")
		}
	}
	t.Logf("%d suggestions, %d of them by beginnings", suggested, allowed)
	assert.Greater(t, suggested, 700)
	assert.Greater(t, allowed, 50)
}

func TestLongestBoundsPatterns(t *testing.T) {
	log := tune.New(tune.Config{Longest: len("^(?!(aaa|bbb)$)")})
	for n, id := range []string{"ccc", "bbb", "aaa"} {
		for range n + 1 {
			log.Add(tune.Event{ID: id, Outcome: tune.NotFound})
		}
	}
	all := log.Suggest(lookup.KindConnection, nil)
	require.Len(t, all, 1)
	assert.Equal(t, "^(?!(aaa|bbb)$)", all[0].Pattern.String())
	assert.Equal(t, 5, all[0].Saved)
	assert.Equal(t, 1, all[0].Left)
	assert.Empty(t, log.Suggest(lookup.KindConnection,
		lookup.MustCompile("^(?!(d|e|f|g|h|i|j|k|l|m)$)")), "no room for one more")
}

// TestIDsInAnotherSpellingNotRefused checks that ids that exist in another spelling are not
// refused, and that only so many are tried.
func TestIDsInAnotherSpellingNotRefused(t *testing.T) {
	for spelt, want := range map[int]int{400: 1, 600: 0} {
		existing, missing := ids{}, ids{"x": 1}
		for n := range spelt {
			existing[fmt.Sprint("PG_", n)], missing[fmt.Sprint("pg_", n)] = 1, 2
		}
		assert.Len(t, logOf(existing, missing).Suggest(lookup.KindConnection, nil), want, "%d", spelt)
	}
}

// TestSuggestWithHostilePatternInForce checks a pattern in force that takes too many steps on many
// ids: what it refuses is unknown, and Suggest returns soon.
func TestSuggestWithHostilePatternInForce(t *testing.T) {
	missing := ids{"zz": 1}
	for n := range 40 {
		missing[fmt.Sprint(strings.Repeat("a", 60), n)] = 2
	}
	log := logOf(ids{"b": 1}, missing)
	hostile := lookup.MustCompile(`(?:(a+)+\1?b|zz|b)`)
	assert.Empty(t, log.Suggest(lookup.KindConnection, hostile.Within(t.Context(), 1)),
		"the caller's bound holds")
	assert.Len(t, log.Try(lookup.KindConnection, hostile.Within(t.Context(), 1)).Failed, 42,
		"b and zz come after the others")
	if !raceDetector {
		assert.Empty(t, log.Suggest(lookup.KindConnection, hostile))
	}
}

func TestTryCountsSavedAndHidden(t *testing.T) {
	log := logOf(ids{"pg": 3, "?aws_default": 2, "quiet": 0}, ids{"smtp_default": 10, "gone": 4})
	log.Add(tune.Event{Kind: lookup.KindVariable, ID: "gone", Outcome: tune.NotFound})
	trial := log.Try(lookup.KindConnection, lookup.MustCompile(`^(?!pg|quiet|aws_default|smtp)`))
	assert.Equal(t, 15, trial.Saved)
	assert.Equal(t, 4, trial.Left)
	assert.Equal(t, []string{"smtp_default", "pg", "aws_default"}, trial.Skipped)
	assert.Equal(t, []string{"pg", "quiet"}, trial.Hidden)
	assert.Equal(t, []string{"aws_default"}, trial.Doubt)
	assert.Empty(t, trial.Failed)
	assert.Zero(t, log.Try(lookup.KindConnection, nil).Saved)

	long := strings.Repeat("a", 60)
	log = logOf(ids{long: 3}, nil)
	trial = log.Try(lookup.KindConnection, lookup.MustCompile(`(a*)*(a*)*\1\2b`))
	assert.Equal(t, []string{long}, trial.Failed)
	assert.Equal(t, []string{long}, trial.Hidden, "a lookup that fails finds nothing")
	assert.Equal(t, 3, trial.Saved)
}
