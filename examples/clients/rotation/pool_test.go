package rotation

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

// TestPoolOpensSessionsOnItsOwn checks that a pool that opens sessions on its own uses the current secret.
func TestPoolOpensSessionsOnItsOwn(t *testing.T) {
	t.Parallel()
	s := servers.PostgreSQL(t)
	_, err := s.DB.ExecContext(t.Context(), "CREATE ROLE app LOGIN PASSWORD 'p0'")
	require.NoError(t, err)
	aws := secretsmanagertest.NewServer(t)
	c := connuri.Connection{Type: "postgres", Host: s.Host, Port: s.Port, Schema: s.Database, Login: role, Password: connuri.NewSecret("p0")}
	aws.Set("airflow/connections/db", c.JSON())
	b, err := backend.New(aws.Client(), backend.Config{})
	require.NoError(t, err)
	pool, err := NewPool(t.Context(), b, "db", func(c *pgxpool.Config) { c.MinConns, c.HealthCheckPeriod = 2, 20*time.Millisecond })
	require.NoError(t, err)
	defer pool.Close()
	full := func() bool { return pool.Stat().IdleConns() == 2 }
	require.Eventually(t, full, 20*time.Second, 10*time.Millisecond)

	_, err = s.DB.ExecContext(t.Context(), "ALTER ROLE app PASSWORD 'p1'")
	require.NoError(t, err)
	before := pool.Stat().NewConnsCount()
	pool.pool.Reset()
	require.Eventually(t, func() bool { return pool.Stat().NewConnsCount() > before }, 20*time.Second, 10*time.Millisecond)
	assert.False(t, full(), "its logins are refused")
	c.Password = connuri.NewSecret("p1")
	aws.Set("airflow/connections/db", c.JSON())
	require.Eventually(t, full, 20*time.Second, 10*time.Millisecond)
}

// TestPoolWithBadEnvironment checks that a PG variable that pgx cannot read is not quoted.
func TestPoolWithBadEnvironment(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "hunter2")
	_, err := NewPool(t.Context(), nil, "db", func(*pgxpool.Config) {})
	require.EqualError(t, err, "postgres: a PG variable of the environment has a value that pgx cannot use")
}
