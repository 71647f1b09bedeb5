package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// TestMain hides the settings of PostgreSQL that the machine may have. The tests against a server
// start one if PostgreSQL is installed, or use that of POSTGRES_DSN. If there is none, they are
// skipped, or fail if POSTGRES=required is set.
func TestMain(m *testing.M) {
	ptytest.Main(main)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("PGPASSFILE", os.DevNull)
	_ = os.Setenv("PGSERVICEFILE", os.DevNull)
	leaktest.Main(m)
}

// testDSN returns "" if a server has to be started.
func testDSN(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("POSTGRES_DSN")
	if _, err := findServer(); err != nil && dsn == "" {
		if os.Getenv("POSTGRES") == "required" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return dsn
}

// admin returns a session of a superuser.
func admin(t *testing.T) *pgx.Conn {
	t.Helper()
	cfg, closeServer, err := adminOf(t.Context(), testDSN(t))
	require.NoError(t, err)
	t.Cleanup(closeServer)
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// row is a line of the table: the numbers after the name of a rotation.
var row = regexp.MustCompile(`(?m)^ *\d+  (database|secret) first +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +\S+ +(\d+)$`)

func numbers(t *testing.T, out string) (rows []map[string]int) {
	t.Helper()
	for _, match := range row.FindAllStringSubmatch(out, -1) {
		values := map[string]int{}
		for i, name := range []string{"cut", "logins", "refused", "calls", "queries", "again", "lost"} {
			n, err := strconv.Atoi(match[i+2])
			require.NoError(t, err)
			values[name] = n
		}
		rows = append(rows, values)
	}
	return rows
}

func TestLosesNoQuery(t *testing.T) {
	dsn := testDSN(t)
	var out, stderr bytes.Buffer
	code := run(t.Context(), strings.Fields("-rotations 2 -workers 4 -apart 1s -budget 60s"), dsn, &out, &stderr)
	t.Log(out.String())
	require.Equal(t, 0, code, stderr.String())
	rows := numbers(t, out.String())
	require.Len(t, rows, 2)
	for _, r := range rows {
		assert.Zero(t, r["lost"])
		assert.GreaterOrEqual(t, r["cut"], 4, "each session, if not twice")
		assert.GreaterOrEqual(t, r["logins"], 4)
		assert.Positive(t, r["queries"])
		assert.Positive(t, r["again"], "no query was under way when its session was cut")
	}
	assert.Positive(t, rows[0]["refused"], "nobody logged in while database and secret disagreed")
	assert.Positive(t, rows[0]["calls"])
	assert.Contains(t, out.String(), " 0 lost.")
	assert.NotContains(t, out.String()+stderr.String(), `/@:%'"`, "a password")
}

// TestTellsWhatIsLost checks that a budget shorter than the rotation loses queries and says so.
func TestTellsWhatIsLost(t *testing.T) {
	dsn := testDSN(t)
	var out, stderr bytes.Buffer
	code := run(t.Context(), strings.Fields("-rotations 1 -workers 2 -apart 2s -budget 300ms"), dsn, &out, &stderr)
	assert.Equal(t, 1, code, stderr.String())
	rows := numbers(t, out.String())
	require.Len(t, rows, 1)
	assert.Positive(t, rows[0]["lost"])
	assert.Contains(t, out.String(), "The first that was lost: ")
	assert.NotContains(t, out.String()+stderr.String(), `/@:%'"`, "a password")
}

// TestLeavesNothing checks that nothing is left on the server of a DSN, and that no error holds
// its password.
func TestLeavesNothing(t *testing.T) {
	conn := admin(t)
	cfg := conn.Config()
	dsn := keywords(map[string]string{"host": cfg.Host, "port": strconv.Itoa(int(cfg.Port)), "user": cfg.User, "password": cfg.Password, "dbname": cfg.Database})
	var out bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"-dsn", dsn, "-rotations", "1", "-workers", "2", "-apart", "0s"}, "", &out, &out), out.String())
	var roles int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_roles WHERE rolname LIKE 'airflowsecrets\_%'`).Scan(&roles))
	assert.Zero(t, roles)

	t.Setenv("PGCONNECT_TIMEOUT", "x") // the DSN overrides it, the pool has no DSN
	out.Reset()
	require.Equal(t, 1, run(t.Context(), []string{"-dsn", dsn + " connect_timeout=5"}, "", &out, &out), out.String())
	assert.Contains(t, strings.Join(strings.Fields(out.String()), " "), "a PG variable")
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_roles WHERE rolname LIKE 'airflowsecrets\_%'`).Scan(&roles))
	assert.Zero(t, roles)

	for _, dsn := range []string{"postgres://u:hunter2@127.0.0.1:1/x", "postgres://u:hunter2@h:port/x", "host=hunter2..invalid", "password=hunter2 nonsense"} {
		var out bytes.Buffer
		assert.Equal(t, 1, run(t.Context(), []string{"-dsn", dsn}, "", &out, &out))
		assert.NotContains(t, out.String(), "hunter2")
	}
}

