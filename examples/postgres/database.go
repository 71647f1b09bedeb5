package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// database is a pool of connections to the PostgreSQL that an Airflow connection
// names. Each new one logs in with the password that AWS has at that time, so a
// rotation needs no restart; those that are open stay open, as PostgreSQL leaves
// them be.
type database struct {
	backend *backend.Backend // with a cache, lest each query asks AWS
	connID  string
	budget  time.Duration // for one read, all its logins and repetitions
	pool    *pgxpool.Pool

	logins, refused, repeated atomic.Int64
}

// open looks the connection up and makes the pool; nothing is connected yet.
func (d *database) open(ctx context.Context, size int32) error {
	c, err := d.backend.GetConnection(ctx, d.connID)
	if err != nil {
		return err
	}
	conn, err := connConfig(c)
	if err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig("")
	if err != nil {
		return errors.New("postgres: a PG variable of the environment has a value that pgx cannot use")
	}
	cfg.ConnConfig, cfg.MaxConns, cfg.BeforeConnect = conn, size, d.beforeConnect
	d.pool, err = pgxpool.NewWithConfig(ctx, cfg)
	return err
}

func (d *database) close() { d.pool.Close() }

// loginKey is the key of the connuri.Connection that a context carries to
// beforeConnect.
type loginKey struct{}

// acquire takes a connection out of the pool. Where that opens a new one and its
// login is refused, UseConnection goes on with newer passwords until the rotation
// is over or its budget is spent.
func (d *database) acquire(ctx context.Context) (conn *pgxpool.Conn, err error) {
	err = d.backend.UseConnection(ctx, d.connID, func(ctx context.Context, c connuri.Connection) error {
		var err error
		conn, err = d.pool.Acquire(context.WithValue(ctx, loginKey{}, c))
		if err == nil {
			return nil
		}
		if state := sqlState(err); state == "28P01" || state == "28000" { // invalid_password, invalid_authorization_specification
			d.refused.Add(1)
			return backend.LoginRefused(plain(err))
		}
		return plain(err)
	})
	return conn, err
}

// beforeConnect gives a new connection its login, host and TLS settings. The pool
// opens connections on its own as well, without the context of acquire.
func (d *database) beforeConnect(ctx context.Context, cfg *pgx.ConnConfig) error {
	c, ok := ctx.Value(loginKey{}).(connuri.Connection)
	if !ok {
		var err error
		if c, err = d.backend.GetConnection(ctx, d.connID); err != nil {
			return err
		}
	}
	fresh, err := connConfig(c)
	if err != nil {
		return err
	}
	d.logins.Add(1)
	cfg.Config = fresh.Config
	return nil
}

// read runs a query that does no harm when it is run twice, and runs it again where
// the server closed the connection under it, until the budget is spent. That is
// for the caller to know: a write whose connection was cut may have been carried
// out, and is nothing to repeat without a key that makes it one.
func (d *database) read(ctx context.Context, query func(context.Context, *pgxpool.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.budget)
	defer cancel()
	for {
		err := d.once(ctx, query)
		if err == nil || !isCut(err) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
			d.repeated.Add(1)
		case <-ctx.Done():
			return err
		}
	}
}

func (d *database) once(ctx context.Context, query func(context.Context, *pgxpool.Conn) error) error {
	conn, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return query(ctx, conn)
}

// isCut tells whether a connection ended before its answer came, or could not be
// made for want of a server that is up.
func isCut(err error) bool {
	state := sqlState(err)
	_, isNetwork := errors.AsType[*net.OpError](err)
	return slices.Contains([]string{"57P01", "57P02", "57P03"}, state) || // admin_shutdown, crash_shutdown, cannot_connect_now
		strings.HasPrefix(state, "08") || // connection exceptions
		state == "" && (isNetwork || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
			errors.Is(err, errConnect) && errors.Is(err, context.DeadlineExceeded)) // connect_timeout, or the budget, which read sees
}

// sqlState is the code of an error that the server sent, else "".
func sqlState(err error) string {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code
	}
	return ""
}

// errConnect means that a connection could not be made.
var errConnect = errors.New("postgres: connect")

// plain is an error of pgx without the settings of the connection, which it keeps
// for its text and its fields, password and all. A mis-stored secret may have a
// password for a host.
func plain(err error) error {
	if _, isConnect := errors.AsType[*pgconn.ConnectError](err); !isConnect {
		return err
	}
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("postgres: login: %w", answer)
	}
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, syscall.ECONNREFUSED, syscall.ECONNRESET, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", errConnect, cause)
		}
	}
	if _, isDNS := errors.AsType[*net.DNSError](err); isDNS {
		return errors.New("postgres: connect: the host is not found")
	}
	return errors.New("postgres: connect: no connection; look at host, port and sslmode")
}
