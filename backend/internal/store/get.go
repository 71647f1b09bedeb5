package store

import (
	"context"
	"errors"
	"time"
)

// Request says how a lookup asks for a key.
type Request[V any] struct {
	Absence bool                                 // a miss is an answer for this lookup
	Call    func(ctx context.Context) Outcome[V] // makes the call, in a new goroutine
	Ahead   func(Outcome[V], time.Duration)      // if not nil, is called after a refresh ahead with its duration
	Parent  context.Context                      // if not nil, cancels a call that this lookup starts

	// Patience is how long this lookup still waits if it could be answered with a stale
	// value. Get subtracts the time that it waited.
	Patience *time.Duration

	ctx context.Context // of a Refresh
}

// Result is the result of a lookup.
type Result[V any] struct {
	Value  V
	Keep   Keep
	Stale  bool // the value has expired and is served because of an outage
	Waited bool // the lookup waited for a call
	Began  bool // the lookup began a call
}

// Get returns the value of a key, or the outcome of a call for it. If the context ends while
// Get waits, Get returns its error. If the call panics, Get panics. slot is the present slot
// of the key.
func (s *Store[K, V]) Get(ctx context.Context, key K, r *Request[V]) (result Result[V], slot *Slot[K, V], err error) {
	for {
		s.mu.Lock()
		sl := s.slotLocked(key)
		e, now := sl.entry.Load(), s.Now()
		paused := s.troubledLocked(sl, 0)
		switch {
		case e != nil && now < e.expires:
			if now >= e.softFor(r.Absence) && !paused && sl.call == nil {
				s.startLocked(context.WithoutCancel(ctx), sl, r, r.Ahead)
			}
			s.mu.Unlock()
			result.Value, result.Keep = e.value, e.keep
			return result, sl, nil
		case paused && e.servable(now, r.Absence):
			s.mu.Unlock()
			return s.served(result, e), sl, nil
		case paused && e != nil:
			o := sl.outage
			s.mu.Unlock()
			result.Value, result.Keep = o.Value, o.Keep
			return result, sl, nil
		}
		c, err := s.joinLocked(ctx, sl, r)
		if err != nil {
			s.mu.Unlock()
			return result, sl, err
		}
		result.Began = result.Began || c.request == r
		known := c.inVain || s.troubledLocked(sl, s.policy.Timeout)
		s.mu.Unlock()
		// In a known outage, or if another lookup has waited for this call already, the
		// call continues in the background.
		if known && e.servable(now, r.Absence) {
			return s.served(result, e), sl, nil
		}
		result.Waited = true
		stale, err := s.wait(ctx, c, e, r)
		switch {
		case stale:
			return s.served(result, e), sl, nil
		case err != nil:
			return result, sl, err
		case c.outcome.Keep != Unknown:
			return s.settle(result, sl, c.outcome, r.Absence), sl, nil
		}
	}
}

// troubledLocked reports whether the last call for a key failed as an outage, less than Pause
// plus more ago.
func (s *Store[K, V]) troubledLocked(sl *Slot[K, V], more time.Duration) bool {
	return sl.failed > 0 && s.Now() < after(after(sl.failed, s.policy.Pause), more)
}

// joinLocked returns the call in progress, or begins one. If the context or the call's parent
// has ended, it begins no call and returns that error.
func (s *Store[K, V]) joinLocked(ctx context.Context, sl *Slot[K, V], r *Request[V]) (*call[K, V], error) {
	if sl.call != nil {
		return sl.call, nil
	}
	err := ctx.Err()
	if err == nil && r.Parent != nil {
		err = r.Parent.Err()
	}
	if err != nil {
		if sl.entry.Load() == nil {
			s.dropLocked(sl)
		}
		return nil, err
	}
	return s.startLocked(ctx, sl, r, nil), nil
}

