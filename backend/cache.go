package backend

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// CachePolicy says how answers are kept in memory. The zero value keeps none;
// CachePolicy{On: true} is a sensible cache. A duration below zero switches off
// what it rules; a TTL cannot be.
type CachePolicy struct {
	On bool

	TTL         time.Duration // how long an answer is kept; 0 means 15 minutes, as Airflow's own cache
	NotFoundTTL time.Duration // how long it is kept that there is none, or that it is malformed; 0 means 1 minute
	Jitter      float64       // the part of a TTL that it is cut by at most, at random, lest a fleet asks all at once; 0 means 0.1, negative none
	MaxEntries  int           // how many ids are kept, misses too; 0 means 10,000

	// RefreshAhead is how long before its end an answer is asked for anew by the
	// next lookup, which does not wait for it; 0 means that lookups wait at the
	// end.
	RefreshAhead time.Duration

	// MaxAge is how old an answer may get while AWS cannot be asked: until then
	// it is served, with Answer.Stale set. 0 means 1 hour, or the TTL where that
	// is longer.
	MaxAge time.Duration
	// Pause is the time between two tries to get a new answer while AWS cannot
	// be asked; 0 means 10 seconds.
	Pause time.Duration
}

// staleWait is how long a lookup that has a stale answer waits for a better one.
const staleWait = time.Second

// complete puts the defaults in.
func (p CachePolicy) complete() (CachePolicy, error) {
	p.TTL = cmp.Or(p.TTL, 15*time.Minute)
	p.NotFoundTTL = max(cmp.Or(p.NotFoundTTL, time.Minute), 0)
	p.Jitter = max(cmp.Or(p.Jitter, 0.1), 0)
	p.MaxEntries = cmp.Or(p.MaxEntries, 10_000)
	p.RefreshAhead = max(p.RefreshAhead, 0)
	p.Pause = max(cmp.Or(p.Pause, 10*time.Second), 0)
	switch shortest := time.Duration(float64(p.TTL) * (1 - p.Jitter)); {
	case p.TTL < 0:
		return p, errors.New("backend: CachePolicy.TTL is negative")
	case p.Jitter >= 1:
		return p, errors.New("backend: CachePolicy.Jitter is not below 1")
	case p.MaxEntries < 0:
		return p, errors.New("backend: CachePolicy.MaxEntries is negative")
	case p.RefreshAhead >= shortest:
		return p, errors.New("backend: CachePolicy.RefreshAhead is not below the TTL less its jitter")
	case p.MaxAge > 0 && p.MaxAge < p.TTL:
		return p, errors.New("backend: CachePolicy.MaxAge is below the TTL")
	}
	if p.MaxAge == 0 {
		p.MaxAge = max(time.Hour, p.TTL)
	}
	return p, nil
}

// key is what an entry is found by. It is a value of strings that are there
// already, so that a hit builds none.
type key struct {
	kind            lookup.Kind
	team, id, stage string
}

// cache keeps the last answers. A hit reads one map and the clock; all else goes
// under the lock, which is never held during a call. Nothing runs but flights,
// which end by themselves, so there is nothing to close.
type cache struct {
	policy  CachePolicy
	entries sync.Map // :: key → *entry, which is replaced and never changed

	mu      sync.Mutex
	keys    []key           // those of entries, to count them and to pick some by chance
	places  map[key]int     // :: key → its index in keys
	flights map[key]*flight // :: key → the call that is under way for it
	seq     uint64          // of the flight that began last
	voided  uint64          // seq at the last Invalidate
}

func newCache(policy CachePolicy) *cache {
	return &cache{policy: policy, places: map[key]int{}, flights: map[key]*flight{}}
}

