package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openPostgres makes a pool, which connects when it is first used. Print its errors only with
// %v: a *pgconn.ConnectError keeps the password in a field, which encoding/json and the verbs
// for numbers of fmt show.
func openPostgres(ctx context.Context, c connuri.Connection) (*pgxpool.Pool, error) {
	pg, err := hook.Postgres(c)
	if err := cmp.Or(err, refuseToken(pg.Token)); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	config.ConnConfig, err = pgx.ParseConfigWithOptions(pg.Keywords(), pgx.ParseConfigOptions{ParseConfigOptions: pgconn.ParseConfigOptions{
		GetSSLPassword: func(context.Context) string { return pg.SSLPassword.Reveal() },
	}})
	if err != nil { // pgx quotes the keywords, and a path may be a misplaced key
		return nil, errors.New("postgres: pgx cannot use a keyword of the extra, " +
			"or a file that it names does not exist")
	}
	if !pg.Password.IsZero() { // otherwise pgx uses PGPASSWORD or the password file
		config.ConnConfig.Password = pg.Password.Reveal()
	}
	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, pg.ConnectTimeout)
	return pgxpool.NewWithConfig(ctx, config)
}

func showPostgres(pool *pgxpool.Pool) []string {
	config := pool.Config().ConnConfig
	return []string{
		fmt.Sprintf("server    %s:%d, database %s, %v to connect", config.Host, config.Port, config.Database, config.ConnectTimeout),
		"login     " + shownLogin(config.User, config.Password),
		"TLS       " + shownTLS(config.TLSConfig),
		"session   application_name " + config.RuntimeParams["application_name"],
	}
}
