package store

import "context"

// Want is a key that a batch should ask for.
type Want[K comparable] struct {
	Key     K
	Absence bool // a miss is an answer for this lookup
}

// Batch asks for many keys in one call. It leaves out keys that need no call now and keys
// that have a call in progress. Each key of a batch counts as a call, which other lookups can
// join. ask gets the indices of the keys to ask for and returns an outcome for each, in that
// order. A key whose outcome is Unknown needs a single call.
//
// Batch returns an outcome for each of wants. Those of keys that it left out are Unknown. In
// an outage, use Stale.
func (s *Store[K, V]) Batch(ctx context.Context, wants []Want[K], ask func(ctx context.Context, places []int) []Outcome[V]) []Outcome[V] {
	results := make([]Outcome[V], len(wants))
	var places []int
	var calls []*call[K, V]
	s.mu.Lock()
	for i, w := range wants {
		sl := s.slotLocked(w.Key)
		if sl.call == nil && s.dueLocked(sl, w.Absence) {
			places = append(places, i)
			calls = append(calls, s.claimLocked(sl, &Request[V]{Absence: w.Absence}))
		} else if sl.call == nil && sl.entry.Load() == nil {
			s.dropLocked(sl)
		}
	}
	s.mu.Unlock()
	if len(calls) == 0 {
		return results
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		panicked := recover() // nil if the goroutine ends
		for _, c := range calls {
			c.outcome, c.panic, c.panics = s.lost, panicked, panicked != nil
			s.land(c)
		}
		if panicked != nil {
			panic(panicked)
		}
	}()
	outcomes := ask(ctx, places)
	returned = true
	for n, c := range calls {
		c.outcome = outcomes[n]
		s.cut(ctx, c)
		s.land(c)
		results[places[n]] = c.outcome
	}
	return results
}

// dueLocked reports whether a batch should ask for a key.
func (s *Store[K, V]) dueLocked(sl *Slot[K, V], absence bool) bool {
	e, now := sl.entry.Load(), s.Now()
	if e == nil {
		return true
	}
	paused := s.troubledLocked(sl, 0)
	if now < e.expires {
		return now >= e.softFor(absence) && !paused
	}
	return !paused
}
