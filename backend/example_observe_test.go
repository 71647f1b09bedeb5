package backend_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// An observer counts what lookups did.
func ExampleEvent() {
	counts := map[string]int{} // a service uses its metrics, which are safe for concurrent use
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b := must(backend.New(client, backend.Config{
		VariablesLookupPattern: "^(?!secret_)",
		Cache:                  backend.CachePolicy{On: true},
		Observe: func(_ context.Context, e backend.Event) {
			switch e.Reason {
			case backend.Skipped, backend.Disabled, backend.RefusedID:
				counts["skipped"]++
			default:
				counts[e.Cache.String()]++
			}
			counts["calls"] += e.Calls
		},
	}))
	ctx := context.Background()
	for range 3 {
		_, _ = b.GetVariable(ctx, "region") // a miss, then hits
		_, _ = b.GetVariable(ctx, "gone")   // the miss is cached too
		_, _ = b.GetVariable(ctx, "secret_santa")
	}
	fmt.Println(counts)
	// Output: map[calls:2 hit:4 miss:2 skipped:3]
}

// An observer prints what the cache did for each lookup.
func ExampleCacheOutcome() {
	explain := map[backend.CacheOutcome]string{
		backend.CacheUnused:  "there was nothing to ask for",
		backend.CacheHit:     "it made no call",
		backend.CacheMiss:    "it waited for a call",
		backend.CacheRefresh: "it bypassed the cache",
		backend.CacheStale:   "AWS cannot be asked",
	}
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b := must(backend.New(client, backend.Config{
		VariablesLookupPattern: "^(?!secret_)",
		Cache:                  backend.CachePolicy{On: true, TTL: 300 * time.Millisecond},
		Observe:                func(_ context.Context, e backend.Event) { fmt.Println(e.Cache, "-", explain[e.Cache]) },
	}))
	ctx, q := context.Background(), backend.Query{Kind: lookup.KindVariable, ID: "region"}
	_, _ = b.GetVariable(ctx, "secret_santa")
	_, _ = b.Lookup(ctx, q)
	_, _ = b.Refresh(ctx, q)
	_, _ = b.Lookup(ctx, q)
	client.fail("", apiError("ThrottlingException"))
	time.Sleep(300 * time.Millisecond)
	_, _ = b.Lookup(ctx, q)
	// Output:
	// unused - there was nothing to ask for
	// miss - it waited for a call
	// refresh - it bypassed the cache
	// hit - it made no call
	// stale - AWS cannot be asked
}

// Few evictions and many hits show that the cache is large enough.
func ExampleStats() {
	hitRate := func(s backend.Stats) float64 { return float64(s.Hits) / float64(s.Hits+s.Misses+s.Stale) }
	b := must(backend.New(secrets, backend.Config{Cache: backend.CachePolicy{On: true, MaxEntries: 100}}))
	for range 10 {
		_, _ = b.GetConnection(context.Background(), "pg")
		_, _ = b.GetConnection(context.Background(), "gone")
	}
	s := b.Stats()
	fmt.Println(hitRate(s), s.Calls, s.Entries, s.Evictions)
	// Output: 0.9 2 2 0
}

// plain returns a logger that omits what differs from run to run.
func plain(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" {
			return slog.Attr{}
		}
		return a
	}}))
}

// LogTo logs a failure that needs a change as an error.
func ExampleLogTo() {
	b := must(backend.New(denying{}, backend.Config{Observe: backend.LogTo(plain(slog.LevelInfo))}))
	_, _ = b.GetVariable(context.Background(), "region")
	// Output: level=ERROR msg="lookup failed" kind=variable id=region names=[airflow/variables/region] cache=unused calls=1 reason="access denied" error="backend: variable \"region\" (asked for \"airflow/variables/region\"): access denied: AccessDeniedException; grant secretsmanager:GetSecretValue on the secret to this role; a denial neither proves nor disproves that the secret exists"
}

// LogAsAirflow logs a denied connection at Debug, since Airflow then asks its next source.
func ExampleLogAsAirflow() {
	b := must(backend.New(denying{}, backend.Config{Observe: backend.LogAsAirflow(plain(slog.LevelInfo))}))
	_, err := b.GetConnection(context.Background(), "pg")
	fmt.Println(err != nil)
	// Output: true
}

// A log and a metric observe each lookup.
func ExampleObserveAll() {
	calls := 0
	count := func(_ context.Context, e backend.Event) { calls += e.Calls }
	b := must(backend.New(secrets, backend.Config{Observe: backend.ObserveAll(count, backend.LogTo(plain(slog.LevelDebug)))}))
	_, _ = b.GetVariable(context.Background(), "limits")
	fmt.Println(calls)
	// Output:
	// level=DEBUG msg="secret found" kind=variable id=limits names=[airflow/variables/limits] cache=unused calls=1 source=secretsmanager
	// 1
}
