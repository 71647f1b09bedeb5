package sqlconn_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

var (
	_ sqlconn.Source = (*backend.Backend)(nil)
	_ sqlconn.Source = (*backend.Chain)(nil)
)

// Connect looks up the connection, opens the connector and logs in. What it already has it does
// not fetch again.
func TestConnectLooksUpOpensAndLogsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		b := w.backend(t, backend.Config{})
		for what, source := range map[string]sqlconn.Source{"backend": b, "chain": backend.NewChain(b, backend.Env{})} {
			before := w.asked()
			c := sqlconn.New(source, "pg", w.open)
			assert.Equal(t, before, w.asked(), "New makes no lookup")
			login(t, c)
			assert.Equal(t, "open p0, session p0", w.since(), what)
			login(t, c)
			assert.Equal(t, "session p0", w.since(), "the connector is kept")

			w.alterRole("p1")
			time.AfterFunc(time.Second, func() { w.putSecret("p1") })
			start := time.Now()
			login(t, c)
			assert.Less(t, time.Since(start), 2*time.Second)
			assert.Regexp(t, `^refused p0, (open p0, refused p0, )+open p1, session p1$`, w.since(), "after a refused login a new connector is opened")
			login(t, c)
			assert.Equal(t, "session p1", w.since())
			time.Sleep(time.Second) // longer than the pause between two calls
			w.alterRole("p0")
			w.putSecret("p0")
			login(t, c)
			assert.Equal(t, "refused p1, open p0, session p0", w.since(), "a newer secret is tried at once")
		}
	})
}

// login opens a session. It must be the one of the driver.
func login(t *testing.T, c *sqlconn.Connector) {
	t.Helper()
	session, err := c.Connect(t.Context())
	require.NoError(t, err)
	require.IsType(t, &fakeSession{}, session, "the session has all optional interfaces of the driver")
	require.NoError(t, session.Close())
}

// With TryPrevious, both passwords of a rotation have a connector.
func TestConnectTriesThePreviousVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		c := sqlconn.New(w.backend(t, backend.Config{TryPrevious: true}), "pg", w.open)
		login(t, c)
		w.since()
		w.putSecret("p1") // the database changes its password later
		login(t, c)
		assert.Equal(t, "session p0", w.since(), "the cache still has the password")
		time.Sleep(time.Hour)
		for range 2 {
			start := time.Now()
			login(t, c)
			assert.Less(t, time.Since(start), time.Second)
			assert.Equal(t, "open p1, refused p1, session p0", w.since())
		}
	})
}

func TestConnectGivesUpWhenTheBudgetIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		w.alterRole("other")
		for budget, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 5 * time.Second: 5 * time.Second, -1: 0} {
			c := sqlconn.New(w.backend(t, backend.Config{RotationBudget: budget}), "pg", w.open)
			start := time.Now()
			session, err := c.Connect(t.Context())
			assert.Nil(t, session)
			refused, ok := errors.AsType[*postgresError](err)
			require.True(t, ok, "the driver's error")
			assert.Equal(t, "28P01", refused.state)
			assert.Equal(t, "failed to connect: FATAL: password authentication failed", err.Error())
			assert.InDelta(t, want, time.Since(start), float64(20*time.Millisecond), "the last login is in progress when the budget ends")
		}

		// Connect does not wait if the secret is gone or open cannot use it.
		w.noSecret = true
		start := time.Now()
		_, err := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open).Connect(t.Context())
		require.ErrorIs(t, err, backend.ErrNotFound)
		w.noSecret = false
		unusable := errors.New("unusable")
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) { return nil, unusable }
		_, err = sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open).Connect(t.Context())
		assert.Equal(t, unusable, err)
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) { return nil, nil }
		_, err = sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open).Connect(t.Context())
		require.EqualError(t, err, "sqlconn: open returned neither a connector nor an error")
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) { return mute{}, nil }
		_, err = sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open).Connect(t.Context())
		require.EqualError(t, err, "sqlconn: the driver returned neither a session nor an error")
		assert.Less(t, time.Since(start), time.Second)

		// Nor does it wait after other errors of the driver.
		w.openWith = nil
		w.fault = func() error { return driver.ErrBadConn }
		_, err = sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open).Connect(t.Context())
		assert.Equal(t, driver.ErrBadConn, err)
	})
}

// mute is a connector that returns neither a session nor an error.
type mute struct{}

