package rotation

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

// TestMain hides the settings of PostgreSQL that the machine may have.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("PGPASSFILE", os.DevNull)
	_ = os.Setenv("PGSERVICEFILE", os.DevNull)
	_ = mysql.SetLogger(&mysql.NopLogger{}) // it logs each session that is cut
	_ = flag.Set("test.parallel", "6")      // the tests mostly wait
	goleak.VerifyTestMain(m)
}

// TestNoToken checks that a token of AWS is not taken for a missing password.
func TestNoToken(t *testing.T) {
	for connType, open := range map[string]func(context.Context, connuri.Connection) (driver.Connector, error){"postgres": openPostgres, "mysql": openMySQL} {
		_, err := open(t.Context(), connuri.Connection{Type: connType, Host: "127.0.0.1", Login: "app", Extra: connuri.RawExtra(`{"iam": true}`)})
		assert.ErrorContains(t, err, "iam: this program does not ask AWS for a token", connType)
	}
}

const (
	rotations = 10
	role      = "app"
)

// isFull makes the tests of rotations longer if ROTATION=full is set: they use more goroutines and
// test each order of the two changes separately.
var (
	isFull   = os.Getenv("ROTATION") == "full"
	workers  = 4
	apart    = 300 * time.Millisecond // between the two changes of a rotation
	lifetime = time.Second            // of a session; short, so that sessions keep logging in
	orders   = []string{"by turns"}
)

func init() {
	if isFull {
		workers, apart, lifetime = 16, 1500*time.Millisecond, 300*time.Millisecond
		orders = []string{"database first", "secret first", "secret first, previous version"}
	}
}

// client is a pool of either kind.
type client struct {
	ask   func(ctx context.Context, query string) error // takes a session, or opens one
	close func() error
}

// overSQL makes a client of a database/sql pool.
func overSQL(open func(sqlconn.Source, string) *sql.DB) func(context.Context, sqlconn.Source) (client, error) {
	return func(_ context.Context, source sqlconn.Source) (client, error) {
		db := open(source, "db")
		db.SetMaxOpenConns(workers)
		db.SetMaxIdleConns(workers)
		db.SetConnMaxLifetime(lifetime)
		return client{func(ctx context.Context, query string) error {
			var one int
			return db.QueryRowContext(ctx, query).Scan(&one)
		}, db.Close}, nil
	}
}

// overPool makes a client of a Pool, which also opens sessions on its own.
func overPool(ctx context.Context, source sqlconn.Source) (client, error) {
	pool, err := NewPool(ctx, source, "db", func(c *pgxpool.Config) {
		c.MaxConns, c.MinIdleConns = int32(workers)+2, 1
		c.MaxConnLifetime, c.HealthCheckPeriod = lifetime, lifetime/4
	})
	return client{func(ctx context.Context, query string) error {
		session, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer session.Release()
		var one int
		return session.QueryRow(ctx, query).Scan(&one)
	}, func() error { pool.Close(); return nil }}, err
}

// database holds what differs between the kinds of databases.
type database struct {
	start  func(testing.TB) *servers.Server
	open   func(context.Context, sqlconn.Source) (client, error)
	create string // SQL for a new role and its password
	alter  string // SQL for another password
	kill   func(context.Context, *sql.DB) (int, error)
	query  string // takes 10 milliseconds
	isCut  func(error) bool
	scheme string
}

var databases = map[string]database{
	"PostgreSQL":          postgres(overSQL(Postgres)),
	"PostgreSQL, pgxpool": postgres(overPool),
	"MariaDB": {
		start: servers.MariaDB, open: overSQL(MySQL), scheme: "mysql",
		create: "CREATE USER %s@'%%' IDENTIFIED BY '%s'", alter: "ALTER USER %s@'%%' IDENTIFIED BY '%s'", query: "SELECT 1 + SLEEP(0.01)",
		kill: killMariaDB,
		isCut: func(err error) bool {
			answer, ok := errors.AsType[*mysql.MySQLError](err)
			return ok && (answer.Number == 1927 || answer.Number == 1317) || errors.Is(err, mysql.ErrInvalidConn) // connection killed, query interrupted
		},
	},
}

