package lookup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A runawayRow is a pattern whose cost was measured on CPython.
type runawayRow struct {
	Pattern string `json:"pattern"`
	Runaway bool   `json:"runaway"` // some id of 64 characters takes more than a second
	Outside bool   `json:"outside"` // such an id holds a character that AWS takes in no name
	Growth  string `json:"growth"`
	Part    string `json:"part"`
}

func runawayRows(t testing.TB) (rows []runawayRow) {
	found := connuritest.Rows(t, "runaway", func(_ int, r runawayRow) { rows = append(rows, r) })
	connuritest.RequireFound(t, found)
	return rows
}

// runawayOf is the finding of Lint that a pattern hangs Airflow.
func runawayOf(expr string) (found lookup.Finding, ok bool) {
	p, err := lookup.Compile(expr)
	if err != nil {
		return found, false
	}
	for _, f := range (lookup.Rule{Pattern: p}).Lint() {
		if f.Rule == lookup.RunawayRule {
			return f, true
		}
	}
	return found, false
}

// TestRunawayConformance compares the findings with what was measured, within the bounds that the
// rule promises. With AIRFLOW_VECTORS it does so for another set.
func TestRunawayConformance(t *testing.T) {
	var hung, found, quiet, alarms int
	for _, r := range runawayRows(t) {
		_, ok := runawayOf(r.Pattern)
		people := r.Part == "realistic" || r.Part == "listed" // who wrote it
		switch {
		case r.Runaway && r.Outside:
		case r.Runaway:
			hung++
			if ok {
				found++
				continue
			}
			t.Logf("%s: %s is not found", r.Part, r.Pattern)
			assert.False(t, r.Part == "hand" && r.Growth == "exponential", "%s is not found", r.Pattern)
		case people:
			assert.False(t, ok, "a false alarm on %s", r.Pattern)
		default:
			quiet++
			if ok {
				alarms++
				t.Logf("%s: a false alarm on %s", r.Part, r.Pattern)
			}
		}
	}
	t.Logf("%d of %d found, %d false alarms on %d", found, hung, alarms, quiet)
	fmt.Printf("runaway: %d passed, %d failed, 0 by choice\n", found+quiet-alarms, hung-found+alarms)
	assert.GreaterOrEqual(t, 100*found, 95*hung, "at least 95% are found")
	assert.LessOrEqual(t, 100*alarms, 2*quiet, "at most 2% are false alarms")
}

// TestRunawayInstead compares what is advised with the pattern that it replaces.
func TestRunawayInstead(t *testing.T) {
	for expr, want := range map[string]string{
		`^(\w+_?)+$`:               `^\w+$`,
		`(a+)+$`:                   `a+$`,
		`^([a-z]+_?)*$`:            `^(?:[a-z]+(?:_[a-z]+)*_?)?$`,
		`^(pg_|\w+)*_prod$`:        `^\w*_prod$`,
		`^(?:_?[a-z]+)+$`:          `^_?[a-z]+(?:_[a-z]+)*$`,
		`^(?!(\w+_?)+$).*`:         `^(?!\w+$).*`,
		`^(?:aws|gcp)_(\w+-?)+`:    "",
		`^([a-z]+[0-9]*)+$`:        `^[a-z][a-z0-9]*$`,
		`^(?:[a-z][a-z0-9]*_?)+$`:  `^[a-z](?:[a-z0-9]|_[a-z])*_?$`,
		`^(?:\d{1,3},?)+$`:         `^\d(?:,?\d)*,?$`,
		`^([a-z]+(?:_[a-z]+)*)+$`:  `^(?:[a-z]+_)*[a-z]+$`,
		`^(\w+_?){2,}$`:            `^\w\w+$`,
		`^(\w+-?)+/(\w+-?)+$`:      `^\w+(?:-\w+)*-?/\w+(?:-\w+)*-?$`,
		`^([a-z]{1,8}){1,10}/x$`:   `^[a-z]{1,80}/x$`,
		`^(?:\w+|etl_)+-x$`:        `^\w+-x$`,
		`^([a-z]+|[0-9]+)+$`:       `^[a-z0-9]+$`,
		`^\w+([_-]\w+)*$`:          `^\w+(?:[_-](?:\w+-)*\w+)?$`,
		`^\w+([_.-]\w+)*$`:         `^\w+(?:[_.-](?:\w+[.\-])*\w+)?$`,
		`^\w+(?:[_\-]\w+)+$`:       `^\w+[_\-](?:\w+-)*\w+$`,
		`^\w+([a-c-]\w+)*$`:        `^\w+(?:[a-c-](?:\w+-)*\w+)?$`,
		`^(?:[\w-]+[._-]?)+$`:      `^[\w-](?:\.?[\w-])*\.?$`,
		`^(\w+[_-])*\w+$`:          `^(?:\w+-)*\w+$`,
		`^((\w+[-_.])*\w+)$`:       `^((?:\w+[\-.])*\w+)$`,
		`^((?>\w+_?)+|x)$`:         "",
		`^(\w+_)+_prod$`:           `^\w+__prod$`,
		`^(?=[a-z_]*$)(\w+_?)+-db`: `^(?=[a-z_]*$)\w+-db`,
	} {
		f, ok := runawayOf(expr)
		assert.Equal(t, want != "", ok, expr)
		if !ok {
			continue
		}
		assert.Equal(t, want, f.Instead, expr)
		_, again := runawayOf(f.Instead)
		assert.False(t, again, "%s runs away itself", f.Instead)
	}
}

