package sqlconn_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
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

// closing makes the connectors of a world implement io.Closer.
func (w *world) closing() *world {
	w.openWith = func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		return &closingConnector{fakeConnector{w, c.Password.Reveal()}}, nil
	}
	return w
}

// A connector that is an io.Closer is closed at once if it opened no session, otherwise at the
// end.
func TestConnectorsThatAreClosersAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0").closing()
		db := sql.OpenDB(sqlconn.New(w.backend(t, backend.Config{RotationBudget: -1}), "pg", w.open))
		db.SetMaxIdleConns(-1)
		require.NoError(t, db.PingContext(t.Context()))
		w.alterRole("p2")
		w.putSecret("p1")
		time.Sleep(time.Minute)
		require.Error(t, db.PingContext(t.Context()))
		assert.Equal(t, "open p0, session p0, refused p0, open p1, refused p1, close p1", w.since())
		time.Sleep(time.Minute)
		w.putSecret("p2")
		require.NoError(t, db.PingContext(t.Context()))
		assert.Equal(t, "open p1, refused p1, close p1, open p2, session p2", w.since())
		require.EqualError(t, db.Close(), "closing p0\nclosing p2")
		assert.Equal(t, "close p0, close p2", w.since())
	})
}

// Only connectors in use are kept.
func TestOldConnectorsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0").closing()
		b := w.backend(t, backend.Config{})
		c := sqlconn.New(b, "pg", w.open)
		w.fault = func() error { return driver.ErrBadConn }
		for _, password := range []string{"p1", "p2", "p3"} {
			w.putSecret(password)
			time.Sleep(time.Hour)
			for range 2 {
				_, err := c.Connect(t.Context())
				require.ErrorIs(t, err, driver.ErrBadConn)
			}
		}
		assert.Equal(t, "open p1, open p2, open p3, close p1", w.since())
		require.EqualError(t, c.Close(), "closing p3\nclosing p2")
		require.NoError(t, c.Close())
		assert.Equal(t, "close p3, close p2", w.since())
	})
}

// Close leaves nothing open, whatever is in progress.
func TestCloseDuringLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0").closing()
		c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
		login(t, c)
		w.latency = time.Second
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { login(t, c) })
		}
		synctest.Wait()
		require.NoError(t, c.Close(), "logins still use the connector")
		all.Wait()
		assert.Equal(t, "open p0, session p0, session p0, session p0, session p0, session p0, close p0", w.since())
		_, err := c.Connect(t.Context())
		require.EqualError(t, err, "sqlconn: the connector is closed")

		w = newWorld("p0")
		w.openWith = func(ctx context.Context, c connuri.Connection) (driver.Connector, error) {
			return &closingConnector{fakeConnector{w, c.Password.Reveal()}}, wait(ctx, time.Second)
		}
		c = sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
		for range 4 {
			all.Go(func() {
				_, err := c.Connect(t.Context())
				assert.ErrorContains(t, err, "sqlconn: the connector is closed")
			})
		}
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, c.Close(), "open is in progress")
		all.Wait()
		assert.Equal(t, "open p0, close p0", w.since())
	})
}

// A new token is fetched once the server refuses the old one.
func TestAnExpiredTokenIsFetchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("p0")
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) {
			return &fakeConnector{w, w.password}, nil // the present token
		}
		c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
		login(t, c)
		w.alterRole("p1")
		w.since()
		start := time.Now()
		login(t, c)
		assert.Less(t, time.Since(start), time.Second)
		assert.Equal(t, "refused p0, open p0, session p1", w.since())
	})
}

// Hooks distinguish an empty field from an absent one.
func TestAnEmptyFieldIsAnotherConnection(t *testing.T) {
	w := newWorld("p")
	c := connuri.Connection{Type: "postgres", Password: connuri.NewSecret("p")}
	source := sourceFunc(func() connuri.Connection { return c })
	connector := sqlconn.New(source, "pg", w.open)
	login(t, connector)
	c.Empty = connuri.EmptyHost
	login(t, connector)
	assert.Equal(t, "open p, session p, open p, session p", w.since())
}

