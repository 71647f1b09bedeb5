package backend_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Each test here is a schedule in which an earlier version of the cache broke a promise of the
// package doc.

// early is a fake that decides on the answer when a call begins, so that the answer can arrive
// after the secret has changed.
type early struct{ *fake }

func (e early) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := e.at(0).GetSecretValue(ctx, in, opts...)
	if late := e.wait(ctx); late != nil {
		return nil, late
	}
	return out, err
}

func (e early) BatchGetSecretValue(ctx context.Context, in *secretsmanager.BatchGetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.BatchGetSecretValueOutput, error) {
	out, err := e.at(0).BatchGetSecretValue(ctx, in, opts...)
	if late := e.wait(ctx); late != nil {
		return nil, late
	}
	return out, err
}

// at returns the fake in its present state, with a latency.
func (e early) at(latency time.Duration) *fake {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := newFake(nil)
	for name, versions := range e.texts {
		now.texts[name] = slices.Clone(versions)
	}
	for name, err := range e.faults {
		now.faults[name] = err
	}
	now.latency = latency
	return now
}

func (f *fake) slow(latency time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latency, f.hang = latency, false
}

func (f *fake) hangs() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hang = true
}

// lookupAll collects the texts and the errors of a LookupAll.
func lookupAll(ctx context.Context, b *backend.Backend, ids ...string) (answers []backend.Answer, errs []error) {
	for answer, err := range b.LookupAll(ctx, lookup.KindVariable, ids) {
		answers, errs = append(answers, answer), append(errs, err)
	}
	return answers, errs
}

// neverStale checks that an outage does not bring back an older text of an id.
func neverStale(t *testing.T, f *fake, b *backend.Backend, id string) {
	t.Helper()
	f.slow(0)
	f.fail("", outages["dropped"])
	answer, err := b.Lookup(t.Context(), variable(id))
	assert.Error(t, err, "the text from before the denial is returned: %q", answer.Text.Reveal())
}

func TestDenialOfABatchHoldsWhileAnotherIDIsInvalidated(t *testing.T) {
	// First after the text has expired, then within RefreshAhead.
	for _, age := range []time.Duration{16 * time.Minute, 14*time.Minute + 30*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			f, ids := thousand()
			policy := exact
			policy.RefreshAhead = time.Minute
			b := cachedBackend(t, f, backend.Config{Cache: policy})
			getAll(t, b, ids[:3])
			time.Sleep(age)
			f.fail("airflow/variables/v1", apiError("AccessDeniedException"))
			f.slow(time.Second / 2) // within the patience of a lookup that has a stale answer
			var wait sync.WaitGroup
			wait.Go(func() {
				_, errs := lookupAll(t.Context(), b, ids[:3]...)
				assert.Equal(t, backend.Denied, reasonOf(errs[1]))
			})
			synctest.Wait()
			b.Invalidate(variable("v2"))
			wait.Wait()
			neverStale(t, f, b, "v1")
		})
	}
}

func TestDenialInTheSecondBatchOfATeamHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		b := cachedBackend(t, f, backend.Config{})
		red := b.Team("red")
		getAll(t, red, ids[:3])
		time.Sleep(16 * time.Minute)
		f.fail("airflow/variables/v1", apiError("AccessDeniedException"))
		_, errs := lookupAll(t.Context(), red, ids[:3]...)
		assert.Equal(t, backend.Denied, reasonOf(errs[1]))
		neverStale(t, f, red, "v1")
		neverStale(t, f, b, "v1")
	})
}

func TestDenialOfABatchHoldsWhenAnOlderCallLandsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := thousand()
		f.slow(3 * time.Second)
		b := cachedBackend(t, early{f}, backend.Config{})
		var wait sync.WaitGroup
		wait.Go(func() {
			value, err := b.GetVariable(t.Context(), "v1") // lands last, with the present text
			assert.NoError(t, err)
			assert.Equal(t, "value of v1", value)
		})
		synctest.Wait()
		b.Invalidate(variable("v1")) // otherwise the batch joins that call
		f.fail("airflow/variables/v1", apiError("AccessDeniedException"))
		f.slow(time.Second)
		_, errs := lookupAll(t.Context(), b, "v1", "v2")
		assert.Equal(t, backend.Denied, reasonOf(errs[0]))
		wait.Wait()
		neverStale(t, f, b, "v1")
	})
}

