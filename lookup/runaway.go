package lookup

import (
	"fmt"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// RunawayRule is the Rule of a Finding about a pattern that hangs Airflow.
const RunawayRule = "runaway"

// oneWay describes a harmless pattern if none can be written out.
const oneWay = "a pattern that can match a text in one way only, such as [a-z]+(?:_[a-z]+)* for ([a-z]+_?)+"

// A hunt is the search for an id on which CPython hangs. It takes milliseconds, so each pattern is
// searched at most once.
type hunt struct {
	once  sync.Once
	found *Finding
}

// runaway returns the finding that the pattern hangs Airflow, or nil.
func (p *Pattern) runaway() *Finding {
	if p == nil || p.expr == "" || p.hunt == nil {
		return nil
	}
	p.hunt.once.Do(func() {
		found, ok := pyre.FindRunaway(p.expr)
		if !ok {
			return
		}
		f := &Finding{Rule: RunawayRule, ID: found.ID, Instead: found.Instead, Pattern: found.Instead}
		f.Problem = fmt.Sprintf("Python's matching takes more than a second, and maybe years, on ids such as %q: "+
			"each worker that looks one up hangs", found.ID)
		if f.Instead == "" {
			f.Instead = oneWay
		}
		p.hunt.found = f
	})
	return p.hunt.found
}

// advise adds a finding that suggests a pattern. If Airflow would hang on that pattern, it suggests
// another one that matches the same ids, or describes one: a pattern that matches in one way only,
// and how it differs from the linter's.
func (l *linter) advise(topic, pattern, how, format string, args ...any) {
	instead, ok := pyre.Harmless(pattern)
	if !ok {
		instead = oneWay + ", " + how
	}
	l.add(topic, instead, format, args...)
}
