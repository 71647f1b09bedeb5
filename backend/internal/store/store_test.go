package store_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type (
	intStore = store.Store[string, int]
	outcome  = store.Outcome[int]
	request  = store.Request[int]
)

const lost = -1

// newStore makes a store of a policy. Unset fields get plain values.
func newStore(p store.Policy) *intStore {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&p.TTL, time.Minute)
	set(&p.NotFoundTTL, 10*time.Second)
	set(&p.MaxAge, time.Hour)
	set(&p.Pause, 10*time.Second)
	set(&p.Timeout, 15*time.Second)
	if p.MaxEntries == 0 {
		p.MaxEntries = 100
	}
	if p.MaxBytes == 0 {
		p.MaxBytes = 1 << 20
	}
	return store.New[string, int](p, outcome{Value: lost, Keep: store.Forget})
}

// source counts the calls for a key and returns the outcome of each.
type source struct {
	mu     sync.Mutex
	calls  int
	took   time.Duration
	hang   bool
	brings outcome
	does   func() // replaces all of that
}

func (f *source) call(ctx context.Context) outcome {
	f.mu.Lock()
	f.calls++
	took, hang, o, does := f.took, f.hang, f.brings, f.does
	f.mu.Unlock()
	if does != nil {
		does()
	}
	if hang {
		<-ctx.Done()
		return outcome{Value: -2, Keep: store.Outage}
	}
	select {
	case <-time.After(took):
		return o
	case <-ctx.Done():
		return outcome{Value: -2, Keep: store.Outage}
	}
}

func (f *source) found(v int) { f.set(outcome{Value: v, Keep: store.Found, Size: 1}) }

func (f *source) set(o outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.brings, f.hang, f.does = o, false, nil
}

func (f *source) change(set func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	set()
}

// made returns the number of calls.
func (f *source) made() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *source) request() *request {
	patience := time.Second
	return &request{Call: f.call, Patience: &patience}
}

func get(t *testing.T, s *intStore, f *source, key string) store.Result[int] {
	t.Helper()
	r, _, err := s.Get(t.Context(), key, f.request())
	require.NoError(t, err)
	return r
}

func TestOneCallAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{took: time.Second}
		f.found(1)
		began := 0
		var mu sync.Mutex
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				r := get(t, s, f, "k")
				mu.Lock()
				defer mu.Unlock()
				assert.Equal(t, 1, r.Value)
				assert.True(t, r.Waited)
				if r.Began {
					began++
				}
			})
		}
		wait.Wait()
		assert.Equal(t, []int{1, 1}, []int{f.made(), began})
		assert.Equal(t, store.Result[int]{Value: 1, Keep: store.Found}, get(t, s, f, "k"))
		time.Sleep(time.Minute)
		get(t, s, f, "k")
		assert.Equal(t, 2, f.made())
	})
}

func TestInvalidateDetaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, old, fresh := newStore(store.Policy{}), &source{took: 2 * time.Second}, &source{took: 500 * time.Millisecond}
		old.found(1)
		fresh.found(2)
		var wait sync.WaitGroup
		wait.Go(func() { assert.Equal(t, 1, get(t, s, old, "k").Value, "a caller that waits gets the outcome") })
		time.Sleep(time.Second)
		s.Invalidate("k")
		assert.Equal(t, 2, get(t, s, fresh, "k").Value, "no other caller gets it")
		wait.Wait()
		assert.Equal(t, 2, get(t, s, fresh, "k").Value, "the outcome is not kept")
		assert.Equal(t, 1, fresh.made())
		s.Invalidate("k")
		s.Invalidate("unknown")
		assert.Zero(t, s.Usage().Entries)
	})
}

