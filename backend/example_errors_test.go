package backend_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

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

// A default is used only if the secret certainly has no value.
func ExampleLookupError_Is() {
	b := must(backend.New(denying{}, backend.Config{VariablesLookupPattern: "^prod_"}))
	for _, key := range []string{"region", "prod_region"} {
		region, err := b.GetVariable(context.Background(), key)
		if errors.Is(err, backend.ErrNotFound) {
			region, err = "eu-central-1", nil
		}
		fmt.Printf("%q %v\n", region, err != nil)
	}
	// Output:
	// "eu-central-1" false
	// "" true
}

// AWS support asks for the ID of the request that failed.
func ExampleLookupError_requestID() {
	srv, err := secretsmanagertest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	b := must(backend.New(srv.Client(), backend.Config{}))
	_, err = b.GetConnection(context.Background(), "pg")
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		fmt.Println(failed.Reason, len(failed.RequestID)) // a UUID
	}
	// Output: no such secret 36
}

// A service decides by the Reason what to do about a failure.
func ExampleReason() {
	toDo := func(r backend.Reason) string {
		switch r {
		case backend.Disabled, backend.Skipped, backend.RefusedID:
			return "nothing: it was never asked for"
		case backend.NoSecret, backend.BinaryOnly, backend.EmptyConnection:
			return "take a default"
		case backend.Throttled, backend.Unreachable, backend.TimedOut, backend.ServiceError, backend.ServerFailure:
			return "try again later"
		case backend.Canceled:
			return "nothing: the caller has gone"
		case backend.Denied, backend.KMSDenied, backend.BadCredentials:
			return "call the platform team"
		case backend.DeletionScheduled, backend.DefaultKMSKey, backend.DecryptionFailed, backend.Malformed:
			return "call the owner of the secret"
		case backend.InvalidRequest, backend.BadPattern, backend.Failed:
			return "fix the configuration"
		}
		return ""
	}
	fmt.Println(backend.Throttled, "-", toDo(backend.Throttled))
	fmt.Println(backend.Malformed, "-", toDo(backend.Malformed))
	// Output:
	// throttled - try again later
	// malformed secret - call the owner of the secret
}

// Reason.Hint returns advice without an error.
func ExampleReason_Hint() {
	fmt.Println(backend.DecryptionFailed.Hint())
	fmt.Println(backend.BinaryOnly.Hint())
	// Output:
	// check that its KMS key is enabled and grants kms:Decrypt to this role
	// store it as text (SecretString)
}

// SkipReason returns the Reason with which the lookup of a skipped id fails.
func ExampleSkipReason() {
	b := must(backend.New(secrets, backend.Config{MultiTeam: true}))
	plan, err := b.Plan(backend.Query{Kind: lookup.KindConnection, ID: "red--pg"})
	if err != nil {
		fmt.Println(err)
		return
	}
	reason := backend.SkipReason(plan.Skip)
	fmt.Println(reason)
	fmt.Println(reason.Hint())
	// Output:
	// the id contains --
	// with multi_team on, -- separates team and id; ask as that team, for the id alone
}

// A lookup has its own time limit, even if the context of its caller has none.
func ExampleConfig_timeout() {
	client := newFake(nil)
	client.hangs()
	b := must(backend.New(client, backend.Config{Timeout: 10 * time.Millisecond}))
	_, err := b.GetConnection(context.Background(), "pg")
	if failed, ok := errors.AsType[*backend.LookupError](err); ok {
		fmt.Println(failed.Reason)
	}
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output:
	// no answer in time
	// true
}