// entry is what is known of a key: an answer, why there is none, or that a team
// has no secret of its own.
type entry struct {
	answer Answer
	failed *LookupError // beside a malformed text, or in place of one
	global bool         // failed for the team's own name: what is for all counts
	names  []string     // asked for
	seq    uint64       // of the flight that brought it

	soft    time.Time // when it is time to refresh it
	expires time.Time
	limit   time.Time // when it may not even be served as stale

	// Of the last try to get a newer one, if AWS could not be asked.
	outage *LookupError
	retry  time.Time

	refreshing atomic.Bool // one refresh ahead of time is enough
}

// worthy tells whether it is served when it is stale: a miss is not.
func (e *entry) worthy() bool { return e.failed == nil || e.global }

// flight is a call that all who need its answer wait for. It outlives who started
// it. The fields below done are valid once that is closed.
type flight struct {
	seq   uint64
	calls atomic.Int32
	done  chan struct{}

	answer Answer
	failed *LookupError
	names  []string
}

func (b *Backend) key(q *Query) key {
	k := key{kind: q.Kind, team: q.Team, id: q.ID, stage: q.Stage}
	if int(k.kind) < len(b.rules) && !b.rules[k.kind].teams {
		k.team = ""
	}
	return k
}

func (c *cache) load(k key) *entry {
	if e, ok := c.entries.Load(k); ok {
		return e.(*entry)
	}
	return nil
}

// hit is the quick way to an answer that needs no thought, nil where it does not
// lead there.
func (b *Backend) hit(q *Query) *entry {
	if b.cache == nil || b.cfg.Observe != nil {
		return nil
	}
	if q.Team == "" {
		q.Team = b.team
	}
	e := b.cache.load(b.key(q))
	if e == nil || e.failed != nil || !time.Now().Before(e.soft) {
		return nil
	}
	return e
}

// cached answers from the cache, or by a flight. A malformed text comes with its
// error.
func (b *Backend) cached(ctx context.Context, q Query, seen *trace) (Answer, *LookupError) {
	c, k := b.cache, b.key(&q)
	e, now := c.load(k), time.Now()
	switch {
	case e == nil:
	case now.Before(e.expires):
		if !now.Before(e.soft) && !now.Before(e.retry) && e.refreshing.CompareAndSwap(false, true) {
			b.refreshAhead(ctx, q, k, e)
		}
		return b.serve(ctx, q, e, CacheHit, seen)
	case now.Before(e.retry) && now.Before(e.limit) && e.worthy():
		return b.serve(ctx, q, e, CacheStale, seen)
	case now.Before(e.retry):
		seen.cache, seen.names = CacheHit, e.outage.Names
		return Answer{}, e.outage.of(q)
	}

	names, failed := b.names(&q)
	if failed != nil {
		return Answer{}, failed
	}
	*seen = trace{calls: seen.calls, cache: CacheMiss}
	if err := ctx.Err(); err != nil {
		return Answer{}, b.gaveUp(q, err)
	}
	f, started := c.join(k, e)
	switch {
	case f == nil:
		return b.cached(ctx, q, seen) // someone was quicker
	case started:
		go b.fly(ctx, q, k, f, names, false)
	}
	patience := (<-chan time.Time)(nil)
	if e != nil && e.worthy() && now.Before(e.limit) {
		timer := time.NewTimer(staleWait)
		defer timer.Stop()
		patience = timer.C
	}
	tooLong := false
	select {
	case <-f.done:
	case <-patience:
		tooLong = !f.landed()
	case <-ctx.Done():
	}
	if started {
		seen.calls += int(f.calls.Load())
	}
	switch {
	case tooLong:
		return b.serve(ctx, q, e, CacheStale, seen)
	case !f.landed():
		return Answer{}, b.gaveUp(q, ctx.Err())
	case f.failed != nil && f.failed.Reason.traits().memory == outage:
		if e, now := c.load(k), time.Now(); e != nil && e.seq < f.seq && e.worthy() && now.Before(e.limit) {
			return b.serve(ctx, q, e, CacheStale, seen)
		}
	}
	seen.names = f.names
	return f.answer, f.failed.of(q)
}

