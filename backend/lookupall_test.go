package backend_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func thousand() (f *fake, ids []string) {
	f = newFake(map[string]string{})
	for i := range 1000 {
		id := fmt.Sprint("v", i)
		ids = append(ids, id)
		f.set("airflow/variables/"+id, "value of "+id)
	}
	return f, ids
}

// getAll checks that each id has its value.
func getAll(t *testing.T, b *backend.Backend, ids []string) {
	t.Helper()
	n := 0
	for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids) {
		require.NoError(t, err)
		require.Equal(t, "value of "+ids[n], answer.Text.Reveal())
		n++
	}
	require.Equal(t, len(ids), n)
}

func TestLookupAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		f.latency = 10 * time.Millisecond
		plain, err := backend.New(f, backend.Config{})
		require.NoError(t, err)
		for _, b := range []*backend.Backend{plain, cachedBackend(t, f, backend.Config{})} {
			before, start := f.total(), time.Now()
			getAll(t, b, ids)
			assert.Equal(t, 50, f.total()-before)
			assert.LessOrEqual(t, time.Since(start), 150*time.Millisecond)
			assert.Equal(t, 8, f.peak)
			if b != plain {
				getAll(t, b, ids)
				assert.Equal(t, 50, f.total()-before, "the second time all are cached")
				value, err := b.GetVariable(t.Context(), "v7")
				require.NoError(t, err)
				assert.Equal(t, "value of v7", value)
				assert.Equal(t, 50, f.total()-before)
			}
		}
	})
}

func TestLookupAllWithoutBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		ids = ids[:100]
		b, err := backend.New(only{f}, backend.Config{})
		require.NoError(t, err)
		getAll(t, b, ids)
		assert.Equal(t, 100, f.total(), "the client makes no batch calls")

		f, _ = thousand()
		f.latency = time.Millisecond
		f.noBatch = apiError("AccessDeniedException")
		calls := 0
		b, err = backend.New(f, backend.Config{Observe: func(_ context.Context, e backend.Event) {
			f.mu.Lock()
			defer f.mu.Unlock()
			calls += e.Calls
		}})
		require.NoError(t, err)
		getAll(t, b, ids)
		assert.LessOrEqual(t, f.batches, 8, "batches are not tried again after a denial")
		assert.Equal(t, 100+f.batches, f.total())
		assert.Equal(t, f.total(), calls, "events count all calls")

		f.noBatch = apiError("ValidationException") // because of one name of the batch
		getAll(t, b, ids)
		f.noBatch = nil
		f.tooLarge["airflow/variables/v3"] = true
		getAll(t, b, ids)
	})
}

// only is a client without batch calls.
type only struct{ backend.Client }

func TestLookupAllErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, policy := range []backend.CachePolicy{{}, exact} {
			f, _ := thousand()
			f.fail("airflow/variables/v1", apiError("AccessDeniedException"))
			f.fail("airflow/variables/v2", apiError("DecryptionFailure"))
			f.set("airflow/variables/red--v5", "red")
			b, err := backend.New(f, backend.Config{VariablesLookupPattern: "^(?!no)", Cache: policy})
			require.NoError(t, err)
			ids := []string{"v0", "v1", "v2", "gone", "no", "v5", "v0"}
			var got []string
			for answer, err := range b.Team("red").LookupAll(t.Context(), lookup.KindVariable, ids) {
				if err == nil {
					got = append(got, answer.Text.Reveal())
					continue
				}
				failed, ok := errors.AsType[*backend.LookupError](err)
				require.True(t, ok)
				require.Equal(t, ids[len(got)], failed.ID)
				got = append(got, failed.Reason.String()+" "+strings.Join(failed.Names, " "))
			}
			assert.Equal(t, []string{
				"value of v0",
				"access denied airflow/variables/red--v1 airflow/variables/v1",
				"the secret cannot be decrypted airflow/variables/red--v2 airflow/variables/v2",
				"no such secret airflow/variables/red--gone airflow/variables/gone",
				"skipped by the lookup pattern ",
				"red",
				"value of v0",
			}, got)
			assert.Equal(t, 2, f.total(), "one batch for the team, one for the global secrets")
			if policy.On {
				for _, id := range []string{"v0", "gone", "v5"} {
					_, _ = b.Team("red").GetVariable(t.Context(), id)
				}
				assert.Equal(t, 2, f.total(), "misses are cached too")
				_, err := b.Team("red").GetVariable(t.Context(), "v1")
				assert.Equal(t, backend.Denied, reasonOf(err))
				assert.Equal(t, 3, f.total(), "denials are not cached")
			}

			f.fail("", outages["throttled"])
			before := f.total()
			for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v10", "v11", "v12"}) {
				assert.Equal(t, backend.Throttled, reasonOf(err))
			}
			assert.Equal(t, before+1, f.total(), "a throttled batch is not followed by single calls")
		}
	})
}

