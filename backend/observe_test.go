package backend_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestObserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last backend.Event
		events := 0
		f := newFake(map[string]string{"airflow/variables/v": "x", "airflow/variables/red--own": "x"})
		f.latency = 10 * time.Millisecond
		b := cachedBackend(t, f, backend.Config{VariablesLookupPattern: "^(?!no)", Observe: func(_ context.Context, e backend.Event) {
			events++
			last = e
		}})
		expect := func(want backend.Event, names ...string) {
			t.Helper()
			assert.Equal(t, want.Cache.String(), last.Cache.String())
			assert.Equal(t, want.Reason.String(), last.Reason.String())
			assert.Equal(t, want.Calls, last.Calls)
			assert.Equal(t, want.Source, last.Source)
			assert.Equal(t, want.Team, last.Team)
			assert.Equal(t, want.Took, last.Took)
			assert.Equal(t, names, last.Names)
			assert.Equal(t, want.Reason != 0, last.Err != nil)
			assert.Equal(t, 1, events)
			events = 0
		}
		sm, ms := backend.SourceSecretsManager, time.Millisecond
		ctx := t.Context()
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheMiss, Calls: 1, Source: sm, Took: 10 * ms}, "airflow/variables/v")
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheHit, Source: sm}, "airflow/variables/v")
		_, _ = b.GetVariable(ctx, "no")
		expect(backend.Event{Reason: backend.Skipped})
		_, _ = b.Team("red").GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheMiss, Calls: 1, Source: sm, Team: "red", Took: 10 * ms}, "airflow/variables/red--v", "airflow/variables/v")
		_, _ = b.Team("red").GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheHit, Source: sm, Team: "red"}, "airflow/variables/red--v", "airflow/variables/v")
		_, _ = b.Team("red").GetVariable(ctx, "gone")
		expect(backend.Event{Cache: backend.CacheMiss, Calls: 2, Team: "red", Reason: backend.NoSecret, Took: 20 * ms}, "airflow/variables/red--gone", "airflow/variables/gone")
		_, _ = b.GetVariable(ctx, "gone")
		expect(backend.Event{Cache: backend.CacheHit, Reason: backend.NoSecret}, "airflow/variables/gone")
		_, _ = b.Refresh(ctx, variable("v"))
		expect(backend.Event{Cache: backend.CacheRefresh, Calls: 1, Source: sm, Took: 10 * ms}, "airflow/variables/v")
		_, _ = b.Secret(ctx, "airflow/variables/v")
		expect(backend.Event{Cache: backend.CacheHit, Source: sm}, "airflow/variables/v")
		_, _ = b.Secret(ctx, "arn:elsewhere")
		expect(backend.Event{Cache: backend.CacheMiss, Calls: 1, Reason: backend.NoSecret, Took: 10 * ms}, "arn:elsewhere")
		time.Sleep(15 * time.Minute)
		f.fail("", outages["dropped"])
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheStale, Calls: 1, Source: sm, Took: 10 * ms}, "airflow/variables/v")
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheStale, Source: sm}, "airflow/variables/v")

		events = 0
		for answer, err := range b.LookupAll(ctx, variable("").Kind, []string{"v", "no"}) {
			assert.Equal(t, err == nil, answer.Stale, "one is stale, the other skipped")
		}
		assert.Equal(t, 2, events)
	})
}

// lineOf returns what a lookup logs, without the time.
func lineOf(t *testing.T, observe func(*slog.Logger) func(context.Context, backend.Event), e backend.Event) string {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	observe(log)(t.Context(), e)
	return out.String()
}

// levels are the levels that an operator needs for each Reason, and those of Airflow for a
// variable and for a connection.
var levels = []struct {
	reason              backend.Reason
	level, message      string
	airflow, airflowFor string // for variables and options, and for connections
}{
	{backend.Disabled, "DEBUG", "skipped", "DEBUG", "DEBUG"},
	{backend.Skipped, "DEBUG", "skipped", "DEBUG", "DEBUG"},
	{backend.RefusedID, "DEBUG", "skipped", "DEBUG", "DEBUG"},
	{backend.NoSecret, "DEBUG", "secret not found", "DEBUG", "DEBUG"},
	{backend.BinaryOnly, "DEBUG", "secret not found", "DEBUG", "DEBUG"},
	{backend.EmptyConnection, "DEBUG", "secret not found", "DEBUG", "DEBUG"},
	{backend.DeletionScheduled, "ERROR", "lookup failed", "DEBUG", "DEBUG"},
	{backend.DefaultKMSKey, "ERROR", "lookup failed", "DEBUG", "DEBUG"},
	{backend.InvalidRequest, "ERROR", "lookup failed", "DEBUG", "DEBUG"},
	{backend.DecryptionFailed, "ERROR", "lookup failed", "DEBUG", "DEBUG"},
	{backend.ServiceError, "WARN", "lookup failed", "DEBUG", "DEBUG"},
	{backend.Denied, "ERROR", "lookup failed", "ERROR", "DEBUG"},
	{backend.KMSDenied, "ERROR", "lookup failed", "ERROR", "DEBUG"},
	{backend.Throttled, "WARN", "lookup failed", "ERROR", "DEBUG"},
	{backend.Unreachable, "WARN", "lookup failed", "ERROR", "DEBUG"},
	{backend.TimedOut, "WARN", "lookup failed", "ERROR", "DEBUG"},
	{backend.BadCredentials, "ERROR", "lookup failed", "ERROR", "DEBUG"},
	{backend.ServerFailure, "WARN", "lookup failed", "ERROR", "DEBUG"},
	{backend.Malformed, "ERROR", "lookup failed", "ERROR", "DEBUG"},
	{backend.BadPattern, "ERROR", "lookup failed", "ERROR", "DEBUG"},
	{backend.Canceled, "WARN", "lookup failed", "ERROR", "DEBUG"},
	{backend.Failed, "ERROR", "lookup failed", "ERROR", "DEBUG"},
}

