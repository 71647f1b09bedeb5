package backend

import (
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
	plain [lookup.Config + 1]sync.Map // :: id → *known, of queries with neither team, stage nor name
	other sync.Map                    // :: Query → *known
	size  atomic.Int64
	most  int64
}

// known is what is known of a query. It is replaced and never changed.
type known struct {
	names []string
	slots []*slot // of names, nil where a name was not asked for yet
}

func (q *Query) plain() bool { return q.Team == "" && q.Stage == "" && q.Name == "" }

func (m *memo) find(q *Query) *known {
	var found any
	if q.plain() {
		if int(q.Kind) < len(m.plain) {
			found, _ = m.plain[q.Kind].Load(q.ID)
		}
	} else {
		found, _ = m.other.Load(*q)
	}
	k, _ := found.(*known)
	return k
}

// put remembers the slots of a query. was is what was known before.
func (m *memo) put(q *Query, was, k *known) {
	if was == nil && m.size.Add(1) > m.most {
		for kind := range m.plain {
			m.plain[kind].Clear()
		}
		m.other.Clear()
		m.size.Store(1)
	}
	if q.plain() {
		m.plain[q.Kind].Store(q.ID, k)
	} else {
		m.other.Store(*q, k)
	}
}

// hit gives the secret that answers a query at once, nil if there is none. names are
// those asked for up to it.
func (b *Backend) hit(q *Query) (s *secret, names []string) {
	if b.store == nil {
		return nil, nil
	}
	k := b.memo.find(q)
	if k == nil {
		return nil, nil
	}
	now := b.store.Now()
	for n, sl := range k.slots {
		if sl == nil {
			break
		}
		s, keep, ok := sl.Fresh(now, n < len(k.slots)-1)
		if ok && keep == store.Found && (s.read == q.reading() || q.Kind != lookup.Connection && q.Name == "") {
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