func TestRefreshChains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{took: time.Second}
		f.found(1)
		go func() { _, _, _ = s.Get(t.Context(), "k", f.request()) }()
		time.Sleep(500 * time.Millisecond)
		f.found(2)
		mark, start := s.Mark(), time.Now()
		ctx, leave := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer leave()
		var wait sync.WaitGroup
		wait.Go(func() {
			_, err := s.Refresh(ctx, "k", mark, f.request())
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		time.Sleep(time.Millisecond)
		began := make([]bool, 50)
		for n := range began {
			wait.Go(func() {
				r, err := s.Refresh(t.Context(), "k", mark, f.request())
				assert.NoError(t, err)
				assert.Equal(t, 2, r.Value)
				began[n] = r.Began
			})
		}
		wait.Wait()
		assert.Equal(t, 1500*time.Millisecond, time.Since(start))
		assert.Equal(t, 2, f.made(), "all callers share the next call")
		count := 0
		for _, b := range began {
			if b {
				count++
			}
		}
		assert.Equal(t, 1, count, "it began for a caller that still waits")

		r, err := s.Refresh(t.Context(), "k", mark, f.request())
		require.NoError(t, err)
		assert.Equal(t, 2, r.Value)
		assert.Equal(t, 2, f.made(), "a call that began after the mark is enough")
	})
}

func TestRoundMarkAllowsOneCallPerRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{}
		f.found(1)
		get(t, s, f, "k")
		for round := range 3 {
			for range 4 {
				_, err := s.Refresh(t.Context(), "k", s.RoundMark(time.Second), f.request())
				require.NoError(t, err)
				assert.Equal(t, 2+round, f.made())
				time.Sleep(250 * time.Millisecond)
			}
		}
	})
}

func TestPatienceAndKnownOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{}
		f.found(1)
		get(t, s, f, "k")
		time.Sleep(time.Minute)
		f.change(func() { f.hang = true })
		patience := time.Second
		r := f.request()
		r.Patience = &patience
		start := time.Now()
		result, _, err := s.Get(t.Context(), "k", r)
		require.NoError(t, err)
		assert.Equal(t, store.Result[int]{Value: 1, Keep: store.Found, Stale: true, Waited: true, Began: true}, result)
		assert.Equal(t, time.Second, time.Since(start))
		assert.Zero(t, patience)

		start = time.Now()
		assert.Equal(t, store.Result[int]{Value: 1, Keep: store.Found, Stale: true}, get(t, s, f, "k"), "another lookup has spent its patience on that call")
		time.Sleep(15 * time.Second)
		get(t, s, f, "k")
		assert.Equal(t, 2, f.made(), "the call has failed, and the pause has passed")
		time.Sleep(10 * time.Second)
		assert.Equal(t, store.Result[int]{Value: 1, Keep: store.Found, Stale: true, Began: true}, get(t, s, f, "k"), "the outage is known")
		assert.Equal(t, 25*time.Second, time.Since(start), "no lookup has waited")
		time.Sleep(15 * time.Second)
		f.found(2)
		time.Sleep(26 * time.Second)
		start = time.Now()
		f.change(func() { f.took = 500 * time.Millisecond })
		assert.Equal(t, 2, get(t, s, f, "k").Value, "a known outage ends")
		assert.Equal(t, 500*time.Millisecond, time.Since(start))
	})
}

func TestMaxAgeIsCheckedWhenAValueIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{MaxAge: 2 * time.Minute}), &source{}
		f.found(1)
		get(t, s, f, "k")
		f.change(func() { f.hang = true })
		time.Sleep(2*time.Minute - 500*time.Millisecond)
		start := time.Now()
		assert.Equal(t, -2, get(t, s, f, "k").Value, "the value is too old when the patience is spent")
		assert.Equal(t, 15*time.Second, time.Since(start))
		_, _, ok := s.Stale("k", false)
		assert.False(t, ok)
	})
}

func TestMissesThatAreAnswersAreRefreshedAheadAndServedStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, absence := range []bool{false, true} {
			s, f := newStore(store.Policy{RefreshAhead: time.Minute}), &source{}
			f.set(outcome{Value: 7, Keep: store.Absent})
			ask := func() store.Result[int] {
				r := f.request()
				r.Absence = absence
				result, _, err := s.Get(t.Context(), "k", r)
				require.NoError(t, err)
				return result
			}
			ask()
			time.Sleep(6 * time.Second)
			ask()
			synctest.Wait()
			assert.Equal(t, absence, f.made() == 2, "a miss that is an answer is refreshed ahead by half of its lifetime")
			f.set(outcome{Value: -2, Keep: store.Outage})
			time.Sleep(10 * time.Second)
			r := ask()
			assert.Equal(t, absence, r.Stale)
			assert.Equal(t, absence, r.Value == 7)
		}
	})
}

