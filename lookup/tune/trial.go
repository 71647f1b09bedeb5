package tune

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Trial says what a lookup pattern would have done to the calls that were counted.
type Trial struct {
	Kind    lookup.Kind
	Form    string          // deny or allow from Suggest, denied from SuggestDenied, "" from Try
	Pattern *lookup.Pattern // what was tried

	Saved   int      // calls that would not have been made
	Left    int      // calls for missing ids that would still have been made
	Skipped []string // ids of the calls in Saved
	Hidden  []string // ids whose secrets exist and would not be found

	// Doubt has the ids that would not be found although their secrets may exist: their calls were
	// denied or failed.
	Doubt []string

	// Failed has the ids whose match takes too many steps, so that their lookup fails. Once all
	// matches together take too many steps, Failed has the remaining ids too.
	Failed []string

	Runaway *lookup.Finding // why the pattern would hang Airflow, or nil
}

// Try matches a pattern against the ids of a kind, and returns what it would have saved and hidden.
// A nil pattern saves nothing.
func (l *Usage) Try(kind lookup.Kind, p *lookup.Pattern) Trial {
	ids, _ := l.asked(kind)
	return withRunaway(try(kind, ids, p))
}

// withRunaway adds Runaway to a trial that is returned. It takes milliseconds.
func withRunaway(t Trial) Trial {
	t.Runaway = lookup.Rule{Kind: t.Kind, Pattern: t.Pattern}.Report(nil, "").Runaway
	return t
}

// asked is an id that was asked for, with what is known of it.
type asked struct {
	id string
	entry
}

// asked returns the ids of a kind, most calls first, and whether these are all. It leaves out the
// redacted id. The ids are copies, since matching them takes time and more calls may be added
// meanwhile.
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

// mostWork bounds the work of a pattern on all ids together, as a number of matches that exceed
// their own bound. A list of a thousand ids stays far below.
const mostWork = 16

// isSpent reports whether an id was not matched because the ids before it took all the work.
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
