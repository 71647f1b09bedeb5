package main

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// connConfig is a connection as pgx takes it, by the rules of Airflow's PostgresHook.
// What the connection leaves open comes from PGHOST, PGUSER and their kin, ~/.pgpass or
// the defaults of PostgreSQL, there as here.
//
// The error names the setting, never a value; that of pgx would quote them.
func connConfig(c connuri.Connection) (*pgx.ConnConfig, error) {
	pg, err := hook.Postgres(c)
	if err != nil {
		return nil, err
	}
	if pg.Token != nil {
		return nil, errors.New("postgres: extra: iam: the hook would ask AWS for a token, which this program does not; store a password")
	}
	config, err := pgx.ParseConfigWithOptions(pg.Keywords(), pgx.ParseConfigOptions{ParseConfigOptions: pgconn.ParseConfigOptions{
		GetSSLPassword: func(context.Context) string { return pg.SSLPassword.Reveal() },
	}})
	if err != nil {
		return nil, errors.New("postgres: extra: pgx cannot use a keyword; the files of sslcert, sslkey, sslrootcert and servicefile have to be there")
	}
	if !pg.Password.IsZero() {
		config.Password = pg.Password.Reveal()
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, pg.ConnectTimeout)
	return config, nil
}
