package main

import (
	"context"
	"fmt"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// countIn is a Config.Observe that counts the calls of a service's own backend, as
// CloudTrail would: one for each secret that was asked for.
func countIn(log *tune.Usage) func(context.Context, backend.Event) {
	return func(_ context.Context, e backend.Event) {
		for n := range min(e.Calls, len(e.Names)) {
			call := tune.Event{Secret: e.Names[n], Time: time.Now().UTC().Format(time.RFC3339),
				Session: "this service"}
			switch {
			case n < e.Calls-1 || e.Reason == backend.NoSecret: // it went on to the next
				call.Outcome = tune.NotFound
			case e.Err == nil:
				call.Outcome = tune.Found
			case e.Reason == backend.Denied || e.Reason == backend.KMSDenied:
				call.Outcome = tune.Denied
			}
			log.Add(call)
		}
	}
}

// A service counts its own lookups, lists the secrets that exist, and gets a pattern.
func Example_observe() {
	ctx := context.Background()
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: map[string]string{
		"airflow/connections/pg": "postgres://", "airflow/connections/quiet": "http://",
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	log := tune.New(tune.Config{})
	b, err := backend.New(srv.Client(), backend.Config{Observe: countIn(log)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"pg", "smtp_default", "smtp_default", "pg"} {
		_, _ = b.GetConnection(ctx, id) // Observe is told of the error
	}
	for secret, err := range b.List(ctx, lookup.KindConnection) {
		if err != nil {
			fmt.Println(err)
			return
		}
		log.Exists(lookup.KindConnection, secret.ID)
	}
	for _, s := range log.Suggest(lookup.KindConnection, nil) {
		fmt.Println(s.Form, s.Pattern, "saves", s.Saved, "of", log.Report().Total.Calls)
	}
	// Output:
	// deny ^(?!(smtp_default)$) saves 2 of 4
}