// A secret has one call at a time, so a batch leaves out the ids that have a call in progress.
func TestABatchJoinsACallInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := thousand()
		f.slow(3 * time.Second)
		b := cachedBackend(t, f, backend.Config{})
		go func() { _, _ = b.GetVariable(t.Context(), "v1") }()
		synctest.Wait()
		f.slow(time.Second)
		answers, errs := lookupAll(t.Context(), b, "v1", "v2", "v3")
		assert.Equal(t, []error{nil, nil, nil}, errs)
		assert.Equal(t, "value of v1", answers[0].Text.Reveal())
		assert.Equal(t, 2, f.total(), "one call for v1, one for the others")
	})
}

func TestNothingIsServedPastMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := thousand()
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1, variable("v1"))
		f.hangs()
		time.Sleep(time.Hour - 500*time.Millisecond)
		start := time.Now()
		_, err := b.Lookup(t.Context(), variable("v1"))
		assert.Equal(t, backend.TimedOut, reasonOf(err), "the entry becomes too old while the lookup waits")
		assert.Equal(t, 15*time.Second, time.Since(start))
	})
}

func TestTimeoutHoldsForALookupOfATeam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(nil)
		b := cachedBackend(t, f, backend.Config{}).Team("red")
		_, err := b.Lookup(t.Context(), variable("v")) // caches the team's miss, which may be served stale
		require.ErrorIs(t, err, backend.ErrNotFound)
		time.Sleep(2 * time.Minute)
		f.hangs()
		start := time.Now()
		_, err = b.Lookup(t.Context(), variable("v"))
		assert.Equal(t, backend.TimedOut, reasonOf(err))
		assert.Equal(t, 15*time.Second, time.Since(start))
		time.Sleep(time.Minute) // the call ends by itself
	})
}

func TestTimeoutHoldsForARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		b := cachedBackend(t, f, backend.Config{})
		f.slow(10 * time.Second)
		start := time.Now()
		_, err := b.Team("red").Refresh(t.Context(), variable("v")) // two names
		assert.Equal(t, backend.TimedOut, reasonOf(err))
		assert.Equal(t, 15*time.Second, time.Since(start))

		time.Sleep(time.Minute)
		f.hangs()
		go func() { _, _ = b.Refresh(t.Context(), variable("v")) }()
		time.Sleep(5 * time.Second)
		start = time.Now()
		_, err = b.Refresh(t.Context(), variable("v")) // waits for the older call first
		assert.Equal(t, backend.TimedOut, reasonOf(err))
		assert.Equal(t, 15*time.Second, time.Since(start))
		time.Sleep(time.Minute)
	})
}

func TestTimeoutHoldsForALookupAll(t *testing.T) {
	for _, policy := range []backend.CachePolicy{{}, exact} {
		synctest.Test(t, func(t *testing.T) {
			f, ids := thousand()
			for _, id := range ids[:20] {
				f.tooLarge["airflow/variables/"+id] = true // each needs a single call
			}
			f.slow(8 * time.Second)
			b, err := backend.New(f, backend.Config{Cache: policy})
			require.NoError(t, err)
			start := time.Now()
			_, errs := lookupAll(t.Context(), b.Team("red"), ids[:20]...) // both batches, then single calls
			for _, err := range errs {
				assert.Equal(t, backend.TimedOut, reasonOf(err))
			}
			assert.Equal(t, 15*time.Second, time.Since(start))
			time.Sleep(time.Minute)
		})
	}
}

func TestLookupAllServesStaleAsLookupDoes(t *testing.T) {
	for what, fault := range outages {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, ids := thousand()
				b := cachedBackend(t, f, backend.Config{})
				for _, b := range []*backend.Backend{b, b.Team("red")} {
					f.fail("", nil)
					getAll(t, b, ids[:30])
					time.Sleep(16 * time.Minute)
					f.fail("", fault)
					answers, errs := lookupAll(t.Context(), b, ids[:30]...)
					for i, err := range errs {
						require.NoError(t, err)
						require.True(t, answers[i].Stale)
					}
					single, err := b.Lookup(t.Context(), variable("v1"))
					require.NoError(t, err)
					assert.Equal(t, answers[1], single)
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

func TestInvalidateOfTheGlobalIDDetachesTheCallOfATeam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "old"})
		f.slow(time.Second)
		b := cachedBackend(t, early{f}, backend.Config{})
		var wait sync.WaitGroup
		wait.Go(func() {
			value, err := b.Team("red").GetVariable(t.Context(), "v")
			assert.NoError(t, err)
			assert.Equal(t, "old", value, "a caller that waited for the call gets its result")
		})
		time.Sleep(1500 * time.Millisecond) // the call for the global secret is in progress
		f.set("airflow/variables/v", "new")
		b.Invalidate(variable("v"))
		wait.Wait()
		for _, team := range []string{"red", "blue", ""} {
			value, err := b.Team(team).GetVariable(t.Context(), "v")
			require.NoError(t, err)
			assert.Equal(t, "new", value, "team %q", team)
		}
	})
}

