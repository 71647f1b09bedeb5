package backend_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// If AWS does not answer for five minutes, only the lookups of the first second wait.
func TestOnlyTheFirstLookupsWaitForAHangingAWS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{"airflow/variables/v": "x"})
		b := cachedBackend(t, f, backend.Config{})
		herd(t, b, 1, variable("v"))
		time.Sleep(15 * time.Minute)
		f.mu.Lock()
		f.hang = true
		f.mu.Unlock()

		var mu sync.Mutex
		waited, lookups := 0, 0
		hole := time.Now()
		var all sync.WaitGroup
		for time.Since(hole) < 5*time.Minute {
			all.Go(func() {
				start := time.Now()
				answer, err := b.Lookup(t.Context(), variable("v"))
				took := time.Since(start)
				mu.Lock()
				defer mu.Unlock()
				lookups++
				assert.NoError(t, err)
				assert.True(t, answer.Stale)
				assert.LessOrEqual(t, took, time.Second)
				if took > 0 {
					waited++
					assert.LessOrEqual(t, start.Sub(hole), time.Second, "only lookups of the first second wait")
				}
			})
			time.Sleep(5 * time.Millisecond)
		}
		all.Wait()
		assert.Equal(t, 5*60*200, lookups)
		assert.LessOrEqual(t, waited, 201)
		assert.LessOrEqual(t, f.total(), 1+5*60/25+1, "a call takes 15 seconds, followed by a pause of 10")
		time.Sleep(time.Minute)
	})
}

// The size that the cache reports is the memory that it takes.
func TestStatsBytesMatchTheMemory(t *testing.T) {
	if raceDetector {
		t.Skip("memory has other sizes under the race detector")
	}
	const n = 10_000
	m := secretsmanagertest.Map{}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("pg_%d", i)
		m["airflow/connections/"+ids[i]] = fmt.Sprintf("postgres://airflow:secretpassword%d@db.example.com:5432/warehouse?sslmode=require", i)
	}
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := heap()
	b, err := backend.New(m, backend.Config{Cache: backend.CachePolicy{On: true}})
	require.NoError(t, err)
	for _, id := range ids {
		_, err := b.GetConnection(t.Context(), id)
		require.NoError(t, err)
	}
	taken := heap() - before
	stats := b.Stats()
	t.Logf("%d bytes of heap for each of %d connections, %d of them counted", taken/n, n, stats.Bytes/n)
	assert.Equal(t, n, stats.Entries)
	assert.LessOrEqual(t, taken/n, int64(1150), "bytes of heap for each connection")
	assert.InEpsilon(t, taken, stats.Bytes, 0.25)
	runtime.KeepAlive(m)

	// Large texts that exceed MaxBytes.
	const most = 4 << 20
	b, err = backend.New(m, backend.Config{Cache: backend.CachePolicy{On: true, MaxBytes: most}})
	require.NoError(t, err)
	long := make([]byte, 32<<10)
	for i := range long {
		long[i] = 'x'
	}
	before = heap()
	for i := range 1000 {
		id := ids[i]
		m["airflow/variables/"+id] = string(long)
		_, err := b.GetVariable(t.Context(), id)
		require.NoError(t, err)
		delete(m, "airflow/variables/"+id)
	}
	taken = heap() - before
	stats = b.Stats()
	assert.LessOrEqual(t, stats.Bytes, int64(most))
	assert.Greater(t, stats.Bytes, int64(most)*9/10)
	assert.Positive(t, stats.Evictions)
	assert.InEpsilon(t, taken, stats.Bytes, 0.25)
	runtime.KeepAlive(b)
}

// The names of missing secrets count too, and long ids are not in the memo.
func TestMissesCountTheirNames(t *testing.T) {
	if raceDetector {
		t.Skip("memory has other sizes under the race detector")
	}
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	for _, length := range []int{20, 400, 10_000} {
		before := heap()
		b, err := backend.New(secretsmanagertest.Map{}, backend.Config{Cache: backend.CachePolicy{On: true, MaxBytes: 16 << 20}})
		require.NoError(t, err)
		for i := range 5000 {
			_, err := b.GetVariable(t.Context(), fmt.Sprintf("%0*d", length, i))
			require.ErrorIs(t, err, backend.ErrNotFound)
		}
		taken := heap() - before
		stats := b.Stats()
		t.Logf("ids of %d: %d bytes of heap for each, %d of them counted", length, taken/int64(stats.Entries), stats.Bytes/int64(stats.Entries))
		assert.LessOrEqual(t, stats.Bytes, int64(16<<20))
		assert.InEpsilon(t, taken, stats.Bytes, 0.25)
		runtime.KeepAlive(b)
	}
}
