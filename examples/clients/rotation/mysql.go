// Package rotation opens pools of PostgreSQL and MySQL whose password may be rotated while
// they are in use: with database/sql by Postgres and MySQL, with pgxpool by NewPool.
package rotation

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/airflowsecrets/airflowsecrets/backend/sqlconn"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

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
		return nil, errors.New("mysql: extra: iam: this program does not ask AWS for a token; store a password")
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
