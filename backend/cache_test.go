package backend_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

const pgURI = "postgres://u:p@h/db"

func reasonOf(err error) backend.Reason {
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		return failed.Reason
	}
	return 0
}

func variable(id string) backend.Query { return backend.Query{Kind: lookup.KindVariable, ID: id} }

func TestCachePolicyRefusesNonsense(t *testing.T) {
	for want, p := range map[string]backend.CachePolicy{
		"backend: CachePolicy.TTL is negative; write 0 for the default of 15m":                          {TTL: -1},
		"backend: CachePolicy.Jitter must be below 1; write 0 for the default of 0.1":                   {Jitter: 1},
		"backend: CachePolicy.MaxEntries is negative; write 0 for the default of 10,000":                {MaxEntries: -1},
		"backend: CachePolicy.MaxBytes is negative; write 0 for the default of 64 MiB":                  {MaxBytes: -1},
		"backend: CachePolicy.RefreshAhead must be below the TTL minus its jitter; shorten it":          {RefreshAhead: time.Hour},
		"backend: CachePolicy.MaxAge is below the TTL; lengthen it, or write -1 to serve nothing stale": {MaxAge: time.Minute},
	} {
		_, err := backend.New(newFake(nil), backend.Config{Cache: p})
		require.NoError(t, err, "a cache that is off has no policy")
		p.On = true
		_, err = backend.New(newFake(nil), backend.Config{Cache: p})
		require.EqualError(t, err, want)
	}
}

// herd looks up an id from many goroutines at once.
func herd(t *testing.T, b *backend.Backend, n int, q backend.Query) {
	t.Helper()
	var wrong atomic.Int32
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			if answer, err := b.Lookup(t.Context(), q); err != nil || answer.Text.Reveal() == "" {
				wrong.Add(1)
			}
		})
	}
	wait.Wait()
	assert.Zero(t, wrong.Load())
}

func TestColdHerdMakesOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: pgURI})
		f.latency = 10 * time.Millisecond
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 10_000, backend.Query{ID: "pg"})
		assert.Equal(t, 1, f.total())

		time.Sleep(15*time.Minute - time.Second)
		herd(t, b, 10_000, backend.Query{ID: "pg"})
		assert.Equal(t, 1, f.total())
		time.Sleep(time.Second)
		herd(t, b, 10_000, backend.Query{ID: "pg"})
		assert.Equal(t, 2, f.total(), "one more call after the TTL")
	})
}

// The same in real time, where an answer may arrive between the steps of a lookup.
func TestColdHerdInRealTime(t *testing.T) {
	for range 20 {
		f := newFake(map[string]string{name: pgURI})
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1000, backend.Query{ID: "pg"})
		require.Equal(t, 1, f.total())
		herd(t, b.Team("red"), 1000, backend.Query{ID: "pg"})
		require.Equal(t, 2, f.total())
	}
}

func TestJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{})
		b := cachedBackend(t, f, backend.Config{Cache: backend.CachePolicy{On: true, TTL: 100 * time.Second, MaxAge: -1}})
		var ids []string
		for i := range 200 {
			id := fmt.Sprint("v", i)
			ids = append(ids, id)
			f.set("airflow/variables/"+id, "x")
			_, err := b.GetVariable(t.Context(), id)
			require.NoError(t, err)
		}
		askAll := func() int {
			before := f.total()
			for _, id := range ids {
				_, _ = b.GetVariable(t.Context(), id)
			}
			return f.total() - before
		}
		time.Sleep(89 * time.Second)
		assert.Zero(t, askAll())
		time.Sleep(6 * time.Second)
		assert.InDelta(t, 100, askAll(), 50)
		time.Sleep(5 * time.Second)
		assert.InDelta(t, 100, askAll(), 50, "the rest")
	})
}

func TestRefreshAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: pgURI})
		f.latency = time.Second
		var refreshes atomic.Int32
		policy := exact
		policy.RefreshAhead = time.Minute
		b := cachedBackend(t, f, backend.Config{Cache: policy, Observe: func(_ context.Context, e backend.Event) {
			if e.Cache == backend.CacheRefresh {
				refreshes.Add(int32(e.Calls))
			}
		}})
		herd(t, b, 1, backend.Query{ID: "pg"})
		f.set(name, "postgres://u:new@h/db")
		time.Sleep(14*time.Minute + time.Second)
		start := time.Now()
		herd(t, b, 10_000, backend.Query{ID: "pg"})
		assert.Zero(t, time.Since(start), "no lookup waits")
		time.Sleep(2 * time.Second)
		assert.Equal(t, 2, f.total())
		assert.EqualValues(t, 1, refreshes.Load())
		c, err := b.GetConnection(t.Context(), "pg")
		require.NoError(t, err)
		assert.Equal(t, "new", c.Password.Reveal())

		// A denial drops the entry at once, although it has not expired.
		time.Sleep(14*time.Minute + time.Second)
		f.fail(name, apiError("AccessDeniedException"))
		herd(t, b, 1, backend.Query{ID: "pg"})
		time.Sleep(2 * time.Second)
		_, err = b.GetConnection(t.Context(), "pg")
		assert.Equal(t, backend.Denied, reasonOf(err))
	})
}

// The global secret is refreshed ahead for a team as well, although the team's miss is cached for
// less time.
func TestRefreshAheadForTeams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		f.latency = time.Second
		policy := exact
		policy.RefreshAhead = 2 * time.Minute
		b := cachedBackend(t, f, backend.Config{Cache: policy}).Team("red")
		herd(t, b, 1, variable("v"))
		for range 3600 {
			time.Sleep(time.Second)
			start := time.Now()
			herd(t, b, 1, variable("v"))
			require.Zero(t, time.Since(start))
		}
		time.Sleep(time.Minute)
		assert.LessOrEqual(t, f.calls["airflow/variables/red--v"], 1+3600/30)
		assert.LessOrEqual(t, f.calls["airflow/variables/v"], 1+3600/780)
	})
}

func TestMissesAreCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, text := range map[backend.Reason]*string{backend.NoSecret: nil, backend.EmptyConnection: new(""), backend.Malformed: new("{")} {
			f := newFake(nil)
			if text != nil {
				f.set(name, *text)
			}
			b := cachedBackend(t, f, backend.Config{})
			for range 1000 {
				_, err := b.GetConnection(t.Context(), "pg")
				require.Equal(t, want, reasonOf(err))
			}
			assert.Equal(t, 1, f.total())
			if text != nil {
				value, err := b.GetConnValue(t.Context(), "pg")
				if *text == "{" {
					assert.Equal(t, backend.Malformed, reasonOf(err))
				} else {
					require.NoError(t, err, "GetConnValue returns an empty text")
					assert.Equal(t, *text, value)
				}
				assert.Equal(t, 1, f.total())
			}
			f.set(name, pgURI)
			time.Sleep(time.Minute)
			_, err := b.GetConnection(t.Context(), "pg")
			require.NoError(t, err)
		}
	})
}

// A blank text is not a connection, but GetConnValue returns it.
func TestGetConnValueOfTextThatIsNotAConnection(t *testing.T) {
	f := newFake(map[string]string{name: "  "})
	b := cachedBackend(t, f, backend.Config{})
	for range 2 {
		_, err := b.GetConnection(t.Context(), "pg")
		assert.Equal(t, backend.Malformed, reasonOf(err))
		value, err := b.GetConnValue(t.Context(), "pg")
		require.NoError(t, err)
		assert.Equal(t, "  ", value)
	}
	assert.Equal(t, 1, f.total())
}

