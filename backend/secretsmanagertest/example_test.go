package secretsmanagertest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// start is like NewServer, but does not need a test.
func start(options ...secretsmanagertest.Options) *secretsmanagertest.Server {
	srv, err := secretsmanagertest.Start(options...)
	if err != nil {
		panic(err)
	}
	return srv
}

// show asks for a secret and prints its text, or the code of the error.
func show(client *secretsmanager.Client, id string) {
	out, err := client.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		fmt.Println(id, "→", api.ErrorCode())
	case err != nil:
		fmt.Println(id, "→ no answer")
	default:
		fmt.Println(id, "→", *out.SecretString)
	}
}

// A client of the AWS SDK uses the server unchanged.
func Example() {
	srv, err := secretsmanagertest.Start() // in a test: NewServer(t), which closes itself
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	srv.Set("airflow/variables/greeting", "hello")

	client := srv.Client()
	show(client, "airflow/variables/greeting")
	show(client, "airflow/variables/other")
	fmt.Println(srv.Calls("airflow/variables/greeting"), "call")
	// Output:
	// airflow/variables/greeting → hello
	// airflow/variables/other → ResourceNotFoundException
	// 1 call
}

// The server can have secrets from the start, and their ARNs can be known in advance.
func ExampleOptions() {
	srv := start(secretsmanagertest.Options{
		Region:  "eu-west-1",
		Account: "111122223333",
		Suffix:  "AbCdEf",
		Secrets: map[string]string{"my/conn": "postgres://h"},
	})
	defer srv.Close()
	fmt.Println(srv.ARN("my/conn"))
	show(srv.Client(), "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my/conn")
	// Output:
	// arn:aws:secretsmanager:eu-west-1:111122223333:secret:my/conn-AbCdEf
	// arn:aws:secretsmanager:eu-west-1:111122223333:secret:my/conn → postgres://h
}

// Setting a secret again is a rotation: the old text becomes AWSPREVIOUS.
func ExampleServer_Set() {
	srv := start()
	defer srv.Close()
	srv.Set("db", "old")
	srv.Set("db", "new")
	for _, stage := range []string{"AWSCURRENT", "AWSPREVIOUS"} {
		out, err := srv.Client().GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{
			SecretId:     aws.String("db"),
			VersionStage: &stage,
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(stage, *out.SecretString)
	}
	// Output:
	// AWSCURRENT new
	// AWSPREVIOUS old
}

// One secret cannot be decrypted until its key is repaired.
func ExampleServer_Fail() {
	srv := start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1", "b": "2"}})
	defer srv.Close()
	repair := srv.Fail("a", "DecryptionFailure")
	show(srv.Client(), "a")
	show(srv.Client(), "b")
	repair()
	show(srv.Client(), "a")
	// Output:
	// a → DecryptionFailure
	// b → 2
	// a → 1
}

// The first fault drops a connection once, and the client retries. The second one fails every
// request.
func ExampleServer_Inject() {
	srv := start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1"}})
	defer srv.Close()
	srv.Inject(secretsmanagertest.Fault{Name: "a", Drop: true, Times: 1})
	show(srv.Client(), "a")
	fmt.Println(srv.Calls("a"), "attempts")

	srv.Inject(secretsmanagertest.Fault{Code: "ServiceUnavailable", Delay: time.Millisecond})
	show(srv.Client(), "a")
	fmt.Println(srv.Calls("a"), "attempts")
	// Output:
	// a → 1
	// 2 attempts
	// a → ServiceUnavailable
	// 5 attempts
}

// The log says what was asked for, in order, and who signed it.
func ExampleServer_Log() {
	srv := start()
	defer srv.Close()
	show(srv.Client(), "red--db")
	show(srv.Client(), "db")
	for _, call := range srv.Log() {
		fmt.Println(call.Operation, call.IDs, call.AccessKeyID)
	}
	// Output:
	// red--db → ResourceNotFoundException
	// db → ResourceNotFoundException
	// GetSecretValue [red--db] AKIDEXAMPLE
	// GetSecretValue [db] AKIDEXAMPLE
}

// Options of the SDK change the client: this one does not retry.
func ExampleServer_Client() {
	srv := start()
	defer srv.Close()
	srv.Fail("", "InternalServiceError")
	show(srv.Client(), "a")
	show(srv.Client(func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }), "b")
	fmt.Println(srv.Calls("a"), srv.Calls("b"))
	// Output:
	// a → InternalServiceError
	// b → InternalServiceError
	// 3 1
}

// A state file keeps the secrets from one server to the next.
func ExampleOptions_state() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	options := secretsmanagertest.Options{
		State:   filepath.Join(dir, "state.json"),
		Secrets: map[string]string{"a": "1", "b": "1"}, // applied once
	}
	srv := start(options)
	srv.Set("a", "2")
	srv.Remove("b")
	srv.Close()

	srv = start(options)
	defer srv.Close()
	show(srv.Client(), "a")
	show(srv.Client(), "b")
	// Output:
	// a → 2
	// b → ResourceNotFoundException
}

// A server is an http.Handler, so it can be served at any address, here with TLS.
func ExampleServer_ServeHTTP() {
	srv := start(secretsmanagertest.Options{Secrets: map[string]string{"a": "1"}})
	defer srv.Close()
	tls := httptest.NewTLSServer(http.Handler(srv))
	defer tls.Close()
	show(srv.Client(func(o *secretsmanager.Options) {
		o.BaseEndpoint = &tls.URL
		o.HTTPClient = tls.Client()
	}), "a")
	// Output: a → 1
}

// A Map is a client for tests that must not use the network.
func ExampleMap() {
	secrets := secretsmanagertest.Map{"airflow/variables/greeting": "hello"}
	for _, id := range []string{"airflow/variables/greeting", "other"} {
		out, err := secrets.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: &id})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(*out.SecretString)
	}
	// Output:
	// hello
	// operation error Secrets Manager: GetSecretValue, ResourceNotFoundException: Secrets Manager can't find the specified secret.
}
