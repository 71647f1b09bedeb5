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

// Each kind of id has its prefix and its lookup pattern.
func ExampleConfig() {
	client := secretsmanagertest.Map{"prod/connections-pg": "postgres://db.example.com", "region": "eu-west-1"}
	b := must(backend.New(client, backend.Config{
		ConnectionsPrefix:        "prod/connections",
		Sep:                      "-",
		ConnectionsLookupPattern: lookup.MWAAPattern,
		VariablesPrefix:          lookup.NoPrefix,
		ConfigPrefix:             lookup.Disabled,
	}))
	for _, q := range []backend.Query{
		{Kind: lookup.KindConnection, ID: "pg"},
		{Kind: lookup.KindConnection, ID: "aws_default"},
		{Kind: lookup.KindVariable, ID: "region"},
		{Kind: lookup.KindConfig, ID: "sql_alchemy_conn"},
	} {
		fmt.Println(b.Plan(q))
	}
	// Output:
	// asks prod/connections-pg <nil>
	// skipped: the lookup pattern does not match the id <nil>
	// asks region <nil>
	// skipped: lookups of this kind are disabled: the prefix is null <nil>
}

// Parse reads a text as a lookup of a connection does, such as a file to store as a secret.
func ExampleConfig_Parse() {
	c, err := backend.Config{ExtraConnWords: connuri.ConnWords{"schema": {"dbname"}}}.Parse(
		`{"engine": "postgres", "host": "rds.example.com", "dbname": "orders", "password": "pw"}`)
	fmt.Println(c.Type, c.Host, c.Schema, c.Password, err)
	// Output: postgres rds.example.com orders [redacted] <nil>
}

func ExampleBackend_GetConnection() {
	b := must(backend.New(secrets, backend.Config{}))
	c, err := b.GetConnection(context.Background(), "pg")
	fmt.Println(c.ID, c.Host, c.Port, c.Password, err)
	// Output: pg db.example.com 5432 [redacted] <nil>
}

func ExampleBackend_GetVariable() {
	b := must(backend.New(secrets, backend.Config{}))
	fmt.Println(b.GetVariable(context.Background(), "limits"))
	// Output: {"rows": 10} <nil>
}

func ExampleBackend_GetConfig() {
	b := must(backend.New(secretsmanagertest.Map{"airflow/config/sentry_dsn": "https://sentry.example.com/1"}, backend.Config{}))
	fmt.Println(b.GetConfig(context.Background(), "sentry_dsn"))
	// Output: https://sentry.example.com/1 <nil>
}

// Refresh returns the secret that AWS has now and caches it.
func ExampleBackend_Refresh() {
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b := must(backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}}))
	ctx, q := context.Background(), backend.Query{Kind: lookup.KindVariable, ID: "region"}
	_, _ = b.Lookup(ctx, q)
	client.set("airflow/variables/region", "eu-west-1")
	for _, read := range []func(context.Context, backend.Query) (backend.Answer, error){b.Lookup, b.Refresh, b.Lookup} {
		answer, err := read(ctx, q)
		fmt.Println(answer.Text.Reveal(), err)
	}
	// Output:
	// eu-central-1 <nil>
	// eu-west-1 <nil>
	// eu-west-1 <nil>
}

// LoginRefused keeps the text and the chain of an error.
func ExampleLoginRefused() {
	refused := errors.New("SQLSTATE 28P01")
	err := backend.LoginRefused(refused)
	fmt.Println(err, errors.Is(err, refused), backend.LoginRefused(nil))
	// Output: SQLSTATE 28P01 true <nil>
}

// A Chain asks each source only for the ids that the sources before it did not have.
func ExampleChain_LookupAll() {
	b := must(backend.New(secrets, backend.Config{}))
	env := backend.Env{Getenv: func(name string) (string, bool) { return "smtp://localhost", name == "AIRFLOW_CONN_MAIL" }}
	for answer, err := range backend.NewChain(b, env).LookupAll(context.Background(), lookup.KindConnection, []string{"pg", "mail", "ftp"}) {
		fmt.Println(answer.Source, answer.Connection.Host, errors.Is(err, backend.ErrNotFound))
	}
	// Output:
	// secretsmanager db.example.com false
	// environment localhost false
	//   true
}

// Refresh of a Chain refreshes the first source that has the secret.
func ExampleChain_Refresh() {
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	chain := backend.NewChain(must(backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})), backend.Env{})
	ctx, q := context.Background(), backend.Query{Kind: lookup.KindVariable, ID: "region"}
	_, _ = chain.Lookup(ctx, q)
	client.set("airflow/variables/region", "eu-west-1")
	answer, err := chain.Refresh(ctx, q)
	fmt.Println(answer.Text.Reveal(), err)
	// Output: eu-west-1 <nil>
}
