package backend

import (
	"context"
	"errors"
	"log/slog"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// LogTo returns a Config.Observe that logs each lookup at a level that suits a service:
//
//   - Error, "lookup failed": somebody must change something, such as a permission, a KMS
//     key, the credentials, a malformed secret or a bad lookup pattern.
//   - Warn, "lookup failed": AWS throttles, fails or does not answer in time, or the caller
//     canceled the lookup.
//   - Warn, "stale secret served": the cache has covered such an outage.
//   - Debug, "secret not found" and "skipped": the error is ErrNotFound.
//   - Debug, "secret found".
//
// The attributes are kind, id, team and stage if the query has them, names (the secrets
// asked for), cache, calls and took. An answer adds source; a failure adds reason, error and
// request_id. Text that cannot be an id is redacted. No value is logged.
func LogTo(log *slog.Logger) func(context.Context, Event) {
	return logAt(log, (*Event).level)
}

// LogAsAirflow is LogTo with the levels of Airflow's SecretsManagerBackend. A failure for
// which Airflow returns None is Debug. So is any failure of a connection, since Airflow then
// asks its next source. Other failures are Error, and a stale secret is Warn.
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
	case e.Reason == BadCredentials: // an outage for the cache, but one that does not pass by itself
		return slog.LevelError
	case e.Err == nil, e.Reason.traits().keep == store.Outage, e.Reason == Canceled:
		return slog.LevelWarn
	}
	return slog.LevelError
}

func (e *Event) airflowLevel() slog.Level {
	switch {
	case e.Cache == CacheStale:
		return slog.LevelWarn
	case e.Err == nil || e.Reason.traits().swallowed || e.Kind == lookup.KindConnection:
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
	attrs = append(attrs, slog.String("kind", e.Kind.String()), slog.String("id", lookup.ShownID(e.ID)))
	if e.Team != "" {
		attrs = append(attrs, slog.String("team", lookup.ShownID(e.Team)))
	}
	if e.Stage != "" {
		attrs = append(attrs, slog.String("stage", lookup.ShownID(e.Stage)))
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
