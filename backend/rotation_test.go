package backend_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

var errWrongPassword = errors.New("password authentication failed")

// database accepts logins with the right password.
type database struct {
	password atomic.Value
	logins   atomic.Int32
}

func (d *database) login(_ context.Context, c connuri.Connection) error {
	d.logins.Add(1)
	if c.Password.Reveal() != d.password.Load() {
		return backend.LoginRefused(errWrongPassword)
	}
	return nil
}

func uri(password string) string { return "postgres://u:" + password + "@h/db" }

// 32 goroutines log in continuously while the password is rotated every minute. AWS learns of it
// a second or two after the database, or before it.
func TestRotationUnderLoad(t *testing.T) {
	for what, lag := range map[string]time.Duration{"AWS is late": 1500 * time.Millisecond, "the database is late": -1500 * time.Millisecond, "at once": 0} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(map[string]string{name: uri("p0")})
				f.latency = 5 * time.Millisecond
				b := cachedBackend(t, f, backend.Config{})
				var d database
				d.password.Store("p0")
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				var wait sync.WaitGroup
				for range 32 {
					wait.Go(func() {
						for ctx.Err() == nil {
							start := time.Now()
							assert.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
							assert.LessOrEqual(t, time.Since(start), 30*time.Second)
							time.Sleep(time.Second)
						}
					})
				}
				for _, password := range []string{"p1", "p2", "p3", "p4", "p5"} {
					time.Sleep(time.Minute)
					if lag < 0 {
						f.set(name, uri(password))
						time.Sleep(-lag)
						d.password.Store(password)
						continue
					}
					d.password.Store(password)
					time.Sleep(lag)
					f.set(name, uri(password))
				}
				wait.Wait()
				t.Logf("%d API calls, %d logins", f.total(), d.logins.Load())
				assert.LessOrEqual(t, f.total(), 1+5*3, "one call a second, and the lag is two seconds at most")
			})
		})
	}
}

func TestUseConnectionGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("wrong")})
		var d database
		d.password.Store("right")
		for budget, want := range map[time.Duration]time.Duration{0: 30 * time.Second, -1: 0, 5 * time.Second: 5 * time.Second} {
			b := cachedBackend(t, f, backend.Config{RotationBudget: budget})
			d.logins.Store(0)
			before, start := f.total(), time.Now()
			err := b.UseConnection(t.Context(), "pg", d.login)
			require.ErrorIs(t, err, errWrongPassword)
			assert.Equal(t, want, time.Since(start))
			assert.LessOrEqual(t, d.logins.Load(), int32(16))
			assert.LessOrEqual(t, f.total()-before, 16)
			if budget < 0 {
				assert.Equal(t, 2, f.total()-before, "refreshed once")
				assert.EqualValues(t, 1, d.logins.Load(), "the same password is not tried twice")
			}
		}

		// UseConnection returns other errors unchanged, and stops when the context ends.
		b := cachedBackend(t, f, backend.Config{})
		other := errors.New("no such table")
		require.Equal(t, other, b.UseConnection(t.Context(), "pg", func(context.Context, connuri.Connection) error { return other }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := b.UseConnection(ctx, "pg", d.login)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, errWrongPassword)
		assert.Equal(t, time.Second, time.Since(start))

		// If the secret is gone, the error joins both.
		f.fail(name, apiError("AccessDeniedException"))
		err = b.UseConnection(t.Context(), "pg", d.login)
		require.ErrorIs(t, err, errWrongPassword)
		assert.Equal(t, backend.Denied, reasonOf(err))
		assert.NoError(t, backend.LoginRefused(nil))
	})
}

func TestUseConnectionTriesPrevious(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("old")})
		f.set(name, uri("new"))
		var d database
		d.password.Store("old")
		for _, cached := range []bool{true, false} {
			b, err := backend.New(f, backend.Config{TryPrevious: true, Cache: backend.CachePolicy{On: cached}})
			require.NoError(t, err)
			start := time.Now()
			require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
			assert.Zero(t, time.Since(start))
		}
	})
}

// The secret is read once a second. With TryPrevious, the previous version is read once for each
// current one; here there are two.
func TestCallsOfARotationAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for what, most := range map[string]int{"backend": 6, "previous": 6 + 2, "chain": 6} {
			f := newFake(map[string]string{name: uri("p0")})
			f.latency = 5 * time.Millisecond
			f.set(name, uri("p1"))
			b := cachedBackend(t, f, backend.Config{TryPrevious: what == "previous"})
			use := b.UseConnection
			if what == "chain" {
				use = backend.NewChain(b, backend.Env{}).UseConnection
			}
			var d database
			d.password.Store("p1")
			require.NoError(t, use(t.Context(), "pg", d.login))
			before := f.total()
			d.password.Store("p2")
			var wait sync.WaitGroup
			for n := range 16 {
				wait.Go(func() {
					time.Sleep(time.Duration(n) * 37 * time.Millisecond)
					assert.NoError(t, use(t.Context(), "pg", d.login))
				})
			}
			time.Sleep(5 * time.Second)
			f.set(name, uri("p2"))
			wait.Wait()
			assert.LessOrEqual(t, f.total()-before, most, what)
			assert.GreaterOrEqual(t, f.total()-before, 3, what)
		}
	})
}

