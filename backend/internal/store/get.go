package store

import (
	"context"
	"errors"
	"time"
)

// Request is what a lookup wants of a key.
type Request[V any] struct {
	Absence bool                                 // "there is none" is an answer here
	Call    func(ctx context.Context) Outcome[V] // asks, in a goroutine of its own
	Ahead   func(Outcome[V], time.Duration)      // is told of a refresh ahead and how long it took; may be nil
	Parent  context.Context                      // a call that this starts ends with it; nil means that it ends by itself

	// Patience is how long this lookup still waits where it could be answered with a
	// stale value; what it waits is taken off.
	Patience *time.Duration

	ctx context.Context // of a Refresh
}

// Result is what a lookup gets.
type Result[V any] struct {
	Value  V
	Keep   Keep
	Stale  bool // past its time, handed out because of an outage
	Waited bool // a call was waited for
	Began  bool // this lookup began a call
}

// Get gives what is kept for a key, or the outcome of a call for it. The error is the
// context's, which ended while it waited. A panic of the call is passed on. The slot is
// the key's at this moment.
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
		// In an outage that is known, or that somebody has waited through already, a try
		// goes on without a lookup that waits for it.
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

// troubledLocked reports whether the last call for a key failed in an outage, less than
// Pause and more ago.
func (s *Store[K, V]) troubledLocked(sl *Slot[K, V], more time.Duration) bool {
	return sl.failed > 0 && s.Now() < after(after(sl.failed, s.policy.Pause), more)
}

// joinLocked gives the call in the air, or begins one. The error is the context's, or
// that of the call's parent: no call begins for one that has ended.
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

// wait waits for a call. It is over early where a stale value can be handed out and
// the lookup's patience is spent.
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
	case <-c.done: // at the same moment
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

// settle is what a lookup gets of an outcome: in an outage what is kept, if it may
// still be handed out.
func (s *Store[K, V]) settle(result Result[V], sl *Slot[K, V], o Outcome[V], absence bool) Result[V] {
	if e := sl.entry.Load(); o.Keep == Outage && e.servable(s.Now(), absence) {
		return s.served(result, e)
	}
	result.Value, result.Keep = o.Value, o.Keep
	return result
}

// served is a result that comes from e in an outage.
func (s *Store[K, V]) served(r Result[V], e *entry[V]) Result[V] {
	r.Value, r.Keep, r.Stale = e.value, e.keep, s.Now() >= e.expires
	return r
}

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

// cut makes the outcome of a call Unknown if the call ended with its starter's context
// before its own time was up. That is not an outage.
func (s *Store[K, V]) cut(ctx context.Context, c *call[K, V]) {
	early := s.Now() < c.ends
	if ctx.Err() != nil && (c.outcome.Keep == Leave || early && c.outcome.Keep == Outage) {
		c.outcome.Keep = Unknown // Leave is a cancellation, which is nobody else's
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
