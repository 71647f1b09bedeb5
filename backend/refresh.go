package backend

import (
	"context"
	"time"
)

// Invalidate drops what is kept of the secrets of a query, so that the next lookup
// asks for them. A call that is under way answers those who wait for it, and keeps
// nothing.
func (b *Backend) Invalidate(q Query) {
	if b.store == nil {
		return
	}
	q = b.asTeam(q)
	names, _ := b.names(&q) // of a query that is skipped nothing is kept
	for _, name := range names {
		b.store.Invalidate(key{name, q.Stage})
	}
}

// Refresh asks for the secrets of a query whatever is kept, and keeps what comes. Its
// answer is from calls that began after it; concurrent refreshes share them. An error is
// returned as it is, although lookups go on with a stale answer. Without a cache it is
// Lookup.
func (b *Backend) Refresh(ctx context.Context, q Query) (Answer, error) {
	return b.renew(ctx, q, b.mark())
}

// mark stands for this moment in the order of calls.
func (b *Backend) mark() uint64 {
	if b.store == nil {
		return 0
	}
	return b.store.Mark()
}

// renew is Refresh, but accepts what any call has brought that began after a mark.
func (b *Backend) renew(ctx context.Context, q Query, mark uint64) (Answer, error) {
	q = b.asTeam(q)
	var answer Answer
	var failed *LookupError
	if b.store == nil {
		answer, failed = b.lookup(ctx, q, nil)
	} else {
		answer, failed = b.run(ctx, q, &renewed{b, mark, time.Now().Add(b.cfg.timeout())}, nil)
	}
	if failed != nil {
		return Answer{}, failed
	}
	return answer, nil
}
