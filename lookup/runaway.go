package lookup

import (
	"fmt"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/pyre"
)

// RunawayRule is the rule of the finding that a pattern hangs Airflow.
const RunawayRule = "runaway"

// oneWay describes a pattern that is harmless where none can be named.
const oneWay = "a pattern that can match a text in one way only, such as [a-z]+(?:_[a-z]+)* for ([a-z]+_?)+"

// A hunt is the search for an id on which CPython runs away. It takes milliseconds, so that each pattern is searched once at most.
type hunt struct {
	once  sync.Once
	found *Finding
}

// runaway gives the finding that the pattern hangs Airflow, or nil.
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

// advise adds a finding that says to write a pattern. Where Airflow would hang on that one, it is another that matches the same ids, or a
// description: a pattern of one way, and how it differs from the linter's.
func (l *linter) advise(topic, pattern, how, format string, args ...any) {
	instead, ok := pyre.Harmless(pattern)
	if !ok {
		instead = oneWay + ", " + how
	}
	l.add(topic, instead, format, args...)
}