func (f *flight) landed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// serve answers with an entry.
func (b *Backend) serve(ctx context.Context, q Query, e *entry, use CacheUse, seen *trace) (Answer, *LookupError) {
	seen.cache, seen.names = use, e.names
	if !e.global {
		answer := e.answer
		answer.Stale = use == CacheStale
		return answer, e.failed.of(q)
	}
	answer, failed := b.cached(ctx, global(q), seen)
	if use == CacheStale {
		seen.cache, answer.Stale = CacheStale, failed == nil
	}
	return answer, b.afterTeam(q, e.failed, failed, seen)
}

// global is the query for what is for all teams, not to be passed where own would
// give it the team of the Backend.
func global(q Query) Query {
	q.Team = ""
	return q
}

// afterTeam is the error of a query whose team has no secret of its own, with
// that of the query for all.
func (b *Backend) afterTeam(q Query, own, all *LookupError, seen *trace) *LookupError {
	if all == nil && b.cfg.Observe == nil {
		return nil // nobody will see the names
	}
	names := append(append(make([]string, 0, 2), own.Names...), seen.names...)
	seen.names = names
	switch {
	case all == nil:
		return nil
	case all.Reason == EmptyConnection || all.Reason == Malformed:
		return all.of(q) // there is a secret, and the error names it
	case all.Swallowed():
		all = moreTelling(own, all)
	}
	return all.of(q).asked(names)
}

// of is the error as the answer to q. It is a copy, since the fields of an error
// are its holder's.
func (e *LookupError) of(q Query) *LookupError {
	if e == nil {
		return nil
	}
	own := *e
	own.Kind, own.ID, own.Team = q.Kind, shownID(q.ID), shownID(q.Team)
	return &own
}

// join finds the flight for a key, or starts one: then the caller flies it. It is
// nil where the entry is no longer the one that the caller has seen.
func (c *cache) join(k key, e *entry) (f *flight, started bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[k]; f != nil {
		return f, false
	}
	if c.load(k) != e {
		return nil, false
	}
	return c.startLocked(k), true
}

func (c *cache) startLocked(k key) *flight {
	c.seq++
	f := &flight{seq: c.seq, done: make(chan struct{})}
	c.flights[k] = f
	return f
}

// refreshAhead starts a flight that nobody waits for.
func (b *Backend) refreshAhead(ctx context.Context, q Query, k key, e *entry) {
	names, failed := b.names(&q)
	if failed != nil {
		return
	}
	f, started := b.cache.join(k, e)
	if !started {
		return
	}
	go func() {
		start := time.Now()
		b.fly(ctx, q, k, f, names, false)
		if b.cfg.Observe != nil {
			seen := trace{names: f.names, calls: int(f.calls.Load()), cache: CacheRefresh}
			b.observe(context.WithoutCancel(ctx), q, start, &seen, &f.answer, f.failed)
		}
	}()
}

// fly makes the calls of a flight and lands it. anew wants what is for all teams
// to be read anew as well.
func (b *Backend) fly(ctx context.Context, q Query, k key, f *flight, names []string, anew bool) {
	f.failed = b.failed(q, names[:1], Failed, plainError("the client did not return"))
	memory := leave
	e := &entry{}
	// Deferred, since a client in a test may end the goroutine.
	defer func() { b.cache.land(k, f, e, memory) }()

	ctx = context.WithoutCancel(ctx)
	end := time.Now().Add(b.cfg.timeout())
	var seen trace
	count := func() { f.calls.Store(int32(seen.calls)) }
	if names[0] != "" {
		f.calls.Store(1) // for who leaves before the end
	}
	answer, failed := b.ask(ctx, q, names[:1], &seen)
	count()
	f.names = seen.names
	if failed == nil {
		answer, failed = b.read(q, answer)
	} else if len(names) == 2 && failed.Swallowed() && !b.ownIsStale(k, failed, anew) {
		memory = failed.Reason.traits().memory
		e.failed, e.global, e.names = failed, true, f.names
		if memory == outage {
			memory = leave // not known to be a miss, and what is for all is asked as Airflow does
		}
		limited, cancel := context.WithDeadline(ctx, end)
		defer cancel()
		all, allFailed := b.forAll(limited, global(q), anew, &seen)
		if limited.Err() != nil && allFailed != nil && allFailed.Reason == Canceled {
			allFailed = b.failed(global(q), names[1:], TimedOut, limited.Err())
		}
		count()
		f.answer, f.failed, f.names = all, b.afterTeam(q, failed, allFailed, &seen), seen.names
		return
	}
	f.answer, f.failed = answer, failed
	e.answer, e.failed, e.names = answer, failed, f.names
	memory = miss
	if failed != nil {
		memory = failed.Reason.traits().memory
	}
}

