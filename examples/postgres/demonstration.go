package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/rotation"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// connID is the id of the connection whose password is rotated.
const connID = "postgres_default"

// demonstrate rotates the password while workers query, and prints a line for each rotation.
// It returns how many queries were lost.
func demonstrate(ctx context.Context, o options, out io.Writer) (lost int, err error) {
	adminConfig, closeServer, err := adminOf(ctx, o.dsn)
	if err != nil {
		return 0, err
	}
	defer closeServer()
	admin, err := pgx.ConnectConfig(ctx, adminConfig)
	if err != nil {
		return 0, rotation.WithoutSettings(err)
	}
	defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()
	aws, err := secretsmanagertest.Start()
	if err != nil {
		return 0, err
	}
	defer aws.Close()

	l, err := createLogin(ctx, admin, aws.Client(), "airflow/connections/"+connID, connectionTo(adminConfig))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.drop(context.WithoutCancel(ctx))) }()
	b, err := backend.New(aws.Client(), backend.Config{
		Cache:          backend.CachePolicy{On: true}, // all workers share one lookup
		RotationBudget: o.budget,
		TryPrevious:    true, // for the rotations that change the secret first
	})
	if err != nil {
		return 0, err
	}
	db := &database{backend: b, connID: connID, budget: o.budget}
	if err := db.open(ctx, int32(o.workers)); err != nil {
		return 0, err
	}
	defer db.close()
	return rotate(ctx, o, l, db, aws, out)
}

// adminOf returns the settings of a superuser of the server that a DSN names. If the DSN is
// empty, it starts a server. Call the function that it returns at the end.
func adminOf(ctx context.Context, dsn string) (*pgx.ConnConfig, func(), error) {
	if dsn == "" {
		s, err := startServer(ctx)
		if err != nil {
			return nil, nil, err
		}
		return s.admin, s.close, nil
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The error of pgx quotes the DSN.
		return nil, nil, errors.New("-dsn or POSTGRES_DSN: pgx cannot read it; " +
			"want a URL such as postgres://postgres@db/postgres")
	}
	return cfg, func() {}, nil
}

// connectionTo returns the Airflow connection of a new role on the server of admin.
func connectionTo(admin *pgx.ConnConfig) connuri.Connection {
	mode := "require"
	switch {
	case admin.TLSConfig == nil:
		mode = "disable"
	case len(admin.Fallbacks) > 0 && admin.Fallbacks[0].TLSConfig == nil:
		mode = "prefer"
	}
	extra, err := connuri.NewExtra(map[string]any{
		"sslmode": mode, "connect_timeout": 5, "application_name": "airflowsecrets",
	})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return connuri.Connection{
		ID: connID, Type: "postgres", Host: admin.Host, Port: int(admin.Port), Schema: admin.Database,
		Login: "airflowsecrets_" + strings.ToLower(rand.Text()[:8]), Password: connuri.NewSecret(newPassword()), Extra: extra,
	}
}

// rotate runs the workers and the rotations. It returns how many queries were lost.
func rotate(
	ctx context.Context, o options, l *login, db *database, aws *secretsmanagertest.Server, out io.Writer,
) (lost int, err error) {
	w := startWorkers(ctx, db, o.workers)
	ended := false
	defer func() {
		if !ended {
			_ = w.end() // the error that is returned matters more
		}
	}()
	if err := w.round(ctx); err != nil {
		return 0, err
	}
	w.since() // leaves out the first logins, which are not part of a rotation
	version := l.admin.PgConn().ParameterStatus("server_version")
	printf(out, "PostgreSQL %s, %s, %v between the two changes, a budget of %v for each query",
		version, cli.Count(o.workers, "worker"), o.apart, o.budget)
	fmt.Fprintln(out)
	printRow(out, nil)
	var total tally
	for i := range o.rotations {
		name, first, second := "database first", l.inDatabase, l.inSecret
		if i%2 == 1 {
			name, first, second = "secret first", l.inSecret, l.inDatabase
		}
		aws.ResetCalls()
		cut, err := oneRotation(ctx, o.apart, l, w, first, second)
		if err != nil {
			return 0, err
		}
		t := w.since()
		printRow(out, &rotated{i + 1, name, cut, aws.Operations("GetSecretValue"), t})
		total.queries, total.lost = total.queries+t.queries, total.lost+t.lost
	}
	err, ended = w.end(), true
	t := w.since()
	total.queries, total.lost = total.queries+t.queries, total.lost+t.lost
	fmt.Fprintln(out)
	printf(out, "%s, %d lost.", queries(total.queries), total.lost)
	if err != nil {
		printf(out, "The first that was lost: %v", err)
	}
	return total.lost, nil
}

// change sets the password in one of the two places.
type change func(context.Context, connuri.Secret) error

// oneRotation changes the password in both places and cuts all sessions in between and at the
// end. It returns when every worker has made a query since.
func oneRotation(
	ctx context.Context, apart time.Duration, l *login, w *workers, first, second change,
) (cut int, err error) {
	password := connuri.NewSecret(newPassword())
	err = errors.Join(first(ctx, password), l.cut(ctx, &cut), pause(ctx, apart), second(ctx, password))
	if err != nil {
		return cut, err
	}
	return cut, errors.Join(w.round(ctx), l.cut(ctx, &cut), w.round(ctx))
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastOf returns the last line of a text.
func lastOf(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
