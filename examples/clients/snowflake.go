package main

import (
	"os"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openSnowflake returns the DSN for github.com/snowflakedb/gosnowflake:
//
//	db, err := sql.Open("snowflake", dsn.Reveal())
//
// This program does not import the driver, which takes minutes to compile.
func openSnowflake(c connuri.Connection) (dsn connuri.Secret, err error) {
	sf, err := hook.Snowflake(c)
	if err != nil {
		return connuri.Secret{}, err
	}
	return sf.DSN(os.ReadFile)
}

func showSnowflake(c connuri.Connection) ([]string, error) {
	sf, err := hook.Snowflake(c) // a DSN is a secret
	return []string{
		"account   " + sf.Account + ", database " + sf.Database + ", schema " + sf.Schema + ", warehouse " + sf.Warehouse,
		"login     " + shownLogin(sf.User, sf.Password.Reveal()) + ", by " + sf.Authenticator,
	}, err
}
