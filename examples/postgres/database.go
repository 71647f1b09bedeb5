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

// database is a rotation.Pool for the PostgreSQL of an Airflow connection. It counts refused
// logins and repeated queries.
type database struct {
	backend *backend.Backend // with a cache, since each query would ask AWS without one
	connID  string
	budget  time.Duration // for one read, all its logins and repetitions
	pool    *rotation.Pool

	logins            int64 // of the pool at the last call of since
	refused, repeated atomic.Int64
}

// open makes the pool. It neither looks up the secret nor connects.
func (d *database) open(ctx context.Context, size int32) (err error) {
	d.pool, err = rotation.NewPool(ctx, d, d.connID, func(c *pgxpool.Config) { c.MaxConns = size })
	return err
}

func (d *database) close() { d.pool.Close() }

// UseConnection calls UseConnection of the backend and counts refused logins.
func (d *database) UseConnection(
	ctx context.Context, id string, use func(context.Context, connuri.Connection) error,
) error {
	return d.backend.UseConnection(ctx, id, func(ctx context.Context, c connuri.Connection) error {
		err := use(ctx, c)
		if sqlconn.Refused(err) {
			d.refused.Add(1)
		}
		return err
	})
}

// since returns the numbers of logins, refused logins and repeated queries since the last call.
func (d *database) since() (logins, refused, repeated int64) {
	before := d.logins
	d.logins = d.pool.Stat().NewConnsCount()
	return d.logins - before, d.refused.Swap(0), d.repeated.Swap(0)
}

// read runs a query, and runs it again if the server closed the connection meanwhile, until the
// budget is spent. The query must be safe to run twice: a write whose connection was cut may
// have been carried out. Repeat a write only if it has a key that makes it idempotent.
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

// once runs a query in a session of the pool.
func (d *database) once(ctx context.Context, query func(context.Context, *pgxpool.Conn) error) error {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return query(ctx, conn)
}

// isCut reports whether a connection ended before the answer arrived, or could not be made
// because no server was up.
func isCut(err error) bool {
	state := sqlState(err)
	_, isNetwork := errors.AsType[*net.OpError](err)
	// These are admin_shutdown, crash_shutdown and cannot_connect_now; 08 are connection exceptions.
	if slices.Contains([]string{"57P01", "57P02", "57P03"}, state) || strings.HasPrefix(state, "08") {
		return true
	}
	cuts := []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET}
	isCutOff := slices.ContainsFunc(cuts, func(cut error) bool { return errors.Is(err, cut) })
	return state == "" && (isNetwork || isCutOff || pgconn.SafeToRetry(err) || isUnanswered(err))
}

// isUnanswered reports whether a login took longer than connect_timeout or the budget, which
// read checks.
func isUnanswered(err error) bool {
	return errors.Is(err, rotation.ErrConnect) && errors.Is(err, context.DeadlineExceeded)
}

// sqlState returns the code of an error that the server sent, otherwise "".
func sqlState(err error) string {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code
	}
	return ""
}
