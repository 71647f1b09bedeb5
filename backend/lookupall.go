package backend

import (
	"context"
	"iter"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

const (
	batchSize   = 20 // AWS takes no more
	concurrency = 8  // calls of one LookupAll at a time
)

// LookupAll looks up many ids, twenty in a call. For each of ids, in their order, it
// yields the answer of Lookup or its error, a *LookupError. Ids that prefix, pattern or
// cache decide cost no call, and what is read fills the cache. At most eight calls run at
// a time; they are canceled when the loop is left. Config.Timeout is for each twenty ids
// together.
//
// A batch call needs a Client that is a secretsmanager.BatchGetSecretValueAPIClient, as
// the SDK's is, and the permission secretsmanager:BatchGetSecretValue in addition to the
// permission for each secret. Without them, and for ids that a batch leaves out, LookupAll
// makes single calls.
func (b *Backend) LookupAll(ctx context.Context, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var done sync.WaitGroup
		a := b.all(kind, ids)
		a.running = &done
		defer done.Wait()
		defer cancel()
		done.Go(func() { a.start(ctx) })
		for _, id := range ids {
			i := a.items[id]
			select {
			case <-i.done:
			case p := <-a.panics:
				panic(p)
			}
			if !yield(answerOr(i.answer, i.failed)) {
				return
			}
		}
	}
}

// all is one LookupAll.
type all struct {
	b      *Backend // with a store, if only for this
	batch  secretsmanager.BatchGetSecretValueAPIClient
	items  map[string]*item // :: id → its item
	order  []*item
	calls  chan struct{} // as many at a time
	turn   chan struct{} // of chunks that need a call for each item
	panics chan any      // of a client

	running  *sync.WaitGroup // all that must end with the loop
	hopeless atomic.Bool     // a chunk has waited for AWS in vain

	mu     sync.Mutex
	denied bool // batches are
}

// item is one of the ids.
type item struct {
	q      Query
	names  []string
	given  []*secret // of names, what batches have brought
	begun  int       // batches on behalf of it
	done   chan struct{}
	answer Answer
	failed *LookupError
}

func (b *Backend) all(kind lookup.Kind, ids []string) *all {
	a := &all{items: make(map[string]*item, len(ids)), calls: make(chan struct{}, concurrency), turn: make(chan struct{}, 1), panics: make(chan any, 1)}
	a.batch, _ = b.client.(secretsmanager.BatchGetSecretValueAPIClient)
	if b.store == nil {
		own := *b
		own.keep(store.Policy{TTL: math.MaxInt64, NotFoundTTL: math.MaxInt64, Timeout: b.cfg.timeout(), MaxEntries: math.MaxInt, MaxBytes: math.MaxInt64})
		b = &own
	}
	a.b = b
	for _, id := range ids {
		if a.items[id] == nil {
			i := &item{q: b.asTeam(Query{Kind: kind, ID: id}), done: make(chan struct{})}
			a.items[id] = i
			a.order = append(a.order, i)
		}
	}
	return a
}

// start answers what needs no call, and looks the rest up in chunks.
func (a *all) start(ctx context.Context) {
	var open []*item
	for _, i := range a.order {
		names, failed := a.b.names(&i.q)
		if failed != nil || a.b.warm(&i.q, names) {
			i.finish(a.b.lookup(ctx, i.q, nil))
			continue
		}
		i.names, i.given = names, make([]*secret, len(names))
		open = append(open, i)
	}
	chunks := make(chan struct{}, concurrency)
	for chunk := range slices.Chunk(open, batchSize) {
		select {
		case chunks <- struct{}{}:
		case <-ctx.Done(): // what is left fails at once
			for _, i := range chunk {
				i.finish(a.b.run(ctx, i.q, i.names, &asker{b: a.b, way: kept}, nil))
			}
			continue
		}
		a.running.Go(func() {
			defer func() { <-chunks }()
			a.guard(func() { a.chunk(ctx, chunk) }, func() {
				for _, i := range chunk {
					i.abandon(a.b)()
				}
			})
		})
	}
}

func (i *item) finish(answer Answer, failed *LookupError) {
	i.answer, i.failed = answer, failed
	close(i.done)
}

// guard passes a panic of the client on to the loop. It calls ended if the client ends
// the goroutine.
func (a *all) guard(f, ended func()) {
	returned := false
	defer func() {
		switch p := recover(); {
		case p != nil:
			select {
			case a.panics <- p:
			default: // one is enough
			}
		case !returned:
			ended()
		}
	}()
	f()
	returned = true
}

