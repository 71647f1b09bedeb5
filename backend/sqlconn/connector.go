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

// Source is where the secret is: a *backend.Backend or a *backend.Chain.
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

// RefusedIf makes a Connector treat more errors of the driver as a refused login than
// Refused does: those for which also returns true.
func RefusedIf(also func(error) bool) Option {
	return func(c *Connector) {
		before := c.refused
		c.refused = func(err error) bool { return before(err) || also(err) }
	}
}

// New returns a Connector whose sessions log in with the connection id. It asks for nothing
// yet.
//
// open makes the driver's own connector for a connection, such as pgx's
// stdlib.GetConnector and mysql.NewConnector do. It is called for one connection at a time,
// and its connector is kept until the connection changes or a login is refused. So open may
// also get a token in place of a password: it is called again once the token has expired.
//
// Let open set the password as a field, and build no URL with it: of a URL that cannot be read,
// url.Parse quotes a part, which may be a part of the password.
//
// A connector of open that is an io.Closer is closed together with the Connector, or earlier
// if it never opened a session. One that did is kept until then, since its sessions may be
// open: one for each password, or token, that let somebody in.
func New(source Source, id string, open func(context.Context, connuri.Connection) (driver.Connector, error), options ...Option) *Connector {
	c := &Connector{source: source, id: id, refused: Refused, kept: newKept(open)}
	for _, option := range options {
		option(c)
	}
	return c
}

// Connect opens a session. While the server refuses the login, it tries again as
// UseConnection does, with newer secrets and until backend.Config.RotationBudget is spent
// or the context ends. The session is the driver's own.
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
	case session == nil: // which login never returns without an error
		return nil, errNotTried
	}
	return session, nil
}

// login tries one connection.
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
		defer func() { _ = session.Close() }() // nobody else would
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

// isNil reports whether an interface holds nothing, or a pointer that is nil.
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

// Close closes the connectors that open made, as far as they are an io.Closer. Connect
// fails afterward. sql.DB.Close calls it.
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