func TestEvictionKeepsTheBounds(t *testing.T) {
	s := newStore(store.Policy{MaxEntries: 10, MaxBytes: 100})
	f := &source{}
	for n := range 50 {
		f.set(outcome{Value: n, Keep: store.Found, Size: 1})
		get(t, s, f, strconv.Itoa(n))
		assert.Equal(t, n, get(t, s, f, strconv.Itoa(n)).Value, "the newest stays")
	}
	assert.Equal(t, store.Usage{Entries: 10, Bytes: 10, Evictions: 40}, s.Usage())
	f.set(outcome{Value: 1, Keep: store.Found, Size: 95})
	_, slot, err := s.Get(t.Context(), "big", f.request())
	require.NoError(t, err)
	assert.LessOrEqual(t, s.Usage().Bytes, int64(100))
	assert.Equal(t, 6, s.Usage().Entries)
	f.set(outcome{Value: 1, Keep: store.Found, Size: 101})
	get(t, s, f, "too big")
	assert.Equal(t, 6, s.Usage().Entries)

	f.set(outcome{Value: 2, Keep: store.Found, Size: 100})
	get(t, s, f, "all")
	assert.Equal(t, 1, s.Usage().Entries)
	_, _, ok := slot.Fresh(s.Now(), false)
	assert.False(t, ok, "a slot that was dropped stays empty")
}

func TestTheLongestTTLNeverExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{TTL: math.MaxInt64, MaxAge: math.MaxInt64, Pause: math.MaxInt64}), &source{}
		time.Sleep(time.Hour)
		f.found(1)
		get(t, s, f, "k")
		time.Sleep(100_000 * time.Hour)
		assert.Equal(t, 1, get(t, s, f, "k").Value)
		assert.Equal(t, 1, f.made())
	})
}

func TestAPanicReachesEveryCallerThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{RefreshAhead: 10 * time.Second}), &source{}
		f.change(func() { f.does = func() { time.Sleep(time.Second); panic("client") } })
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				assert.PanicsWithValue(t, "client", func() { _, _, _ = s.Get(t.Context(), "k", f.request()) })
			})
		}
		wait.Go(func() {
			assert.PanicsWithValue(t, "client", func() { _, _ = s.Refresh(t.Context(), "k", s.Mark(), f.request()) })
		})
		wait.Wait()
		f.found(1)
		get(t, s, f, "k")
		time.Sleep(55 * time.Second)
		f.change(func() { f.does = func() { panic("client") } })
		var ahead []outcome
		r := f.request()
		r.Ahead = func(o outcome, _ time.Duration) { ahead = append(ahead, o) }
		_, _, err := s.Get(t.Context(), "k", r)
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, []outcome{{Value: lost, Keep: store.Forget}}, ahead, "nobody waits for a refresh ahead")
	})
}

func TestACallThatEndsItsGoroutine(t *testing.T) {
	s, f := newStore(store.Policy{}), &source{does: runtime.Goexit}
	assert.Equal(t, lost, get(t, s, f, "k").Value)
	assert.Zero(t, s.Usage().Entries)
}

func TestAnEndedContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{took: 10 * time.Second}
		f.found(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err := s.Get(ctx, "k", f.request())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		start := time.Now()
		assert.Equal(t, 1, get(t, s, f, "k").Value, "the call continues")
		assert.Equal(t, 9*time.Second, time.Since(start))
		assert.Equal(t, 1, f.made())
		_, _, err = s.Get(ctx, "other", f.request())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.Refresh(ctx, "k", s.Mark(), f.request())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 1, f.made(), "no call begins for a context that has ended")
	})
}