// Answers that are due for a refresh are read in batches too. The result of a batch is not cached
// after an Invalidate.
func TestLookupAllFillsTheCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		policy := exact
		policy.RefreshAhead = time.Minute
		b := cachedBackend(t, f, backend.Config{Cache: policy})
		getAll(t, b, ids)
		time.Sleep(14*time.Minute + time.Second)
		getAll(t, b, ids)
		assert.Equal(t, 100, f.total())
		time.Sleep(14 * time.Minute)
		getAll(t, b, ids[:20])
		assert.Equal(t, 101, f.total())
		f.fail("", outages["500"])
		for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids[20:40]) {
			require.NoError(t, err)
			require.False(t, answer.Stale, "the time limit has not passed")
		}
		f.fail("", nil)

		f.latency = time.Second
		b = cachedBackend(t, f, backend.Config{})
		go getAll(t, b, ids[:20])
		synctest.Wait()
		b.Invalidate(variable("v7"))
		time.Sleep(time.Minute)
		before := f.total()
		_, _ = b.GetVariable(t.Context(), "v7")
		assert.Equal(t, before+1, f.total())
	})
}

func TestLookupAllServesStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		b := cachedBackend(t, f, backend.Config{})
		getAll(t, b, ids)
		time.Sleep(16 * time.Minute)
		f.fail("", outages["dropped"])
		getAll(t, b, ids)
		before := f.total()
		getAll(t, b, ids)
		assert.Equal(t, before, f.total(), "there is a pause between attempts")
	})
}

// A team's secret that AWS fails to return is served stale, before the global one.
func TestAStaleTeamSecretComesBeforeTheGlobalOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/red--v": "red", "airflow/variables/v": "all", "airflow/variables/red--w": "red"})
		b := cachedBackend(t, f, backend.Config{}).Team("red")
		herd(t, b, 1, variable("v"))
		herd(t, b, 1, variable("w"))
		time.Sleep(16 * time.Minute)
		f.fail("airflow/variables/red--v", outages["inside"])
		for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v", "w"}) {
			require.NoError(t, err)
			assert.Equal(t, "red", answer.Text.Reveal())
		}
		time.Sleep(time.Minute)
		answer, err := b.Lookup(t.Context(), variable("v"))
		require.NoError(t, err)
		assert.Equal(t, "red", answer.Text.Reveal())
		assert.True(t, answer.Stale)
		answer, err = b.Refresh(t.Context(), variable("v"))
		require.NoError(t, err, "as in Airflow, the failure is swallowed and the next name is tried")
		assert.Equal(t, "all", answer.Text.Reveal())
	})
}

func TestLookupAllEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, ids := thousand()
		f.latency = 10 * time.Millisecond
		b, err := backend.New(f, backend.Config{})
		require.NoError(t, err)
		for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids) {
			require.NoError(t, err)
			break
		}
		assert.LessOrEqual(t, f.total(), 16)
		f.mu.Lock()
		assert.Zero(t, f.running, "no call is left running")
		f.mu.Unlock()

		before := f.total()
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Millisecond)
		defer cancel()
		start, ended := time.Now(), 0
		for _, err := range b.LookupAll(ctx, lookup.KindVariable, ids) {
			if err != nil {
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				ended++
			}
		}
		assert.Equal(t, 15*time.Millisecond, time.Since(start))
		assert.Equal(t, 1000-160, ended)
		assert.Equal(t, 16, f.total()-before)

		for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, nil) {
			t.Fatal("nothing was asked for", err)
		}
	})
}

func TestLookupAllOfATeam(t *testing.T) {
	f, ids := thousand()
	f.set("airflow/variables/red--v3", "value of v3")
	f.tooLarge["airflow/variables/v5"] = true // only the second of its names
	b := cachedBackend(t, f, backend.Config{}).Team("red")
	getAll(t, b, ids[:20])
	assert.Equal(t, 2, f.batches)
	before := f.total()
	getAll(t, b, ids[:20])
	assert.Equal(t, before, f.total(), "all are cached, as team or global secrets")

	b = cachedBackend(t, f, backend.Config{VariablesPrefix: lookup.NoPrefix})
	for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"", "airflow/variables/v1", "airflow/variables/v2"}) {
		if err != nil {
			assert.Equal(t, backend.Failed, reasonOf(err), "an empty name needs no call")
		}
	}
}

// Over the wire, a batch finds names, ARNs and ARNs without their suffix.
func TestLookupAllOverTheWire(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	var ids []string
	for i := range 45 {
		id := fmt.Sprint("v", i)
		ids = append(ids, id)
		srv.Set("airflow/variables/"+id, "value of "+id)
	}
	getAll(t, newBackend(t, srv, backend.Config{}), ids)
	assert.Equal(t, 3, srv.Operations("BatchGetSecretValue"))
	assert.Zero(t, srv.Operations("GetSecretValue"))

	arn := strings.TrimSuffix(srv.ARN("airflow/variables/v1"), "v1-"+srv.ARN("airflow/variables/v1")[len(srv.ARN("airflow/variables/v1"))-6:])
	getAll(t, newBackend(t, srv, backend.Config{VariablesPrefix: lookup.Prefix(arn)}), ids)
	assert.Zero(t, srv.Operations("GetSecretValue"))

	srv.Inject(secretsmanagertest.Fault{Operation: "BatchGetSecretValue", Code: "AccessDeniedException"})
	getAll(t, newBackend(t, srv, backend.Config{}), ids)
	assert.Equal(t, 45, srv.Operations("GetSecretValue"))
}

func TestLookupAllOfABinarySecret(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.SetBinary("airflow/variables/binary", []byte{1})
	srv.Set("airflow/variables/v", "x")
	var reasons []backend.Reason
	for _, err := range newBackend(t, srv, backend.Config{}).LookupAll(t.Context(), lookup.KindVariable, []string{"binary", "v"}) {
		reasons = append(reasons, reasonOf(err))
	}
	assert.Equal(t, []backend.Reason{backend.BinaryOnly, 0}, reasons)
}

// Took counts from the beginning of the batch.
func TestTookCountsFromTheBeginningOfABatch(t *testing.T) {
	for _, policy := range []backend.CachePolicy{{}, exact} {
		synctest.Test(t, func(t *testing.T) {
			f, ids := thousand()
			f.latency = 50 * time.Millisecond
			var mu sync.Mutex
			var took []time.Duration
			b, err := backend.New(f, backend.Config{Cache: policy, Observe: func(_ context.Context, e backend.Event) {
				mu.Lock()
				defer mu.Unlock()
				took = append(took, e.Took)
			}})
			require.NoError(t, err)
			getAll(t, b, ids[:50])
			require.Len(t, took, 50)
			for _, d := range took {
				assert.Equal(t, 50*time.Millisecond, d)
			}
		})
	}
}
