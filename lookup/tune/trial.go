package tune

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Trial says what a lookup pattern would have done to the calls that were counted. Each id was matched against it.
type Trial struct {
	Kind    lookup.Kind
	Form    string          // deny or allow, for a suggestion
	Pattern *lookup.Pattern // what was tried

	Saved   int      // calls that it would have kept from being made
	Left    int      // calls for missing ids that it would not
	Skipped []string // the ids of these calls
	Hidden  []string // ids that are there and would not be asked for
	Doubt   []string // ids that may be there, and would not be asked for: they were only denied, or failed
	Failed  []string // ids on which matching is given up, so that their lookup fails; and all after them, once the work was too much

	Runaway *lookup.Finding // that the pattern hangs Airflow, or nil
}

// Try holds a pattern against the calls for ids of a kind. The nil pattern saves nothing.
func (l *Usage) Try(kind lookup.Kind, p *lookup.Pattern) Trial {
	ids, _ := l.asked(kind)
	return withRunaway(try(kind, ids, p))
}

// withRunaway adds what takes milliseconds to find out, for trials that are shown.
func withRunaway(t Trial) Trial {
	t.Runaway = lookup.Rule{Kind: t.Kind, Pattern: t.Pattern}.Report(nil, "").Runaway
	return t
}

// An asked id is one of a kind that is looked at, with what is known of it.
type asked struct {
	id string
	entry
}

// asked gives the ids of a kind, most calls first, and whether these are all. One that stands for others is left out. They are
// copies: to match them takes time, and calls go on coming in.
func (l *Usage) asked(kind lookup.Kind) (ids []asked, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, e := range l.ids {
		if key.kind == kind && key.id != shown.Redacted {
			ids = append(ids, asked{key.id, *e})
		}
	}
	slices.SortFunc(ids, func(a, b asked) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.id, b.id))
	})
	return ids, !l.full
}

// mostWork bounds what a pattern may take on all ids together, in matches that are given up: a list of a thousand ids is nowhere near.
const mostWork = 16

// isSpent reports whether an id was not tried because the others took too much.
func isSpent(err error) bool {
	e, ok := errors.AsType[*lookup.BudgetError](err)
	return ok && e.Spent
}

func try(kind lookup.Kind, ids []asked, p *lookup.Pattern) Trial {
	t := Trial{Kind: kind, Pattern: p}
	bounded := p.Within(context.Background(), mostWork)
	for _, a := range ids {
		ok, err := bounded.Match(a.id)
		if ok && err == nil {
			if a.missing() {
				t.Left += a.Calls
			}
			continue
		}
		if err != nil {
			t.Failed = append(t.Failed, a.id)
		}
		if a.Calls > 0 {
			t.Saved += a.Calls
			t.Skipped = append(t.Skipped, a.id)
		}
		switch {
		case a.exists:
			t.Hidden = append(t.Hidden, a.id)
		case !a.missing():
			t.Doubt = append(t.Doubt, a.id)
		}
	}
	return t
}
