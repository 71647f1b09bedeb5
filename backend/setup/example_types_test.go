package setup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// A program branches on the Rule of an error. The other fields say where and what to change.
func ExampleError() {
	_, err := setup.ParseKwargs([]byte(`{"assume_role_kwargs": {"ExternalID": "x"}, "role_arn": "arn:aws:iam::123456789012:role/r"}`))
	if wrong, ok := errors.AsType[*setup.Error](err); ok {
		fmt.Println(wrong.Rule)
		fmt.Println(wrong.Field)
		fmt.Println(wrong.Instead)
	}
	// Output:
	// unknown-name
	// assume_role_kwargs.ExternalID
	// write ExternalId
}

// A program can correct a misspelled kwarg by the fields of its warning.
func ExampleWarning() {
	s, err := setup.ParseKwargs([]byte(`{"regoin_name": "eu-west-1"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range s.Warnings {
		if w.Rule == "misspelled" {
			fmt.Println("rename", w.Kwarg, "to", w.Meant)
		}
	}
	// Output: rename regoin_name to region_name
}

// Only a worker reads [workers] secrets_backend.
func ExampleProcess() {
	environ := []string{
		"AIRFLOW_CONFIG=",
		"AIRFLOW__WORKERS__SECRETS_BACKEND=" + setup.Class,
		`AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS={"connections_prefix": "workers/connections"}`,
		"AIRFLOW__SECRETS__BACKEND=" + setup.Class,
	}
	for _, process := range []setup.Process{setup.Worker, setup.Server} {
		s, err := setup.Load(environ, process)
		fmt.Printf("%q %v\n", s.Backend.ConnectionsPrefix, err)
	}
	// Output:
	// "workers/connections" <nil>
	// "" <nil>
}

// A program can write Settings without a configuration of Airflow.
func ExampleSettings() {
	s := setup.Settings{
		Backend: backend.Config{ConnectionsPrefix: "prod/connections"},
		AWS:     setup.AWS{AWSConfig: hook.AWSConfig{Region: "eu-west-1"}},
	}
	b, err := s.Open(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Plan(backend.Query{ID: "pg"}))
	// Output: asks prod/connections/pg <nil>
}

// AWS prints without its keys.
func ExampleAWS() {
	a := setup.AWS{AWSConfig: hook.AWSConfig{AccessKeyID: connuri.NewSecret("AKIDEXAMPLE"), SecretAccessKey: connuri.NewSecret("EXAMPLE")}}
	fmt.Println(a.AccessKeyID, a.SecretAccessKey)
	// Output: [redacted] [redacted]
}

// The client of the lookups can make other calls to Secrets Manager.
func ExampleSettings_Client() {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: map[string]string{"airflow/connections/pg": "postgres://db"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	s := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{
		Region: "us-east-1", EndpointURL: srv.URL(), AccessKeyID: connuri.NewSecret("AKIDEXAMPLE"), SecretAccessKey: connuri.NewSecret("EXAMPLE"),
	}}}
	client, err := s.Client(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := client.DescribeSecret(context.Background(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("airflow/connections/pg")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*out.Name, len(out.VersionIdsToStages))
	// Output: airflow/connections/pg 1
}