// What is advised matches the same ids, and is not advised for what it does not match the same:
// where a group is asked for, where flags change on the way, where an atomic group makes the order
// count.
func TestRunawayInsteadMatchesTheSame(t *testing.T) {
	compared := 0
	for _, r := range runawayRows(t) {
		f, ok := runawayOf(r.Pattern)
		if !ok || strings.Contains(f.Instead, "in one way only") || isExact(r.Pattern, f.Instead) {
			continue
		}
		_, again := runawayOf(f.Instead)
		assert.False(t, again, "%s runs away like %s", f.Instead, r.Pattern)
		old, better := lookup.MustCompile(r.Pattern), lookup.MustCompile(f.Instead)
		for _, id := range sampleIDs(r.Pattern, f.ID) {
			want, err := old.Match(id)
			if err != nil {
				continue
			}
			got, err := better.Match(id)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s and %s on %s", r.Pattern, f.Instead, id)
		}
		compared++
	}
	assert.GreaterOrEqual(t, compared, 40)
	for _, expr := range []string{`^(\w+)+\1$`, `^(?-i:[a-z]+_?)+x$`, `^(?>(\w+_?)+x)$`, `^(?:\w+\b-?)+:$`, `^(\w+_?){200,}$`} {
		f, ok := runawayOf(expr)
		assert.True(t, !ok || strings.Contains(f.Instead, "in one way only"), "%s: %s", expr, f.Instead)
	}
}

// sampleIDs are short words of what a pattern names, and what is left of an attack when it is cut.
func sampleIDs(expr, attack string) (ids []string) {
	letters := []string{"a", "b", "_", "-", "0", "1", "K", "!", "prod", "x"}
	for _, r := range expr {
		if s := string(r); strings.ContainsRune("cdefghijklmnopqrstuvwyz23456789./,=+@", r) && len(letters) < 12 && !strings.Contains(strings.Join(letters, ""), s) {
			letters = append(letters, s)
		}
	}
	ids = []string{""}
	for from, length := 0, 0; length < 3; length++ {
		to := len(ids)
		for _, id := range ids[from:to] {
			for _, l := range letters {
				ids = append(ids, id+l)
			}
		}
		from = to
	}
	for at := range attack {
		for _, end := range []string{"", "_prod", "x", "0", "-", attack[len(attack)-1:]} {
			ids = append(ids, attack[:at]+end)
		}
	}
	return ids
}

// Patterns from which no better one is known get a general advice, and nothing in a finding is out
// of the pattern's own ids.
func TestRunawayWithoutInstead(t *testing.T) {
	f, ok := runawayOf(`^(\w+)+\1$`)
	require.True(t, ok)
	assert.Contains(t, f.Instead, "in one way only")
	assert.Contains(t, f.Problem, f.ID)
	assert.LessOrEqual(t, len([]rune(f.ID)), 64)
}