// A caller that waits for a call that is cut asks again, whether the context that started it was
// canceled or had a deadline.
func TestCutCallsAreAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
			s, f := newStore(store.Policy{}), &source{hang: true}
			ctx, cancel := context.WithCancel(t.Context())
			if errors.Is(cause, context.DeadlineExceeded) {
				ctx, cancel = context.WithTimeout(t.Context(), time.Second)
			}
			var wait sync.WaitGroup
			wait.Go(func() {
				r := f.request()
				r.Parent = ctx
				_, _, err := s.Get(ctx, "k", r)
				assert.ErrorIs(t, err, cause)
			})
			wait.Go(func() {
				s.Batch(ctx, []store.Want[string]{{Key: "batch"}}, func(ctx context.Context, _ []int) []outcome {
					return []outcome{f.call(ctx)}
				})
			})
			synctest.Wait()
			again := &source{}
			again.found(1)
			for _, key := range []string{"k", "batch"} {
				wait.Go(func() { assert.Equal(t, 1, get(t, s, again, key).Value) })
			}
			time.Sleep(time.Second + 1)
			cancel()
			wait.Wait()
			assert.Equal(t, 2, again.made())
		}
	})
}

func TestABatchIsACallForEachKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := newStore(store.Policy{}), &source{}
		f.found(1)
		get(t, s, f, "kept")
		slow := &source{took: 3 * time.Second}
		slow.found(4)
		go func() { _, _, _ = s.Get(t.Context(), "air", slow.request()) }()
		synctest.Wait()
		var wait sync.WaitGroup
		wait.Go(func() {
			wants := []store.Want[string]{{Key: "kept"}, {Key: "air"}, {Key: "a"}, {Key: "b"}}
			results := s.Batch(t.Context(), wants, func(_ context.Context, places []int) []outcome {
				assert.Equal(t, []int{2, 3}, places)
				time.Sleep(time.Second)
				return []outcome{{Value: 2, Keep: store.Found}, {}}
			})
			assert.Equal(t, outcome{Value: 2, Keep: store.Found}, results[2])
			assert.Equal(t, []store.Keep{store.Unknown, store.Unknown, store.Unknown}, []store.Keep{results[0].Keep, results[1].Keep, results[3].Keep})
		})
		synctest.Wait()
		f.found(3)
		assert.Equal(t, 2, get(t, s, f, "a").Value, "lookups join the batch")
		assert.Equal(t, 3, get(t, s, f, "b").Value, "lookups ask again if the batch says nothing about a key")
		assert.Equal(t, 2, f.made())
		wait.Wait()

		time.Sleep(time.Minute)
		results := s.Batch(t.Context(), []store.Want[string]{{Key: "kept"}}, func(context.Context, []int) []outcome {
			return []outcome{{Value: -2, Keep: store.Outage}}
		})
		assert.Equal(t, outcome{Value: -2, Keep: store.Outage}, results[0])
		v, stale, ok := s.Stale("kept", false)
		assert.Equal(t, []any{1, true, true}, []any{v, stale, ok})
		assert.PanicsWithValue(t, "client", func() {
			s.Batch(t.Context(), []store.Want[string]{{Key: "new"}}, func(context.Context, []int) []outcome { panic("client") })
		})
		assert.Equal(t, 3, get(t, s, f, "new").Value, "no call is left in progress")
		time.Sleep(3 * time.Second)
	})
}

// If a call is canceled when its time is up, only the caller that started it sees the
// cancellation.
func TestACancellationAffectsItsStarterOnly(t *testing.T) {
	for range 20 { // the two ends come in either order
		synctest.Test(t, func(t *testing.T) {
			policy := store.Policy{TTL: time.Hour, Timeout: time.Second, MaxEntries: 10, MaxBytes: 1000}
			s := store.New[string](policy, store.Outcome[int]{})
			left, leave := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, leave)
			var wait sync.WaitGroup
			patience := time.Second
			wait.Go(func() {
				_, _, _ = s.Get(left, "k", &store.Request[int]{Parent: left, Patience: &patience, Call: func(ctx context.Context) store.Outcome[int] {
					<-ctx.Done()
					if errors.Is(ctx.Err(), context.Canceled) {
						return store.Outcome[int]{Keep: store.Leave}
					}
					return store.Outcome[int]{Keep: store.Outage}
				}})
			})
			synctest.Wait()
			result, _, err := s.Get(t.Context(), "k", &store.Request[int]{Patience: &patience, Call: func(context.Context) store.Outcome[int] {
				return store.Outcome[int]{Value: 7, Keep: store.Found}
			}})
			require.NoError(t, err)
			require.NotEqual(t, store.Leave, result.Keep)
			wait.Wait()
		})
	}
}
