package backend_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// The cache keeps answers for 5 minutes. Lookups in the last of these minutes refresh them in the
// background. During an outage of AWS, answers are served for half an hour.
func ExampleCachePolicy() {
	counted := &counting{Client: secrets}
	b := must(backend.New(counted, backend.Config{Cache: backend.CachePolicy{
		On: true, TTL: 5 * time.Minute, RefreshAhead: time.Minute, MaxAge: 30 * time.Minute,
	}}))
	for range 1000 {
		if _, err := b.GetConnection(context.Background(), "pg"); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(counted.calls)
	// Output: 1
}

// After a secret has changed, Invalidate lets the next lookup see the new text.
func ExampleBackend_Invalidate() {
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b := must(backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}}))
	ctx := context.Background()
	_, _ = b.GetVariable(ctx, "region")
	client.set("airflow/variables/region", "eu-west-1")
	fmt.Println(b.GetVariable(ctx, "region"))
	b.Invalidate(backend.Query{Kind: lookup.KindVariable, ID: "region"})
	fmt.Println(b.GetVariable(ctx, "region"))
	// Output:
	// eu-central-1 <nil>
	// eu-west-1 <nil>
}

// During an outage of AWS, the cached answer is served with Stale set.
func ExampleAnswer() {
	client := newFake(map[string]string{"airflow/variables/region": "eu-central-1"})
	b := must(backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true, TTL: 1}})) // a nanosecond
	show := func(a backend.Answer, err error) { fmt.Println(a.Text.Reveal(), a.Stale, err) }
	q := backend.Query{Kind: lookup.KindVariable, ID: "region"}
	show(b.Lookup(context.Background(), q))
	client.fail("", apiError("ThrottlingException"))
	time.Sleep(time.Millisecond)
	show(b.Lookup(context.Background(), q))
	// Output:
	// eu-central-1 false <nil>
	// eu-central-1 true <nil>
}

// A service logs in during the rotation of its password.
func ExampleBackend_UseConnection() {
	client := newFake(map[string]string{"airflow/connections/orders": "postgres://app:old@db/orders"})
	b, err := backend.New(client, backend.Config{Cache: backend.CachePolicy{On: true}})
	if err != nil {
		fmt.Println(err)
		return
	}
	login := func(_ context.Context, c connuri.Connection) error {
		if c.Password.Reveal() != "new" { // the answer of a database
			fmt.Println("refused")
			return backend.LoginRefused(errors.New("SQLSTATE 28P01"))
		}
		fmt.Println("logged in as", c.Login)
		return nil
	}
	ctx := context.Background()
	_, _ = b.GetConnection(ctx, "orders") // caches the old password
	client.set("airflow/connections/orders", "postgres://app:new@db/orders")
	if err := b.UseConnection(ctx, "orders", login); err != nil {
		fmt.Println(err)
	}
	// Output:
	// refused
	// logged in as app
}

// A service reads everything that it needs when it starts.
func ExampleBackend_LookupAll() {
	client := secretsmanagertest.Map{"airflow/connections/pg": "postgres://db", "airflow/connections/mail": "smtp://mx"}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for answer, err := range b.LookupAll(context.Background(), lookup.KindConnection, []string{"pg", "mail", "ftp"}) {
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
