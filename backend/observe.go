package backend

import (
	"context"
	"log/slog"
	"time"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Event is what Config.Observe is told of one lookup. It never holds a value.
type Event struct {
	Kind  lookup.Kind
	ID    string
	Team  string // the team that asked, "" for none
	Stage string

	Names  []string // the secrets asked for, in order, now or when the answer was kept; not to be changed
	Reason Reason   // why there is no answer, 0 where there is one
	Err    error    // the *LookupError, nil where there is an answer
	Source string   // who answered

	Cache CacheUse
	Calls int           // calls of the client for this lookup; those that another lookup made are that one's
	Took  time.Duration // all of it, waiting for others too
}

// CacheUse is what the cache did for a lookup.
type CacheUse uint8

// What the cache did.
const (
	CacheUnused  CacheUse = iota // there is none, or nothing was to be asked
	CacheHit                     // it had the answer, or that there is none
	CacheMiss                    // it had nothing: a call was made or waited for
	CacheStale                   // it had an answer past its time, and AWS cannot be asked
	CacheRefresh                 // it was passed over: Refresh, UseConnection, or a refresh ahead of time
)

// String is the use in a word.
func (u CacheUse) String() string {
	if int(u) < len(cacheUses) {
		return cacheUses[u]
	}
	return ""
}

var cacheUses = [...]string{"unused", "hit", "miss", "stale", "refresh"}

// trace is what a lookup has seen on its way.
type trace struct {
	names []string
	calls int
	cache CacheUse
}

func (b *Backend) observe(ctx context.Context, q Query, start time.Time, seen *trace, answer *Answer, failed *LookupError) {
	e := Event{Kind: q.Kind, ID: q.ID, Team: q.Team, Stage: q.Stage, Names: seen.names, Cache: seen.cache, Calls: seen.calls, Took: time.Since(start)}
	if failed != nil {
		e.Reason, e.Err = failed.Reason, failed
	} else {
		e.Source = answer.Source
	}
	b.cfg.Observe(ctx, e)
}

// LogTo gives a Config.Observe that logs each lookup, at the levels at which
// Airflow speaks of them: what was found, and what Airflow takes for missing, at
// debug; a connection's failure at debug too, since the next place is asked for
// it, a variable's or option's at error. A stale answer is a warning.
func LogTo(log *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		level := e.level()
		if !log.Enabled(ctx, level) {
			return
		}
		names := make([]string, len(e.Names))
		for i, name := range e.Names {
			names[i] = shown(name)
		}
		attrs := make([]slog.Attr, 0, 10)
		attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("id", shown(e.ID)))
		if e.Team != "" {
			attrs = append(attrs, slog.String("team", e.Team))
		}
		if e.Stage != "" {
			attrs = append(attrs, slog.String("stage", e.Stage))
		}
		attrs = append(attrs, slog.Any("names", names), slog.String("cache", e.Cache.String()), slog.Int("calls", e.Calls), slog.Duration("took", e.Took))
		message := "found a secret"
		if e.Err != nil {
			message = "no secret"
			attrs = append(attrs, slog.String("reason", e.Reason.String()), slog.String("error", e.Err.Error()))
		} else {
			attrs = append(attrs, slog.String("source", e.Source))
		}
		log.LogAttrs(ctx, level, message, attrs...)
	}
}

func (e *Event) level() slog.Level {
	switch {
	case e.Cache == CacheStale:
		return slog.LevelWarn
	case e.Err == nil || e.Reason.traits().swallowed || e.Kind == lookup.Connection:
		return slog.LevelDebug
	}
	return slog.LevelError
}
