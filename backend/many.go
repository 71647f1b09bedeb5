package backend

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

const (
	batchSize   = 20 // AWS takes no more
	concurrency = 8  // calls of one LookupAll at a time
)

// LookupAll looks many ids up, twenty a call. It yields one answer or error, a
// *LookupError, for each of ids in their order, as Lookup would; what prefixes,
// patterns and the cache decide costs no call, and what is read fills the cache.
// At most eight calls run at a time; none is left running when the loop ends.
//
// Batches need a Client that is a secretsmanager.BatchGetSecretValueAPIClient,
// as the SDK's is, and the permission secretsmanager:BatchGetSecretValue beside
// that for each secret. Where one of them is missing, and for what a batch leaves
// out, it makes single calls.
func (b *Backend) LookupAll(ctx context.Context, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		if b.chain != nil {
			b.allOfChain(ctx, kind, ids, yield)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		m := &many{b: b, items: make([]item, len(ids))}
		m.batch, _ = b.client.(secretsmanager.BatchGetSecretValueAPIClient)
		m.plan(ctx, kind, ids)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		for range min(concurrency, len(m.work)) {
			workers.Go(func() {
				for items := range m.next {
					m.do(ctx, items)
					for _, i := range items {
						close(i.done)
					}
				}
			})
		}
		for i := range m.items {
			i := m.items[i].first(m.items)
			if i.done != nil {
				<-i.done
			}
			if !yield(i.answer, i.err) {
				m.stop()
				return
			}
		}
	}
}

// many is one LookupAll.
type many struct {
	b     *Backend
	batch secretsmanager.BatchGetSecretValueAPIClient // nil where there is none
	items []item

	mu     sync.Mutex
	work   [][]*item // batches still to be asked for
	denied bool      // batches are
}

// item is one of the ids.
type item struct {
	q      Query
	same   int // the index of the same id before, or its own
	names  []string
	own    *LookupError // why the team has none of its own
	answer Answer
	err    error
	seen   trace
	done   chan struct{} // nil where the answer is there from the start
}

func (i *item) first(items []item) *item { return &items[i.same] }

// plan answers what needs no call, and makes batches of the rest.
func (m *many) plan(ctx context.Context, kind lookup.Kind, ids []string) {
	var open []*item
	before := make(map[string]int, len(ids))
	for n, id := range ids {
		i := &m.items[n]
		if first, ok := before[id]; ok {
			i.same = first
			continue
		}
		before[id], i.same = n, n
		i.q = m.b.own(Query{Kind: kind, ID: id})
		if m.b.isKept(&i.q) {
			i.answer, i.err = m.b.Lookup(ctx, i.q)
			continue
		}
		names, failed := m.b.names(&i.q)
		if failed != nil {
			i.err = failed
			i.observe(ctx, m.b, time.Now(), failed)
			continue
		}
		i.names, i.done = names, make(chan struct{})
		open = append(open, i)
	}
	size := batchSize
	if m.batch == nil {
		size = 1 // so that single calls are spread over all workers
	}
	m.work = slices.Collect(slices.Chunk(open, size))
}

// isKept tells whether the cache answers a query without a call. What is due for a
// refresh goes into a batch rather than into a call of its own.
func (b *Backend) isKept(q *Query) bool {
	if b.cache == nil {
		return false
	}
	e := b.cache.load(b.key(q))
	if now := time.Now(); e == nil || !now.Before(e.soft) && !now.Before(e.retry) {
		return false
	}
	if e.global {
		all := global(*q)
		return b.isKept(&all)
	}
	return true
}

// next hands out the batches that are left, one to each worker that asks.
func (m *many) next(yield func([]*item) bool) {
	for {
		m.mu.Lock()
		if len(m.work) == 0 {
			m.mu.Unlock()
			return
		}
		items := m.work[0]
		m.work = m.work[1:]
		m.mu.Unlock()
		if !yield(items) {
			return
		}
	}
}

// stop leaves the rest undone, since nobody waits for it.
func (m *many) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.work = nil
}

// do finds the answers of one batch.
func (m *many) do(ctx context.Context, items []*item) {
	m.mu.Lock()
	batch := m.batch != nil && !m.denied && len(items) > 1
	m.mu.Unlock()
	if batch && ctx.Err() == nil {
		items = m.doBatch(ctx, items)
	}
	for _, i := range items {
		i.answer, i.err = m.b.lookup(ctx, i.q, false, trace{calls: i.seen.calls})
	}
}

// doBatch gives back the items that need calls of their own.
func (m *many) doBatch(ctx context.Context, items []*item) (rest []*item) {
	start, after := time.Now(), m.b.cache.now()
	limited, cancel := context.WithTimeout(ctx, m.b.cfg.timeout())
	defer cancel()
	var second []*item
	own := m.ask(ctx, limited, items, 0)
	for n, i := range items {
		got := own[n]
		switch {
		case got.single:
			rest = append(rest, i)
		case got.failed != nil && got.failed.Swallowed() && len(i.names) == 2 && !m.b.ownIsStale(m.b.key(&i.q), got.failed, false):
			m.b.put(i.q, &entry{failed: got.failed, global: true, names: i.names[:1]}, after)
			i.own = got.failed
			second = append(second, i)
		default:
			i.take(ctx, m.b, i.q, got, after)
			i.finish(ctx, m.b, start)
		}
	}
	if len(second) == 0 {
		return rest
	}
	all := m.ask(ctx, limited, second, 1)
	for n, i := range second {
		if all[n].single {
			rest = append(rest, i)
			continue
		}
		i.take(ctx, m.b, global(i.q), all[n], after)
		if failed, ok := errors.AsType[*LookupError](i.err); ok {
			i.seen.names = failed.Names
			i.err = m.b.afterTeam(i.q, i.own, failed, &i.seen)
		}
		i.seen.names = i.names
		i.finish(ctx, m.b, start)
	}
	return rest
}

