// Quickstart starts a Secrets Manager in memory, stores some secrets as Airflow
// users have them, and looks them up as Airflow would: what is found, what is
// skipped, what is missing, and which calls that took. Then it shows how a dozen
// connection strings are read.
//
// With -aws it looks up the conn_ids given as arguments in the real Secrets
// Manager instead, by the configuration that Airflow would have here: its
// environment variables and airflow.cfg.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

var secrets = map[string]string{
	"airflow/connections/postgres_default": "postgresql://app:s3cr%2Ft@db.example.com:5432/orders?sslmode=verify-full",
	"airflow/connections/rds_reports":      `{"engine": "postgres", "host": "rds.example.com", "username": "report", "password": "p@ss", "port": 5432, "dbname": "reports"}`,
	"my_smtp_secret":                       `{"host": "smtp.example.com", "port": 587, "username": "mailer", "password": "m@il"}`,
	"airflow/variables/environment":        "production",
	"airflow/variables/limits":             `{"rows": 10000, "retries": 3}`,
	"airflow/connections/aws_default":      "aws://",
}

func main() {
	aws := flag.Bool("aws", false, "look the conn_ids up in AWS, by the configuration that Airflow would have here")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: quickstart              lookups against a Secrets Manager in memory\n       quickstart -aws ID...   against AWS")
		flag.PrintDefaults()
	}
	flag.Parse()
	if !*aws && flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	var err error
	if *aws {
		err = runAWS(context.Background(), os.Stdout, os.Environ(), flag.Args())
	} else {
		err = run(context.Background(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
	if err != nil {
		return err
	}
	defer srv.Close()
	b, err := backend.New(srv.Client(), backend.Config{
		ConnectionsLookupPattern: lookup.MWAAPattern,
		ExtraConnWords:           connuri.ConnWords{"schema": {"dbname"}}, // as RDS names it
	})
	if err != nil {
		return err
	}

	t := table{Writer: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), srv: srv}
	t.row("LOOKUP", "ID", "FOUND", "CALLS")
	t.connection("a Postgres URI", "postgres_default", b)
	t.connection("an RDS secret in JSON", "rds_reports", b)
	smtp, err := b.Secret(ctx, "my_smtp_secret")
	t.add("a secret by its own name", "my_smtp_secret", brief(smtp.Connection), err)
	environment, err := b.GetVariable(ctx, "environment")
	t.add("a variable", "environment", fmt.Sprintf("%q", environment), err)
	var limits struct{ Rows, Retries int }
	err = b.UnmarshalJSONVariable(ctx, "limits", &limits)
	t.add("a JSON variable", "limits", fmt.Sprintf("%+v", limits), err)
	t.connection("skipped by the pattern", "aws_default", b)
	t.connection("missing", "airflow/connections/mysql", b)
	if err := t.Flush(); err != nil {
		return err
	}

	plan, err := b.Plan(backend.Query{Kind: lookup.KindVariable, ID: "environment", Team: "red"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n\nvariable \"environment\" for team red: %s.\n\n", strings.Join(t.notes, "\n"), plan)
	return connectionStrings(out)
}

// table collects the lookups, each with the calls that it made.
type table struct {
	*tabwriter.Writer
	srv   *secretsmanagertest.Server
	notes []string
}

func (t *table) connection(what, id string, b *backend.Backend) {
	c, err := b.GetConnection(context.Background(), id)
	t.add(what, id, brief(c), err)
}

func (t *table) add(what, id, found string, err error) {
	if err != nil {
		found = "nothing"
		if failed, ok := errors.AsType[*backend.LookupError](err); ok {
			found = "nothing: " + failed.Reason.String()
			t.notes = append(t.notes, failed.Error())
		}
	}
	calls := t.srv.Asked()
	t.srv.ResetCalls()
	t.row(what, id, found, strings.TrimSpace(fmt.Sprint(len(calls), " ", strings.Join(calls, " "))))
}

// brief is the address in a connection. The password prints as [redacted].
func brief(c connuri.Connection) string {
	address := c.Host
	if c.Port != 0 {
		address += fmt.Sprint(":", c.Port)
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s:%v@%s/%s", c.Type, c.Login, c.Password, address, c.Schema))
}

func (t *table) row(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }
