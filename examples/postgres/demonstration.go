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
)

const connID = "postgres_default"

// demonstrate rotates the password under the workers and prints a line for each
// rotation. The result is how many queries were lost.
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
		Cache:          backend.CachePolicy{On: true}, // one lookup serves all workers
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

// adminOf is who may create roles: of the server that a DSN names, or of one that
// it starts.
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
		return nil, nil, errors.New("the DSN is none that pgx reads") // the error would quote it
	}
	return cfg, func() {}, nil
}

// connectionTo is the Airflow connection of a new role of a server.
func connectionTo(admin *pgx.ConnConfig) connuri.Connection {
	mode := "require"
	switch {
	case admin.TLSConfig == nil:
		mode = "disable"
	case len(admin.Fallbacks) > 0 && admin.Fallbacks[0].TLSConfig == nil:
		mode = "prefer"
	}
	extra, err := connuri.NewExtra(map[string]any{"sslmode": mode, "connect_timeout": 5, "application_name": "airflowsecrets"})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return connuri.Connection{
		ID: connID, Type: "postgres", Host: admin.Host, Port: int(admin.Port), Schema: admin.Database,
		Login: "airflowsecrets_" + strings.ToLower(rand.Text()[:8]), Password: connuri.NewSecret(newPassword()), Extra: extra,
	}
}

func rotate(ctx context.Context, o options, l *login, db *database, aws *secretsmanagertest.Server, out io.Writer) (lost int, err error) {
	w := startWorkers(ctx, db, o.workers)
	ended := false
	defer func() {
		if !ended {
			_ = w.end() // there is a graver error
		}
	}()
	if err := w.round(ctx); err != nil {
		return 0, err
	}
	w.since() // the first logins are no part of a rotation
	version := l.admin.PgConn().ParameterStatus("server_version")
	fmt.Fprintf(out, "PostgreSQL %s, %d workers, %v between the two changes, a budget of %v for each query\n\n", version, o.workers, o.apart, o.budget)
	fmt.Fprintln(out, "ROTATION              SESSIONS CUT  LOGINS  REFUSED  AWS CALLS  QUERIES  RUN AGAIN  SLOWEST  LOST")
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
		fmt.Fprintf(out, "%2d  %-16s  %12d  %6d  %7d  %9d  %7d  %9d  %7s  %4d\n", i+1, name, cut, t.logins, t.refused, aws.Operations("GetSecretValue"),
			t.queries, t.repeated, t.slowest.Round(10*time.Millisecond), t.lost)
		total.queries, total.lost = total.queries+t.queries, total.lost+t.lost
	}
	err, ended = w.end(), true
	t := w.since()
	total.queries, total.lost = total.queries+t.queries, total.lost+t.lost
	fmt.Fprintf(out, "\n%d queries, %d lost.\n", total.queries, total.lost)
	if err != nil {
		fmt.Fprintln(out, "The first that was lost:", err)
	}
	return total.lost, nil
}

// oneRotation changes the password in both places and cuts all sessions in between
// and at the end. It waits until the queries go on.
func oneRotation(ctx context.Context, apart time.Duration, l *login, w *workers, first, second func(context.Context, connuri.Secret) error) (cut int, err error) {
	password := connuri.NewSecret(newPassword())
	if err := errors.Join(first(ctx, password), l.cut(ctx, &cut), pause(ctx, apart), second(ctx, password)); err != nil {
		return cut, err
	}
	return cut, errors.Join(w.round(ctx), l.cut(ctx, &cut), w.round(ctx))
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastOf is the last line of a text.
func lastOf(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