func TestLogToSaysEachReasonAtItsLevel(t *testing.T) {
	require.Len(t, levels, int(backend.Failed), "a row for each Reason")
	for _, row := range levels {
		for kind := range lookup.KindConfig + 1 {
			t.Run(row.reason.String()+", "+kind.String(), func(t *testing.T) {
				failed := &backend.LookupError{Kind: kind, ID: "pg", Reason: row.reason, RequestID: "0d1f-uuid"}
				e := backend.Event{
					Kind: kind, ID: "pg", Team: "red", Stage: "AWSPREVIOUS", Names: []string{"a/red--pg", "a/pg"}, Reason: row.reason, Err: failed,
					Cache: backend.CacheMiss, Calls: 2, Took: time.Second,
				}
				attrs := fmt.Sprintf(` kind=%s id=pg team=red stage=AWSPREVIOUS names="[a/red--pg a/pg]" cache=miss calls=2 took=1s reason=%s error=%s request_id=0d1f-uuid`+"\n",
					kind, quoted(row.reason.String()), quoted(failed.Error()))
				message := quoted(row.message)
				assert.Equal(t, "level="+row.level+" msg="+message+attrs, lineOf(t, backend.LogTo, e))
				airflow := row.airflow
				if kind == lookup.KindConnection {
					airflow = row.airflowFor
				}
				assert.Equal(t, "level="+airflow+" msg="+message+attrs, lineOf(t, backend.LogAsAirflow, e))
			})
		}
	}
}

// quoted returns text as slog's TextHandler writes it.
func quoted(text string) string {
	if strings.ContainsAny(text, ` "=`) {
		return strconv.Quote(text)
	}
	return text
}

func TestLogToOfAnAnswer(t *testing.T) {
	e := backend.Event{Kind: lookup.KindVariable, ID: "v", Names: []string{"airflow/variables/v"}, Source: backend.SourceSecretsManager, Cache: backend.CacheHit}
	const attrs = ` kind=variable id=v names=[airflow/variables/v] cache=%s calls=0 took=0s source=secretsmanager` + "\n"
	assert.Equal(t, `level=DEBUG msg="secret found"`+fmt.Sprintf(attrs, "hit"), lineOf(t, backend.LogTo, e))
	e.Cache = backend.CacheStale
	assert.Equal(t, `level=WARN msg="stale secret served"`+fmt.Sprintf(attrs, "stale"), lineOf(t, backend.LogTo, e))
	assert.Equal(t, `level=WARN msg="stale secret served"`+fmt.Sprintf(attrs, "stale"), lineOf(t, backend.LogAsAirflow, e))
}

// A connection string in place of an id, a team or a stage is not logged.
func TestLogToRedactsWhatCannotBeAnID(t *testing.T) {
	const astray = "postgres://u:hunter2@h/db"
	var out strings.Builder
	log := backend.LogTo(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	var events []backend.Event
	b, err := backend.New(newFake(nil), backend.Config{Observe: func(ctx context.Context, e backend.Event) { log(ctx, e); events = append(events, e) }})
	require.NoError(t, err)
	kept := cachedBackend(t, newFake(nil), backend.Config{})
	for _, q := range []backend.Query{{ID: astray}, {ID: "pg", Team: astray}, {ID: "pg", Stage: astray}, {ID: `{"password": "hunter2"}`}} {
		for _, source := range []backend.Source{b, kept, kept, backend.Env{Getenv: func(string) (string, bool) { return "", false }}} {
			_, err := source.Lookup(t.Context(), q)
			var failed *backend.LookupError
			require.ErrorAs(t, err, &failed)
			assert.NotContains(t, fmt.Sprintf("%v %#v %+v", err, err, *failed), "hunter2")
			compared(func(way, output string) { assert.NotContains(t, output, "hunter2", way) }, *failed, backend.LookupError{})
		}
	}
	log(t.Context(), backend.Event{ID: astray, Team: astray, Stage: astray, Names: []string{astray}})
	assert.Equal(t, 5, strings.Count(out.String(), "\n"))
	assert.NotContains(t, out.String(), "hunter2")
	assert.NotContains(t, fmt.Sprintf("%+v", events), "hunter2")
}
