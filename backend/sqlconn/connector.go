package sqlconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Source reads the secret. *backend.Backend and *backend.Chain implement it.
type Source interface {
	UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error
}

// Connector is a driver.Connector for sql.OpenDB. New makes one. It is safe for concurrent
// use.
type Connector struct {
	source  Source
	id      string
	refused func(error) bool
	kept    kept
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// Option changes how a Connector works.
type Option func(*Connector)

// RefusedIf makes a Connector treat more errors of the driver as a refused login: in addition
// to those that Refused recognizes, those for which also returns true.
func RefusedIf(also func(error) bool) Option {
	return func(c *Connector) {
		before := c.refused
		c.refused = func(err error) bool { return before(err) || also(err) }
	}
}

// New returns a Connector whose sessions log in with the connection id. It does not look up
// the connection yet.
//
// open makes the connector of the driver for a connection, as stdlib.GetConnector of pgx and
// mysql.NewConnector do. It is called for one connection at a time, and its connector is kept
// until the connection changes or a login is refused. So open may also get a token in place
// of a password: it is called again once the token has expired.
//
// open should set the password as a field instead of building a URL with it. If the URL is
// invalid, url.Parse quotes a part of it, which may be a part of the password.
//
// If a connector of open is an io.Closer, the Connector closes it: when it is no longer used if
// it never opened a session, otherwise together with the Connector, since its sessions may be
// open. So one connector is kept for each password or token that worked.
func New(source Source, id string, open func(context.Context, connuri.Connection) (driver.Connector, error), options ...Option) *Connector {
	c := &Connector{source: source, id: id, refused: Refused, kept: newKept(open)}
	for _, option := range options {
		option(c)
	}
	return c
}

// Connect opens a session and returns the one of the driver. While the server refuses the
// login, Connect tries again with newer secrets, as UseConnection does, until
// backend.Config.RotationBudget is spent or the context ends.
//
// The error is that of the lookup, of open or of the driver. If the budget is spent, it is
// the last error of the driver.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	var session driver.Conn
	err := c.source.UseConnection(ctx, c.id, func(ctx context.Context, conn connuri.Connection) error {
		var err error
		session, err = c.login(ctx, conn)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case session == nil: // login was not called
		return nil, errNotTried
	}
	return session, nil
}

// login opens a session with one connection.
func (c *Connector) login(ctx context.Context, conn connuri.Connection) (driver.Conn, error) {
	o, err := c.kept.get(ctx, conn)
	if err != nil {
		return nil, redact(err, conn)
	}
	result := failed
	defer func() { c.kept.release(o, result) }() // after a panic as well
	session, err := o.connector.Connect(ctx)
	if isNil(session) {
		session = nil
	} else if err != nil {
		defer func() { _ = session.Close() }() // the driver returned both: nobody else closes it
	}
	switch {
	case err == nil && session == nil:
		return nil, errNoSession
	case err == nil:
		result = succeeded
		return session, nil
	case c.refused(err):
		result = refused
		return nil, backend.LoginRefused(redact(err, conn))
	}
	return nil, redact(err, conn)
}

// isNil reports whether an interface is nil or holds a nil pointer.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	value := reflect.ValueOf(v)
	return value.Kind() == reflect.Pointer && value.IsNil()
}

// Driver returns the driver of the last connector that open made. Before the first one, it
// returns a driver that opens nothing.
func (c *Connector) Driver() driver.Driver {
	if connector := c.kept.last(); connector != nil {
		return connector.Driver()
	}
	return noDriver{}
}

// Close closes the connectors of open that are io.Closers. Connect fails afterward. sql.DB.Close
// calls Close.
func (c *Connector) Close() error { return c.kept.close() }

var (
	errClosed      = errors.New("sqlconn: the connector is closed")
	errNoConnector = errors.New("sqlconn: open returned neither a connector nor an error")
	errNotTried    = errors.New("sqlconn: the source neither used the connection nor returned an error")
	errNoSession   = errors.New("sqlconn: the driver returned neither a session nor an error")
)

// noDriver is the Driver of a Connector that has opened nothing yet.
type noDriver struct{}

func (noDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("sqlconn: a name cannot be opened; pass the Connector to sql.OpenDB")
}