// A login that tries once must see the secret that AWS has now.
func TestALoginWithOneTryReadsTheSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("p0")})
		b := cachedBackend(t, f, backend.Config{RotationBudget: -1})
		for _, use := range []func(context.Context, string, func(context.Context, connuri.Connection) error) error{
			b.UseConnection, backend.NewChain(b, backend.Env{}).UseConnection,
		} {
			var d database
			d.password.Store("p1")
			require.Error(t, use(t.Context(), "pg", d.login))
			f.set(name, uri("p1"))
			require.NoError(t, use(t.Context(), "pg", d.login))
			f.set(name, uri("p0"))
			b.Invalidate(backend.Query{Name: name})
		}
	})
}

// The previous version of a later rotation is another one.
func TestThePreviousVersionOfEachRotationIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("p0")})
		b := cachedBackend(t, f, backend.Config{TryPrevious: true})
		var d database
		for _, password := range []string{"p0", "p1", "p2"} {
			f.set(name, uri(password+"new"))
			b.Invalidate(backend.Query{Name: name})
			d.password.Store(password)
			f.set(name, uri(password))
			f.set(name, uri(password+"new"))
			for range 3 {
				before, start := f.total(), time.Now()
				require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
				assert.Zero(t, time.Since(start))
				assert.LessOrEqual(t, f.total()-before, 3)
			}
			time.Sleep(time.Second)
		}
	})
}

// During an outage, a stale password that was refused may still become valid.
func TestUseConnectionInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("old")})
		b := cachedBackend(t, f, backend.Config{})
		var d database
		d.password.Store("old")
		require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
		d.password.Store("new")
		f.set(name, uri("new"))
		f.fail("", outages["throttled"])
		time.AfterFunc(10*time.Second, func() { f.fail("", nil) })
		start := time.Now()
		require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
		assert.Less(t, time.Since(start), 15*time.Second)
	})
}

// After an old secret is put back, its previous version is another one than before.
func TestPreviousAfterARollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, invalidated := range []bool{false, true} {
			f := newFake(map[string]string{name: uri("p0")})
			b := cachedBackend(t, f, backend.Config{TryPrevious: true, Cache: backend.CachePolicy{On: true, TTL: time.Hour}})
			var d database
			pause := 31 * time.Second
			if invalidated {
				pause = time.Second
			}
			put := func(ofSecret, ofDatabase string) {
				d.password.Store(ofDatabase)
				f.set(name, uri(ofSecret))
				if invalidated {
					b.Invalidate(backend.Query{Name: name})
				} else {
					_, err := b.Refresh(t.Context(), backend.Query{Name: name})
					require.NoError(t, err)
				}
				start := time.Now()
				require.NoError(t, b.UseConnection(t.Context(), "pg", d.login), ofSecret)
				assert.Less(t, time.Since(start), time.Second)
				time.Sleep(pause)
			}
			put("p1", "p0") // the previous version of p1 is p0
			put("p2", "p2")
			put("p1", "p2") // now the previous version of p1 is p2
		}
	})
}

// However a call fails, there is at most one a second. A denied previous version is asked for
// once.
func TestFailedCallsOfARotationAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for what, row := range map[string]struct {
			previous       bool
			fails, ofStage error
			most           int
		}{
			"outage":                {fails: outages["throttled"], most: 12},
			"outage, with previous": {previous: true, fails: outages["throttled"], most: 2 * 12},
			"previous denied":       {previous: true, ofStage: apiError("AccessDeniedException"), most: 6 + 2},
			"previous in an outage": {previous: true, ofStage: outages["throttled"], most: 2 * 12},
			"previous is not there": {previous: true, most: 6 + 2},
		} {
			f := newFake(map[string]string{name: uri("p0")})
			f.latency = 5 * time.Millisecond
			b, err := backend.New(stageFails{f, row.ofStage}, backend.Config{TryPrevious: row.previous, Cache: backend.CachePolicy{On: true, NotFoundTTL: -1}})
			require.NoError(t, err)
			var d database
			d.password.Store("p0")
			require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
			before := f.total()
			d.password.Store("p2")
			f.fail("", row.fails)
			var wait sync.WaitGroup
			for n := range 16 {
				wait.Go(func() {
					time.Sleep(time.Duration(n) * 37 * time.Millisecond)
					assert.NoError(t, b.UseConnection(t.Context(), "pg", d.login), what)
				})
			}
			time.Sleep(10 * time.Second)
			f.fail("", nil)
			f.set(name, uri("p2"))
			wait.Wait()
			t.Logf("%s: %d calls", what, f.total()-before)
			assert.LessOrEqual(t, f.total()-before, row.most, what)
		}
	})
}

// stageFails is a client whose calls for one stage fail.
type stageFails struct {
	*fake
	err error
}

func (f stageFails) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, options ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := f.fake.GetSecretValue(ctx, in, options...)
	if in.VersionStage != nil && *in.VersionStage == "AWSPREVIOUS" && f.err != nil {
		return nil, f.err
	}
	return out, err
}

// A login whose context ends soon will not try again.
func TestALoginWithAShortDeadlineReadsTheSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]string{name: uri("p0")})
		b := cachedBackend(t, f, backend.Config{})
		var d database
		d.password.Store("p0")
		require.NoError(t, b.UseConnection(t.Context(), "pg", d.login))
		d.password.Store("p1")
		use := func(within time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			return b.UseConnection(ctx, "pg", d.login)
		}
		require.Error(t, use(100*time.Millisecond))
		f.set(name, uri("p1"))
		require.NoError(t, use(600*time.Millisecond))

		d.password.Store("p2")
		start := time.Now()
		time.AfterFunc(100*time.Millisecond, func() { f.set(name, uri("p2")) })
		require.NoError(t, use(time.Minute))
		assert.Greater(t, time.Since(start), time.Second/2, "a login with enough time shares the call of this second")
	})
}