// ownIsStale tells whether a team has something stale to go on with, which comes
// before what is for all.
func (b *Backend) ownIsStale(k key, failed *LookupError, anew bool) bool {
	if anew || b.cache == nil || failed.Reason.traits().memory != outage {
		return false
	}
	e := b.cache.load(k)
	return e != nil && e.worthy() && time.Now().Before(e.limit)
}

func (b *Backend) forAll(ctx context.Context, q Query, anew bool, seen *trace) (Answer, *LookupError) {
	if anew {
		return b.refresh(ctx, q, b.cache.now(), seen)
	}
	return b.cached(ctx, q, seen)
}

// land ends a flight. What it brought counts unless it was displaced meanwhile.
func (c *cache) land(k key, f *flight, e *entry, m memory) {
	c.mu.Lock()
	if c.flights[k] == f {
		delete(c.flights, k)
		e.seq = f.seq
		c.keepLocked(k, e, m)
	}
	c.mu.Unlock()
	close(f.done)
}

// keepLocked does to the entry of a key what the table of reasons says. e is what
// a call brought, miss stands for an answer as well.
func (c *cache) keepLocked(k key, e *entry, m memory) {
	now := time.Now()
	switch m {
	case forget:
		c.dropLocked(k)
	case outage:
		old := c.load(k)
		if old == nil {
			return
		}
		kept := &entry{failed: e.failed, seq: old.seq} // nothing to serve any more, but a pause to keep
		if old.worthy() && now.Before(old.limit) || now.Before(old.expires) {
			kept = &entry{answer: old.answer, failed: old.failed, global: old.global, names: old.names, seq: old.seq,
				soft: old.soft, expires: old.expires, limit: old.limit}
		}
		kept.outage, kept.retry = e.failed, now.Add(c.policy.Pause)
		c.entries.Store(k, kept)
	case miss:
		p := &c.policy
		ttl := p.TTL
		if e.failed != nil {
			ttl = p.NotFoundTTL
		}
		ttl -= time.Duration(float64(ttl) * p.Jitter * rand.Float64())
		e.expires = now.Add(ttl)
		e.soft, e.limit = e.expires, e.expires
		if e.worthy() {
			e.limit = now.Add(max(p.MaxAge, ttl))
			e.soft = e.expires.Add(-p.RefreshAhead)
			if e.global { // its TTL may be shorter than that
				e.soft = e.expires.Add(-min(p.RefreshAhead, ttl/2))
			}
		}
		if ttl <= 0 && !now.Before(e.limit) {
			c.dropLocked(k)
			return
		}
		if _, there := c.places[k]; !there {
			if len(c.keys) >= p.MaxEntries {
				c.evictLocked()
			}
			c.places[k] = len(c.keys)
			c.keys = append(c.keys, k)
		}
		c.entries.Store(k, e)
	}
}

func (c *cache) dropLocked(k key) {
	place, there := c.places[k]
	if !there {
		return
	}
	end := len(c.keys) - 1
	last := c.keys[end]
	c.keys[place], c.places[last] = last, place
	c.keys[end] = key{}
	c.keys = c.keys[:end]
	delete(c.places, k)
	c.entries.Delete(k)
}

