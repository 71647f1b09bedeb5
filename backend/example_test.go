package backend_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/lookuptest"
)

// secrets stands in for Secrets Manager. A service passes a *secretsmanager.Client.
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
	b, err := backend.New(secrets, backend.Config{ExtraConnWords: connuri.ConnWords{"schema": {"dbname"}}})
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
	answer, err := b.Lookup(context.Background(), backend.Query{Kind: lookup.KindConnection, ID: "pg"})
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

// A Client has one method, so a wrapper around the SDK's client is short.
func ExampleClient() {
	counted := &counting{Client: secrets}
	var client backend.Client = counted
	b := must(backend.New(client, backend.Config{}))
	_, err := b.GetConnection(context.Background(), "pg")
	fmt.Println(counted.calls, err)
	// Output: 1 <nil>
}

// counting is a client that counts its calls.
type counting struct {
	backend.Client
	calls int
}

func (c *counting) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, opts ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	c.calls++
	return c.Client.GetSecretValue(ctx, in, opts...)
}

// A secret outside the prefixes is asked for by its full name or ARN. Lookup, Refresh, Invalidate
// and Plan take the same query.
func ExampleQuery_name() {
	b := must(backend.New(secrets, backend.Config{ConnectionsPrefix: "prod/connections"}))
	q := backend.Query{Name: "my_smtp_secret"}
	fmt.Println(b.Plan(q))
	answer, err := b.Refresh(context.Background(), q)
	fmt.Println(answer.Name, answer.Connection.Host, err)
	// Output:
	// asks my_smtp_secret <nil>
	// my_smtp_secret smtp.example.com <nil>
}

// A test checks the production configuration without AWS.
func ExampleConfig_Rule() {
	production := backend.Config{ConnectionsPrefix: "prod/connections", ConnectionsLookupPattern: lookup.MWAAPattern}
	rule, err := production.Rule(lookup.KindConnection)
	if err != nil {
		fmt.Println(err)
		return
	}
	var t testing.TB = printer{} // in a test, its *testing.T
	lookuptest.Reaches(t, rule, "pg")
	lookuptest.Skips(t, rule, "aws_default")
	lookuptest.Names(t, rule, "pg", "red", "prod/connections/pg")
	// Output: connection "pg": the lookup asks prod/connections/red--pg, then prod/connections/pg; want asks prod/connections/pg
}

// printer prints what a *testing.T would report.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// List finds the secrets that no lookup asks for.
func ExampleBackend_List() {
	client := newFake(map[string]string{"airflow/connections/aws_default": "aws://", "airflow/connections/pg": "postgres://db"})
	b := must(backend.New(client, backend.Config{ConnectionsLookupPattern: lookup.MWAAPattern}))
	var hidden []backend.ListedSecret
	for secret, err := range b.List(context.Background(), lookup.KindConnection) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if secret.Skip != lookup.Asked {
			hidden = append(hidden, secret)
		}
	}
	for _, secret := range hidden {
		fmt.Println(secret.Name, "is never asked for:", secret.Skip)
	}
	// Output: airflow/connections/aws_default is never asked for: the lookup pattern does not match the id
}
