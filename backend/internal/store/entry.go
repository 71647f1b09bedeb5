package store

import (
	"math"
	"math/rand/v2"
	"time"
)

// entry is the value of a key.
type entry[V any] struct {
	value   V
	keep    Keep // Found, Absent or Refused
	size    int64
	seq     uint64        // the sequence number of its call
	expires time.Duration // when a call is due
	soft    time.Duration // when a refresh ahead is due
	limit   time.Duration // until when it may be served in an outage
}

// softFor returns when a refresh is due. A miss that is not an answer is not refreshed ahead.
func (e *entry[V]) softFor(absence bool) time.Duration {
	if e.keep == Absent && !absence {
		return e.expires
	}
	return e.soft
}

// servable reports whether e may be served in an outage. e may be nil.
func (e *entry[V]) servable(now time.Duration, absence bool) bool {
	return e != nil && now < e.limit && (e.keep == Found || e.keep == Absent && absence)
}

// after returns t plus d, or the largest duration if that overflows.
func after(t, d time.Duration) time.Duration {
	if d > math.MaxInt64-t {
		return math.MaxInt64
	}
	return t + d
}

// keepLocked does with the outcome of a call what its Keep says.
func (s *Store[K, V]) keepLocked(sl *Slot[K, V], c *call[K, V]) {
	now := s.Now()
	switch o := &c.outcome; o.Keep {
	case Unknown, Leave:
	case Forget:
		s.emptyLocked(sl)
	case Outage:
		sl.failed, sl.outage = max(now, 1), *o
	default:
		sl.failed, sl.outage = 0, Outcome[V]{}
		e := s.entryOf(o, now)
		e.seq = c.seq
		// A value that has expired already is of use only in an outage.
		if e.expires <= now && !e.servable(now, c.request.Absence) || e.size > s.policy.MaxBytes {
			s.emptyLocked(sl)
			return
		}
		s.setLocked(sl, e)
	}
}

func (s *Store[K, V]) entryOf(o *Outcome[V], now time.Duration) *entry[V] {
	p := &s.policy
	ttl := p.TTL
	if o.Keep != Found {
		ttl = p.NotFoundTTL
	}
	ttl = max(ttl-time.Duration(float64(ttl)*p.Jitter*rand.Float64()), 0)
	e := &entry[V]{value: o.Value, keep: o.Keep, size: int64(o.Size), expires: after(now, ttl)}
	e.soft, e.limit = e.expires, e.expires
	switch o.Keep {
	case Found:
		e.soft = e.expires - p.RefreshAhead
		e.limit = max(after(now, p.MaxAge), e.expires)
	case Absent:
		e.soft = e.expires - min(p.RefreshAhead, ttl/2)
		e.limit = max(after(now, p.MaxAge), e.expires)
	}
	return e
}

// setLocked puts an entry into its slot and evicts others until the bounds hold.
func (s *Store[K, V]) setLocked(sl *Slot[K, V], e *entry[V]) {
	if old := sl.entry.Swap(e); old != nil {
		s.bytes -= old.size
	} else {
		sl.place = len(s.kept)
		s.kept = append(s.kept, sl)
	}
	s.bytes += e.size
	for len(s.kept) > s.policy.MaxEntries || s.bytes > s.policy.MaxBytes {
		s.evictLocked(sl)
	}
}

// evictLocked drops one of a few entries picked at random: the one that would expire first, so
// that misses are evicted before values. The newest entry stays.
func (s *Store[K, V]) evictLocked(newest *Slot[K, V]) {
	var worst *Slot[K, V]
	for range 16 {
		sl := s.kept[rand.IntN(len(s.kept))]
		if sl != newest && (worst == nil || sl.entry.Load().expires < worst.entry.Load().expires) {
			worst = sl
		}
	}
	if worst == nil { // all picks were the newest
		worst = s.kept[(newest.place+1)%len(s.kept)]
	}
	s.evictions++
	s.dropLocked(worst)
}

// emptyLocked drops the value of a slot.
func (s *Store[K, V]) emptyLocked(sl *Slot[K, V]) {
	e := sl.entry.Swap(nil)
	if e == nil {
		return
	}
	s.bytes -= e.size
	end := len(s.kept) - 1
	last := s.kept[end]
	s.kept[sl.place], last.place = last, sl.place
	s.kept[end] = nil
	s.kept = s.kept[:end]
}

// dropLocked empties a slot and removes it from the store, unless it has a call.
func (s *Store[K, V]) dropLocked(sl *Slot[K, V]) {
	s.emptyLocked(sl)
	if sl.call == nil && s.slots[sl.key] == sl {
		delete(s.slots, sl.key)
	}
}