// testLogin makes a role and its secret on a server.
func testLogin(t *testing.T) (*login, *secretsmanagertest.Server) {
	t.Helper()
	conn, aws := admin(t), secretsmanagertest.NewServer(t)
	l, err := createLogin(t.Context(), conn, aws.Client(), "airflow/connections/"+connID, connectionTo(conn.Config()))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.drop(context.Background())) })
	return l, aws
}

func TestRefusedLoginTellsNoPassword(t *testing.T) {
	l, aws := testLogin(t)
	require.NoError(t, l.inSecret(t.Context(), connuri.NewSecret("hunter2")))
	b, err := backend.New(aws.Client(), backend.Config{Cache: backend.CachePolicy{On: true}, RotationBudget: -1})
	require.NoError(t, err)
	db := &database{backend: b, connID: connID, budget: time.Minute}
	require.NoError(t, db.open(t.Context(), 1))
	defer db.close()

	err = db.read(t.Context(), func(context.Context, *pgxpool.Conn) error { panic("no login") })
	answer, ok := errors.AsType[*pgconn.PgError](err)
	require.True(t, ok)
	assert.Equal(t, "28P01", answer.Code)
	_, hasSettings := errors.AsType[*pgconn.ConnectError](err)
	assert.False(t, hasSettings, "it has the password in a field")
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		assert.NotContains(t, fmt.Sprintf(verb, err), "hunter2")
	}

	// The pool finds the right password without a restart.
	password := connuri.NewSecret(newPassword())
	require.NoError(t, l.inDatabase(t.Context(), password))
	require.NoError(t, l.inSecret(t.Context(), password))
	var one int
	require.NoError(t, db.read(t.Context(), func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, "SELECT 1").Scan(&one)
	}))
	assert.Equal(t, 1, one)
}

// TestErrorsOfQueriesAreReturned checks that an error of the query itself is returned at once.
func TestErrorsOfQueriesAreReturned(t *testing.T) {
	_, aws := testLogin(t)
	b, err := backend.New(aws.Client(), backend.Config{})
	require.NoError(t, err)
	db := &database{backend: b, connID: connID, budget: time.Minute}
	require.NoError(t, db.open(t.Context(), 1))
	defer db.close()
	calls := 0
	err = db.read(t.Context(), func(ctx context.Context, conn *pgxpool.Conn) error {
		calls++
		_, err := conn.Exec(ctx, "SELECT 1/0")
		return err
	})
	assert.Equal(t, "22012", sqlState(err))
	assert.Equal(t, 1, calls)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = db.read(ctx, func(context.Context, *pgxpool.Conn) error { return io.EOF })
	require.Error(t, err)
}

func TestIsCut(t *testing.T) {
	for _, err := range []error{
		&pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "57P03"}, &pgconn.PgError{Code: "08006"},
		fmt.Errorf("read: %w", io.ErrUnexpectedEOF), &net.OpError{Op: "read", Err: errors.New("reset")},
	} {
		assert.True(t, isCut(err), "%v", err)
	}
	for _, err := range []error{
		&pgconn.PgError{Code: "28P01"}, &pgconn.PgError{Code: "57014"}, &pgconn.PgError{Code: "23505"}, errors.New("else"), context.DeadlineExceeded,
	} {
		assert.False(t, isCut(err), "%v", err)
	}
}