// panicking is a client that panics.
type panicking struct {
	*fake
	on bool
}

func (p *panicking) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := p.fake.GetSecretValue(ctx, in, opts...)
	if p.on {
		panic("a bug of the client")
	}
	return out, err
}

func (p *panicking) BatchGetSecretValue(ctx context.Context, in *secretsmanager.BatchGetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.BatchGetSecretValueOutput, error) {
	out, err := p.fake.BatchGetSecretValue(ctx, in, opts...)
	if p.on {
		panic("a bug of the client")
	}
	return out, err
}

func TestAPanicOfTheClientReachesEveryCallerThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		f.slow(time.Second)
		client := &panicking{fake: f, on: true}
		b := cachedBackend(t, client, backend.Config{})
		lookups := []func(){
			func() { _, _ = b.GetVariable(t.Context(), "v1") },
			func() { _, _ = b.Team("red").GetVariable(t.Context(), "v1") },
			func() { _, _ = b.Refresh(t.Context(), variable("v1")) },
			func() { _, _ = lookupAll(t.Context(), b, ids[:50]...) },
			func() { _, _ = lookupAll(t.Context(), b, "v1") },
		}
		for n, f := range lookups {
			var wait sync.WaitGroup
			for range 10 {
				wait.Go(func() { assert.PanicsWithValue(t, "a bug of the client", f, "lookup %d", n) })
			}
			wait.Wait()
		}
		client.on = false
		getAll(t, b, ids[:50])
	})
}

func TestAPanicInTheBackgroundIsAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := thousand()
		client := &panicking{fake: f}
		policy := exact
		policy.RefreshAhead = time.Minute
		var refreshes []backend.Reason
		b := cachedBackend(t, client, backend.Config{Cache: policy, Observe: func(_ context.Context, e backend.Event) {
			if e.Cache == backend.CacheRefresh {
				refreshes = append(refreshes, e.Reason)
			}
		}})
		herd(t, b, 1, variable("v1"))
		time.Sleep(14*time.Minute + 30*time.Second)
		client.on = true
		herd(t, b, 1, variable("v1"))
		synctest.Wait()
		assert.Equal(t, []backend.Reason{backend.Failed}, refreshes)
	})
}

func TestTheLongestTTLIsForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := thousand()
		b, err := backend.New(f, backend.Config{Cache: backend.CachePolicy{On: true, TTL: math.MaxInt64, Jitter: -1}})
		require.NoError(t, err)
		for range 5 {
			herd(t, b, 1, variable("v1"))
			time.Sleep(20 * 365 * 24 * time.Hour)
		}
		assert.Equal(t, 1, f.total())
	})
}

func TestFailClosedTwiceIsFailClosed(t *testing.T) {
	f := newFake(map[string]string{"airflow/connections/rds": `{"engine": "postgres", "host": "h", "user": "u", "pass": "p"}`})
	b, err := backend.New(f, backend.Config{})
	require.NoError(t, err)
	want, err := b.GetConnValue(t.Context(), "rds")
	require.NoError(t, err)
	closed := backend.FailClosed(b)
	for what, source := range map[string]backend.Source{
		"once": closed, "twice": backend.FailClosed(closed), "around a chain": backend.FailClosed(backend.NewChain(closed)),
	} {
		value, err := backend.NewChain(source).GetConnValue(t.Context(), "rds")
		require.NoError(t, err)
		assert.Equal(t, want, value, "%s", what)
	}
	f.fail("", apiError("AccessDeniedException"))
	vars := backend.Env{Getenv: func(string) (string, bool) { return "postgres://h", true }}
	_, err = backend.NewChain(backend.FailClosed(closed), vars).GetConnection(t.Context(), "rds")
	assert.Equal(t, backend.Denied, reasonOf(err))
}

// Each id of a LookupAll is a lookup that could be answered stale. If AWS does not answer, all of
// them together wait one second.
func TestLookupAllWaitsOneSecondForAHangingAWS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		b := cachedBackend(t, f, backend.Config{})
		getAll(t, b, ids)
		time.Sleep(16 * time.Minute)
		f.hangs()
		start := time.Now()
		answers, errs := lookupAll(t.Context(), b, ids...)
		for i, err := range errs {
			require.NoError(t, err)
			require.True(t, answers[i].Stale)
		}
		assert.Equal(t, time.Second, time.Since(start), "50 batches, 8 at a time")
		time.Sleep(10 * time.Minute)
	})
}
