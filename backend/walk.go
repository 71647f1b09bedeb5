package backend

import (
	"context"
	"errors"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
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
	_, answered := err.(*awsCause) //nolint:errorlint // a cause is never wrapped
	switch end := ctx.Err(); {
	case end == nil, answered: // late, and true: a denial must not be lost
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

// asker is how one lookup comes by secrets: in calls of its own, or through the store.
type asker struct {
	b    *Backend
	end  time.Time // when the time of the lookup is up; for the store
	way  way
	mark uint64 // of renewed

	patience time.Duration   // of kept
	began    time.Time       // of the batch that the lookup is a part of; zero outside LookupAll
	known    *known          // what the memo has of the query; nil if nothing
	given    []*secret       // what batches have brought for the names, or nil; empty outside LookupAll
	begun    int             // batches that began on behalf of this lookup
	calls    chan struct{}   // as many at a time; nil outside LookupAll
	parent   context.Context // calls end with it; nil outside LookupAll

	limited context.Context // of direct, with the time limit
	got     secret          // of direct, the last one
}

// way is where an asker asks.
type way uint8

const (
	direct  way = iota // the client: there is no cache
	kept               // the store
	renewed            // the store, for what is newer than a mark
)

func (b *Backend) keeper(known *known) asker {
	return asker{b: b, way: kept, end: time.Now().Add(b.cfg.timeout()), patience: patience, known: known}
}

// use is what an Event says of the cache.
func (a *asker) use(t *trace) CacheOutcome {
	switch {
	case a.way == direct, !a.b.cfg.Cache.On: // the store is that of a LookupAll
		return CacheUnused
	case a.way == renewed:
		return CacheRefresh
	case t.stale:
		return CacheStale
	case t.waited:
		return CacheMiss
	}
	return CacheHit
}

// ask gives the secret of the nth of names. It fails if nothing can be said of it in
// time. "There is none" leads on to the next name, and is an answer but for the last.
func (a *asker) ask(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	if a.way == kept {
		if s := a.atHand(q, names, n, t); s != nil {
			return s, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, a.b.gaveUp(q, names[:n], err)
	}
	switch a.way {
	case kept:
		return a.askStore(ctx, q, names, n, t)
	case renewed:
		return a.renew(ctx, q, names, n, t)
	}
	if names[n] != "" {
		t.calls++
	}
	a.got = a.b.fetch(a.limited, names[n], q.Stage, q.reading())
	return &a.got, nil
}

// atHand is the secret that needs no call and no lock, nil if there is none.
func (a *asker) atHand(q *Query, names []string, n int, t *trace) *secret {
	absence := n < len(names)-1
	if n < len(a.given) && a.given[n] != nil {
		s, stale := a.b.brought(a.given[n], key{names[n], q.Stage}, absence)
		t.waited, t.stale = true, t.stale || stale
		return s
	}
	if a.known == nil {
		return nil
	}
	sl := a.known.slots[n].Load()
	if sl == nil {
		return nil
	}
	s, _, _ := sl.Fresh(a.b.store.Now(), absence)
	return s
}

// brought is what a lookup gets of what a batch has brought: in an outage what is kept, if
// it may still be handed out.
func (b *Backend) brought(s *secret, k key, absence bool) (got *secret, stale bool) {
	if s.reason.traits().keep == store.Outage {
		if kept, stale, ok := b.store.Stale(k, absence); ok {
			return kept, stale
		}
	}
	return s, false
}

func (a *asker) askStore(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	k, absence := key{names[n], q.Stage}, n < len(names)-1
	r := a.b.request(q, names[n], absence, a.calls)
	left := a.patience
	r.Patience, r.Parent = &left, a.parent
	r.Ahead = a.b.ahead(ctx, q, names[:n+1])
	limited, cancel := context.WithDeadline(ctx, a.end)
	defer cancel()
	result, sl, err := a.b.store.Get(limited, k, r)
	a.patience = left
	t.add(result, names[n])
	if err != nil {
		if s, stale, ok := a.b.store.Stale(k, absence); ok && ctx.Err() == nil {
			t.stale = t.stale || stale
			return s, nil
		}
		return nil, a.b.late(ctx, q, names[:n+1])
	}
	if sl.Kept() && len(q.ID) <= longestKnown {
		a.remember(q, names, n, sl)
	}
	return result.Value, nil
}

// remember puts the slot of the nth name into the memo.
func (a *asker) remember(q *Query, names []string, n int, sl *slot) {
	if a.known == nil {
		a.known = a.b.memo.add(q, names)
	}
	a.known.slots[n].Store(sl)
}

func (a *asker) renew(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	limited, cancel := context.WithDeadline(ctx, a.end)
	defer cancel()
	result, err := a.b.store.Refresh(limited, key{names[n], q.Stage}, a.mark, a.b.request(q, names[n], n < len(names)-1, nil))
	t.add(result, names[n])
	if err != nil {
		return nil, a.b.late(ctx, q, names[:n+1])
	}
	return result.Value, nil
}

// request asks for a name in a call of its own, once there is a place in calls.
func (b *Backend) request(q *Query, name string, absence bool, calls chan struct{}) *store.Request[*secret] {
	stage, how := q.Stage, q.reading()
	return &store.Request[*secret]{Absence: absence, Call: func(ctx context.Context) store.Outcome[*secret] {
		if calls != nil {
			select {
			case calls <- struct{}{}: // even if ctx has ended: the lookup has counted this call
			default:
				select {
				case calls <- struct{}{}:
				case <-ctx.Done():
					return store.Outcome[*secret]{} // there was no call
				}
			}
			defer func() { <-calls }()
		}
		s := b.fetch(ctx, name, stage, how)
		return s.outcome(name)
	}}
}

// late is the error of a lookup that has waited until its context ended, or until its own
// time was up.
func (b *Backend) late(ctx context.Context, q *Query, names []string) *LookupError {
	if err := ctx.Err(); err != nil {
		return b.gaveUp(q, names, err)
	}
	return b.failed(q, names, TimedOut, context.DeadlineExceeded)
}

func (t *trace) add(r store.Result[*secret], name string) {
	if r.Began && name != "" {
		t.calls++
	}
	t.waited, t.stale = t.waited || r.Waited, t.stale || r.Stale
}