func postgres(open func(context.Context, sqlconn.Source) (client, error)) database {
	return database{
		start: servers.PostgreSQL, open: open, scheme: "postgres",
		create: "CREATE ROLE %s LOGIN PASSWORD '%s'", alter: "ALTER ROLE %s PASSWORD '%s'", query: "SELECT 1 FROM pg_sleep(0.01)",
		kill: func(ctx context.Context, admin *sql.DB) (n int, err error) {
			return n, admin.QueryRowContext(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1", role).Scan(&n)
		},
		isCut: func(err error) bool {
			answer, ok := errors.AsType[*pgconn.PgError](err)
			return ok && answer.Code == "57P01" // admin_shutdown
		},
	}
}

func killMariaDB(ctx context.Context, admin *sql.DB) (n int, err error) {
	rows, err := admin.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE user = ?", role)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var ids []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return 0, err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if _, err := admin.ExecContext(ctx, fmt.Sprint("KILL ", id)); err == nil { // the session may have ended already
			n++
		}
	}
	return n, rows.Err()
}

// TestRotations queries through a pool while the password is rotated ten times and sessions are
// cut. Only queries whose session was cut may fail. AWS is asked at most once per rotation and
// once per second.
func TestRotations(t *testing.T) {
	t.Parallel()
	for name, d := range databases {
		for _, order := range orders {
			t.Run(name+"/"+order, func(t *testing.T) {
				t.Parallel()
				r := newRun(t, d, backend.Config{TryPrevious: strings.Contains(order, "previous")})
				var slowest time.Duration
				for i := range rotations {
					first, second := r.alterRole, r.putSecret
					if strings.HasPrefix(order, "secret first") || order == "by turns" && i%2 == 1 {
						first, second = r.putSecretAndExpire, r.alterRole
					}
					slowest = max(slowest, r.rotate(t, fmt.Sprintf("rotation %d", i+1), first, second))
				}
				r.end(t)
				t.Logf("%d queries, %d failed with their session; %d sessions were cut; %d calls of AWS in %d rotations, the slowest of which took %v",
					r.queries.Load(), r.cut.Load(), r.killed, r.calls, rotations, slowest.Round(time.Millisecond))
			})
		}
	}
}

// run is a database whose password is rotated while it is queried.
type run struct {
	database
	server   *servers.Server
	aws      *secretsmanagertest.Server
	backend  *backend.Backend
	client   client
	conn     connuri.Connection // the secret
	name     string             // of the secret
	previous int                // calls for previous versions in a rotation

	stop          chan struct{}
	done          sync.WaitGroup
	turns         []atomic.Int64
	queries, cut  atomic.Int64
	killed, calls int
}

func newRun(t *testing.T, d database, cfg backend.Config) *run {
	t.Helper()
	s := d.start(t)
	r := &run{database: d, server: s, aws: secretsmanagertest.NewServer(t), name: "airflow/connections/db", stop: make(chan struct{}), turns: make([]atomic.Int64, workers)}
	extra := connuri.Extra{}
	if d.scheme == "postgres" {
		extra = connuri.RawExtra(`{"sslmode": "disable", "connect_timeout": 10}`)
	}
	r.conn = connuri.Connection{Type: d.scheme, Host: s.Host, Port: s.Port, Schema: s.Database, Login: role, Password: newPassword(), Extra: extra}
	_, err := s.DB.ExecContext(t.Context(), fmt.Sprintf(d.create, role, r.conn.Password.Reveal()))
	require.NoError(t, err)
	if d.scheme == "mysql" {
		_, err = s.DB.ExecContext(t.Context(), "GRANT SELECT ON "+s.Database+".* TO "+role+"@'%'")
		require.NoError(t, err)
	}
	text := r.conn.JSON()
	_, err = r.aws.Client().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &r.name, SecretString: &text})
	require.NoError(t, err)

	cfg.Cache = backend.CachePolicy{On: true}
	if cfg.TryPrevious {
		r.previous = 1
	}
	r.backend, err = backend.New(r.aws.Client(), cfg)
	require.NoError(t, err)
	r.client, err = d.open(t.Context(), r.backend)
	require.NoError(t, err)
	for i := range workers {
		r.done.Go(func() { r.work(t, i) })
	}
	r.round(t)
	return r
}

func newPassword() connuri.Secret { return connuri.NewSecret(rand.Text() + `/@:%"$` + "`") }

func (r *run) work(t *testing.T, i int) {
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		err := r.client.ask(t.Context(), r.query)
		r.queries.Add(1)
		r.turns[i].Add(1)
		switch {
		case err == nil:
		case r.isCut(err), isCut(err):
			r.cut.Add(1)
		default:
			t.Errorf("a query failed: %v", err)
		}
	}
}

