// Readme is the program that the README shows, so that something compiles it.
package main

import (
	"context"
	"errors"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func open(ctx context.Context, b *backend.Backend, connID string) (*pgxpool.Pool, error) {
	c, err := b.GetConnection(ctx, connID)
	if err != nil {
		return nil, err // what failed, why, what to do; never a password
	}
	pg, err := hook.Postgres(c) // as Airflow's PostgresHook reads it
	if err != nil {
		return nil, err
	}
	if pg.Token != nil { // extra iam: see examples/clients
		return nil, errors.New(connID + " logs in with an IAM token")
	}
	settings, err := pgxpool.ParseConfig(pg.Keywords()) // no secrets here
	if err != nil {                                     // not returned: it quotes the keywords
		return nil, errors.New("pgx refuses a keyword of " + connID)
	}
	if !pg.Password.IsZero() {
		settings.ConnConfig.Password = pg.Password.Reveal()
	}
	return pgxpool.NewWithConfig(ctx, settings)
}

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	b, err := backend.New(secretsmanager.NewFromConfig(cfg), backend.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := open(ctx, b, "postgres_default") // airflow/connections/postgres_default
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	log.Print(pool.Ping(ctx))
}