// gotten is what a batch says of one name.
type gotten struct {
	answer Answer
	failed *LookupError
	single bool // ask for it alone
}

// take makes a gotten the outcome of an item, and keeps it.
func (i *item) take(ctx context.Context, b *Backend, q Query, got gotten, after uint64) {
	answer, failed := got.answer, got.failed
	if failed == nil {
		answer, failed = b.read(q, answer)
	}
	i.seen.names = []string{answer.Name}
	if failed != nil {
		i.seen.names = failed.Names
	}
	b.put(q, &entry{answer: answer, failed: failed, names: i.seen.names}, after)
	if failed != nil && failed.Reason.traits().memory == outage && b.cache != nil {
		if e := b.cache.load(b.key(&q)); e != nil && e.worthy() && time.Now().Before(e.retry) {
			answer, failed = b.cached(ctx, q, &i.seen) // no call before the pause is over
		}
	}
	i.answer, i.err = answer, nil
	if failed != nil {
		i.answer, i.err = Answer{}, failed
	}
}

// put keeps what a batch brought, unless something newer is there.
func (b *Backend) put(q Query, e *entry, after uint64) {
	if b.cache == nil {
		return
	}
	c, k := b.cache, b.key(&q)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.load(k); c.voided > after || old != nil && old.seq > after {
		return
	}
	memory := miss
	if e.failed != nil {
		memory = e.failed.Reason.traits().memory
	}
	if memory == outage && e.global {
		return
	}
	e.seq = after
	c.keepLocked(k, e, memory)
}

// observe tells of an item that made no lookup of its own.
func (i *item) observe(ctx context.Context, b *Backend, start time.Time, failed *LookupError) {
	if b.cfg.Observe != nil {
		b.observe(ctx, i.q, start, &i.seen, &i.answer, failed)
	}
}

func (i *item) finish(ctx context.Context, b *Backend, start time.Time) {
	failed, _ := errors.AsType[*LookupError](i.err)
	i.observe(ctx, b, start, failed)
}

// ask asks for the nth name of each item in one call.
func (m *many) ask(ctx, limited context.Context, items []*item, nth int) []gotten {
	got := make([]gotten, len(items))
	for n := range got {
		got[n].single = true
	}
	in := &secretsmanager.BatchGetSecretValueInput{}
	for _, i := range items {
		if i.names[nth] != "" {
			in.SecretIdList = append(in.SecretIdList, i.names[nth])
		}
	}
	if len(in.SecretIdList) == 0 {
		return got
	}
	items[0].seen.calls++
	if m.b.cache != nil {
		for _, i := range items {
			i.seen.cache = CacheMiss
		}
	}
	out, err := m.batch.BatchGetSecretValue(limited, in, callOptions...)
	if err != nil {
		reason, err := atEnd(ctx, limited, reasonOf(err), causeOf(err))
		switch {
		case reason == Denied:
			m.mu.Lock()
			m.denied = true
			m.mu.Unlock()
		case reason == Canceled, reason.traits().memory == outage:
			// Twenty single calls would not fare better.
			for n, i := range items {
				got[n] = gotten{failed: m.b.failed(i.q, i.names[nth:nth+1], reason, err)}
			}
		}
		return got
	}
	if out == nil {
		return got
	}
	for n, i := range items {
		name := i.names[nth]
		if v := valueOf(out.SecretValues, name); v != nil {
			if v.SecretString == nil {
				got[n] = gotten{failed: m.b.failed(i.q, i.names[nth:nth+1], BinaryOnly, nil)}
			} else {
				got[n] = gotten{answer: answerOf(name, *v.SecretString, v.VersionId, v.VersionStages)}
			}
			continue
		}
		for _, e := range out.Errors {
			if aws.ToString(e.SecretId) == name {
				err := &smithy.GenericAPIError{Code: aws.ToString(e.ErrorCode), Message: aws.ToString(e.Message)}
				got[n] = gotten{failed: m.b.failed(i.q, i.names[nth:nth+1], cmp.Or(reasonOfCode(err), Failed), causeOf(err))}
			}
		}
	}
	return got
}

// valueOf finds the value of a name, an ARN or an ARN without its random end.
func valueOf(values []types.SecretValueEntry, name string) *types.SecretValueEntry {
	for n := range values {
		arn := aws.ToString(values[n].ARN)
		if aws.ToString(values[n].Name) == name || arn == name || len(arn) == len(name)+len("-AbCdEf") && strings.HasPrefix(arn, name+"-") {
			return &values[n]
		}
	}
	return nil
}
