package backend_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// TestSoak mixes herds, rotations, faults, cancellations, batches, teams and floods of ids over
// the wire. SOAK says for how long:
//
//	SOAK=3m go test -race ./backend -run Soak -v -timeout 0
//
// No answer may belong to another id or be older than allowed, no goroutine may be left, the heap
// may not grow, and no value may be logged.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("set SOAK to a duration")
	}
	const ids, marker = 50, "s3cr3t"
	policy := backend.CachePolicy{On: true, TTL: 300 * time.Millisecond, NotFoundTTL: 100 * time.Millisecond, RefreshAhead: 100 * time.Millisecond,
		MaxAge: 3 * time.Second, Pause: 50 * time.Millisecond, MaxEntries: 200}
	allowed := policy.MaxAge + 2*time.Second // plus the time of a call

	srv := secretsmanagertest.NewServer(t)
	var logs logged
	log := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := srv.Client(func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} })
	b, err := backend.New(client, backend.Config{Cache: policy, Timeout: time.Second, Observe: backend.LogTo(log), RotationBudget: 10 * time.Second, MultiTeam: true})
	require.NoError(t, err)

	var written [ids]sync.Map // by version: when the next version was stored; 0 for the current one
	var version [ids]atomic.Int64
	write := func(id int) {
		old := version[id].Load()
		srv.Set(fmt.Sprint("airflow/connections/c", id), fmt.Sprintf("postgres://u%d:%s-%d@h/db", id, marker, old+1))
		written[id].Store(old, time.Now())
		version[id].Store(old + 1)
	}
	for id := range ids {
		write(id)
	}
	check := func(id int, c connuri.Connection, asked time.Time) {
		var n int64
		if c.Login != fmt.Sprint("u", id) {
			t.Errorf("the answer of another id")
		}
		_, err := fmt.Sscanf(strings.TrimPrefix(c.Password.Reveal(), marker+"-"), "%d", &n)
		if err != nil {
			t.Errorf("no value that was ever stored")
		}
		if over, ok := written[id].Load(n); ok && asked.Sub(over.(time.Time)) > allowed {
			t.Errorf("an answer that was over %v before", asked.Sub(over.(time.Time)))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var wait sync.WaitGroup
	var answers atomic.Int64
	var failures [backend.Failed + 1]atomic.Int64 // by reason
	loop := func(n int, pause time.Duration, f func()) {
		for range n {
			wait.Go(func() {
				for ctx.Err() == nil {
					f()
					time.Sleep(time.Duration(rand.Int64N(int64(2 * pause))))
				}
			})
		}
	}
	loop(16, time.Millisecond, func() {
		id, asked, team := rand.IntN(ids), time.Now(), []string{"", "red", "blue"}[rand.IntN(3)]
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(50*time.Millisecond))))
		defer cancel()
		c, err := b.Team(team).GetConnection(ctx, fmt.Sprint("c", id))
		if err != nil {
			failures[reasonOf(err)].Add(1)
			return
		}
		answers.Add(1)
		check(id, c, asked)
	})
	loop(1, 20*time.Millisecond, func() { write(rand.IntN(ids)) })
	loop(1, 20*time.Millisecond, func() { b.Invalidate(backend.Query{ID: fmt.Sprint("c", rand.IntN(ids)), Team: "red"}) })
	loop(1, time.Millisecond, func() { _, _ = b.GetVariable(ctx, fmt.Sprint("gone", rand.IntN(100_000))) })
	loop(2, 50*time.Millisecond, func() {
		var names []string
		for id := range ids {
			names = append(names, fmt.Sprint("c", id))
		}
		asked, n := time.Now(), 0
		for answer, err := range b.LookupAll(ctx, lookup.KindConnection, names) {
			if err == nil {
				check(n, answer.Connection, asked)
			}
			if n++; rand.IntN(100) == 0 {
				break
			}
		}
	})
	loop(8, 20*time.Millisecond, func() {
		id := rand.IntN(ids)
		err := b.UseConnection(ctx, fmt.Sprint("c", id), func(_ context.Context, c connuri.Connection) error {
			var n int64
			_, _ = fmt.Sscanf(strings.TrimPrefix(c.Password.Reveal(), marker+"-"), "%d", &n)
			if n < version[id].Load() {
				return backend.LoginRefused(errWrongPassword)
			}
			return nil
		})
		if err != nil && ctx.Err() == nil && errors.Is(err, errWrongPassword) && !errors.As(err, new(*backend.LookupError)) {
			t.Errorf("a refused login outlasts the budget: %v", err)
		}
	})
	loop(1, 500*time.Millisecond, func() {
		faults := []secretsmanagertest.Fault{{Drop: true}, {Status: 503}, {Code: "ThrottlingException"}, {Code: "InternalServiceError"}, {Delay: 30 * time.Millisecond},
			{Code: "AccessDeniedException", Name: fmt.Sprint("airflow/connections/c", rand.IntN(ids))}, {Hang: true, Times: 3}, {Operation: "BatchGetSecretValue", Code: "AccessDeniedException"}}
		remove := srv.Inject(faults[rand.IntN(len(faults))])
		time.Sleep(time.Duration(rand.Int64N(int64(500 * time.Millisecond))))
		remove()
	})
	heap := func() int64 { // in KiB; includes the server and this test
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc >> 10)
	}
	heaps := []int64{}
	loop(1, length/16, func() {
		srv.ResetCalls() // drops the server's log of calls
		heaps = append(heaps, heap())
	})
	wait.Wait()
	time.Sleep(1500 * time.Millisecond) // calls end within the timeout
	with := heap()
	b = nil
	held := with - heap()
	for reason := range failures {
		if n := failures[reason].Load(); n > 0 {
			t.Logf("%d failures: %s", n, backend.Reason(reason))
		}
	}
	t.Logf("%d answers, heap in KiB %v, of which %d are the backend's, %d bytes of log", answers.Load(), heaps, held, logs.bytes.Load())
	assert.LessOrEqual(t, held, int64(1024), "200 entries need less")
	assert.Positive(t, answers.Load())
	assert.Zero(t, logs.leaks.Load(), "the logs contain a value")
	// goleak looks for goroutines after all tests.
}

// logged counts what is written to it.
type logged struct{ bytes, leaks atomic.Int64 }

func (l *logged) Write(p []byte) (int, error) {
	l.bytes.Add(int64(len(p)))
	if strings.Contains(string(p), "s3cr3t") {
		l.leaks.Add(1)
	}
	return len(p), nil
}
