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
	ID    string // the name, of a lookup by name
	Team  string // the team that asked, "" for none
	Stage string

	Names  []string // the secrets asked for, in order, up to the one that decided; must not be changed
	Reason Reason   // why there is no answer, 0 if there is one
	Err    error    // the *LookupError, nil if there is an answer
	Source string   // the source that answered

	Cache CacheOutcome
	Calls int           // calls that this lookup began; a batch counts for its first id
	Took  time.Duration // the whole lookup, including the time it waited for others
}

// CacheOutcome is what the cache did for a lookup.
type CacheOutcome uint8

// What the cache did.
const (
	CacheUnused  CacheOutcome = iota // there is no cache, or there was nothing to ask for
	CacheHit                         // it had the answer, or "there is none"
	CacheMiss                        // the lookup waited for a call
	CacheStale                       // it had an expired answer, and AWS cannot be asked
	CacheRefresh                     // it was bypassed: Refresh, UseConnection, or a background refresh
)

// String returns the use in a word.
func (u CacheOutcome) String() string {
	if int(u) < len(cacheUses) {
		return cacheUses[u]
	}
	return ""
}

// MarshalText returns the use in a word.
func (u CacheOutcome) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

var cacheUses = [...]string{"unused", "hit", "miss", "stale", "refresh"}

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

// clock is the time if somebody observes.
func (b *Backend) clock() (now time.Time) {
	if b.cfg.Observe != nil {
		now = time.Now()
	}
	return now
}

// told counts a lookup that was no hit, and tells its observer. start is from clock.
func (b *Backend) told(ctx context.Context, q *Query, start time.Time, t *trace, use CacheOutcome, answer *Answer, failed *LookupError) {
	b.counts.add(use)
	b.tell(ctx, q, start, t, use, answer, failed)
}

// tell tells the observer of a lookup, if there is one.
func (b *Backend) tell(ctx context.Context, q *Query, start time.Time, t *trace, use CacheOutcome, answer *Answer, failed *LookupError) {
	if b.cfg.Observe == nil {
		return
	}
	e := Event{
		Kind: q.Kind, ID: shownID(q.id()), Team: shownID(q.Team), Stage: shownID(q.Stage),
		Names: shownNames(t.names), Cache: use, Calls: t.calls, Took: time.Since(start),
	}
	if failed != nil {
		e.Reason, e.Err = failed.Reason, failed
	} else {
		e.Source = answer.Source
	}
	if e.ID == notID { // which is a part of them
		e.Names = slices.Repeat([]string{notID}, len(t.names))
	}
	b.cfg.Observe(ctx, e)
}

// ahead tells the observer of a refresh in the background. It is nil if nobody observes.
func (b *Backend) ahead(ctx context.Context, q *Query, names []string) func(store.Outcome[*secret], time.Duration) {
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
		b.told(ctx, &asked, time.Now().Add(-took), &t, CacheRefresh, &s.answer, failed)
	}
}
