package backend

import (
	"context"
	"slices"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Event describes one lookup to Config.Observe. It never holds a value, and text that
// cannot be an id is redacted.
type Event struct {
	Kind  lookup.Kind
	ID    string // the ID of the query, or its Name
	Team  string // the team that asked; "" for none
	Stage string // the Stage of the query

	Names  []string // the secrets asked for, in order, up to the one that decided; must not be changed
	Reason Reason   // why the lookup has no answer; 0 if it has one
	Err    error    // the *LookupError; nil if there is an answer
	Source string   // the source that answered

	Cache CacheOutcome
	Calls int           // the calls that this lookup began; a batch counts for its first id
	Took  time.Duration // how long the lookup took, including the time it waited for others
}

// CacheOutcome says what the cache did for a lookup.
type CacheOutcome uint8

// The outcomes.
const (
	CacheUnused  CacheOutcome = iota // the Backend has no cache, or the lookup asked for nothing
	CacheHit                         // the cache had the answer or the miss
	CacheMiss                        // the lookup waited for a call
	CacheStale                       // the cache had an expired answer, and AWS did not answer
	CacheRefresh                     // Refresh, UseConnection or a background refresh bypassed the cache
)

// String returns the outcome in one word.
func (o CacheOutcome) String() string {
	if int(o) < len(cacheOutcomes) {
		return cacheOutcomes[o]
	}
	return ""
}

// MarshalText returns the outcome in one word.
func (o CacheOutcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

var cacheOutcomes = [...]string{"unused", "hit", "miss", "stale", "refresh"}

// ObserveAll returns a Config.Observe that calls several observers in order.
func ObserveAll(observers ...func(context.Context, Event)) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		for _, observe := range observers {
			if observe != nil {
				observe(ctx, e)
			}
		}
	}
}

// clock returns the time if there is an observer. Otherwise it saves reading the clock.
func (b *Backend) clock() (now time.Time) {
	if b.cfg.Observe != nil {
		now = time.Now()
	}
	return now
}

// record counts a lookup that did not take the fast path, and notifies the observer. start is
// from clock.
func (b *Backend) record(ctx context.Context, q *Query, start time.Time, t *trace, use CacheOutcome, answer *Answer, failed *LookupError) {
	b.counts.add(use)
	b.notify(ctx, q, start, t, use, answer, failed)
}

// notify passes a lookup to the observer, if there is one.
func (b *Backend) notify(ctx context.Context, q *Query, start time.Time, t *trace, use CacheOutcome, answer *Answer, failed *LookupError) {
	if b.cfg.Observe == nil {
		return
	}
	e := Event{
		Kind: q.Kind, ID: lookup.ShownID(q.id()), Team: lookup.ShownID(q.Team), Stage: lookup.ShownID(q.Stage),
		Names: shownNames(t.names), Cache: use, Calls: t.calls, Took: time.Since(start),
	}
	if failed != nil {
		e.Reason, e.Err = failed.Reason, failed
	} else {
		e.Source = answer.Source
	}
	if e.ID == lookup.RedactedID { // the names contain the id
		e.Names = slices.Repeat([]string{lookup.RedactedID}, len(t.names))
	}
	b.cfg.Observe(ctx, e)
}

// aheadObserver returns a function that passes a background refresh to the observer. Without an
// observer it returns nil.
func (b *Backend) aheadObserver(ctx context.Context, q *Query, names []string) func(store.Outcome[*secret], time.Duration) {
	if b.cfg.Observe == nil {
		return nil
	}
	ctx, asked := context.WithoutCancel(ctx), *q
	return func(o store.Outcome[*secret], took time.Duration) {
		if o.Value == nil {
			return // no call was made
		}
		s, t := o.Value, trace{names: names, calls: 1}
		var failed *LookupError
		if s.reason != 0 {
			failed = b.failed(&asked, names, s.reason, s.err)
		} else if _, refused, refusal := s.in(b, &asked); refused != 0 {
			failed = b.failed(&asked, names[len(names)-1:], refused, refusal)
		}
		b.record(ctx, &asked, time.Now().Add(-took), &t, CacheRefresh, &s.answer, failed)
	}
}