// isCut reports whether an open connection was closed.
func isCut(err error) bool {
	for _, cut := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}

func (r *run) alterRole(t *testing.T, password connuri.Secret) {
	_, err := r.server.DB.ExecContext(t.Context(), fmt.Sprintf(r.alter, role, password.Reveal()))
	require.NoError(t, err)
}

// putSecret changes the secret.
func (r *run) putSecret(t *testing.T, password connuri.Secret) {
	r.conn.Password = password
	text := r.conn.JSON()
	_, err := r.aws.Client().PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &r.name, SecretString: &text})
	require.NoError(t, err)
}

// putSecretAndExpire changes the secret and drops it from the cache. As long as the cache has the
// old password, a secret that changes first is not noticed.
func (r *run) putSecretAndExpire(t *testing.T, password connuri.Secret) {
	r.putSecret(t, password)
	r.backend.Invalidate(backend.Query{Name: r.name})
}

// rotate makes one rotation. It returns how long it took until all workers had queried with the
// new password.
func (r *run) rotate(t *testing.T, what string, first, second func(*testing.T, connuri.Secret)) time.Duration {
	t.Helper()
	r.aws.ResetCalls()
	start := time.Now()
	password := newPassword()
	first(t, password)
	r.killSessions(t)
	time.Sleep(apart)
	second(t, password)
	r.round(t)
	r.killSessions(t)
	r.round(t)
	took := time.Since(start)
	calls := r.aws.Operations("GetSecretValue")
	r.calls += calls
	assert.LessOrEqual(t, calls, 1+int(math.Ceil(took.Seconds()))+r.previous, "%s took %v", what, took)
	return took
}

func (r *run) killSessions(t *testing.T) {
	t.Helper()
	n, err := r.kill(t.Context(), r.server.DB)
	require.NoError(t, err)
	r.killed += n
}

// round waits until each worker has begun and ended a query.
func (r *run) round(t *testing.T) {
	t.Helper()
	for i := range r.turns {
		for until := r.turns[i].Load() + 2; r.turns[i].Load() < until && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
	}
}

func (r *run) end(t *testing.T) {
	t.Helper()
	close(r.stop)
	r.done.Wait()
	require.NoError(t, r.client.close())
	assert.LessOrEqual(t, int(r.cut.Load()), r.killed, "a session fails one query")
	assert.Greater(t, r.queries.Load(), int64(60*workers))
}

// TestErrorsShowNoPassword checks that no error of the drivers shows the password, whatever the
// server answers.
func TestErrorsShowNoPassword(t *testing.T) {
	t.Parallel()
	for name, d := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := d.start(t)
			_, err := s.DB.ExecContext(t.Context(), fmt.Sprintf(d.create, role, "right"))
			require.NoError(t, err)
			good := connuri.Connection{Type: d.scheme, Host: s.Host, Port: s.Port, Schema: s.Database, Login: role, Password: connuri.NewSecret("hunter2")}
			for what, change := range map[string]func(*connuri.Connection){
				"password":        func(*connuri.Connection) {},
				"user":            func(c *connuri.Connection) { c.Login = "nobody" },
				"port":            func(c *connuri.Connection) { c.Port = 1 },
				"password astray": func(c *connuri.Connection) { c.Host, c.Schema, c.Port = "app", "hunter2@db.example.com/orders", 0 },
				"TLS": func(c *connuri.Connection) {
					c.Extra = connuri.RawExtra(map[string]string{"postgres": `{"sslmode": "require"}`, "mysql": `{"ssl_mode": "REQUIRED"}`}[d.scheme])
				},
			} {
				c := good
				change(&c)
				aws := secretsmanagertest.Map{"airflow/connections/db": c.JSON()}
				b, err := backend.New(aws, backend.Config{RotationBudget: -1})
				require.NoError(t, err)
				pool, err := d.open(t.Context(), b)
				require.NoError(t, err)
				err = pool.ask(t.Context(), d.query)
				require.Error(t, err, what)
				assert.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), "hunter2", what)
				for ; err != nil; err = errors.Unwrap(err) {
					assert.NotContains(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err), "hunter2", what)
				}
				require.NoError(t, pool.close())
			}
		})
	}
}
