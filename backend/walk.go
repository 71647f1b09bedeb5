package backend

import (
	"context"
	"errors"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// names returns the secrets that a query asks for, in order. Nothing after this depends on
// the team.
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

// trace records what a lookup did.
type trace struct {
	names  []string // the names asked for, up to the one that decided
	calls  int      // the number of calls that the lookup began
	waited bool     // the lookup waited for a call
	stale  bool     // an expired entry was used
}

// walk asks for names in order, as Airflow does: a failure that Airflow swallows leads to the
// next name; a text, or a failure that Airflow raises, ends the lookup. If the reading refuses
// the text, walk returns both the text and the error.
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
		// A secret that exists but cannot be read says more than a miss.
		if !swallowed || why == 0 || why.traits().notFound {
			why, cause = s.reason, s.err
		}
		if !swallowed {
			break
		}
	}
	return Answer{}, b.failed(q, t.names, why, cause)
}

// atEnd replaces the reason of a failed call if the call's context has ended: then the error
// of the client is a consequence of that. It keeps an error code of AWS. If credentials did
// not arrive in time, the reason stays BadCredentials.
func atEnd(ctx context.Context, reason Reason, err error) (Reason, error) {
	_, answered := err.(*awsCause) //nolint:errorlint // a cause is never wrapped
	switch end := ctx.Err(); {
	case end == nil, answered: // a late denial must not be lost
		return reason, err
	case errors.Is(end, context.Canceled):
		return Canceled, context.Canceled // not end: the caller's context chooses its text
	case reason == BadCredentials:
		return BadCredentials, context.DeadlineExceeded
	}
	return TimedOut, context.DeadlineExceeded
}

// within returns ctx with a time limit. If ctx ends earlier anyway, it returns ctx itself,
// which saves five allocations.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// asker gets the secrets for one lookup, from the client or through the store.
type asker struct {
	b    *Backend
	mode mode
	end  time.Time // when the time limit of the lookup ends; not used by direct
	mark uint64    // for refreshing: calls must begin after it

	// For cached.
	patience time.Duration // how long the lookup still waits if it could return a stale answer
	known    *known        // the entry of the query in the memo, or nil

	// For LookupAll.
	began  time.Time       // when the batch of the lookup began
	given  []*secret       // the results of batches for the names; nil if there is none
	begun  int             // the number of batches that count for this lookup
	calls  chan struct{}   // limits the number of concurrent calls
	parent context.Context // cancels the calls

	// For direct.
	limited context.Context // has the time limit of the lookup
	got     secret          // the last result
}

// mode says how an asker gets secrets.
type mode uint8

const (
	direct     mode = iota // from the client, without a store
	cached                 // from the store
	refreshing             // through the store, from a call that begins after a mark
)

func (b *Backend) cachedAsker(known *known) asker {
	return asker{b: b, mode: cached, end: time.Now().Add(b.cfg.timeout()), patience: patience, known: known}
}

// use returns the CacheOutcome of a lookup.
func (a *asker) use(t *trace) CacheOutcome {
	switch {
	case a.mode == direct, !a.b.cfg.Cache.On: // LookupAll has a store even without a cache
		return CacheUnused
	case a.mode == refreshing:
		return CacheRefresh
	case t.stale:
		return CacheStale
	case t.waited:
		return CacheMiss
	}
	return CacheHit
}

// ask returns the secret of the nth of names. It fails only if the context or the time limit
// ends first; a failed call is a secret without a text.
func (a *asker) ask(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	if a.mode == cached {
		if s := a.atHand(q, names, n, t); s != nil {
			return s, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, a.b.gaveUp(q, names[:n], err)
	}
	switch a.mode {
	case cached:
		return a.askStore(ctx, q, names, n, t)
	case refreshing:
		return a.refresh(ctx, q, names, n, t)
	}
	if names[n] != "" {
		t.calls++
	}
	a.got = a.b.fetch(a.limited, names[n], q.Stage, q.reading())
	return &a.got, nil
}

// atHand returns the secret of the nth of names if it needs no call, otherwise nil.
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

// brought returns the result of a batch for one lookup. In an outage that is the cached
// secret, if it may still be served.
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
	r.Ahead = a.b.aheadObserver(ctx, q, names[:n+1])
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

// remember adds the slot of the nth name to the memo.
func (a *asker) remember(q *Query, names []string, n int, sl *slot) {
	if a.known == nil {
		a.known = a.b.memo.add(q, names)
	}
	a.known.slots[n].Store(sl)
}

func (a *asker) refresh(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	limited, cancel := context.WithDeadline(ctx, a.end)
	defer cancel()
	result, err := a.b.store.Refresh(limited, key{names[n], q.Stage}, a.mark, a.b.request(q, names[n], n < len(names)-1, nil))
	t.add(result, names[n])
	if err != nil {
		return nil, a.b.late(ctx, q, names[:n+1])
	}
	return result.Value, nil
}

// request makes a request for a single call. If calls is not nil, the call waits for a slot
// in it.
func (b *Backend) request(q *Query, name string, absence bool, calls chan struct{}) *store.Request[*secret] {
	stage, how := q.Stage, q.reading()
	return &store.Request[*secret]{Absence: absence, Call: func(ctx context.Context) store.Outcome[*secret] {
		if calls != nil {
			select {
			case calls <- struct{}{}: // even if ctx has ended, since the lookup has counted this call
			default:
				select {
				case calls <- struct{}{}:
				case <-ctx.Done():
					return store.Outcome[*secret]{} // no call was made
				}
			}
			defer func() { <-calls }()
		}
		s := b.fetch(ctx, name, stage, how)
		return s.outcome(name)
	}}
}

// late returns the error of a lookup whose context or time limit ended while it waited.
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
