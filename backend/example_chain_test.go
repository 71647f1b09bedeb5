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

func ExampleEnv() {
	env := backend.Env{Getenv: func(name string) (string, bool) {
		return "mysql://root@localhost/test", name == "AIRFLOW_CONN_MYSQL_DEFAULT"
	}}
	answer, err := env.Lookup(context.Background(), backend.Query{ID: "mysql_default"})
	fmt.Println(answer.Source, answer.Name, answer.Connection.Host, err)
	// Output: environment AIRFLOW_CONN_MYSQL_DEFAULT localhost <nil>
}

// Airflow's order is Secrets Manager, then the environment.
func ExampleNewChain() {
	b := must(backend.New(secrets, backend.Config{}))
	env := backend.Env{Getenv: func(name string) (string, bool) { return "eu-west-1", name == "AIRFLOW_VAR_REGION" }}
	both := backend.NewChain(b, env)
	for _, key := range []string{"limits", "region"} {
		answer, err := both.Lookup(context.Background(), backend.Query{Kind: lookup.KindVariable, ID: key})
		switch answer.Source {
		case backend.SourceSecretsManager:
			fmt.Println(key, "is in Secrets Manager", err)
		case backend.SourceEnvironment:
			fmt.Println(key, "is in the environment", err)
		}
	}
	// Output:
	// limits is in Secrets Manager <nil>
	// region is in the environment <nil>
}

// A replica of the secrets in another region answers while the first region is down.
func ExampleNewChain_replica() {
	region := func() (*secretsmanagertest.Server, *backend.Backend) {
		srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secrets})
		if err != nil {
			panic(err)
		}
		return srv, must(backend.New(srv.Client(), backend.Config{})) // each with the client of its region
	}
	ireland, primary := region()
	defer ireland.Close()
	frankfurt, replica := region()
	defer frankfurt.Close()
	chain := backend.NewChain(primary, replica)

	show := func() {
		c, err := chain.GetConnection(context.Background(), "pg")
		fmt.Println(c.Host, err, len(ireland.Asked()) > 0, len(frankfurt.Asked()) > 0)
	}
	show()
	ireland.Inject(secretsmanagertest.Fault{Drop: true})
	show()
	// Output:
	// db.example.com <nil> true false
	// db.example.com <nil> true true
}

// A program declares the methods that it needs. Both Backend and Chain have them.
func ExampleChain() {
	type connections interface {
		GetConnection(ctx context.Context, id string) (connuri.Connection, error)
	}
	b := must(backend.New(secrets, backend.Config{}))
	for _, source := range []connections{b, backend.NewChain(b, backend.Env{})} {
		c, err := source.GetConnection(context.Background(), "pg")
		_, several := source.(*backend.Chain)
		fmt.Println(c.Host, err, several)
	}
	// Output:
	// db.example.com <nil> false
	// db.example.com <nil> true
}

// With FailClosed, a denial ends the search: the environment does not answer in place of a secret
// that may not be read.
func ExampleFailClosed() {
	b := must(backend.New(denying{}, backend.Config{}))
	env := backend.Env{Getenv: func(string) (string, bool) { return "from the environment", true }}
	ctx := context.Background()
	for _, first := range []backend.Source{b, backend.FailClosed(b)} {
		value, err := backend.NewChain(first, env).GetVariable(ctx, "region")
		failed, _ := errors.AsType[*backend.LookupError](err)
		fmt.Printf("%q %v\n", value, failed != nil && failed.Reason == backend.Denied)
	}
	// Output:
	// "from the environment" false
	// "" true
}

// A program can add its own source to a Chain.
func ExampleSource() {
	var fixed backend.Source = files{"region": "eu-west-1"}
	fmt.Println(backend.NewChain(fixed).GetVariable(context.Background(), "region"))
	// Output: eu-west-1 <nil>
}

// files is a source of variables.
type files map[string]string

func (f files) Lookup(_ context.Context, q backend.Query) (backend.Answer, error) {
	text, ok := f[q.ID]
	if !ok || q.Kind != lookup.KindVariable {
		return backend.Answer{}, &backend.LookupError{Kind: q.Kind, ID: q.ID, Reason: backend.NoSecret}
	}
	return backend.Answer{Text: connuri.NewSecret(text), Source: "files"}, nil
}
