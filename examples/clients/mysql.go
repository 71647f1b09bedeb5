package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"

	"github.com/go-sql-driver/mysql"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openMySQL makes a pool, which connects when it is first used.
func openMySQL(c connuri.Connection) (*sql.DB, error) {
	config, err := mysqlConfig(c)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// mysqlConfig returns the settings of a connection for the driver.
func mysqlConfig(c connuri.Connection) (*mysql.Config, error) {
	my, err := hook.MySQL(c)
	if err := cmp.Or(err, refuseToken(my.Token)); err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = my.Network(), my.Addr(), my.Database
	config.User, config.Passwd = my.User, my.Password.Reveal()
	config.AllowCleartextPasswords = my.AllowCleartextPasswords
	if config.TLS, err = my.TLS.Config(os.ReadFile); err != nil {
		return nil, err
	}
	return config, config.Apply(mysql.Charset(cmp.Or(my.Charset, "utf8mb4"), ""))
}

func showMySQL(config *mysql.Config) []string {
	return []string{
		fmt.Sprintf("server    %s, database %s", config.Addr, config.DBName),
		"login     " + shownLogin(config.User, config.Passwd),
		"TLS       " + shownTLS(config.TLS),
	}
}
