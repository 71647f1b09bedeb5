package backend

import (
	"math/rand/v2"
	"sync/atomic"
)

// Stats are counts of a Backend, and of the views of it that Team gives. They tell
// whether the cache has the right size.
type Stats struct {
	Hits      uint64 // lookups answered from the cache, known misses too
	Misses    uint64 // lookups that began or waited for a call
	Stale     uint64 // lookups that an expired answer was served for
	Calls     uint64 // calls of the client, a batch counting as one
	Evictions uint64 // secrets dropped from the cache for others
	Entries   int    // secrets in the cache now, misses too
	Bytes     int64  // what they take, in bytes
}

// Stats returns the counts so far. Without a cache there are calls only.
func (b *Backend) Stats() Stats {
	s := Stats{Hits: b.counts.hits.sum(), Misses: b.counts.misses.Load(), Stale: b.counts.stale.Load(), Calls: b.counts.calls.Load()}
	if b.store != nil {
		use := b.store.Usage()
		s.Evictions, s.Entries, s.Bytes = use.Evictions, use.Entries, use.Bytes
	}
	return s
}

type counts struct {
	hits                 spread
	misses, stale, calls atomic.Uint64
}

func (c *counts) add(use CacheUse) {
	switch use {
	case CacheHit:
		c.hits.inc()
	case CacheMiss:
		c.misses.Add(1)
	case CacheStale:
		c.stale.Add(1)
	}
}

// spread is a counter in several cache lines, so that processors seldom contend for one.
type spread [16]struct {
	atomic.Uint64
	_ [56]byte
}

func (s *spread) inc() { s[rand.Uint32()%uint32(len(s))].Add(1) }

func (s *spread) sum() (n uint64) {
	for i := range s {
		n += s[i].Load()
	}
	return n
}
