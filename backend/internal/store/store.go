// Package store caches the results of calls, one entry per key, and makes one call at a
// time for a key. It implements retention, refresh ahead, outages, bounds and the order of
// calls. The meaning of keys and values is up to the caller.
package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Policy says how long values are kept. Nothing has a default: a duration of 0 or less disables
// its feature.
type Policy struct {
	TTL          time.Duration // how long a Found value is kept
	NotFoundTTL  time.Duration // how long an Absent or Refused value is kept
	RefreshAhead time.Duration // how long before it expires a value is refreshed
	MaxAge       time.Duration // how old a value may get in an outage
	Pause        time.Duration // the time between two calls for a key in an outage
	Timeout      time.Duration // the time limit of a call
	Jitter       float64       // the largest fraction by which a TTL is shortened at random
	MaxEntries   int
	MaxBytes     int64
}

// Keep says what the store does with the outcome of a call.
type Keep uint8

// The ways to keep an outcome.
const (
	Unknown Keep = iota // the call says nothing about the key; callers that wait for it ask again
	Leave               // the entry stays as it is
	Found               // a value: kept for TTL, and until MaxAge in an outage
	Absent              // a miss: kept for NotFoundTTL, and until MaxAge in an outage if it is an answer
	Refused             // a value that cannot be used: kept for NotFoundTTL, never served stale
	Forget              // the entry is dropped, and nothing is kept
	Outage              // the entry is served until MaxAge
)

// Outcome is the result of a call.
type Outcome[V any] struct {
	Value V
	Keep  Keep
	Size  int // the memory that the value takes, in bytes
}

// Store caches values by key. It is safe for concurrent use. It starts goroutines only for
// calls. Calls end by themselves, so there is nothing to close.
type Store[K comparable, V any] struct {
	policy Policy
	lost   Outcome[V] // the outcome of a call that did not return
	epoch  time.Time  // the origin of all times in the store

	mu        sync.Mutex
	slots     map[K]*Slot[K, V] // the slots that have a value or a call
	kept      []*Slot[K, V]     // the slots that have a value, for random picks
	bytes     int64             // the size of all values
	evictions uint64
	seq       uint64 // the sequence number of the call that began last

	roundMark uint64        // see RoundMark
	roundEnds time.Duration // 0 if there was no round yet
}

// New makes a Store. lost is the outcome of a call that panics or ends its
// goroutine.
func New[K comparable, V any](policy Policy, lost Outcome[V]) *Store[K, V] {
	return &Store[K, V]{policy: policy, lost: lost, epoch: time.Now(), slots: map[K]*Slot[K, V]{}}
}

// Now returns the time for Slot.Fresh.
func (s *Store[K, V]) Now() time.Duration { return time.Since(s.epoch) }

// Mark returns the sequence number of the last call that began. Calls that begin later have
// higher ones. See Refresh.
func (s *Store[K, V]) Mark() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// RoundMark divides time into rounds and returns the Mark at the beginning of the present
// one. A round begins when RoundMark is called after the last round has ended. Refreshes with
// this mark begin one call for a key in each round.
func (s *Store[K, V]) RoundMark(round time.Duration) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.Now(); s.roundEnds == 0 || now >= s.roundEnds {
		s.roundMark, s.roundEnds = s.seq, after(now, round)
	}
	return s.roundMark
}

// Usage says how much the store holds.
type Usage struct {
	Entries   int
	Bytes     int64
	Evictions uint64
}

// Usage returns the number and the size of the entries now, and the evictions so far.
func (s *Store[K, V]) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{len(s.kept), s.bytes, s.evictions}
}

// Slot is the place of a key in the store. Callers may keep a pointer to it: when the key is
// dropped from the store, the slot stays empty and the key gets a new one.
type Slot[K comparable, V any] struct {
	key   K
	entry atomic.Pointer[entry[V]] // replaced, never changed; nil without a value

	// The lock of the store protects these.
	call   *call[K, V]   // the call in progress, or nil
	place  int           // the index in kept, while entry is set
	failed time.Duration // when the last call failed as an outage; 0 if it did not
	outage Outcome[V]    // the outcome of that call
}

// Kept reports whether the slot has a value.
func (sl *Slot[K, V]) Kept() bool { return sl.entry.Load() != nil }

// Fresh returns the value if it needs no call. It takes no lock. absence says that a miss is
// an answer for this lookup, as it is for every name except the last.
func (sl *Slot[K, V]) Fresh(now time.Duration, absence bool) (v V, keep Keep, ok bool) {
	if e := sl.entry.Load(); e != nil && now < e.softFor(absence) {
		return e.value, e.keep, true
	}
	return v, 0, false
}

// Stale returns the value that may be served for a key in an outage, and whether it has
// expired.
func (s *Store[K, V]) Stale(key K, absence bool) (v V, stale, ok bool) {
	v, ok = s.peek(key, func(e *entry[V]) bool {
		now := s.Now()
		stale = e != nil && now >= e.expires
		return e.servable(now, absence)
	})
	return v, stale, ok
}

// Peek returns the value of a key if no call is due for it.
func (s *Store[K, V]) Peek(key K, absence bool) (v V, ok bool) {
	return s.peek(key, func(e *entry[V]) bool { return e != nil && s.Now() < e.softFor(absence) })
}

// InVain records that a lookup has spent its patience on the call for a key. Lookups that have
// a stale value do not wait for that call any more.
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

// Refresh returns the outcome of a call that began after the mark. If an older call is in
// progress, Refresh waits for it first; all callers that wait share the next call. The error
// is that of the context.
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

// Invalidate drops the value of a key and detaches the call in progress: callers that already
// wait for it get its outcome, nobody else does, and the outcome is not kept.
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
