package lookup_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// FuzzCompileMatch looks for a pattern that makes Compile or Match panic, or whose answer differs
// from that of Go's regexp where both read it alike.
//
//	go test ./lookup -fuzz FuzzCompileMatch -fuzztime 10m
func FuzzCompileMatch(f *testing.F) {
	connuritest.Rows(f, "pattern", func(line int, row patternRow) {
		if line%10 == 1 { // a tenth of them holds every kind of pattern
			f.Add(row.Pattern, row.ID)
		}
	})
	f.Fuzz(func(t *testing.T, expr, id string) {
		if len(expr) > 64<<10 || len(id) > 4096 {
			return
		}
		p, err := lookup.Compile(expr)
		if err != nil {
			e, ok := errors.AsType[*lookup.PatternError](err)
			if !ok || e.What == "" || e.Offset < 0 || e.Offset > len([]rune(expr)) {
				t.Fatalf("%q: %#v", expr, err)
			}
			return
		}
		got, err := p.Match(id)
		if err != nil {
			if _, ok := errors.AsType[*lookup.BudgetError](err); !ok {
				t.Fatalf("%q on %q: %v", expr, id, err)
			}
			return
		}
		if again, err := p.Match(id); again != got || err != nil {
			t.Fatalf("%q on %q: %v, then %v %v", expr, id, got, again, err)
		}
		if !readAlike(expr, id) {
			return
		}
		theirs, err := regexp.Compile(`(?i)\A(?:` + expr + `)`)
		if err != nil { // Go has no possessive repeats
			return
		}
		if want := theirs.MatchString(id); got != want {
			t.Fatalf("%q on %q: %v, regexp says %v", expr, id, got, want)
		}
	})
}

var alike = regexp.MustCompile(`^(?:[a-zA-Z0-9_ .|()*+?^$-]|\\[dDwW.*+?()|])*$`)

// readAlike picks what Python and Go read alike: plain groups and repeats over ASCII, on one line.
func readAlike(expr, id string) bool {
	return alike.MatchString(expr) && !strings.Contains(expr, "(?") &&
		!strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' })
}

// FuzzLint reads patterns of any kind. What is advised as a pattern compiles.
func FuzzLint(f *testing.F) {
	for _, expr := range []string{`pg\|my$`, `(?#a.b)c`, `^[]a.b]$`, `[^]]`, "(?x)a # [b.c\n", `\é.b`, `^(?:[A-Z][a-z]+)+$`, `^([A-Z]|[a-z]|\d|_)+$`, "a\xff.b", `(?#\)a.b)`} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		p, err := lookup.Compile(expr)
		if err != nil || len(expr) > 1000 {
			return
		}
		for _, finding := range (lookup.Rule{Pattern: p}).Lint("pg", "MyDb") {
			if finding.Pattern != "" {
				_, err := lookup.Compile(finding.Pattern)
				assert.NoError(t, err)
			}
		}
	})
}