// wait waits for a call. If a stale value can be served, it waits only until the patience of
// the lookup is spent, and then returns true.
func (s *Store[K, V]) wait(ctx context.Context, c *call[K, V], e *entry[V], r *Request[V]) (stale bool, err error) {
	if !e.servable(s.Now(), r.Absence) {
		return false, s.landed(ctx, c)
	}
	began := s.Now()
	timer := time.NewTimer(max(*r.Patience, 0))
	defer timer.Stop()
	select {
	case <-c.done:
		*r.Patience -= s.Now() - began
		c.repanic()
		return false, nil
	case <-ctx.Done():
		return false, s.landed(ctx, c)
	case <-timer.C:
	}
	*r.Patience = 0
	select {
	case <-c.done: // it ended at the same moment
		c.repanic()
		return false, nil
	default:
	}
	s.mu.Lock()
	c.inVain = true
	s.mu.Unlock()
	if e.servable(s.Now(), r.Absence) {
		return true, nil
	}
	return false, s.landed(ctx, c)
}

// settle returns the result of a lookup from the outcome of its call. In an outage that is the
// cached value, if it may still be served.
func (s *Store[K, V]) settle(result Result[V], sl *Slot[K, V], o Outcome[V], absence bool) Result[V] {
	if e := sl.entry.Load(); o.Keep == Outage && e.servable(s.Now(), absence) {
		return s.served(result, e)
	}
	result.Value, result.Keep = o.Value, o.Keep
	return result
}

// served returns e as the result of a lookup in an outage.
func (s *Store[K, V]) served(r Result[V], e *entry[V]) Result[V] {
	r.Value, r.Keep, r.Stale = e.value, e.keep, s.Now() >= e.expires
	return r
}

// call is one call for one key. It outlives the lookup that began it.
type call[K comparable, V any] struct {
	slot    *Slot[K, V]
	request *Request[V]
	seq     uint64
	ends    time.Duration // when its time limit ends
	done    chan struct{} // closed when the call has ended

	// Valid once done is closed.
	outcome Outcome[V]
	panics  bool
	panic   any
	next    *call[K, V] // the call that the waiting refreshes share

	// The lock of the store protects these.
	inVain  bool          // a lookup has spent its patience on it
	waiting []*Request[V] // refreshes that need the next call
}

// landing is how long a lookup whose time is up still waits for a call whose time is up as
// well, since the outcome of the call says more than the end of the context.
const landing = 20 * time.Millisecond

// settled waits until the call has ended. The error is that of the context.
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

// landed is settled, but panics if the call panicked.
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

// claimLocked makes the call in progress of a slot. The caller must run it and call land.
func (s *Store[K, V]) claimLocked(sl *Slot[K, V], r *Request[V]) *call[K, V] {
	s.seq++
	c := &call[K, V]{slot: sl, request: r, seq: s.seq, ends: after(s.Now(), s.policy.Timeout), done: make(chan struct{})}
	sl.call = c
	return c
}

// startLocked begins a call in a new goroutine. It calls ahead with the outcome, unless ahead
// is nil.
func (s *Store[K, V]) startLocked(ctx context.Context, sl *Slot[K, V], r *Request[V], ahead func(Outcome[V], time.Duration)) *call[K, V] {
	c := s.claimLocked(sl, r)
	go func() {
		began := s.Now()
		returned := false
		defer func() { // also runs if the call panics or ends its goroutine
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
		parent := r.Parent
		if parent == nil {
			parent = context.WithoutCancel(ctx)
		}
		limited, cancel := context.WithTimeout(parent, s.policy.Timeout)
		defer cancel()
		c.outcome = r.Call(limited)
		returned = true
		if r.Parent != nil {
			s.cut(parent, c)
		}
	}()
	return c
}

// cut makes the outcome of a call Unknown if the call ended with the context of the lookup
// that began it, before its own time was up. That is not an outage.
func (s *Store[K, V]) cut(ctx context.Context, c *call[K, V]) {
	early := s.Now() < c.ends
	if ctx.Err() != nil && (c.outcome.Keep == Leave || early && c.outcome.Keep == Outage) {
		c.outcome.Keep = Unknown // Leave is a cancellation, which does not concern other lookups
	}
}

// land ends a call. It keeps the outcome unless the call was detached meanwhile, so that the
// value of a key always comes from the call that began last.
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