// Each caller gets its own error: changing one does not affect the next.
func TestErrorsAreNotShared(t *testing.T) {
	b := cachedBackend(t, newFake(nil), backend.Config{})
	for range 3 {
		_, err := b.GetVariable(t.Context(), "x")
		failed, _ := errors.AsType[*backend.LookupError](err)
		require.Equal(t, backend.NoSecret, failed.Reason)
		failed.Reason, failed.ID = backend.Denied, "y"
	}
}

func TestOutage(t *testing.T) {
	for what, fault := range outages {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(map[string]string{"airflow/variables/v": "x"})
				b := cachedBackend(t, f, backend.Config{})
				herd(t, b, 1, variable("v"))
				f.fail("", fault)
				for s := range 3600 {
					answer, err := b.Lookup(t.Context(), variable("v"))
					require.NoError(t, err, "after %d seconds", s)
					require.Equal(t, s >= 900, answer.Stale)
					time.Sleep(time.Second)
				}
				assert.Equal(t, 1+2700/10, f.total(), "one attempt per pause")

				before := f.total()
				for range 100 {
					_, err := b.Lookup(t.Context(), variable("v"))
					require.Error(t, err, "older than MaxAge")
					require.NotErrorIs(t, err, backend.ErrNotFound)
					require.NotZero(t, reasonOf(err))
					time.Sleep(time.Second)
				}
				assert.LessOrEqual(t, f.total()-before, 10, "still one attempt per pause")

				f.fail("", nil)
				time.Sleep(10 * time.Second)
				answer, err := b.Lookup(t.Context(), variable("v"))
				require.NoError(t, err)
				assert.False(t, answer.Stale)
			})
		})
	}
}

func TestAnOutageOfAnUncachedSecretIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fault := range outages {
			f := newFake(map[string]string{"airflow/variables/v": "x"})
			b := cachedBackend(t, f, backend.Config{})
			f.fail("", fault)
			_, err := b.GetVariable(t.Context(), "v")
			require.Error(t, err)
			f.fail("", nil)
			herd(t, b, 1, variable("v"))
		}
	})
}

func TestStaleAnswersWhileAWSHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1, variable("v"))
		f.mu.Lock()
		f.hang = true
		f.mu.Unlock()
		time.Sleep(15 * time.Minute)
		start := time.Now()
		answer, err := b.Lookup(t.Context(), variable("v"))
		require.NoError(t, err)
		assert.True(t, answer.Stale)
		assert.Equal(t, time.Second, time.Since(start), "a lookup with a stale answer waits for one second")
		time.Sleep(14 * time.Second)
		before := f.total()
		_, err = b.Lookup(t.Context(), variable("v"))
		require.NoError(t, err)
		assert.Equal(t, before, f.total(), "the call has timed out, and the pause has passed")
	})
}

func TestADenialDropsTheEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, fault := range []error{
			apiError("AccessDeniedException"), &types.DecryptionFailure{}, apiError("InvalidRequestException"), apiError("ValidationException"),
		} {
			f := newFake(map[string]string{"airflow/variables/v": "x"})
			b := cachedBackend(t, f, backend.Config{})
			herd(t, b, 1, variable("v"))
			f.fail("", fault)
			_, err := b.Refresh(t.Context(), variable("v"))
			want := reasonOf(err)
			require.NotZero(t, want)
			_, err = b.Lookup(t.Context(), variable("v"))
			require.Equal(t, want, reasonOf(err))
			assert.Equal(t, 3, f.total(), "the outage is not remembered")
			f.fail("", io500())
			_, err = b.Lookup(t.Context(), variable("v"))
			require.Error(t, err, "no stale answer is left")
			f.fail("", nil)
			herd(t, b, 1, variable("v"))
		}
	})
}

func io500() error { return outages["500"] }

func TestCallsOutliveTheirStarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		f.latency = time.Second
		b := cachedBackend(t, f, backend.Config{})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := b.Lookup(ctx, variable("v"))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, backend.TimedOut, reasonOf(err))
		})
		synctest.Wait()
		start := time.Now()
		herd(t, b, 100, variable("v"))
		assert.Equal(t, time.Second, time.Since(start))
		wait.Wait()
		assert.Equal(t, 1, f.total())

		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := b.Lookup(ended, variable("other"))
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 1, f.total(), "no call begins after the caller has given up")
	})
}

func TestCallsEndWithinTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(nil)
		f.hang = true
		b := cachedBackend(t, f, backend.Config{})
		start := time.Now()
		_, err := b.Team("red").Lookup(t.Context(), variable("v"))
		assert.Equal(t, backend.TimedOut, reasonOf(err))
		assert.Equal(t, 15*time.Second, time.Since(start))

		// Two calls together do not take twice as long either.
		f.mu.Lock()
		f.hang, f.latency = false, 10*time.Second
		f.mu.Unlock()
		start = time.Now()
		_, err = b.Team("red").Lookup(t.Context(), variable("v"))
		assert.Equal(t, backend.TimedOut, reasonOf(err))
		assert.Equal(t, 15*time.Second, time.Since(start))
		time.Sleep(time.Minute)
	})
}

func TestInvalidate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "old"})
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1, variable("v"))
		f.set("airflow/variables/v", "new")
		b.Invalidate(variable("v"))
		value, _ := b.GetVariable(t.Context(), "v")
		assert.Equal(t, "new", value)

		// The result of a call that is in progress during Invalidate is not cached.
		b.Invalidate(variable("v"))
		f.latency = time.Second
		go func() { _, _ = b.GetVariable(t.Context(), "v") }()
		synctest.Wait()
		b.Invalidate(variable("v"))
		time.Sleep(time.Minute)
		before := f.total()
		_, _ = b.GetVariable(t.Context(), "v")
		assert.Equal(t, before+1, f.total())
	})
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "old"})
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1, variable("v"))
		f.set("airflow/variables/v", "new")
		answer, err := b.Refresh(t.Context(), variable("v"))
		require.NoError(t, err)
		assert.Equal(t, "new", answer.Text.Reveal())
		assert.Equal(t, "version 2", answer.VersionID)

		f.fail("", outages["throttled"])
		start := time.Now()
		_, err = b.Refresh(t.Context(), variable("v"))
		assert.Equal(t, backend.Throttled, reasonOf(err), "Refresh returns the error instead of a stale answer")
		assert.Zero(t, time.Since(start))
		value, err := b.GetVariable(t.Context(), "v")
		require.NoError(t, err, "lookups still return the stale answer")
		assert.Equal(t, "new", value)
		f.fail("", nil)

		// Concurrent refreshes share their calls. None accepts a call that began before it.
		f.latency = time.Second
		before := f.total()
		go func() { _, _ = b.Refresh(t.Context(), variable("v")) }()
		time.Sleep(500 * time.Millisecond)
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				_, err := b.Refresh(t.Context(), variable("v"))
				assert.NoError(t, err)
			})
		}
		wait.Wait()
		assert.Equal(t, before+2, f.total())
	})
}

func TestRefreshOfTeamsNamesAndWithoutACache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		plain, err := backend.New(f, backend.Config{})
		require.NoError(t, err)
		_, err = plain.Refresh(t.Context(), variable("v"))
		require.NoError(t, err, "without a cache it is Lookup")
		plain.Invalidate(variable("v"))

		// A team makes two calls, and two more for the refreshes that began during the first
		// ones.
		f.latency = time.Second
		b := cachedBackend(t, f, backend.Config{}).Team("red")
		herd(t, b, 1, variable("v"))
		before := f.total()
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				answer, err := b.Refresh(t.Context(), variable("v"))
				assert.NoError(t, err)
				assert.Equal(t, "x", answer.Text.Reveal())
			})
		}
		wait.Wait()
		assert.LessOrEqual(t, f.total(), before+4)
		_, err = b.Refresh(t.Context(), variable("gone"))
		assert.ErrorIs(t, err, backend.ErrNotFound)

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = b.Refresh(ctx, variable("v"))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		before = f.total()
		_, err = b.Refresh(ctx, variable("v"))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, before, f.total(), "no call begins after the caller has given up")
		time.Sleep(time.Minute)
	})
}

