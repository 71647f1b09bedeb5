package backend

import (
	"context"
	"errors"
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

// MarshalText returns the use in a word.
func (u CacheUse) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

var cacheUses = [...]string{"unused", "hit", "miss", "stale", "refresh"}

// trace is what a lookup has seen on its way.
type trace struct {
	names []string
	calls int
	cache CacheUse
}

func (b *Backend) observe(ctx context.Context, q Query, start time.Time, seen *trace, answer *Answer, failed *LookupError) {
	e := Event{Kind: q.Kind, ID: shownID(q.ID), Team: shownID(q.Team), Stage: shownID(q.Stage), Names: shownNames(seen.names), Cache: seen.cache, Calls: seen.calls, Took: time.Since(start)}
	if failed != nil {
		e.Reason, e.Err = failed.Reason, failed
	} else {
		e.Source = answer.Source
	}
	b.cfg.Observe(ctx, e)
}

// LogTo returns a Config.Observe that logs each lookup at the level at which a
// service should hear of it:
//
//   - Error, "lookup failed": it needs somebody to change something, such as a denial,
//     a KMS key, expired credentials, a malformed secret or a bad lookup pattern.
//   - Warn, "lookup failed": AWS throttles, fails or cannot be reached in time, or the
//     caller gave up. "stale secret served": the cache has covered such an outage.
//   - Debug, "secret not found" and "skipped": the error is ErrNotFound.
//   - Debug, "secret found".
//
// The attributes are kind, id, team and stage if the query has them, names (the secrets
// asked for), cache, calls, took; then source of an answer, or reason, error and
// request_id of a failure. An id is logged as it is, and redacted where it cannot be an
// id. No value is logged.
func LogTo(log *slog.Logger) func(context.Context, Event) {
	return logAt(log, (*Event).level)
}

// LogAsAirflow is LogTo at the levels of Airflow's SecretsManagerBackend. What it
// answers with None is Debug, and so is any failure of a connection, since Airflow
// goes on to its next source; other failures are Error. A stale secret is Warn.
func LogAsAirflow(log *slog.Logger) func(context.Context, Event) {
	return logAt(log, (*Event).airflowLevel)
}

func logAt(log *slog.Logger, level func(*Event) slog.Level) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		if at := level(&e); log.Enabled(ctx, at) {
			log.LogAttrs(ctx, at, e.message(), e.attrs()...)
		}
	}
}

func (e *Event) level() slog.Level {
	switch {
	case e.Err == nil && e.Cache != CacheStale, e.Reason.traits().notFound:
		return slog.LevelDebug
	case e.Reason == BadCredentials: // an outage to the cache, but it does not pass by itself
		return slog.LevelError
	case e.Err == nil, e.Reason.traits().memory == outage, e.Reason == Canceled:
		return slog.LevelWarn
	}
	return slog.LevelError
}

func (e *Event) airflowLevel() slog.Level {
	switch {
	case e.Cache == CacheStale:
		return slog.LevelWarn
	case e.Err == nil || e.Reason.traits().swallowed || e.Kind == lookup.Connection:
		return slog.LevelDebug
	}
	return slog.LevelError
}

func (e *Event) message() string {
	switch {
	case e.Err == nil && e.Cache == CacheStale:
		return "stale secret served"
	case e.Err == nil:
		return "secret found"
	case e.Reason == Skipped, e.Reason == Disabled, e.Reason == RefusedID:
		return "skipped"
	case e.Reason.traits().notFound:
		return "secret not found"
	}
	return "lookup failed"
}

func (e *Event) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 11)
	attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("id", shownID(e.ID)))
	if e.Team != "" {
		attrs = append(attrs, slog.String("team", shownID(e.Team)))
	}
	if e.Stage != "" {
		attrs = append(attrs, slog.String("stage", shownID(e.Stage)))
	}
	attrs = append(attrs, slog.Any("names", shownNames(e.Names)), slog.String("cache", e.Cache.String()), slog.Int("calls", e.Calls), slog.Duration("took", e.Took))
	if e.Err == nil {
		return append(attrs, slog.String("source", e.Source))
	}
	attrs = append(attrs, slog.String("reason", e.Reason.String()), slog.String("error", e.Err.Error()))
	if failed, ok := errors.AsType[*LookupError](e.Err); ok && failed.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", failed.RequestID))
	}
	return attrs
}
