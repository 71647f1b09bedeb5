package main

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/rotation"
)

// database is a rotation.Pool of the PostgreSQL that an Airflow connection names. It
// counts the logins that are refused and the queries that are repeated.
type database struct {
	backend *backend.Backend // with a cache: without one, each query asks AWS
	connID  string
	budget  time.Duration // for one read, all its logins and repetitions
	pool    *rotation.Pool

	logins            int64 // of the pool, when since was last called
	refused, repeated atomic.Int64
}

// open makes the pool; nothing is looked up or connected yet.
func (d *database) open(ctx context.Context, size int32) (err error) {
	d.pool, err = rotation.NewPool(ctx, d, d.connID, func(c *pgxpool.Config) { c.MaxConns = size })
	return err
}

func (d *database) close() { d.pool.Close() }

// UseConnection is that of the backend, and counts.
func (d *database) UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error {
	return d.backend.UseConnection(ctx, id, func(ctx context.Context, c connuri.Connection) error {
		err := use(ctx, c)
		if sqlconn.Refused(err) {
			d.refused.Add(1)
		}
		return err
	})
}

// since returns the logins, the refusals and the repetitions since it was last called.
func (d *database) since() (logins, refused, repeated int64) {
	before := d.logins
	d.logins = d.pool.Stat().NewConnsCount()
	return d.logins - before, d.refused.Swap(0), d.repeated.Swap(0)
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
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return query(ctx, conn)
}

// isCut reports whether a connection ended before its answer came, or could not be
// made for want of a server that is up.
func isCut(err error) bool {
	state := sqlState(err)
	_, isNetwork := errors.AsType[*net.OpError](err)
	return slices.Contains([]string{"57P01", "57P02", "57P03"}, state) || // admin_shutdown, crash_shutdown, cannot_connect_now
		strings.HasPrefix(state, "08") || // connection exceptions
		state == "" && (isNetwork || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) ||
			errors.Is(err, rotation.ErrConnect) && errors.Is(err, context.DeadlineExceeded)) // connect_timeout, or the budget, which read sees
}

// sqlState is the code of an error that the server sent, else "".
func sqlState(err error) string {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code
	}
	return ""
}
