package backend

import (
	"sync/atomic"
	"unsafe"
)

// Stats counts the lookups of a Backend, including those of its Team views. Use it to choose
// the size of the cache.
type Stats struct {
	Hits      uint64 // lookups answered from the cache, including cached misses
	Misses    uint64 // lookups that waited for a call
	Stale     uint64 // lookups answered with an expired secret
	Calls     uint64 // calls of the client; a batch counts as one
	Evictions uint64 // secrets evicted from the cache to make room
	Entries   int    // secrets in the cache now, including missing ones
	Bytes     int64  // the memory that they take
}

// Stats returns the counts so far. Without a cache, only Calls is counted.
func (b *Backend) Stats() Stats {
	s := Stats{Misses: b.counts.misses.Load(), Stale: b.counts.stale.Load(), Calls: b.counts.calls.Load()}
	for i := range b.counts.hits {
		s.Hits += b.counts.hits[i].Load()
	}
	if b.store != nil {
		use := b.store.Usage()
		s.Evictions, s.Entries, s.Bytes = use.Evictions, use.Entries, use.Bytes
	}
	return s
}

type counts struct {
	hits                 [spread]counter
	misses, stale, calls atomic.Uint64
}

// spread is the number of counters for hits, so that processors seldom contend for one.
const spread = 16

// counter fills a cache line of the processor.
type counter struct {
	atomic.Uint64
	_ [56]byte
}

// hit counts a hit. It chooses a counter by the address of the goroutine's stack, so that
// goroutines that run at the same time seldom choose the same one.
func (c *counts) hit() {
	var here byte
	// The multiplication spreads the addresses, since stacks lie at multiples of their size.
	c.hits[uint32(uintptr(unsafe.Pointer(&here))>>11)*2654435769>>28%spread].Add(1)
}

func (c *counts) add(use CacheOutcome) {
	switch use {
	case CacheHit:
		c.hit()
	case CacheMiss:
		c.misses.Add(1)
	case CacheStale:
		c.stale.Add(1)
	}
}