// evictLocked makes room: of a few entries picked by chance the one that would go
// first goes, so that misses leave before answers do.
func (c *cache) evictLocked() {
	var (
		worst key
		first time.Time
	)
	for n := range 16 {
		k := c.keys[rand.IntN(len(c.keys))]
		if e := c.load(k); n == 0 || e.expires.Before(first) {
			worst, first = k, e.expires
		}
	}
	c.dropLocked(worst)
}

// Invalidate forgets what is kept for a query: the next lookup asks. A call that
// is under way keeps nothing.
func (b *Backend) Invalidate(q Query) {
	for _, source := range b.chain {
		source, _ := parts(source)
		if kept, ok := source.(interface{ Invalidate(Query) }); ok {
			kept.Invalidate(b.own(q))
		}
	}
	if b.cache == nil {
		return
	}
	q = b.own(q)
	c := b.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	c.voided = c.seq
	for _, q := range []Query{q, global(q)} { // the second answers where the team has none
		k := b.key(&q)
		delete(c.flights, k)
		c.dropLocked(k)
	}
}

// Refresh asks anew, whatever is kept, and puts what comes in its place. An error
// is returned as it is and at once: nothing stale covers it, though lookups go on
// with that. Refreshes at the same time share their calls. Without a cache it is
// Lookup.
func (b *Backend) Refresh(ctx context.Context, q Query) (Answer, error) {
	if b.cache == nil && b.chain == nil {
		return b.lookup(ctx, q, false, trace{})
	}
	return b.refreshed(ctx, q, b.cache.now())
}

// refreshed is Refresh that is content with what a flight after another brought.
func (b *Backend) refreshed(ctx context.Context, q Query, after uint64) (Answer, error) {
	q = b.own(q)
	if b.chain != nil {
		return b.refreshChain(ctx, q)
	}
	if b.cache == nil {
		return b.lookup(ctx, q, false, trace{})
	}
	var start time.Time
	if b.cfg.Observe != nil {
		start = time.Now()
	}
	seen := trace{cache: CacheRefresh}
	answer, failed := b.refresh(ctx, q, after, &seen)
	if b.cfg.Observe != nil {
		b.observe(ctx, q, start, &seen, &answer, failed)
	}
	if failed != nil {
		return Answer{}, failed
	}
	return answer, nil
}

// now is the number of the last flight so far; what later ones bring is newer.
func (c *cache) now() uint64 {
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seq
}

func (b *Backend) refresh(ctx context.Context, q Query, after uint64, seen *trace) (Answer, *LookupError) {
	names, failed := b.names(&q)
	if failed != nil {
		return Answer{}, failed
	}
	for c, k := b.cache, b.key(&q); ; {
		if err := ctx.Err(); err != nil {
			return Answer{}, b.gaveUp(q, err)
		}
		f, e, started := c.newer(k, after)
		if e != nil {
			seen.names = e.names
			if !e.global {
				return e.answer, e.failed.of(q)
			}
			answer, failed := b.refresh(ctx, global(q), after, seen)
			return answer, b.afterTeam(q, e.failed, failed, seen)
		}
		if started {
			go b.fly(ctx, q, k, f, names, true)
		}
		select {
		case <-f.done:
		case <-ctx.Done():
		}
		if started {
			seen.calls += int(f.calls.Load())
		}
		if f.seq > after && f.landed() {
			seen.names = f.names
			return f.answer, f.failed.of(q)
		}
	}
}

// newer finds the entry or the flight of a key that is newer than a number, or an
// older flight that must land first, or starts one.
func (c *cache) newer(k key, after uint64) (f *flight, e *entry, started bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.load(k); e != nil && e.seq > after && e.outage == nil && time.Now().Before(e.expires) {
		return nil, e, false
	}
	if f := c.flights[k]; f != nil {
		return f, nil, false
	}
	return c.startLocked(k), nil, true
}
