package backend_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
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
		expect(backend.Event{Calls: 1, Source: sm, Took: 10 * ms}, "airflow/variables/v")
		time.Sleep(15 * time.Minute)
		f.fail("", outages["dropped"])
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheStale, Calls: 1, Source: sm, Took: 10 * ms}, "airflow/variables/v")
		_, _ = b.GetVariable(ctx, "v")
		expect(backend.Event{Cache: backend.CacheStale, Source: sm}, "airflow/variables/v")

		events = 0
		for answer, err := range b.LookupAll(ctx, variable("").Kind, []string{"v", "no"}) {
			assert.Equal(t, err == nil, answer.Stale, "the one is stale, the other skipped")
		}
		assert.Equal(t, 2, events)
	})
}

func team(id string) string {
	if id == "of red" {
		return "red"
	}
	return ""
}

func TestLogTo(t *testing.T) {
	f := newFake(map[string]string{"airflow/variables/v": "hunter2"})
	for id, want := range map[string]string{
		"v":              "level=DEBUG msg=\"found a secret\" kind=variable id=\"\\\"v\\\"\" names=\"[\\\"airflow/variables/v\\\"]\" cache=unused calls=1 took=0s source=secretsmanager\n",
		"postgres://u:x": "[redacted, no id]",
		"denied":         "level=ERROR msg=\"no secret\"",
		"of red":         "team=red",
		"gone":           "level=DEBUG msg=\"no secret\"",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
			f.fail("airflow/variables/denied", apiError("AccessDeniedException"))
			b, err := backend.New(f, backend.Config{Observe: backend.LogTo(log)})
			require.NoError(t, err)
			_, _ = b.Team(team(id)).GetVariable(t.Context(), id)
			assert.Contains(t, out.String(), want)
			assert.NotContains(t, out.String(), "hunter2")
		})
	}
}
