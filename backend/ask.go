package backend

import (
	"context"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
)

// direct asks without a cache, all within one time limit.
type direct struct {
	b       *Backend
	limited context.Context
}

func (d *direct) names(q *Query) ([]string, *LookupError) { return d.b.names(q) }

func (d *direct) use(*trace) CacheUse { return CacheUnused }

func (d *direct) ask(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	if err := ctx.Err(); err != nil {
		return nil, d.b.gaveUp(q, names[:n], err)
	}
	if names[n] != "" {
		t.calls++
	}
	return d.b.fetch(d.limited, names[n], q.Stage, q.reading()), nil
}

// cached asks the store. Its time limit and its patience are for the whole lookup.
type cached struct {
	b        *Backend
	end      time.Time // when the time is up
	patience time.Duration
	known    *known        // of the query; nil if nothing is
	slots    []*slot       // of the names, as far as they were asked for
	given    []given       // what a batch has brought for the names; nil outside LookupAll
	calls    chan struct{} // as many at a time; nil outside LookupAll
}

// given is what a batch has brought for a name.
type given struct {
	secret *secret // nil if the batch did not ask for it
	stale  bool
	begun  bool // on behalf of this lookup
}

func (b *Backend) cached(q *Query) *cached {
	return &cached{b: b, end: time.Now().Add(b.cfg.timeout()), patience: patience, known: b.memo.find(q)}
}

func (c *cached) names(q *Query) ([]string, *LookupError) {
	if c.known != nil {
		return c.known.names, nil
	}
	return c.b.names(q)
}

func (c *cached) use(t *trace) CacheUse {
	switch {
	case !c.b.cfg.Cache.On: // the store is that of a LookupAll
		return CacheUnused
	case t.stale:
		return CacheStale
	case t.waited:
		return CacheMiss
	}
	return CacheHit
}

func (c *cached) ask(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	if n < len(c.given) && c.given[n].secret != nil {
		if c.given[n].begun {
			t.calls++
		}
		t.waited, t.stale = true, t.stale || c.given[n].stale
		return c.given[n].secret, nil
	}
	absence := n < len(names)-1 // "there is none" leads on to the next name
	if c.known != nil && c.known.slots[n] != nil {
		if s, _, ok := c.known.slots[n].Fresh(c.b.store.Now(), absence); ok {
			return s, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, c.b.gaveUp(q, names[:n], err)
	}
	r := c.b.request(q, names[n], absence, c.calls)
	r.Patience, r.Cut = &c.patience, c.calls != nil
	r.Ahead = c.b.ahead(ctx, q, names[:n+1])
	limited, cancel := context.WithDeadline(ctx, c.end)
	defer cancel()
	result, sl, err := c.b.store.Get(limited, key{names[n], q.Stage}, r)
	t.add(result, names[n])
	if err != nil {
		if s, ok := c.b.store.Stale(key{names[n], q.Stage}, absence); ok && ctx.Err() == nil {
			t.stale = true
			return s, nil
		}
		return nil, c.b.late(ctx, q, names[:n+1])
	}
	c.remember(q, names, n, sl)
	return result.Value, nil
}

// remember puts the slot of the nth name into the memo.
func (c *cached) remember(q *Query, names []string, n int, sl *slot) {
	if c.known != nil && c.known.slots[n] == sl {
		return
	}
	k := &known{names: names, slots: make([]*slot, len(names))}
	if c.known != nil {
		copy(k.slots, c.known.slots)
	}
	k.slots[n] = sl
	c.b.memo.put(q, c.known, k)
	c.known = k
}

// renewed asks the store for what is newer than a mark.
type renewed struct {
	b    *Backend
	mark uint64
	end  time.Time // when the time is up
}

func (r *renewed) names(q *Query) ([]string, *LookupError) { return r.b.names(q) }

func (r *renewed) use(*trace) CacheUse { return CacheRefresh }

func (r *renewed) ask(ctx context.Context, q *Query, names []string, n int, t *trace) (*secret, *LookupError) {
	if err := ctx.Err(); err != nil {
		return nil, r.b.gaveUp(q, names[:n], err)
	}
	limited, cancel := context.WithDeadline(ctx, r.end)
	defer cancel()
	result, err := r.b.store.Refresh(limited, key{names[n], q.Stage}, r.mark, r.b.request(q, names[n], n < len(names)-1, nil))
	t.add(result, names[n])
	if err != nil {
		return nil, r.b.late(ctx, q, names[:n+1])
	}
	return result.Value, nil
}

// request asks for a name in a call of its own, once there is a place in calls.
func (b *Backend) request(q *Query, name string, absence bool, calls chan struct{}) *store.Request[*secret] {
	stage, how := q.Stage, q.reading()
	return &store.Request[*secret]{Absence: absence, Call: func(ctx context.Context) store.Outcome[*secret] {
		if calls != nil {
			select {
			case calls <- struct{}{}:
				defer func() { <-calls }()
			case <-ctx.Done():
			}
		}
		return b.fetch(ctx, name, stage, how).outcome()
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
