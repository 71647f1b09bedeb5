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

// memo maps a query to its secrets in the store, so that a hit needs neither a plan nor a
// lock. It is cleared when it is full.
type memo struct {
	plain [lookup.KindConfig + 1]readMap[string, *known] // by kind and id, for queries that are plain
	other readMap[Query, *known]                         // for all other queries
	most  int                                            // how many queries each map holds
}

// longestKnown is the length in bytes of the longest id in the memo. It bounds the memory
// of the memo, which is otherwise bounded by the number of queries only.
const longestKnown = 512

// known is the entry of a query.
type known struct {
	names []string
	slots []atomic.Pointer[slot] // one for each of names; nil if it was not asked for yet
}

// plain reports whether a query has neither team, stage nor name.
func (q *Query) plain() bool { return q.Team == "" && q.Stage == "" && q.Name == "" }

// find returns the entry of a query, or nil.
func (m *memo) find(q *Query) *known {
	switch {
	case !q.plain():
		return m.other.load(*q)
	case int(q.Kind) < len(m.plain):
		return m.plain[q.Kind].load(q.ID)
	}
	return nil
}

// add adds an entry for a query.
func (m *memo) add(q *Query, names []string) *known {
	k := &known{names, make([]atomic.Pointer[slot], len(names))}
	if q.plain() {
		m.plain[q.Kind].store(q.ID, k, m.most)
	} else {
		m.other.store(*q, k, m.most)
	}
	return k
}

// readMap is a map for many reads and few writes. Most reads take no lock. New entries are
// read under a lock, until the number of such reads reaches the number of entries; then all
// entries move to a map that is read without a lock.
type readMap[K comparable, V any] struct {
	read atomic.Pointer[map[K]V] // the map that is read without a lock; replaced, never changed

	mu   sync.Mutex
	all  map[K]V // the entries of read and newer ones; nil without newer ones
	slow int     // the number of reads of newer entries
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
	if read := m.read.Load(); !ok && read != nil { // the entry may have moved since the first try
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

// store adds a new key. If there are most keys already, it removes all others first.
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

// hit returns the entry that answers a query at once and counts the hit. Otherwise it returns
// nil. names are the names up to that entry.
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

// warm reports whether the store can answer a query and no call is due.
func (b *Backend) warm(q *Query, names []string) bool {
	for n, name := range names {
		s, ok := b.store.Peek(key{name, q.Stage}, n < len(names)-1)
		if !ok || !s.reason.traits().swallowed {
			return ok
		}
	}
	return true
}
