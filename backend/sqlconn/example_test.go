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

// secrets stand for Secrets Manager; a service passes a *secretsmanager.Client.
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

// demoConnector stands for the connector of a driver.
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
		// With pgx: pgx.ParseConfig(pg.Keywords()), set the password, stdlib.GetConnector.
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

// mysqlError stands for MySQLError of github.com/go-sql-driver/mysql.
type mysqlError struct{ Number uint16 }

func (e *mysqlError) Error() string { return fmt.Sprintf("Error %d", e.Number) }

// MySQL and MariaDB refuse a login with the numbers 1045 (user or password), 1044 (no
// access to the database) and 1698 (the user does not log in by password).
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

// A pool that is not database/sql's marks refused logins itself.
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
