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
	batchSize   = 20 // the most that AWS accepts
	concurrency = 8  // the most calls of one LookupAll at a time
)

// LookupAll looks up many ids, twenty in a call. For each id, in the order of ids, it yields
// the answer of Lookup or its error, a *LookupError. Ids that the prefix, the lookup pattern
// or the cache decides need no call, and all results are cached. At most eight calls run at a
// time. Config.Timeout applies to each group of twenty ids. Leaving the loop cancels the
// calls. After a loop that ran to its end, the only calls that may continue are batches whose ids
// were answered with stale secrets.
//
// For batch calls, the Client must implement secretsmanager.BatchGetSecretValueAPIClient, as
// the SDK's does, and the caller needs the permission secretsmanager:BatchGetSecretValue in
// addition to the permission for each secret. Otherwise, and for ids that a batch leaves out,
// LookupAll makes single calls.
func (b *Backend) LookupAll(ctx context.Context, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	ids = slices.Clone(ids)
	return func(yield func(Answer, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		a := b.all(kind, ids)
		a.backgroundCtx, a.stopBackground = context.WithCancel(context.WithoutCancel(ctx))
		left := true
		defer func() {
			cancel()
			if left {
				a.stopBackground()
			}
			a.running.Wait() // then no more background calls begin
			if left {
				a.background.Wait()
			}
		}()
		a.running.Go(func() { a.guard(func() { a.start(ctx) }, a.order) })
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
		left = false
	}
}

// all is one call of LookupAll.
type all struct {
	b      *Backend                                    // has a store; without a cache, one for this call only
	client secretsmanager.BatchGetSecretValueAPIClient // nil if the client makes no batch calls
	items  map[string]*item                            // by id
	order  []*item                                     // each item once, in the order of ids
	calls  chan struct{}                               // limits the number of concurrent calls
	turn   chan struct{}                               // held by a chunk that needs a call for each item
	panics chan any                                    // a panic of the client

	running sync.WaitGroup // counts the goroutines that end with the loop

	// Calls in the background, which stale answers do not wait for. They are canceled only
	// if the loop is left early.
	background     sync.WaitGroup
	backgroundCtx  context.Context
	stopBackground context.CancelFunc

	hopeless atomic.Bool // a lookup has spent its patience: no other should wait

	mu     sync.Mutex
	denied bool // AWS denies batch calls
}

// item is one id.
type item struct {
	q     Query
	names []string
	given []*secret // the results of batches for the names; nil if there is none
	begun int       // the number of batches that count for this item

	done   chan struct{} // closed when answer and failed are set
	answer Answer
	failed *LookupError
}

func (b *Backend) all(kind lookup.Kind, ids []string) *all {
	a := &all{
		items: make(map[string]*item, len(ids)),
		calls: make(chan struct{}, concurrency), turn: make(chan struct{}, 1), panics: make(chan any, 1),
	}
	a.client, _ = b.client.(secretsmanager.BatchGetSecretValueAPIClient)
	if b.store == nil {
		alone := *b
		alone.addStore(store.Policy{TTL: math.MaxInt64, NotFoundTTL: math.MaxInt64, Timeout: b.cfg.timeout(), MaxEntries: math.MaxInt, MaxBytes: math.MaxInt64})
		b = &alone
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

// start answers the items that need no call and looks up the others in chunks. Items that
// could be answered with stale secrets are in other chunks than those that must wait.
func (a *all) start(ctx context.Context) {
	var cold, stale []*item
	for _, i := range a.order {
		names, failed := a.b.names(&i.q)
		if failed != nil || a.b.warm(&i.q, names) {
			i.finish(a.b.lookup(ctx, i.q, nil))
			continue
		}
		i.names, i.given = names, make([]*secret, len(names))
		if a.servable(i, 0) {
			stale = append(stale, i)
		} else {
			cold = append(cold, i)
		}
	}
	places := make(chan struct{}, concurrency)
	for n, some := range [][]*item{stale, cold} {
		parent := []context.Context{a.backgroundCtx, ctx}[n]
		for items := range slices.Chunk(some, batchSize) {
			select {
			case places <- struct{}{}:
			case <-ctx.Done(): // the remaining items fail at once
				for _, i := range items {
					i.finish(a.b.run(ctx, i.q, i.names, &asker{b: a.b, mode: cached}, nil))
				}
				continue
			}
			c := &chunk{all: a, items: items, patience: patience, began: time.Now(), parent: parent}
			a.running.Go(func() {
				defer func() { <-places }()
				a.guard(func() { c.lookUp(ctx) }, items)
			})
		}
	}
}

// servable reports whether the cache may answer for the nth name during an outage.
func (a *all) servable(i *item, n int) bool {
	_, _, ok := a.b.store.Stale(key{i.names[n], i.q.Stage}, n < len(i.names)-1)
	return ok
}

func (i *item) finish(answer Answer, failed *LookupError) {
	i.answer, i.failed = answer, failed
	close(i.done)
}

// guard runs f. It passes a panic of the client to the loop. If the client ends the
// goroutine, guard finishes those of items that are not done.
func (a *all) guard(f func(), items []*item) {
	returned := false
	defer func() {
		switch p := recover(); {
		case p != nil:
			select {
			case a.panics <- p:
			default: // the loop needs one only
			}
		case !returned:
			for _, i := range items {
				select {
				case <-i.done:
				default:
					i.finish(Answer{}, a.b.failed(&i.q, i.names, Failed, errLost))
				}
			}
		}
	}()
	f()
	returned = true
}

// alone reports whether each secret needs a call of its own.
func (a *all) alone() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client == nil || a.denied
}

// chunk is up to batchSize items. It makes one batch call for their first names and one for
// the second names that a team has.
type chunk struct {
	*all
	items    []*item
	began    time.Time
	parent   context.Context // cancels the single calls
	patience time.Duration   // how long items that could be answered with stale secrets still wait
}

// lookUp makes the batch calls, then looks up each item with their results.
func (c *chunk) lookUp(ctx context.Context) {
	end := c.began.Add(c.b.cfg.timeout())
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for n := range c.items[0].names {
		some := c.items
		if n > 0 {
			some = slices.DeleteFunc(slices.Clone(some), func(i *item) bool { return !c.leadsOn(i, n-1) })
		}
		c.ask(limited, some, n)
	}
	if c.alone() {
		// Chunks that need a call for each item take turns. Waiting for the turn does not
		// count as time of the chunk.
		queued := time.Now()
		c.turn <- struct{}{}
		defer func() { <-c.turn }()
		waited := time.Since(queued)
		end, c.began = end.Add(waited), c.began.Add(waited)
	}
	if c.hopeless.Load() {
		c.patience = 0
	}
	var running sync.WaitGroup
	for _, i := range c.items {
		running.Go(func() {
			c.guard(func() {
				by := c.b.cachedAsker(c.b.memo.find(&i.q))
				by.end, by.patience, by.given, by.begun = end, c.patience, i.given, i.begun
				by.calls, by.parent = c.calls, c.parent
				if slices.ContainsFunc(i.given, func(s *secret) bool { return s != nil }) {
					by.began = c.began
				}
				i.finish(c.b.run(ctx, i.q, i.names, &by, nil))
				if by.patience <= 0 {
					c.hopeless.Store(true)
				}
			}, []*item{i})
		})
	}
	running.Wait()
}

// leadsOn reports whether the result for the nth name leads to the next name.
func (c *chunk) leadsOn(i *item, n int) bool {
	s := i.given[n]
	if s == nil || s.reason.traits().keep == store.Outage {
		if kept, _, ok := c.b.store.Stale(key{i.names[n], i.q.Stage}, true); ok {
			s = kept
		}
	}
	return s != nil && s.reason.traits().swallowed
}

// ask asks for the nth names of items in one call. If all items could be answered with stale
// secrets, it waits no longer than a lookup would, and the call continues in the background.
func (c *chunk) ask(ctx context.Context, items []*item, n int) {
	if len(items) < 2 || c.alone() || ctx.Err() != nil {
		return
	}
	stale := !slices.ContainsFunc(items, func(i *item) bool { return !c.servable(i, n) })
	spent, stop := c.timer(stale)
	defer stop()
	select {
	case c.calls <- struct{}{}:
	case <-spent:
		c.giveUp(items, n)
		return
	case <-ctx.Done():
		return
	}
	b := &batch{chunk: c, items: items, n: n, started: make(chan *item, 1), brought: make(chan []store.Outcome[*secret], 1)}
	if stale {
		c.background.Go(func() { c.guard(func() { b.run(c.backgroundCtx) }, nil) })
	} else {
		c.running.Go(func() { c.guard(func() { b.run(ctx) }, items) })
	}
	if i := <-b.started; i != nil {
		i.begun++
	}
	for {
		select {
		case outcomes := <-b.brought:
			for k, o := range outcomes {
				if o.Keep != store.Unknown {
					items[k].given[n] = o.Value
				}
			}
			return
		case <-ctx.Done():
			return
		case <-spent:
			if c.giveUp(items, n) {
				return
			}
		}
	}
}

// timer returns a channel that fires when the patience of the chunk is spent, and a function
// that subtracts the time waited from the patience. For items that must wait, stale is false
// and the channel is nil.
func (c *chunk) timer(stale bool) (spent <-chan time.Time, stop func()) {
	if !stale {
		return nil, func() {}
	}
	if c.hopeless.Load() {
		c.patience = 0
	}
	began, timer := time.Now(), time.NewTimer(c.patience)
	return timer.C, func() {
		timer.Stop()
		c.patience = max(c.patience-time.Since(began), 0)
	}
}

// giveUp answers items with stale secrets. It reports whether it could answer all of them: a
// secret may have become too old meanwhile.
func (c *chunk) giveUp(items []*item, n int) (all bool) {
	c.hopeless.Store(true)
	all = true
	for _, i := range items {
		if c.servable(i, n) {
			i.given[n] = gone
			c.b.store.InVain(key{i.names[n], i.q.Stage})
		} else {
			all = false
		}
	}
	return all
}

// gone is the result for an AWS that does not answer, so that the cached secret is served.
var gone = &secret{reason: TimedOut, err: context.DeadlineExceeded}
