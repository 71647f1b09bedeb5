// Package store keeps what calls bring, one entry per key, and makes one call at a
// time for a key. It knows retention, refresh ahead, outages, bounds and the order of
// calls; what a key and a value mean is the caller's.
package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Policy says how long values are kept. Every duration is set; 0 or less disables
// what it is for.
type Policy struct {
	TTL          time.Duration // how long a value is kept
	NotFoundTTL  time.Duration // how long it is kept that there is none, or that it is no good
	RefreshAhead time.Duration // how long before its end a value is refreshed
	MaxAge       time.Duration // how old a value may get in an outage
	Pause        time.Duration // between two calls for a key in an outage
	Timeout      time.Duration // of a call
	Jitter       float64       // the largest part that a TTL is shortened by, at random
	MaxEntries   int
	MaxBytes     int64
}

// Keep is what becomes of the outcome of a call.
type Keep uint8

// The ways to keep an outcome.
const (
	Unknown Keep = iota // the call says nothing about the key: whoever waits for it asks again
	Leave               // whatever is kept stays
	Found               // a value: kept for TTL, and until MaxAge in an outage
	Absent              // there is none: kept for NotFoundTTL
	Refused             // a value that is no good: kept for NotFoundTTL, never stale
	Forget              // what is kept is dropped, and nothing is remembered
	Outage              // what is kept is served until MaxAge
)

// Outcome is what a call brings.
type Outcome[V any] struct {
	Value V
	Keep  Keep
	Size  int // the bytes that the value takes
}

// Store keeps values by key. It is safe for concurrent use. It starts no goroutine
// but calls, which end by themselves, so there is nothing to close.
type Store[K comparable, V any] struct {
	policy Policy
	lost   Outcome[V] // of a call that did not return
	epoch  time.Time  // all times are counted from here

	mu        sync.Mutex
	slots     map[K]*Slot[K, V] // :: key → its slot, if a value is kept or a call is in the air
	kept      []*Slot[K, V]     // those with a value, so that some can be picked at random
	bytes     int64             // of the values kept
	evictions uint64
	seq       uint64 // of the call that began last

	roundMark uint64        // see RoundMark
	roundEnds time.Duration // 0 means that there was no round
}

// New makes a Store. lost is the outcome of a call that panics or ends its
// goroutine.
func New[K comparable, V any](policy Policy, lost Outcome[V]) *Store[K, V] {
	return &Store[K, V]{policy: policy, lost: lost, epoch: time.Now(), slots: map[K]*Slot[K, V]{}}
}

// Now is the store's time, for Slot.Fresh.
func (s *Store[K, V]) Now() time.Duration { return time.Since(s.epoch) }

// Mark stands for this moment in the order of calls: those that begin later are
// newer. See Request.After.
func (s *Store[K, V]) Mark() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// RoundMark divides time into rounds, and returns the Mark at the beginning of this one. A
// round begins when RoundMark is called after the last round has ended. Refreshes with this
// mark begin one call of a key in each round.
func (s *Store[K, V]) RoundMark(round time.Duration) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Now(); s.roundEnds == 0 || now >= s.roundEnds {
		s.roundMark, s.roundEnds = s.seq, after(now, round)
	}
	return s.roundMark
}

// Usage is what the store holds.
type Usage struct {
	Entries   int
	Bytes     int64
	Evictions uint64
}

// Usage counts what the store holds now, and what it has evicted so far.
func (s *Store[K, V]) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{len(s.kept), s.bytes, s.evictions}
}

// Slot is the place of a key. It may be held on to: once its key has been dropped
// from the store it stays empty, and the key gets a new one.
type Slot[K comparable, V any] struct {
	key   K
	entry atomic.Pointer[entry[V]] // replaced and never changed; nil where nothing is kept

	// Under the lock of the store.
	call   *call[K, V]   // in the air
	place  int           // in kept, while entry is set
	failed time.Duration // when the last call failed in an outage; 0 means it did not
	outage Outcome[V]    // of that call
}

// Kept reports whether anything is kept.
func (sl *Slot[K, V]) Kept() bool { return sl.entry.Load() != nil }

// Fresh gives the value that can be handed out at once, without a lock and without a
// call. absence says that "there is none" is an answer here: not the last resort.
func (sl *Slot[K, V]) Fresh(now time.Duration, absence bool) (v V, keep Keep, ok bool) {
	if e := sl.entry.Load(); e != nil && now < e.softFor(absence) {
		return e.value, e.keep, true
	}
	return v, 0, false
}

// Stale gives what may be handed out for a key in an outage, and whether it is past its
// time.
func (s *Store[K, V]) Stale(key K, absence bool) (v V, stale, ok bool) {
	v, ok = s.peek(key, func(e *entry[V]) bool {
		now := s.Now()
		stale = e != nil && now >= e.expires
		return e.servable(now, absence)
	})
	return v, stale, ok
}

// Peek gives what is kept for a key if no call is due for it.
func (s *Store[K, V]) Peek(key K, absence bool) (v V, ok bool) {
	return s.peek(key, func(e *entry[V]) bool { return e != nil && s.Now() < e.softFor(absence) })
}

// InVain says that somebody has waited in vain for the call of a key, so that nobody who
// has a stale value waits for it again.
func (s *Store[K, V]) InVain(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl := s.slots[key]; sl != nil && sl.call != nil {
		sl.call.inVain = true
	}
}

func (s *Store[K, V]) peek(key K, good func(*entry[V]) bool) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl := s.slots[key]; sl != nil {
		if e := sl.entry.Load(); good(e) {
			return e.value, true
		}
	}
	return v, false
}

// Refresh gives the outcome of a call that begins after the mark, or what such a call
// has brought. A call that is older is waited for first, and all who wait share the
// next. The error is the context's.
func (s *Store[K, V]) Refresh(ctx context.Context, key K, mark uint64, r *Request[V]) (result Result[V], err error) {
	r.ctx = ctx
	result.Waited = true
	for {
		s.mu.Lock()
		sl := s.slotLocked(key)
		if e := sl.entry.Load(); e != nil && e.seq > mark && sl.failed == 0 && s.Now() < e.expires {
			s.mu.Unlock()
			result.Value, result.Keep = e.value, e.keep
			return result, nil
		}
		c := sl.call
		switch {
		case c == nil:
			if c, err = s.joinLocked(ctx, sl, r); err != nil {
				s.mu.Unlock()
				return result, err
			}
		case c.seq <= mark:
			c.waiting = append(c.waiting, r)
			s.mu.Unlock()
			if err := s.settled(ctx, c); err != nil {
				s.mu.Lock()
				c.waiting = slices.DeleteFunc(c.waiting, func(w *Request[V]) bool { return w == r })
				s.mu.Unlock()
				return result, err
			}
			s.mu.Lock()
			c = c.next
		}
		s.mu.Unlock()
		result.Began = result.Began || c.request == r
		if err := s.landed(ctx, c); err != nil {
			return result, err
		}
		if c.outcome.Keep != Unknown {
			result.Value, result.Keep = c.outcome.Value, c.outcome.Keep
			return result, nil
		}
	}
}

// Invalidate drops what is kept for a key, and detaches the call in the air: who waits
// for it gets its outcome, nobody else does, and nothing of it is kept.
func (s *Store[K, V]) Invalidate(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl := s.slots[key]; sl != nil {
		sl.call = nil
		s.dropLocked(sl)
	}
}

func (s *Store[K, V]) slotLocked(key K) *Slot[K, V] {
	sl := s.slots[key]
	if sl == nil {
		sl = &Slot[K, V]{key: key}
		s.slots[key] = sl
	}
	return sl
}
