package sqlconn_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// secrets stands in for Secrets Manager. A service passes a *secretsmanager.Client.
var secrets = secretsmanagertest.Map{
	"airflow/connections/postgres_default": "postgres://app:p%2Fw@db.example.com/orders",
	"airflow/connections/mysql_default":    "mysql://app:old@db.example.com/orders",
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// demoConnector stands in for the connector of a driver.
type demoConnector struct{ password string }

func (c demoConnector) Connect(context.Context) (driver.Conn, error) {
	if c.password == "old" {
		return nil, &mysqlError{Number: 1045}
	}
	return &fakeSession{w: &world{}}, nil
}

func (demoConnector) Driver() driver.Driver { return fakeDriver{} }

func ExampleNew() {
	b := must(backend.New(secrets, backend.Config{Cache: backend.CachePolicy{On: true}}))
	open := func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		pg, err := hook.Postgres(c)
		if err != nil {
			return nil, err
		}
		// With pgx: call pgx.ParseConfig(pg.Keywords()), set the password, call
		// stdlib.GetConnector.
		fmt.Println(pg.Keywords())
		return demoConnector{pg.Password.Reveal()}, nil
	}
	db := sql.OpenDB(sqlconn.New(b, "postgres_default", open))
	defer func() { _ = db.Close() }()
	fmt.Println(db.PingContext(context.Background()))
	// Output:
	// dbname='orders' host='db.example.com' user='app'
	// <nil>
}

// mysqlError stands in for MySQLError of github.com/go-sql-driver/mysql.
type mysqlError struct{ Number uint16 }

func (e *mysqlError) Error() string { return fmt.Sprintf("Error %d", e.Number) }

// MySQL and MariaDB refuse a login with the numbers 1045 (user or password), 1044 (access to the
// database) and 1698 (the user does not log in by password).
func ExampleRefusedIf() {
	b := must(backend.New(secrets, backend.Config{RotationBudget: -1}))
	refused := sqlconn.RefusedIf(func(err error) bool {
		e, ok := errors.AsType[*mysqlError](err)
		return ok && slices.Contains([]uint16{1044, 1045, 1698}, e.Number)
	})
	open := func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		my, err := hook.MySQL(c)
		return demoConnector{my.Password.Reveal()}, err
	}
	db := sql.OpenDB(sqlconn.New(b, "mysql_default", open, refused))
	defer func() { _ = db.Close() }()
	fmt.Println(db.PingContext(context.Background()))
	// Output: Error 1045
}

// With a pool other than database/sql, the callback marks refused logins.
func ExampleRefused() {
	b := must(backend.New(secrets, backend.Config{RotationBudget: -1}))
	acquire := func(context.Context, connuri.Connection) error { return &postgresError{"28P01"} }
	err := b.UseConnection(context.Background(), "postgres_default", func(ctx context.Context, c connuri.Connection) error {
		err := acquire(ctx, c)
		if sqlconn.Refused(err) {
			return backend.LoginRefused(err)
		}
		return err
	})
	fmt.Println(err)
	// Output: FATAL: password authentication failed
}

// A Connector also works without a pool. Driver is that of the last connector that open made.
func ExampleConnector() {
	b := must(backend.New(secrets, backend.Config{}))
	connector := sqlconn.New(b, "postgres_default", func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		return demoConnector{c.Password.Reveal()}, nil
	})
	session, err := connector.Connect(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = session.Close()
	fmt.Println(connector.Driver() == fakeDriver{})
	fmt.Println(connector.Close())
	_, err = connector.Connect(context.Background())
	fmt.Println(err)
	// Output:
	// true
	// <nil>
	// sqlconn: the connector is closed
}

// A Chain is a Source as well: here the environment has the connection.
func ExampleSource() {
	env := backend.Env{Getenv: func(name string) (string, bool) {
		return "postgres://app:pw@localhost/orders", name == "AIRFLOW_CONN_LOCAL"
	}}
	var source sqlconn.Source = backend.NewChain(must(backend.New(secrets, backend.Config{})), env)
	db := sql.OpenDB(sqlconn.New(source, "local", func(_ context.Context, c connuri.Connection) (driver.Connector, error) {
		fmt.Println(c.Host)
		return demoConnector{c.Password.Reveal()}, nil
	}))
	defer func() { _ = db.Close() }()
	fmt.Println(db.PingContext(context.Background()))
	// Output:
	// localhost
	// <nil>
}
