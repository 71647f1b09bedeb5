package backend

import (
	"context"
	"time"
)

// Invalidate drops the secrets of a query from the cache, so that the next lookup asks for
// them. Callers that already wait for a call in progress get its result, but the result is
// not cached. Without a cache, Invalidate does nothing.
func (b *Backend) Invalidate(q Query) {
	if b.store == nil {
		return
	}
	q = b.asTeam(q)
	names, _ := b.names(&q) // none if the query is skipped: then nothing is cached
	for _, name := range names {
		b.store.Invalidate(key{name, q.Stage})
	}
	b.latest.forget()
}

// Refresh asks for the secrets of a query even if they are cached, and caches the result. Its
// answer is from calls that began after it; concurrent refreshes share these calls. If the
// calls fail, Refresh returns an error, even if Lookup would return a stale answer. Without a
// cache, Refresh is Lookup.
func (b *Backend) Refresh(ctx context.Context, q Query) (Answer, error) {
	return b.refreshSince(ctx, q, b.mark())
}

// mark returns the sequence number of the last call that began.
func (b *Backend) mark() uint64 {
	if b.store == nil {
		return 0
	}
	return b.store.Mark()
}

// refreshSince is Refresh, but accepts the result of any call that began after mark.
func (b *Backend) refreshSince(ctx context.Context, q Query, mark uint64) (Answer, error) {
	q = b.asTeam(q)
	if b.store == nil {
		return answerOr(b.lookup(ctx, q, nil))
	}
	names, failed := b.names(&q)
	if failed != nil {
		b.record(ctx, &q, b.clock(), &trace{}, CacheUnused, &Answer{}, failed)
		return Answer{}, failed
	}
	return answerOr(b.run(ctx, q, names, &asker{b: b, mode: refreshing, mark: mark, end: time.Now().Add(b.cfg.timeout())}, nil))
}

// answerOr returns the zero Answer together with an error. It also avoids a non-nil error
// that holds a nil *LookupError.
func answerOr(answer Answer, failed *LookupError) (Answer, error) {
	if failed != nil {
		return Answer{}, failed
	}
	return answer, nil
}
