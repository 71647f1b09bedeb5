package rotation

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Pool is a pgxpool.Pool whose new sessions log in with the secret of that moment. Sessions
// that are open stay open. A pgxpool.Pool hands out its sessions through its own Acquire, so
// the Pool has no Query: acquire a session, and query with that.
type Pool struct {
	source sqlconn.Source
	id     string
	pool   *pgxpool.Pool
}

// NewPool returns a Pool for the PostgreSQL of an Airflow connection. configure sets its size
// and lifetimes; the connection settings come from the secret.
func NewPool(ctx context.Context, source sqlconn.Source, id string, configure func(*pgxpool.Config)) (*Pool, error) {
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, errors.New("postgres: a PG variable of the environment has a value that pgx cannot use")
	}
	configure(config)
	p := &Pool{source: source, id: id}
	config.BeforeConnect = p.beforeConnect
	p.pool, err = pgxpool.NewWithConfig(ctx, config)
	return p, err
}

// Acquire takes a session out of the pool. If that opens one and the server refuses its login,
// Acquire tries again with newer secrets until the rotation is over or its budget is spent.
func (p *Pool) Acquire(ctx context.Context) (session *pgxpool.Conn, err error) {
	err = p.source.UseConnection(ctx, p.id, func(ctx context.Context, c connuri.Connection) error {
		var err error
		session, err = p.pool.Acquire(context.WithValue(ctx, loginKey{}, c))
		if sqlconn.Refused(err) {
			return backend.LoginRefused(WithoutSettings(err))
		}
		return WithoutSettings(err)
	})
	return session, err
}

// loginKey is the context key of the connuri.Connection to log in with.
type loginKey struct{}

// beforeConnect gives a new session its settings. The pool also opens sessions on its own,
// without the context of Acquire; if such a login is refused, the pool tries again later.
func (p *Pool) beforeConnect(ctx context.Context, config *pgx.ConnConfig) error {
	c, ok := ctx.Value(loginKey{}).(connuri.Connection)
	if !ok {
		use := func(_ context.Context, now connuri.Connection) error { c = now; return nil }
		if err := p.source.UseConnection(ctx, p.id, use); err != nil {
			return err
		}
	}
	fresh, err := postgresConfig(c)
	if err == nil {
		config.Config = fresh.Config
	}
	return err
}

// Stat returns the counters of the pool.
func (p *Pool) Stat() *pgxpool.Stat { return p.pool.Stat() }

// Close closes the pool and its sessions.
func (p *Pool) Close() { p.pool.Close() }