func TestMissesAreNotCachedWithANegativeTTL(t *testing.T) {
	f := newFake(nil)
	policy := exact
	policy.NotFoundTTL, policy.MaxAge, policy.Pause = -1, -1, -1
	b := cachedBackend(t, f, backend.Config{Cache: policy})
	for range 3 {
		_, err := b.Team("red").GetVariable(t.Context(), "v")
		require.ErrorIs(t, err, backend.ErrNotFound)
	}
	assert.Equal(t, 6, f.total())
}

func TestTeamsShareTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "all", "airflow/variables/red--own": "red", "airflow/variables/own": "all"})
		b := cachedBackend(t, f, backend.Config{})
		for range 3 {
			for _, team := range []string{"red", "blue", ""} {
				value, err := b.Team(team).GetVariable(t.Context(), "v")
				require.NoError(t, err)
				assert.Equal(t, "all", value)
			}
			value, _ := b.Team("red").GetVariable(t.Context(), "own")
			assert.Equal(t, "red", value)
			value, _ = b.Team("blue").GetVariable(t.Context(), "own")
			assert.Equal(t, "all", value)
			_, err := b.Team("red").GetVariable(t.Context(), "gone")
			var failed *backend.LookupError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, []string{"airflow/variables/red--gone", "airflow/variables/gone"}, failed.Names)
			assert.Equal(t, "red", failed.Team)
		}
		assert.Equal(t, map[string]int{
			"airflow/variables/red--v": 1, "airflow/variables/blue--v": 1, "airflow/variables/v": 1,
			"airflow/variables/red--own": 1, "airflow/variables/blue--own": 1, "airflow/variables/own": 1,
			"airflow/variables/red--gone": 1, "airflow/variables/gone": 1,
		}, f.calls)

		// The team's miss is cached for NotFoundTTL, the global secret for longer.
		f.set("airflow/variables/red--v", "red")
		time.Sleep(time.Minute)
		value, _ := b.Team("red").GetVariable(t.Context(), "v")
		assert.Equal(t, "red", value)
		assert.Equal(t, 1, f.calls["airflow/variables/v"])

		// A team that uses the global secret keeps it during an outage.
		time.Sleep(15 * time.Minute)
		f.fail("", outages["dropped"])
		for range 3 {
			answer, err := b.Team("blue").Lookup(t.Context(), variable("v"))
			require.NoError(t, err)
			assert.True(t, answer.Stale)
			assert.Equal(t, "all", answer.Text.Reveal())
		}
		f.fail("", nil)

		f.set("airflow/variables/v", "new")
		b.Invalidate(backend.Query{Kind: lookup.KindVariable, ID: "v", Team: "blue"})
		value, _ = b.Team("blue").GetVariable(t.Context(), "v")
		assert.Equal(t, "new", value)
		f.set("airflow/variables/v", "newer")
		answer, err := b.Team("blue").Refresh(t.Context(), variable("v"))
		require.NoError(t, err)
		assert.Equal(t, "newer", answer.Text.Reveal())
	})
}

func TestStagesAreKeptApart(t *testing.T) {
	f := newFake(map[string]string{"airflow/variables/v": "old"})
	f.set("airflow/variables/v", "new")
	b := cachedBackend(t, f, backend.Config{})
	for range 2 {
		for stage, want := range map[string]string{"": "new", "AWSPREVIOUS": "old"} {
			answer, err := b.Lookup(t.Context(), backend.Query{Kind: lookup.KindVariable, ID: "v", Stage: stage})
			require.NoError(t, err)
			assert.Equal(t, want, answer.Text.Reveal())
		}
	}
	assert.Equal(t, 2, f.total())
}