func (mute) Connect(context.Context) (driver.Conn, error) { return nil, nil }
func (mute) Driver() driver.Driver                        { return fakeDriver{} }

// If its context ends, Connect returns at once, whatever it waits for.
func TestConnectEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for where, slow := range map[string]func(*world){
			"AWS":      func(w *world) { w.latency = 10 * time.Second },
			"login":    func(w *world) { w.fault = func() error { w.latency = time.Hour; return nil } },
			"rotation": func(w *world) { w.alterRole("other") },
			"open": func(w *world) {
				w.openWith = func(ctx context.Context, _ connuri.Connection) (driver.Connector, error) {
					return nil, wait(ctx, time.Hour)
				}
			},
		} {
			w := newWorld("p0")
			c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
			if where == "login" {
				login(t, c)
				w.latency = time.Hour
			} else {
				slow(w)
			}
			var all sync.WaitGroup
			for i := range 4 {
				all.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
					defer cancel()
					start := time.Now()
					_, err := c.Connect(ctx)
					assert.ErrorIs(t, err, context.DeadlineExceeded, where)
					assert.Equal(t, time.Duration(i+1)*time.Second, time.Since(start), where)
				})
			}
			all.Wait()
			time.Sleep(time.Hour) // the call of AWS continues
		}
	})
}

// A panic reaches the caller, and the next login works.
func TestPanicsReachTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open, sqlconn.RefusedIf(func(err error) bool {
			if err.Error() == "odd" {
				panic("a bug of the caller")
			}
			return false
		}))
		connect := func() { _, _ = c.Connect(t.Context()) }
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) { panic("a bug of open") }
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() { assert.PanicsWithValue(t, "a bug of open", connect) })
		}
		all.Wait()
		w.openWith = func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
			return &closingConnector{fakeConnector{w, c.Password.Reveal()}}, nil
		}
		w.fault = func() error { panic("a bug of the driver") }
		for range 16 {
			all.Go(func() { assert.PanicsWithValue(t, "a bug of the driver", connect) })
		}
		all.Wait()
		w.fault = func() error { return errors.New("odd") }
		assert.PanicsWithValue(t, "a bug of the caller", connect)
		w.fault = nil
		w.since()
		login(t, c)
		assert.Equal(t, "session p0", w.since())
		require.EqualError(t, c.Close(), "closing p0")
		assert.Equal(t, "close p0", w.since(), "no login is in progress")
	})
}

// Goroutines share the calls of AWS and the connectors.
func TestGoroutinesShareOneOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		w.openWith = func(ctx context.Context, c connuri.Connection) (driver.Connector, error) {
			return &fakeConnector{w, c.Password.Reveal()}, wait(ctx, 100*time.Millisecond)
		}
		c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() { login(t, c) })
		}
		all.Wait()
		assert.Equal(t, 1, w.asked())
		assert.Len(t, w.since(), len("open p0")+16*len(", session p0"))
	})
}

// 16 goroutines open a session every 50 milliseconds through ten rotations.
func TestRotationsUnderLoad(t *testing.T) {
	for what, lag := range map[string]time.Duration{"database first": 2 * time.Second, "secret first": -2 * time.Second, "at once": 0} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld("p0")
				db := sql.OpenDB(sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open))
				db.SetMaxIdleConns(-1) // so that each use is a login
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				for range 16 {
					all.Go(func() {
						for ctx.Err() == nil {
							assert.NoError(t, db.PingContext(t.Context()))
							time.Sleep(50 * time.Millisecond)
						}
					})
				}
				most := 0
				for _, password := range []string{"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10"} {
					time.Sleep(time.Minute)
					before := w.asked()
					if lag < 0 {
						w.putSecret(password)
						time.Sleep(-lag)
						w.alterRole(password)
					} else {
						w.alterRole(password)
						time.Sleep(lag)
						w.putSecret(password)
					}
					time.Sleep(10 * time.Second)
					most = max(most, w.asked()-before)
				}
				cancel()
				all.Wait()
				require.NoError(t, db.Close())
				assert.Zero(t, w.sessions)
				assert.LessOrEqual(t, most, 1+2, "one call for the rotation, and one for each of its seconds")
				for i := 1; i < len(w.calls); i++ {
					assert.GreaterOrEqual(t, w.calls[i].Sub(w.calls[i-1]), time.Second)
				}
				t.Logf("%d calls of AWS, at most %d in a rotation; %d logins", w.asked(), most, w.logins)
			})
		})
	}
}