// A connection that differs in any field has its own connector.
func TestAChangedConnectionIsOpenedAgain(t *testing.T) {
	w := newWorld("p")
	first := connuri.Connection{Type: "postgres", Host: "a", Port: 1, Login: "u", Schema: "s", Password: connuri.NewSecret("p"), Extra: connuri.RawExtra(`{"a": 1}`)}
	for what, change := range map[string]func(*connuri.Connection){
		"type": func(c *connuri.Connection) { c.Type = "redshift" }, "host": func(c *connuri.Connection) { c.Host = "b" },
		"port": func(c *connuri.Connection) { c.Port = 2 }, "login": func(c *connuri.Connection) { c.Login = "v" },
		"schema": func(c *connuri.Connection) { c.Schema = "r" }, "extra": func(c *connuri.Connection) { c.Extra = connuri.RawExtra(`{"a": 2}`) },
		"nothing": nil,
	} {
		c := first
		connector := sqlconn.New(sourceFunc(func() connuri.Connection { return c }), "pg", w.open)
		login(t, connector)
		want := "open p, session p, session p"
		if change != nil {
			change(&c)
			want = "open p, session p, open p, session p"
		}
		login(t, connector)
		assert.Equal(t, want, w.since(), what)
	}
}

// Results that break the contract of a driver are neither used nor leaked.
func TestBrokenDriversAreErrors(t *testing.T) {
	_, err := sqlconn.New(lazy{}, "pg", nil).Connect(t.Context())
	require.EqualError(t, err, "sqlconn: the source neither used the connection nor returned an error")

	w := newWorld("hunter2")
	source := sourceFunc(func() connuri.Connection { return connuri.Connection{Password: connuri.NewSecret("hunter2")} })
	connect := func(connector driver.Connector) error {
		w.openWith = func(context.Context, connuri.Connection) (driver.Connector, error) { return connector, nil }
		_, err := sqlconn.New(source, "pg", w.open).Connect(t.Context())
		return err
	}
	require.ErrorContains(t, connect((*fakeConnector)(nil)), "open returned neither")
	require.ErrorContains(t, connect(returning{(*fakeSession)(nil), nil}), "the driver returned neither")
	w.sessions = 1
	require.ErrorIs(t, connect(returning{&fakeSession{w: w}, driver.ErrBadConn}), driver.ErrBadConn)
	assert.Zero(t, w.sessions, "a session that comes with an error is closed")
	require.ErrorIs(t, connect(returning{(*fakeSession)(nil), driver.ErrBadConn}), driver.ErrBadConn)
}

// lazy is a Source that does not call use.
type lazy struct{}

func (lazy) UseConnection(context.Context, string, func(context.Context, connuri.Connection) error) error {
	return nil
}

// returning is a connector that returns its fields.
type returning struct {
	session driver.Conn
	err     error
}

func (r returning) Connect(context.Context) (driver.Conn, error) { return r.session, r.err }
func (returning) Driver() driver.Driver                          { return fakeDriver{} }

// A Close that panics reaches the caller. The other connectors are closed all the same.
func TestClosePanics(t *testing.T) {
	w := newWorld("p0")
	password := "p0"
	w.openWith = func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		return panicking{fakeConnector{w, c.Password.Reveal()}}, nil
	}
	w.fault = func() error { return driver.ErrBadConn }
	c := sqlconn.New(sourceFunc(func() connuri.Connection { return connuri.Connection{Password: connuri.NewSecret(password)} }), "pg", w.open)
	connect := func() { _, _ = c.Connect(t.Context()) }
	for _, password = range []string{"p0", "p1"} {
		connect()
	}
	password = "p2"
	assert.PanicsWithValue(t, "close p0", connect)
	assert.Equal(t, "open p0, open p1, open p2, close p0", w.since())
	connect()
	assert.Panics(t, func() { _ = c.Close() })
	assert.Equal(t, "close p2, close p1", w.since())
	require.NoError(t, c.Close())
}

type panicking struct{ fakeConnector }

func (c panicking) Connect(ctx context.Context) (driver.Conn, error) {
	return c.fakeConnector.Connect(ctx)
}
func (c panicking) Driver() driver.Driver { return fakeDriver{} }
func (c panicking) Close() error {
	c.w.happened("close %s", c.password)
	panic("close " + c.password)
}

// sourceFunc is a Source that calls use once.
type sourceFunc func() connuri.Connection

func (f sourceFunc) UseConnection(ctx context.Context, _ string, use func(context.Context, connuri.Connection) error) error {
	return use(ctx, f())
}

func TestDriverBeforeAndAfterTheFirstOpen(t *testing.T) {
	w := newWorld("p0")
	c := sqlconn.New(w.backend(t, backend.Config{}), "pg", w.open)
	_, err := c.Driver().Open("postgres://")
	require.ErrorContains(t, err, "sql.OpenDB")
	login(t, c)
	assert.Equal(t, fakeDriver{}, c.Driver())
}
