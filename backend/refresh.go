package backend

import (
	"context"
	"time"
)

// Invalidate drops what is kept of the secrets of a query, so that the next lookup asks
// for them. A call under way answers the callers that already wait for it, and nothing of
// it is kept.
func (b *Backend) Invalidate(q Query) {
	if b.store == nil {
		return
	}
	q = b.asTeam(q)
	names, _ := b.names(&q) // of a query that is skipped nothing is kept
	for _, name := range names {
		b.store.Invalidate(key{name, q.Stage})
	}
	b.latest.forget()
}

// Refresh asks for the secrets of a query whatever is kept, and keeps the outcome. Its
// answer is from calls that began after it; concurrent refreshes share them. It returns
// an error even while lookups can go on with a stale answer. Without a cache it is
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
	if b.store == nil {
		return answerOr(b.lookup(ctx, q, nil))
	}
	names, failed := b.names(&q)
	if failed != nil {
		b.told(ctx, &q, b.clock(), &trace{}, CacheUnused, &Answer{}, failed)
		return Answer{}, failed
	}
	return answerOr(b.run(ctx, q, names, &asker{b: b, way: renewed, mark: mark, end: time.Now().Add(b.cfg.timeout())}, nil))
}

// answerOr is an answer or an error, not both.
func answerOr(answer Answer, failed *LookupError) (Answer, error) {
	if failed != nil {
		return Answer{}, failed
	}
	return answer, nil
}