func TestSkippedLeavesNoEntry(t *testing.T) {
	f := newFake(nil)
	b := cachedBackend(t, f, backend.Config{VariablesLookupPattern: "^yes"})
	allocs := testing.AllocsPerRun(100, func() { _, _ = b.Lookup(t.Context(), variable("no")) })
	assert.LessOrEqual(t, allocs, 1.0)
	_, err := b.Refresh(t.Context(), variable("no"))
	assert.Equal(t, backend.Skipped, reasonOf(err))
	assert.Zero(t, f.total())
}

// A flood of missing ids neither grows the cache without bound nor evicts the texts.
func TestAFloodOfMissesEvictsNoText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{})
		policy := exact
		policy.MaxEntries = 100
		b := cachedBackend(t, f, backend.Config{Cache: policy})
		for i := range 50 {
			f.set(fmt.Sprint("airflow/variables/v", i), "x")
			_, err := b.GetVariable(t.Context(), fmt.Sprint("v", i))
			require.NoError(t, err)
		}
		for i := range 5000 {
			_, _ = b.GetVariable(t.Context(), fmt.Sprint("gone", i))
		}
		before := f.total()
		for i := range 50 {
			_, err := b.GetVariable(t.Context(), fmt.Sprint("v", i))
			require.NoError(t, err)
		}
		assert.LessOrEqual(t, f.total()-before, 25, "most of the texts are still cached")
	})
}

// A cached error says the same as the first one.
func TestCachedErrorsAreTheSame(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	b := cachedBackend(t, srv.Client(), backend.Config{})
	_, cold := b.GetVariable(t.Context(), "v")
	_, kept := b.GetVariable(t.Context(), "v")
	assert.Equal(t, cold, kept)
	var api smithy.APIError
	require.ErrorAs(t, kept, &api)
	assert.Equal(t, "ResourceNotFoundException", api.ErrorCode())
}

// A client that ends its goroutine must not leave others waiting.
func TestAClientThatEndsItsGoroutine(t *testing.T) {
	b := cachedBackend(t, goexit{}, backend.Config{})
	_, err := b.GetVariable(t.Context(), "v")
	assert.Equal(t, backend.Failed, reasonOf(err))
}

// A lookup that joined a call of LookupAll asks again when that call is cut. A cut by a deadline
// is not an outage either.
func TestJoinedCallsOfALookupAllWithADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ids := range [][]string{{"v"}, {"v", "w"}} { // first a single call, then a batch
			f := newFake(map[string]string{"airflow/variables/v": "x"})
			f.hang = true
			b := cachedBackend(t, f, backend.Config{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			var wait sync.WaitGroup
			wait.Go(func() {
				for range b.LookupAll(ctx, lookup.KindVariable, ids) { //nolint:errcheck // what comes is not the point
				}
			})
			synctest.Wait()
			f.mu.Lock()
			f.hang = false
			f.mu.Unlock()
			herd(t, b, 10, variable("v"))
			wait.Wait()
			cancel()
		}
	})
}

// Without the batch permission, the single calls have the rest of the time of the batch.
func TestLookupAllWithoutBatchesEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(nil)
		f.noBatch, f.latency = apiError("AccessDeniedException"), 10*time.Second
		b := cachedBackend(t, f, backend.Config{})
		start := time.Now()
		for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v", "w"}) {
			assert.Equal(t, backend.TimedOut, reasonOf(err))
		}
		assert.Equal(t, 15*time.Second, time.Since(start))
		time.Sleep(time.Minute)
	})
}

