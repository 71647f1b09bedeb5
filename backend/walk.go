package backend

import (
	"context"
	"errors"
	"time"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// names are the secrets that a query asks for, in order. Which team asks matters to
// nobody after this.
func (b *Backend) names(q *Query) ([]string, *LookupError) {
	if q.Name != "" {
		return []string{q.Name}, nil
	}
	plan, err := b.plan(q)
	if err != nil {
		return nil, b.failed(q, nil, planReason(err), err)
	}
	if plan.Skip != lookup.Asked {
		return nil, b.failed(q, nil, SkipReason(plan.Skip), nil)
	}
	return plan.Names, nil
}

// trace is what a lookup has done on its way.
type trace struct {
	names  []string // asked for, up to the one that decided
	calls  int      // begun
	waited bool
	stale  bool // an answer past its time was used
}

// walk asks for names in order, as Airflow does: what it swallows leads on to the next
// name, a text or what it raises ends the lookup. A text that is refused comes with the
// error.
func (b *Backend) walk(ctx context.Context, q *Query, names []string, a *asker, t *trace) (Answer, *LookupError) {
	var why Reason
	var cause error
	for n, name := range names {
		t.names = names[:n+1]
		s, failed := a.ask(ctx, q, names, n, t)
		if failed != nil {
			return Answer{}, failed
		}
		if s.reason == 0 {
			answer, refused, refusal := s.in(b, q)
			answer.Stale = t.stale
			if refused != 0 {
				return answer, b.failed(q, []string{name}, refused, refusal)
			}
			return answer, nil
		}
		swallowed := s.reason.traits().swallowed
		// A miss says less than a secret that is there and cannot be read.
		if !swallowed || why == 0 || why.traits().notFound {
			why, cause = s.reason, s.err
		}
		if !swallowed {
			break
		}
	}
	return Answer{}, b.failed(q, t.names, why, cause)
}

// atEnd tells the end of a call's context from what a client makes of it. Credentials
// that do not come in time are named.
func atEnd(ctx context.Context, reason Reason, err error) (Reason, error) {
	switch end := ctx.Err(); {
	case end == nil:
		return reason, err
	case errors.Is(end, context.Canceled):
		return Canceled, context.Canceled // not end: a context of the caller's may say anything
	case reason == BadCredentials:
		return BadCredentials, context.DeadlineExceeded
	}
	return TimedOut, context.DeadlineExceeded
}

// within is ctx with a time limit: ctx itself where it ends before that, which
// spares a lookup in a request with a deadline five allocations.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
