package backend_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// secrets stand for Secrets Manager; a service passes a *secretsmanager.Client.
var secrets = secretsmanagertest.Map{
	"airflow/connections/pg":      "postgres://app:s3cr%2Ft@db.example.com:5432/orders",
	"airflow/connections/red--pg": "postgres://red:pw@db.example.com:5432/red",
	"airflow/connections/rds":     `{"engine": "postgres", "host": "rds.example.com", "dbname": "orders", "password": "pw"}`,
	"airflow/variables/limits":    `{"rows": 10}`,
	"my_smtp_secret":              `{"host": "smtp.example.com", "port": 587, "username": "mailer", "password": "pw"}`,
}

func must(b *backend.Backend, err error) *backend.Backend {
	if err != nil {
		panic(err)
	}
	return b
}

func ExampleNew() {
	b, err := backend.New(secrets, backend.Config{ExtraConnWords: connuri.Words{"schema": {"dbname"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := b.GetConnection(context.Background(), "rds")
	fmt.Println(c, err)
	// Output: Connection{conn_id: "rds", conn_type: "postgres", host: "rds.example.com", schema: "orders", password: [redacted]} <nil>
}

func ExampleBackend_Lookup() {
	b := must(backend.New(secrets, backend.Config{}))
	answer, err := b.Lookup(context.Background(), backend.Query{Kind: lookup.Connection, ID: "pg"})
	fmt.Println(answer.Name, answer.Stages, answer.Connection.Host, answer.Connection.Password.Reveal(), err)
	// Output: airflow/connections/pg [AWSCURRENT] db.example.com s3cr/t <nil>
}

func ExampleBackend_Secret() {
	b := must(backend.New(secrets, backend.Config{}))
	answer, err := b.Secret(context.Background(), "my_smtp_secret")
	smtp := answer.Connection
	fmt.Println(smtp.Host, smtp.Port, smtp.Login, len(smtp.Password.Reveal()), err)
	// Output: smtp.example.com 587 mailer 2 <nil>
}

func ExampleBackend_GetConnValue() {
	b := must(backend.New(secrets, backend.Config{}))
	fmt.Println(b.GetConnValue(context.Background(), "pg"))
	// Output: postgres://app:s3cr%2Ft@db.example.com:5432/orders <nil>
}

func ExampleBackend_UnmarshalJSONVariable() {
	b := must(backend.New(secrets, backend.Config{}))
	var limits struct{ Rows int }
	err := b.UnmarshalJSONVariable(context.Background(), "limits", &limits)
	fmt.Println(limits.Rows, err)
	// Output: 10 <nil>
}

func ExampleBackend_Team() {
	b := must(backend.New(secrets, backend.Config{}))
	c, err := b.Team("red").GetConnection(context.Background(), "pg")
	fmt.Println(c.Login, err)
	fmt.Println(b.Team("blue").Plan(backend.Query{ID: "pg"}))
	// Output:
	// red <nil>
	// asks airflow/connections/blue--pg, then airflow/connections/pg <nil>
}

func ExampleBackend_Plan() {
	b := must(backend.New(secrets, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern}))
	fmt.Println(b.Plan(backend.Query{ID: "aws_default"}))
	// Output: skipped: the lookup pattern does not match the id <nil>
}

func ExampleLookupError() {
	b := must(backend.New(secrets, backend.Config{}))
	_, err := b.GetConnection(context.Background(), "airflow/connections/mysql")
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		fmt.Println(failed.Reason)
		fmt.Println(failed.Names)
		fmt.Println(failed.Hint())
		fmt.Println(failed.Swallowed(), errors.Is(err, backend.ErrNotFound))
	}
	// Output:
	// no such secret
	// [airflow/connections/airflow/connections/mysql]
	// ask for "mysql"; the prefix "airflow/connections" is added for you
	// true true
}

func ExampleEnv() {
	env := backend.Env{Getenv: func(name string) (string, bool) {
		return "mysql://root@localhost/test", name == "AIRFLOW_CONN_MYSQL_DEFAULT"
	}}
	answer, err := env.Lookup(context.Background(), backend.Query{ID: "mysql_default"})
	fmt.Println(answer.Source, answer.Name, answer.Connection.Host, err)
	// Output: environment AIRFLOW_CONN_MYSQL_DEFAULT localhost <nil>
}
