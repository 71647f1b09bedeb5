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

// Counts of what lookups did, from their events.
func ExampleEvent() {
	counts := map[string]int{} // a service has its metrics here, and goroutines that need a lock
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b, err := backend.New(client, backend.Config{
		VariablesLookupPattern: "^(?!secret_)",
		Cache:                  backend.CachePolicy{On: true},
		Observe: func(_ context.Context, e backend.Event) {
			switch e.Reason {
			case backend.Skipped, backend.Disabled, backend.RefusedID:
				counts["skipped"]++
			default:
				counts[e.Cache.String()]++
			}
			counts["calls"] += e.Calls
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for range 3 {
		_, _ = b.GetVariable(ctx, "region") // a miss, then hits
		_, _ = b.GetVariable(ctx, "gone")   // that there is none is kept as well
		_, _ = b.GetVariable(ctx, "secret_santa")
	}
	fmt.Println(counts)
	// Output: map[calls:2 hit:4 miss:2 skipped:3]
}

// A service goes on through the rotation of its password.
func ExampleBackend_UseConnection() {
	client := newFake(map[string]string{"airflow/connections/orders": "postgres://app:old@db/orders"})
	b, err := backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})
	if err != nil {
		fmt.Println(err)
		return
	}
	login := func(_ context.Context, c connuri.Connection) error {
		if c.Password.Reveal() != "new" { // what a database would say
			fmt.Println("refused")
			return backend.LoginRefused(errors.New("SQLSTATE 28P01"))
		}
		fmt.Println("logged in as", c.Login)
		return nil
	}
	ctx := context.Background()
	_, _ = b.GetConnection(ctx, "orders") // the old password is in the cache now
	client.set("airflow/connections/orders", "postgres://app:new@db/orders")
	if err := b.UseConnection(ctx, "orders", login); err != nil {
		fmt.Println(err)
	}
	// Output:
	// refused
	// logged in as app
}

// All that a service needs, read as it starts.
func ExampleBackend_LookupAll() {
	client := secretsmanagertest.Map{"airflow/connections/pg": "postgres://db", "airflow/connections/mail": "smtp://mx"}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for answer, err := range b.LookupAll(context.Background(), lookup.Connection, []string{"pg", "mail", "ftp"}) {
		var failed *backend.LookupError
		switch {
		case errors.As(err, &failed):
			fmt.Println(failed.ID, "-", failed.Reason)
		case err == nil:
			fmt.Println(answer.Connection.ID, "-", answer.Connection.Host)
		}
	}
	// Output:
	// pg - db
	// mail - mx
	// ftp - no such secret
}

// Secrets Manager first, then the environment, as Airflow asks them; but a denial
// stays one.
func ExampleChain() {
	client := denying{}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	vars := backend.Env{Getenv: func(name string) (string, bool) { return "from the environment", name == "AIRFLOW_VAR_REGION" }}
	ctx := context.Background()

	answer, err := backend.NewChain(b, vars).Lookup(ctx, backend.Query{Kind: lookup.Variable, ID: "region"})
	fmt.Println(answer.Source, err)
	_, err = backend.NewChain(backend.FailClosed(b), vars).GetVariable(ctx, "region")
	fmt.Println(errors.Is(err, backend.ErrNotFound), err != nil)
	// Output:
	// environment <nil>
	// false true
}