// A cached text may be too old once a lookup has waited a second for a batch.
func TestLookupAllChecksMaxAgeWhenItAnswers(t *testing.T) {
	for before, stale := range map[time.Duration]bool{6 * time.Second: true, time.Second / 2: false} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(map[string]string{"airflow/variables/red--v": "x", "airflow/variables/red--w": "x"})
			policy := exact
			policy.MaxAge = 16 * time.Minute
			b := cachedBackend(t, f, backend.Config{Cache: policy}).Team("red")
			ids := []string{"v", "w"}
			_, errs := lookupAll(t.Context(), b, ids...)
			require.NoError(t, errors.Join(errs...))
			time.Sleep(policy.MaxAge - before)
			f.fail("", outages["throttled"])
			f.slow(5 * time.Second)
			start := time.Now()
			for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids) {
				assert.Equal(t, stale, err == nil, "%v %v", answer, err)
				assert.Equal(t, stale, answer.Stale)
			}
			if stale {
				assert.Equal(t, time.Second, time.Since(start))
			} else {
				assert.Equal(t, 5*time.Second, time.Since(start))
			}
			time.Sleep(time.Minute)
		})
	}
}

// Cached ids do not wait for the others. The result of a slow batch is cached for the next
// lookup.
func TestLookupAllOfStaleAndCold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		b := cachedBackend(t, f, backend.Config{})
		getAll(t, b, ids[:40])
		time.Sleep(20 * time.Minute)
		f.slow(3 * time.Second)
		start := time.Now()
		mixed := append(append([]string{}, ids[:40]...), ids[100:110]...)
		n := 0
		for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, mixed) {
			require.NoError(t, err)
			assert.Equal(t, n < 40, answer.Stale)
			if n++; n == 40 {
				assert.Equal(t, time.Second, time.Since(start), "the stale ones")
			}
		}
		assert.Equal(t, 3*time.Second, time.Since(start), "the cold ones")
		time.Sleep(time.Second)
		before := f.total()
		for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, mixed) {
			require.NoError(t, err)
			assert.False(t, answer.Stale)
		}
		assert.Equal(t, before, f.total())
	})
}

// Without batches, too, only the first lookup waits for an AWS that does not answer.
func TestLookupAllWithoutBatchesWaitsOnceForAHangingAWS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		b := cachedBackend(t, only{f}, backend.Config{})
		getAll(t, b, ids[:400])
		time.Sleep(20 * time.Minute)
		f.hangs()
		start := time.Now()
		for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids[:400]) {
			require.NoError(t, err)
			assert.True(t, answer.Stale)
		}
		assert.Equal(t, time.Second, time.Since(start))
		time.Sleep(time.Minute)
	})
}

// An observer that panics or ends its goroutine does so in the loop, not in the process.
func TestLookupAllWithAnObserverThatPanics(t *testing.T) {
	for _, hot := range []bool{false, true} {
		f, ids := thousand()
		var panics atomic.Bool
		b := cachedBackend(t, f, backend.Config{Observe: func(context.Context, backend.Event) {
			if panics.Load() {
				panic("observer")
			}
		}})
		if hot {
			getAll(t, b, ids[:40])
		}
		panics.Store(true)
		assert.PanicsWithValue(t, "observer", func() {
			for range b.LookupAll(t.Context(), lookup.KindVariable, ids[:40]) { //nolint:errcheck // what comes is not the point
			}
		})
	}
}

// A batch counts for its first id, even if the loop is left before the batch ends.
func TestCanceledBatchIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(nil)
		f.latency = 5 * time.Second
		calls := 0
		var mu sync.Mutex
		b := cachedBackend(t, f, backend.Config{Observe: func(_ context.Context, e backend.Event) {
			mu.Lock()
			defer mu.Unlock()
			calls += e.Calls
			assert.Equal(t, e.Calls > 0, e.Cache == backend.CacheMiss)
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, err := range b.LookupAll(ctx, lookup.KindVariable, []string{"v", "w"}) {
			assert.Equal(t, backend.TimedOut, reasonOf(err))
		}
		assert.Equal(t, f.total(), calls)
	})
}