func TestRunawayIsReported(t *testing.T) {
	report := lookup.Rule{Pattern: lookup.MustCompile(`(a+)+$`).Within(t.Context(), 1)}.Report([]string{"pg"}, "")
	require.NotNil(t, report.Runaway)
	assert.Contains(t, report.String(), "\nrunaway: ")
	report = lookup.Rule{Pattern: lookup.MustCompile(`a+$`)}.Report([]string{"pg"}, "")
	assert.Nil(t, report.Runaway)
	assert.NotContains(t, report.String(), "runaway")
	assert.Nil(t, lookup.Rule{}.Report(nil, "").Runaway)
}

// TestRunawayDifferential gives each finding's id to CPython, which must take at least 100 times as
// long as on an id of that length that matches, or be stopped. What is advised must not be:
//
//	AIRFLOW_PYTHON=python3 go test ./lookup -run RunawayDifferential -v
func TestRunawayDifferential(t *testing.T) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	type question struct{ Pattern, ID, Quiet, Instead string }
	var in bytes.Buffer
	var asked []question
	for _, r := range runawayRows(t) {
		f, ok := runawayOf(r.Pattern)
		if !ok || !r.Runaway {
			continue
		}
		q := question{r.Pattern, f.ID, matchingID(r.Pattern, len(f.ID)), f.Instead}
		if strings.Contains(f.Instead, "in one way only") {
			q.Instead = ""
		}
		asked = append(asked, q)
		require.NoError(t, json.NewEncoder(&in).Encode(q))
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", runawayPython)
	cmd.Stdin = &in
	out, err := cmd.Output()
	require.NoError(t, err)
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, q := range asked {
		var took [3]float64
		require.NoError(t, answers.Decode(&took))
		assert.GreaterOrEqual(t, took[0], min(0.2, 100*took[1]), "%s on %s and %s", q.Pattern, q.ID, q.Quiet)
		assert.Less(t, took[2], 0.2, "%s on %s", q.Instead, q.ID)
	}
	t.Logf("%d findings", len(asked))
}

// matchingID looks for an id of a length that the pattern matches; none is found for some, and then
// another id of that length serves.
func matchingID(expr string, length int) string {
	p := lookup.MustCompile(expr)
	for _, id := range []string{"a", "x", "ab", "0", "a_", "d", "aa_", "prod", "_", "-"} {
		id = strings.Repeat(id, length)[:length]
		for _, end := range []string{"", "_prod", "y", "b", "x", "_", "-default", "!", "0", "prod", "@prod", "P", "default"} {
			if len(end) < length {
				if ok, err := p.Match(id[:length-len(end)] + end); ok && err == nil {
					return id[:length-len(end)] + end
				}
			}
		}
	}
	return strings.Repeat("@", length)
}

const runawayPython = `
import json, re, signal, sys, time
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGPROF, late)
def cost(p, s):
    start = time.process_time()
    try:
        signal.setitimer(signal.ITIMER_PROF, 0.2)
        try: p.match(s)
        finally: signal.setitimer(signal.ITIMER_PROF, 0)
    except Late: return 0.2
    return time.process_time() - start
for line in sys.stdin:
    q = json.loads(line)
    p = re.compile(q["Pattern"], re.IGNORECASE)
    p.match("")
    better = re.compile(q["Instead"], re.IGNORECASE)
    print(json.dumps([cost(p, q["ID"]), min(cost(p, q["Quiet"]) for _ in range(3)), cost(better, q["ID"])]))
`

// A look-ahead under a repeat asks for a part of an id, and what is said about a pattern that runs
// away does not run away.
func TestLintKeepsTheMeaning(t *testing.T) {
	for expr, want := range map[string][]string{
		`^(?:(?!_tmp).)*$`: nil, `^(?:(?!_test)\w)+$`: nil, `^(?!_tmp).*$`: {"open-end"}, `(?=a)(?!a_b)`: {"open-end"},
		`^(\w+_?)+prod`: {lookup.RunawayRule}, `^(a*)*b`: {lookup.RunawayRule},
	} {
		var got []string
		for _, f := range (lookup.Rule{Pattern: lookup.MustCompile(expr)}).Lint() {
			if f.Rule == "open-end" || f.Rule == "glob" || f.Rule == lookup.RunawayRule {
				got = append(got, f.Rule)
			}
		}
		assert.Equal(t, want, got, expr)
	}
}
