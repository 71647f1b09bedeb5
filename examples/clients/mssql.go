package main

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"os"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openMSSQL makes a pool, which connects when it is first used. Limit the context of each query
// to hook.MSSQLConfig.Timeout.
func openMSSQL(c connuri.Connection) (*sql.DB, error) {
	connector, _, err := mssqlConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// mssqlConnector returns a connector for a connection, and its settings.
func mssqlConnector(c connuri.Connection) (*mssql.Connector, msdsn.Config, error) {
	config, err := msdsn.Parse("") // the driver's defaults, without the connection
	ms, hookErr := hook.MSSQL(c)
	if err := cmp.Or(err, hookErr); err != nil {
		return nil, config, err
	}
	host, instance, port := ms.Server()
	if host == "" { // the driver would connect to this machine
		return nil, config, errors.New("mssql: the connection has no host; set one")
	}
	config.Host, config.Instance, config.Port, config.Database = host, instance, uint64(port), ms.Database
	config.User, config.Password, config.AppName = ms.User, ms.Password.Reveal(), cmp.Or(ms.AppName, config.AppName)
	config.ReadOnlyIntent, config.DialTimeout = ms.ReadOnly, cmp.Or(ms.LoginTimeout, -1)
	if config.Encryption = msdsn.EncryptionOff; ms.EncryptsAll() {
		config.Encryption = msdsn.EncryptionRequired
	}
	if config.TLSConfig, err = ms.TLS.Config(os.ReadFile); err != nil {
		return nil, config, err
	}
	connector := mssql.NewConnectorConfig(config)
	connector.SessionInitSQL = ms.SessionSQL.Reveal()
	return connector, config, nil
}

func showMSSQL(config msdsn.Config) []string {
	encrypted := "the login"
	if config.Encryption == msdsn.EncryptionRequired {
		encrypted = "everything"
	}
	return []string{
		fmt.Sprintf("server    %s:%d, database %s, %v to connect", config.Host, config.Port, config.Database, config.DialTimeout),
		"login     " + shownLogin(config.User, config.Password),
		"TLS       " + shownTLS(config.TLSConfig) + ", for " + encrypted,
		"session   app name " + config.AppName,
	}
}