// TestUnansweredLogin checks that a login without an answer within connect_timeout is tried again.
func TestUnansweredLogin(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	logins := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			if logins++; logins == 2 {
				cancel()
			}
		}
	}()
	uri := fmt.Sprintf("postgres://u:p@%s/x?sslmode=disable&connect_timeout=1", listener.Addr())
	b, err := backend.New(secretsmanagertest.Map{"airflow/connections/" + connID: uri}, backend.Config{})
	require.NoError(t, err)
	db := &database{backend: b, connID: connID, budget: time.Minute}
	require.NoError(t, db.open(ctx, 1))
	require.Error(t, db.read(ctx, func(context.Context, *pgxpool.Conn) error { panic("no login") }))
	db.close()
	require.NoError(t, listener.Close())
	<-done
	assert.GreaterOrEqual(t, logins, 2)
}

// TestRound checks that slow workers are waited for at the same time.
func TestRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &workers{turns: make([]atomic.Int64, 8)}
		ctx, cancel := context.WithCancel(t.Context())
		for i := range w.turns {
			w.done.Go(func() {
				for pause(ctx, time.Minute) == nil {
					w.turns[i].Add(1)
				}
			})
		}
		begin := time.Now()
		require.NoError(t, w.round(ctx))
		assert.Less(t, time.Since(begin), 3*time.Minute)
		cancel()
		w.done.Wait()
	})
}

// TestUnreachable checks that the error has nothing of the connection if no server answers.
func TestUnreachable(t *testing.T) {
	addr, release, err := secretsmanagertest.ClosedPort()
	require.NoError(t, err)
	defer release()
	for _, uri := range []string{"postgres://hunter2:hunter2@" + addr + "/hunter2?sslmode=disable", "postgres://u:p@hunter2..invalid/x"} {
		b, err := backend.New(secretsmanagertest.Map{"airflow/connections/" + connID: uri}, backend.Config{})
		require.NoError(t, err)
		db := &database{backend: b, connID: connID, budget: time.Minute}
		require.NoError(t, db.open(t.Context(), 1))
		err = db.once(t.Context(), func(context.Context, *pgxpool.Conn) error { panic("no login") })
		db.close()
		require.ErrorContains(t, err, "postgres: connect: ")
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestStopsWhenInterrupted(t *testing.T) {
	testDSN(t)
	folder, err := os.MkdirTemp("", "pg") // t.TempDir is closed to the server's user
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	require.NoError(t, os.Chmod(folder, 0o755))
	t.Setenv("TMPDIR", folder)
	ctx, cancel := context.WithCancel(t.Context())
	out := writer(func(text []byte) { // as soon as the table begins
		if bytes.Contains(text, []byte("ROTATION")) {
			cancel()
		}
	})
	var stderr bytes.Buffer
	assert.Equal(t, 130, run(ctx, []string{"-apart", "1h"}, os.Getenv("POSTGRES_DSN"), out, &stderr))
	assert.Equal(t, "postgres: interrupted\n", stderr.String())

	terminal := ptytest.Start(t, 80, ptytest.Command(t, "-apart", "1h"))
	terminal.WaitFor(t, "ROTATION")
	_, err = terminal.Write([]byte{3})
	require.NoError(t, err)
	assert.Equal(t, 130, terminal.Ended(t))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "its folder is left")
}

type writer func([]byte)

func (w writer) Write(text []byte) (int, error) { w(text); return len(text), nil }

func TestWithoutAServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	defer func(patterns []string) { installed = patterns }(installed)
	installed = nil
	var out bytes.Buffer
	assert.Equal(t, 2, run(t.Context(), nil, "", &out, &out))
	said := strings.Join(strings.Fields(out.String()), " ")
	assert.Contains(t, said, "apt-get install postgresql")
	assert.Contains(t, said, "POSTGRES_DSN")
}

// keywords writes settings as libpq reads them.
func keywords(settings map[string]string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var text strings.Builder
	for key, value := range settings {
		fmt.Fprintf(&text, "%s='%s' ", key, quote.Replace(value))
	}
	return text.String()
}
