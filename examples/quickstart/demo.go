package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// secrets are samples of what Airflow users keep in Secrets Manager.
var secrets = map[string]string{
	"airflow/connections/postgres_default": "postgresql://app:s3cr%2Ft@db.example.com:5432/orders" +
		"?sslmode=verify-full&connect_timeout=10",
	"airflow/connections/rds_reports": `{"engine": "postgres", "host": "rds.example.com", "username": "report",
		"password": "p@ss", "port": 5432, "dbname": "reports"}`,
	"airflow/connections/not_encoded": "postgres://app:s3/cr3t@db.example.com/orders",
	"airflow/connections/aws_default": "aws://",
	"airflow/variables/limits":        `{"rows": 10000, "retries": 3}`,
	"my_smtp_secret": `{"host": "smtp.example.com", "port": 587,
		"username": "mailer", "password": "m@il"}`,
}

// demo looks the samples up and shows what comes of each.
func demo(ctx context.Context, p *page) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
	if err != nil {
		return err
	}
	defer srv.Close()
	b, err := backend.New(srv.Client(), backend.Config{
		ConnectionsLookupPattern: lookup.MWAAPattern,
		ExtraConnWords:           connuri.ConnWords{"schema": {"dbname"}}, // the name in RDS's own secrets
	})
	if err != nil {
		return err
	}
	d := tour{page: p, backend: b, server: srv}
	sections := []func(context.Context) error{d.connection, d.otherSecrets, d.skipped, d.missing, d.storedWrong}
	for _, show := range sections {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A tour is the demo on its way through the sections of the page.
type tour struct {
	*page
	backend *backend.Backend
	server  *secretsmanagertest.Server
}

// connection shows an id, its secret, its typed connection and what a driver gets.
func (d tour) connection(ctx context.Context) error {
	const id = "postgres_default"
	plan, err := d.backend.Plan(backend.Query{ID: id})
	if err != nil {
		return err
	}
	c, err := d.backend.GetConnection(ctx, id)
	if err != nil {
		return err
	}
	d.heading("An id, its secret and its connection (" + d.calls() + ")")
	d.entry("id", id)
	d.entry("secret", plan.Names[0])
	shown := shownFields(c)
	d.entry("type", shown["conn_type"])
	d.entry("host", shown["host"])
	d.entry("port", shown["port"])
	d.entry("schema", shown["schema"])
	d.entry("login", shown["login"])
	d.entry("password, extra", shown["password"]+", "+shown["extra"])

	pg, err := hook.Postgres(c)
	if err != nil {
		return err
	}
	d.heading("What a Go driver gets, as Airflow's PostgresHook reads the connection")
	d.entry("pgx keywords", pg.Keywords())
	d.entry("password", fmt.Sprint(pg.Password, ", set apart, so that no parser can quote it"))
	return nil
}

// otherSecrets shows the other kinds of secrets that are found.
func (d tour) otherSecrets(ctx context.Context) error {
	rds, err := d.backend.GetConnection(ctx, "rds_reports")
	if err != nil {
		return err
	}
	var limits struct{ Rows, Retries int }
	if err := d.backend.UnmarshalJSONVariable(ctx, "limits", &limits); err != nil {
		return err
	}
	smtp, err := d.backend.Secret(ctx, "my_smtp_secret")
	if err != nil {
		return err
	}
	d.heading("Also found (" + d.calls() + ")")
	d.entry("rds_reports", address(rds)+", from the JSON that RDS writes")
	d.entry("limits", fmt.Sprintf("%+v, a variable read into a struct", limits))
	d.entry("my_smtp_secret", address(smtp.Connection)+", by its full name")
	return nil
}

// skipped shows an id that is not looked up.
func (d tour) skipped(ctx context.Context) error {
	_, err := d.backend.GetConnection(ctx, "aws_default")
	return d.failure("Skipped by the lookup pattern "+lookup.MWAAPattern, err, backend.Skipped)
}

// missing shows an id with the usual mistake: it holds the prefix already.
func (d tour) missing(ctx context.Context) error {
	_, err := d.backend.GetConnection(ctx, "airflow/connections/mysql")
	return d.failure("Missing", err, backend.NoSecret)
}

// storedWrong shows a secret whose password is not percent-encoded.
func (d tour) storedWrong(ctx context.Context) error {
	_, err := d.backend.GetConnection(ctx, "not_encoded")
	return d.failure("Stored wrong", err, backend.Malformed)
}

// failure shows the text of an error in full. An error with another reason than the demo
// expects ends it.
func (d tour) failure(title string, err error, want backend.Reason) error {
	failed, ok := errors.AsType[*backend.LookupError](err)
	if !ok || failed.Reason != want {
		return fmt.Errorf("the demo expected the reason %q: %w", want, err)
	}
	d.heading(title + " (" + d.calls() + ")")
	d.paragraph(failed.Error())
	return nil
}

// calls counts the calls to Secrets Manager since it was last asked.
func (d tour) calls() string {
	n := len(d.server.Asked())
	d.server.ResetCalls()
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprint(n, " calls")
}
