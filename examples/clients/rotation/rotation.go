// Package rotation opens database/sql pools of PostgreSQL and MySQL whose password may be
// rotated while they are in use.
package rotation

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"slices"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// errNoToken is for the extra iam.
var errNoToken = errors.New("the connection asks for a token of AWS, which this program does not fetch")

// Postgres opens the PostgreSQL of an Airflow connection with pgx.
func Postgres(source sqlconn.Source, id string) *sql.DB {
	return sql.OpenDB(sqlconn.New(source, id, openPostgres))
}

func openPostgres(_ context.Context, c connuri.Connection) (driver.Connector, error) {
	pg, err := hook.Postgres(c)
	if err != nil {
		return nil, err
	}
	if pg.Token != nil {
		return nil, errNoToken
	}
	config, err := pgx.ParseConfig(pg.Keywords())
	if err != nil {
		return nil, err
	}
	if !pg.Password.IsZero() {
		config.Password = pg.Password.Reveal()
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, pg.ConnectTimeout)
	return stdlib.GetConnector(*config), nil
}

// MySQL opens the MySQL or MariaDB of an Airflow connection with go-sql-driver/mysql.
func MySQL(source sqlconn.Source, id string) *sql.DB {
	return sql.OpenDB(sqlconn.New(source, id, openMySQL, sqlconn.RefusedIf(mysqlRefused)))
}

func openMySQL(_ context.Context, c connuri.Connection) (driver.Connector, error) {
	my, err := hook.MySQL(c)
	if err != nil {
		return nil, err
	}
	if my.Token != nil {
		return nil, errNoToken
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = my.Network(), my.Addr(), my.Database
	config.User, config.Passwd = my.User, my.Password.Reveal()
	if config.TLS, err = my.TLS.Config(os.ReadFile); err != nil {
		return nil, err
	}
	return mysql.NewConnector(config)
}

// mysqlRefused reports whether the server refused the user or the password (1045), the
// database to that user (1044), or logins of that user by password (1698).
func mysqlRefused(err error) bool {
	refused, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains([]uint16{1044, 1045, 1698}, refused.Number)
}
