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
// a time. Config.Timeout is for each twenty ids together. Calls are canceled when the loop
// is left; only a batch that stale answers did not wait for goes on after a loop that has
// reached its end.
//
// A batch call needs a Client that is a secretsmanager.BatchGetSecretValueAPIClient, as
// the SDK's is, and the permission secretsmanager:BatchGetSecretValue in addition to the
// permission for each secret. Without them, and for ids that a batch leaves out, LookupAll
// makes single calls.
func (b *Backend) LookupAll(ctx context.Context, kind lookup.Kind, ids []string) iter.Seq2[Answer, error] {
	ids = slices.Clone(ids)
	return func(yield func(Answer, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		a := b.all(kind, ids)
		a.behindCtx, a.stopBehind = context.WithCancel(context.WithoutCancel(ctx))
		left := true
		defer func() {
			cancel()
			if left {
				a.stopBehind()
			}
			a.running.Wait() // after which nothing begins behind
			if left {
				a.behind.Wait()
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

// all is one LookupAll.
type all struct {
	b      *Backend                                    // with a store, if only for this
	client secretsmanager.BatchGetSecretValueAPIClient // nil if there is none
	items  map[string]*item                            // :: id → its item
	order  []*item
	calls  chan struct{} // as many at a time
	turn   chan struct{} // of chunks that need a call for each item
	panics chan any      // of a client

	running sync.WaitGroup // what ends with the loop

	// Of calls that stale answers do not wait for. They end with the loop only if that is
	// left early.
	behind     sync.WaitGroup
	behindCtx  context.Context
	stopBehind context.CancelFunc

	hopeless atomic.Bool // a lookup has waited for AWS in vain

	mu     sync.Mutex
	denied bool // batches are
}

// item is one of the ids.
type item struct {
	q      Query
	names  []string
	given  []*secret // what batches have brought for the names
	begun  int       // batches, on behalf of this item
	done   chan struct{}
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
		alone.keep(store.Policy{TTL: math.MaxInt64, NotFoundTTL: math.MaxInt64, Timeout: b.cfg.timeout(), MaxEntries: math.MaxInt, MaxBytes: math.MaxInt64})
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

// start answers what needs no call, and looks the rest up in chunks. Those that could
// be answered with what is kept are kept apart from those that have to wait.
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
		parent := []context.Context{a.behindCtx, ctx}[n]
		for items := range slices.Chunk(some, batchSize) {
			select {
			case places <- struct{}{}:
			case <-ctx.Done(): // what is left fails at once
				for _, i := range items {
					i.finish(a.b.run(ctx, i.q, i.names, &asker{b: a.b, way: kept}, nil))
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

// servable reports whether something kept may be handed out for the nth name.
func (a *all) servable(i *item, n int) bool {
	_, _, ok := a.b.store.Stale(key{i.names[n], i.q.Stage}, n < len(i.names)-1)
	return ok
}

func (i *item) finish(answer Answer, failed *LookupError) {
	i.answer, i.failed = answer, failed
	close(i.done)
}

// guard passes a panic of the client on to the loop. If the client ends the goroutine,
// it finishes those of items that are not done.
func (a *all) guard(f func(), items []*item) {
	returned := false
	defer func() {
		switch p := recover(); {
		case p != nil:
			select {
			case a.panics <- p:
			default: // one is enough
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

// chunk is the items of one batch, and of a second one for those of a team.
type chunk struct {
	*all
	items    []*item
	began    time.Time
	parent   context.Context // calls for single items end with it
	patience time.Duration   // left, for items that could be answered with what is kept
}

// lookUp asks for the first names of the items in one call, for the second names of
// those that have none in another, and looks each item up in what came.
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
		// Chunks that need a call for each item take turns, which does not count as their time.
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
				by := c.b.keeper(c.b.memo.find(&i.q))
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

// leadsOn reports whether the name after the nth is asked for.
func (c *chunk) leadsOn(i *item, n int) bool {
	s := i.given[n]
	if s == nil || s.reason.traits().keep == store.Outage {
		if kept, _, ok := c.b.store.Stale(key{i.names[n], i.q.Stage}, true); ok {
			s = kept
		}
	}
	return s != nil && s.reason.traits().swallowed
}

// ask asks for the nth names of items in one call. Where all of them could be answered
// with what is kept, it waits as long as a lookup would, and the call goes on behind
// them.
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
		c.behind.Go(func() { c.guard(func() { b.run(c.behindCtx) }, nil) })
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

// timer is for the patience of items that could be answered with what is kept. stop
// takes off what was waited; spent is nil for other items.
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

// giveUp has items answered with what is kept. It reports whether all can be: some may
// be too old by now, and wait on.
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

// gone stands for an AWS that does not answer: what is kept is handed out.
var gone = &secret{reason: TimedOut, err: context.DeadlineExceeded}