// chunk asks for the first names of some items in one call, for the second names of
// those that have none in another, and looks each item up in what came.
func (a *all) chunk(ctx context.Context, items []*item) {
	end := time.Now().Add(a.b.cfg.timeout())
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for n := range items[0].names {
		some := items
		if n > 0 {
			some = slices.DeleteFunc(slices.Clone(items), func(i *item) bool { return !a.leadsOn(i, n-1) })
		}
		a.ask(limited, some, n)
	}
	if a.alone() {
		// Chunks that need a call for each item take turns, which does not count as their time.
		queued := time.Now()
		a.turn <- struct{}{}
		defer func() { <-a.turn }()
		end = end.Add(time.Since(queued))
	}
	var running sync.WaitGroup
	for _, i := range items {
		running.Go(func() {
			a.guard(func() {
				by := a.b.keeper(a.b.memo.find(&i.q))
				by.end, by.given, by.begun, by.calls = end, i.given, i.begun, a.calls
				i.finish(a.b.run(ctx, i.q, i.names, &by, nil))
			}, i.abandon(a.b))
		})
	}
	running.Wait()
}

// abandon finishes an item whose client ended the goroutine.
func (i *item) abandon(b *Backend) func() {
	return func() {
		select {
		case <-i.done:
		default:
			i.finish(Answer{}, b.failed(&i.q, i.names[:1], Failed, errLost))
		}
	}
}

// alone reports whether each secret needs a call of its own.
func (a *all) alone() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.batch == nil || a.denied
}

// leadsOn reports whether the name after the nth is asked for.
func (a *all) leadsOn(i *item, n int) bool {
	s, k := i.given[n], key{i.names[n], i.q.Stage}
	if s == nil {
		s, _ = a.b.store.Peek(k, true)
	} else {
		s, _ = a.b.brought(s, k, true)
	}
	return s != nil && s.reason.traits().swallowed
}

// ask asks for the nth names of items in one call. Where all of them could be answered
// with what is kept, it waits as long as a lookup would, once for all chunks; after that
// they are answered with it.
func (a *all) ask(ctx context.Context, items []*item, n int) {
	if len(items) < 2 || a.alone() || ctx.Err() != nil {
		return
	}
	wants, stale := make([]store.Want[key], len(items)), true
	for k, i := range items {
		wants[k] = store.Want[key]{Key: key{i.names[n], i.q.Stage}, Absence: n < len(i.names)-1}
		_, _, servable := a.b.store.Stale(wants[k].Key, wants[k].Absence)
		stale = stale && servable
	}
	if stale && a.hopeless.Load() {
		giveUp(items, n)
		return
	}
	brought := make(chan []store.Outcome[*secret], 1)
	begun := make(chan *item, 1) // whose lookup began the call
	a.running.Go(func() {
		a.guard(func() { brought <- a.ofBatch(ctx, wants, items, n, begun) }, func() { brought <- nil })
	})
	var outOfPatience <-chan time.Time
	if stale {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		outOfPatience = timer.C
	}
	select {
	case outcomes := <-brought:
		for k, o := range outcomes {
			if o.Keep != store.Unknown {
				items[k].given[n] = o.Value
			}
		}
	case <-outOfPatience:
		a.hopeless.Store(true)
		giveUp(items, n)
	case <-ctx.Done():
	}
	select {
	case i := <-begun:
		i.begun++
	default:
	}
}

// giveUp has items answered with what is kept.
func giveUp(items []*item, n int) {
	for _, i := range items {
		i.given[n] = &secret{reason: TimedOut, err: context.DeadlineExceeded}
	}
}

// ofBatch gives what one call brings for the nth names of items, nil if it is not made.
func (a *all) ofBatch(ctx context.Context, wants []store.Want[key], items []*item, n int, begun chan<- *item) []store.Outcome[*secret] {
	select {
	case a.calls <- struct{}{}:
		defer func() { <-a.calls }()
	case <-ctx.Done():
		return nil
	}
	return a.b.store.Batch(ctx, wants, func(ctx context.Context, places []int) []store.Outcome[*secret] {
		asked := make([]*item, len(places))
		for k, place := range places {
			asked[k] = items[place]
		}
		if len(asked) < 2 {
			return make([]store.Outcome[*secret], len(asked)) // a call of its own is as good
		}
		begun <- asked[0]
		return a.call(ctx, asked, n)
	})
}
