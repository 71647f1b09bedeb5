// Readme is the program that the README shows, so that something compiles it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

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
		log.Fatal(err) // what failed, why, what to do; never a password
	}
	defer pool.Close()
	fmt.Println(pool.Ping(ctx))
}

func open(ctx context.Context, b *backend.Backend, id string) (*pgxpool.Pool, error) {
	c, err := b.GetConnection(ctx, id)
	if err != nil {
		return nil, err
	}
	pg, err := hook.Postgres(c) // as Airflow's PostgresHook reads it
	if err != nil {
		return nil, err
	}
	if pg.Token != nil { // extra iam: the password is a token that AWS gives out
		return nil, errors.New(id + " asks for a token of AWS, which this program does not fetch")
	}
	settings, err := pgxpool.ParseConfig(pg.Keywords()) // which hold no secret
	if err != nil {
		// pgx quotes the keywords, and somebody may have pasted a key in place of its path.
		return nil, errors.New(id + " has a keyword that pgx refuses, or names a file that is not there")
	}
	if !pg.Password.IsZero() { // otherwise PGPASSWORD or the password file
		settings.ConnConfig.Password = pg.Password.Reveal()
	}
	return pgxpool.NewWithConfig(ctx, settings)
}
