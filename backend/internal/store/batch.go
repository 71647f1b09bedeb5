package store

import "context"

// Want is a key that a batch should ask for.
type Want[K comparable] struct {
	Key     K
	Absence bool // "there is none" is an answer here
}

// Batch asks for many keys in one call. It leaves out those that need no call now and
// those that one is in the air for. The members of a batch are calls like any other:
// lookups join them. ask gets the places of the keys asked for, and gives an outcome
// for each in that order; what it leaves Unknown has to be asked for alone.
//
// The outcomes of keys that were left out are Unknown. In an outage see Stale.
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
		panicked := recover() // nil where the goroutine ends
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
