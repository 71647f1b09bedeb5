package rotation

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// TestPostgresConfig checks that the settings are those that PostgresHook passes to libpq.
func TestPostgresConfig(t *testing.T) {
	for _, row := range []struct {
		secret                         string
		host                           string
		port                           uint16
		database, user, password, mode string // mode of TLS
		timeout                        time.Duration
		params                         map[string]string
	}{
		{secret: `postgres://app:p%2F%40%25@db.example.com:6432/orders?sslmode=disable`,
			host: "db.example.com", port: 6432, database: "orders", user: "app", password: "p/@%", mode: "none"},
		{secret: `{"conn_type": "postgres", "host": "db", "login": "app", "password": "a b'c\\d", "schema": "o'r \\", "extra": {"sslmode": "require", "connect_timeout": 7}}`,
			host: "db", port: 5432, database: `o'r \`, user: "app", password: `a b'c\d`, mode: "required", timeout: 7 * time.Second},
		{secret: `postgres://app:p@db/orders?connect_timeout=3&application_name=my+app&options=-c+search_path%3Dx&sslmode=prefer`,
			host: "db", port: 5432, database: "orders", user: "app", password: "p", mode: "preferred", timeout: 3 * time.Second,
			params: map[string]string{"application_name": "my app", "options": "-c search_path=x"}},
		{secret: `{"conn_type": "postgres", "host": "db", "login": "app", "password": "p", "schema": "orders",
			"extra": {"dbname": "other", "host": "replica", "port": 5433, "user": "reader", "password": "q", "sslmode": "verify-full"}}`,
			host: "replica", port: 5433, database: "other", user: "reader", password: "q", mode: "required"},
		{secret: `{"conn_type": "postgres", "host": "db", "login": "app", "password": "p", "schema": "orders",
			"extra": {"cursor": "dictcursor", "aws_conn_id": "a", "iam": false, "redshift": false, "keepalives_idle": 30, "sslmode": "disable", "sqlalchemy_query": {"a": 1}, "options": null}}`,
			host: "db", port: 5432, database: "orders", user: "app", password: "p", mode: "none"},
		{secret: `postgres://app:p@%2Fvar%2Frun%2Fpostgresql/orders`, host: "/var/run/postgresql", port: 5432, database: "orders", user: "app", password: "p", mode: "none"},
	} {
		c, err := connuri.Parse(row.secret)
		require.NoError(t, err)
		cfg, err := postgresConfig(c)
		require.NoError(t, err, row.secret)
		mode := "none"
		switch {
		case cfg.TLSConfig != nil && len(cfg.Fallbacks) > 0 && cfg.Fallbacks[0].TLSConfig == nil:
			mode = "preferred"
		case cfg.TLSConfig != nil:
			mode = "required"
		}
		assert.Equal(t, []any{row.host, row.port, row.database, row.user, row.password, row.mode},
			[]any{cfg.Host, cfg.Port, cfg.Database, cfg.User, cfg.Password, mode}, row.secret)
		assert.Equal(t, cmp.Or(row.timeout, 130*time.Second), cfg.ConnectTimeout, row.secret)
		for name, want := range row.params {
			assert.Equal(t, want, cfg.RuntimeParams[name], name)
		}
	}
}

// TestRefusedConnections checks that an error names the setting and never shows hunter2.
func TestRefusedConnections(t *testing.T) {
	for _, row := range []struct{ extra, want string }{
		{`{"iam": true}`, "iam: this program does not ask AWS"},
		{`{"iam": "false", "aws_conn_id": "hunter2"}`, "iam"}, // any text counts as true
		{`{"sslmode": "hunter2"}`, "extra sslmode: libpq does not know this value"},
		{`{"connect_timeout": "hunter2"}`, "extra connect_timeout"},
		{`{"sslcert": "/nowhere/hunter2"}`, "extra: pgx cannot use a keyword"},
		{`{"sslrootcert": "/nowhere/hunter2", "sslmode": "verify-full"}`, "the files of sslcert"},
		{`{"options": {"a": "hunter2"}}`, "extra options: it is a list or an object"},
		{`{"ssl_mode": "hunter2"}`, "did you mean sslmode?"},
		{`{"hostaddr": "hunter2"}`, "extra hostaddr: pgx does not know it"},
		{`["hunter2"]`, "extra"},
		{`{"port": 70000}`, "port: it is not a TCP port"},
		{`{"sslpassword": "hunter2", "target_session_attrs": "x"}`, "extra target_session_attrs"},
	} {
		c := connuri.Connection{Type: "postgres", Host: "db", Login: "app", Password: connuri.NewSecret("hunter2"), Extra: connuri.RawExtra(row.extra)}
		_, err := postgresConfig(c)
		require.ErrorContains(t, err, row.want, row.want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := postgresConfig(connuri.Connection{Host: "db", Port: 70000, Password: connuri.NewSecret("hunter2")})
	require.ErrorContains(t, err, "postgres connection: port: it is not a TCP port")
	assert.NotContains(t, err.Error(), "hunter2")
	_, err = postgresConfig(connuri.Connection{Type: "mysql", Host: "db"})
	require.ErrorContains(t, err, "conn_type")
}
