package store

import (
	"context"
	"errors"
	"time"
)

// call is one call for one key, in the air until done is closed. It outlives the
// lookup that began it.
type call[K comparable, V any] struct {
	slot    *Slot[K, V]
	request *Request[V]
	seq     uint64
	ends    time.Duration // when its time is up
	done    chan struct{}

	// Valid once done is closed.
	outcome Outcome[V]
	panics  bool
	panic   any
	next    *call[K, V] // the one that began when this landed, for those who waited for it

	// Under the lock of the store.
	inVain  bool          // a lookup has spent its patience on it
	waiting []*Request[V] // of refreshes that want the next call
}

// landing is how long a lookup whose time is up waits for a call whose time is up as
// well: its outcome says more.
const landing = 20 * time.Millisecond

// settled waits until the call has landed. The error is the context's.
func (s *Store[K, V]) settled(ctx context.Context, c *call[K, V]) error {
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	if c.ends-s.Now() <= landing && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		timer := time.NewTimer(landing)
		defer timer.Stop()
		select {
		case <-c.done:
			return nil
		case <-timer.C:
		}
	}
	return ctx.Err()
}

// landed is settled, and passes a panic of the call on.
func (s *Store[K, V]) landed(ctx context.Context, c *call[K, V]) error {
	if err := s.settled(ctx, c); err != nil {
		return err
	}
	c.repanic()
	return nil
}

func (c *call[K, V]) repanic() {
	if c.panics {
		panic(c.panic)
	}
}

// claimLocked puts a new call into the air. The caller lands it.
func (s *Store[K, V]) claimLocked(sl *Slot[K, V], r *Request[V]) *call[K, V] {
	s.seq++
	c := &call[K, V]{slot: sl, request: r, seq: s.seq, ends: after(s.Now(), s.policy.Timeout), done: make(chan struct{})}
	sl.call = c
	return c
}

// startLocked begins a call in a goroutine of its own. ahead is told of its outcome,
// if not nil.
func (s *Store[K, V]) startLocked(ctx context.Context, sl *Slot[K, V], r *Request[V], ahead func(Outcome[V], time.Duration)) *call[K, V] {
	c := s.claimLocked(sl, r)
	go func() {
		began := s.Now()
		returned := false
		defer func() { // also where the call panics, or ends its goroutine
			if !returned {
				c.outcome = s.lost
				c.panic = recover()
				c.panics = c.panic != nil
			}
			s.land(c)
			if ahead != nil {
				ahead(c.outcome, s.Now()-began)
			}
		}()
		parent := ctx
		if !r.Cut {
			parent = context.WithoutCancel(ctx)
		}
		limited, cancel := context.WithTimeout(parent, s.policy.Timeout)
		defer cancel()
		c.outcome = r.Call(limited)
		returned = true
		if r.Cut {
			s.cut(ctx, c)
		}
	}()
	return c
}

// cut makes the outcome of a call Unknown if the call ended with its starter's context
// before its own time was up. That is not an outage.
func (s *Store[K, V]) cut(ctx context.Context, c *call[K, V]) {
	if ctx.Err() != nil && s.Now() < c.ends && (c.outcome.Keep == Leave || c.outcome.Keep == Outage) {
		c.outcome.Keep = Unknown
	}
}

// land ends a call. Its outcome is kept unless the call was detached meanwhile, so
// that what is kept always comes from the call that began last.
func (s *Store[K, V]) land(c *call[K, V]) {
	s.mu.Lock()
	sl := c.slot
	if sl.call == c {
		sl.call = nil
		s.keepLocked(sl, c)
		if sl.entry.Load() == nil {
			s.dropLocked(sl)
		}
	}
	if len(c.waiting) > 0 {
		// The key may have another slot by now, and a call that began after this one.
		now := s.slotLocked(sl.key)
		if c.next = now.call; c.next == nil {
			c.next = s.startLocked(c.waiting[0].ctx, now, c.waiting[0], nil)
		}
	}
	s.mu.Unlock()
	close(c.done)
}
