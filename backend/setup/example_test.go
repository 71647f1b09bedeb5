package setup_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func ExampleLoad() {
	s, err := setup.Load([]string{
		"AIRFLOW_CONFIG=",
		"AIRFLOW__SECRETS__BACKEND=" + setup.Class,
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": "$STAGE/connections", "variables_prefix": null}`,
		"AIRFLOW__SECRETS__BACKEND_KWARG__REGION_NAME=eu-west-1",
		"STAGE=prod",
	}, setup.Server)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.From)
	fmt.Println(s.Backend.ConnectionsPrefix, s.Backend.VariablesPrefix == lookup.Disabled, s.AWS.Region)
	// Output:
	// AIRFLOW__SECRETS__BACKEND
	// prod/connections true eu-west-1
}

// Without a configured backend, Airflow uses its environment variables.
func ExampleLoad_noBackend() {
	_, err := setup.Load([]string{"AIRFLOW_CONFIG="}, setup.Server)
	fmt.Println(errors.Is(err, setup.ErrNoBackend), err)
	// Output: true setup: no secrets backend is configured
}

func ExampleLoad_wrongClass() {
	_, err := setup.Load([]string{
		"AIRFLOW_CONFIG=",
		"AIRFLOW__SECRETS__BACKEND=airflow.contrib.secrets.aws_secrets_manager.SecretsManagerBackend",
	}, setup.Server)
	fmt.Println(err)
	// Output: setup: AIRFLOW__SECRETS__BACKEND: "airflow.contrib.secrets.aws_secrets_manager.SecretsManagerBackend" is not the class that this package supports; write airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend
}

// Airflow logs a line about broken kwargs and continues with its defaults, so every lookup is a
// miss.
func ExampleLoad_brokenKwargs() {
	s, _ := setup.Load([]string{
		"AIRFLOW_CONFIG=",
		"AIRFLOW__SECRETS__BACKEND=" + setup.Class,
		"AIRFLOW__SECRETS__BACKEND_KWARGS={'connections_prefix': 'prod/connections'}",
	}, setup.Server)
	fmt.Println(s.Warnings[0])

	_, err := setup.ParseKwargs([]byte(`{"connections_prefix": "prod/connections",}`))
	fmt.Println(err)
	// Output:
	// AIRFLOW__SECRETS__BACKEND_KWARGS is ignored, as in Airflow, and the defaults apply: not JSON at byte 1: JSON has double quotes, and this has single ones; write " for each quote around a key or a text
	// setup: backend_kwargs: not JSON at byte 42: a comma stands before the closing brace; remove the comma before the closing brace
}

func ExampleParseKwargs() {
	s, err := setup.ParseKwargs([]byte(`{
		"connections_prefix": "prod/connections",
		"role_arn": "arn:aws:iam::123456789012:role/airflow",
		"assume_role_kwargs": {"ExternalId": "my-external-id", "DurationSeconds": 900}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Backend.ConnectionsPrefix, s.AWS.Role.ARN, s.AWS.Role.Duration, s.AWS.Role.ExternalID)
	// Output: prod/connections arn:aws:iam::123456789012:role/airflow 15m0s [redacted]
}

// Before 9.0 the provider decodes the values of JSON secrets if are_secret_values_urlencoded is
// true.
func ExampleVersions() {
	kwargs := []byte(`{"are_secret_values_urlencoded": true, "host": "http://localhost:4566"}`)
	s, err := setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}.ParseKwargs(kwargs)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Backend.Dialect, s.Backend.URLEncoded, s.AWS.EndpointURL)
	fmt.Println(s.Rules)
	for _, w := range s.Warnings {
		fmt.Println(w)
	}
	// Output:
	// Airflow2 true http://localhost:4566
	// connections are read as Airflow2 (Airflow 2.10.1, as given); kwargs as amazon provider 8.28.0, as given
	// host does nothing from provider 9.0 on; write endpoint_url before you upgrade
	// are_secret_values_urlencoded does nothing from provider 9.0 on: store the values of JSON secrets unencoded before you upgrade
}

// The most common mistake is a misspelled name. Airflow ignores it silently.
func ExampleParseKwargs_misspelled() {
	s, err := setup.ParseKwargs([]byte(`{"connection_prefix": "prod/connections", "full_url_mode": false}`))
	fmt.Println(err)
	for _, w := range s.Warnings {
		fmt.Println(w)
	}
	// Output:
	// <nil>
	// connection_prefix does nothing; did you mean connections_prefix?
	// full_url_mode no longer has an effect: whether a secret is a URI or JSON depends on its text
}

func ExampleParseKwargs_wrongType() {
	_, err := setup.ParseKwargs([]byte(`{"connections_prefix": false}`))
	fmt.Println(err)
	// Output: setup: backend_kwargs: connections_prefix must be a string, or null to disable lookups, and is false
}

func ExampleParseMWAA() {
	s, err := setup.ParseMWAA([]byte(`{"Environment": {
		"Name": "analytics",
		"AirflowVersion": "2.10.3",
		"AirflowConfigurationOptions": {
			"secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
			"secrets.backend_kwargs": "{\"connections_prefix\": \"airflow/connections\", \"connections_lookup_pattern\": \"^(?!aws_default$).*$\"}"
		}
	}}`))
	fmt.Println(s.From, s.Backend.Dialect, s.Backend.ConnectionsLookupPattern, err)
	// Output: the MWAA environment "analytics" Airflow2 ^(?!aws_default$).*$ <nil>
}

func ExampleSettings_Open() {
	s, err := setup.ParseKwargs([]byte(`{"region_name": "eu-west-1", "profile_name": "prod"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Open(context.Background())
	fmt.Println(err)
	// Output: setup: profile_name: the profile "prod" does not exist in the AWS configuration files, which are ~/.aws/config and ~/.aws/credentials unless AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name others
}

// As in Airflow, the environment answers if Secrets Manager does not have the secret.
func ExampleSettings_OpenChain() {
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{
		Secrets: map[string]string{"airflow/connections/pg": "postgres://app@db.example.com/orders"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	_ = os.Setenv("AIRFLOW_CONN_MAIL", "smtp://mx.example.com")
	defer func() { _ = os.Unsetenv("AIRFLOW_CONN_MAIL") }()

	s, err := setup.ParseKwargs([]byte(`{"region_name": "eu-west-1", "endpoint_url": "` + srv.URL() + `",
		"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "EXAMPLE"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	chain, err := s.OpenChain(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"pg", "mail"} {
		answer, err := chain.Lookup(ctx, backend.Query{Kind: lookup.KindConnection, ID: id})
		fmt.Println(answer.Source, answer.Connection.Host, err)
	}
	// Output:
	// secretsmanager db.example.com <nil>
	// environment mx.example.com <nil>
}

// LoadAWS configures a client of any service from an aws connection. For S3, call
// s3.NewFromConfig(cfg).
func ExampleLoadAWS() {
	c, err := connuri.Parse(`{"conn_type": "aws", "login": "AKIDEXAMPLE", "password": "EXAMPLE",
		"extra": {"region_name": "eu-west-1", "endpoint_url": "http://localhost:4566"}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := hook.AWS(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := setup.LoadAWS(context.Background(), a)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := secretsmanager.NewFromConfig(cfg)

	keys, err := cfg.Credentials.Retrieve(context.Background())
	fmt.Println(cfg.Region, keys.AccessKeyID, *client.Options().BaseEndpoint, err)
	// Output: eu-west-1 AKIDEXAMPLE http://localhost:4566 <nil>
}
