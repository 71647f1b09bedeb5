package backend

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

type (
	secretStore = store.Store[key, *secret]
	slot        = store.Slot[key, *secret]
)

// memo leads from a query to its secrets in the store, so that a hit needs neither a
// plan nor a lock. It is bounded: when it is full it starts over.
type memo struct {
	plain [lookup.KindConfig + 1]readMap[string, *known] // :: id → what is known of a query with neither team, stage nor name
	other readMap[Query, *known]
	most  int
}

// longestKnown is how long an id may be to be known, in bytes: the memo is bounded by
// their number.
const longestKnown = 512

// known is what is known of a query.
type known struct {
	names []string
	slots []atomic.Pointer[slot] // of names; nil where a name was not asked for yet
}

func (q *Query) plain() bool { return q.Team == "" && q.Stage == "" && q.Name == "" }

// find gives what is known of a query, nil if that is nothing.
func (m *memo) find(q *Query) *known {
	switch {
	case !q.plain():
		return m.other.load(*q)
	case int(q.Kind) < len(m.plain):
		return m.plain[q.Kind].load(q.ID)
	}
	return nil
}

// add makes a query known.
func (m *memo) add(q *Query, names []string) *known {
	k := &known{names, make([]atomic.Pointer[slot], len(names))}
	if q.plain() {
		m.plain[q.Kind].store(q.ID, k, m.most)
	} else {
		m.other.store(*q, k, m.most)
	}
	return k
}

// readMap is a map that is read without a lock. It is made for many reads: what was
// stored last is found under a lock until as many reads have had to take it as there
// are entries.
type readMap[K comparable, V any] struct {
	read atomic.Pointer[map[K]V] // never changed

	mu   sync.Mutex
	all  map[K]V // of read and what was stored since; nil if there is nothing since
	slow int     // reads that took the lock, since there is something
}

func (m *readMap[K, V]) load(k K) V {
	if read := m.read.Load(); read != nil {
		if v, ok := (*read)[k]; ok {
			return v
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.all[k]
	if read := m.read.Load(); !ok && read != nil { // which may have come meanwhile
		return (*read)[k]
	}
	if ok {
		if m.slow++; m.slow >= len(m.all) {
			all := m.all
			m.read.Store(&all)
			m.all, m.slow = nil, 0
		}
	}
	return v
}

// store puts a new key in, after all others are gone if there are most.
func (m *readMap[K, V]) store(k K, v V, most int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[K]V{}
		if read := m.read.Load(); read != nil {
			m.all = maps.Clone(*read)
		}
	}
	if len(m.all) >= most {
		m.all, m.slow = map[K]V{}, 0
		m.read.Store(nil)
	}
	m.all[k] = v
}

// hit gives the secret that answers a query at once, and counts it; nil if there is
// none. names are those asked for up to it.
func (b *Backend) hit(q *Query) (s *secret, names []string) {
	if b.store == nil {
		return nil, nil
	}
	k := b.memo.find(q)
	if k == nil {
		return nil, nil
	}
	now := b.store.Now()
	for n := range k.slots {
		sl := k.slots[n].Load()
		if sl == nil {
			break
		}
		s, keep, ok := sl.Fresh(now, n < len(k.slots)-1)
		if ok && keep == store.Found && (s.read == q.reading() || q.reading() == asText) {
			b.counts.hit()
			return s, k.names[:n+1]
		}
		if !ok || keep != store.Absent {
			break
		}
	}
	return nil, nil
}

// warm reports whether the store answers a query and no call is due.
func (b *Backend) warm(q *Query, names []string) bool {
	for n, name := range names {
		s, ok := b.store.Peek(key{name, q.Stage}, n < len(names)-1)
		if !ok || !s.reason.traits().swallowed {
			return ok
		}
	}
	return true
}
