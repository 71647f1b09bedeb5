package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/agent"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// startAgent starts a server that stands in for the agent and prints each request.
func startAgent() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Aws-Parameters-Secrets-Token") != "token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Println(r.Method, r.URL)
		fmt.Fprintln(w, `{"Name": "airflow/connections/pg", "SecretString": "postgres://user:secret@db.example.com/app"}`)
	}))
}

// A Backend reads its secrets through the agent. In production, the zero Config usually works.
func Example() {
	srv := startAgent()
	defer srv.Close()

	client, err := agent.New(agent.Config{Endpoint: srv.URL, Token: connuri.NewSecret("token")})
	if err != nil {
		panic(err)
	}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		panic(err)
	}
	c, err := b.GetConnection(context.Background(), "pg")
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Type, c.Host)
	// Output:
	// GET /secretsmanager/get?secretId=airflow%2Fconnections%2Fpg
	// postgres db.example.com
}

// The agent runs with another port and writes its token to a file. RefreshNow makes it ask
// AWS for every secret.
func ExampleConfig() {
	srv := startAgent()
	defer srv.Close()
	file, err := os.CreateTemp("", "awssmatoken")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.Remove(file.Name()) //nolint:errcheck // temporary
	_, _ = file.WriteString("token\n")
	_ = file.Close()

	client, err := agent.New(agent.Config{Endpoint: srv.URL, TokenFile: file.Name(), RefreshNow: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("pg")})
	fmt.Println(err)
	// Output:
	// GET /secretsmanager/get?refreshNow=true&secretId=pg
	// <nil>
}

// New checks the configuration without asking the agent.
func ExampleNew() {
	_, err := agent.New(agent.Config{Endpoint: "localhost:2773", Token: connuri.NewSecret("token")})
	fmt.Println(err)
	// Output: agent: Config.Endpoint is not an http or https URL; write http://HOST:PORT
}

// The agent refuses a wrong token. A Backend reports that as BadCredentials.
func ExampleClient() {
	srv := startAgent()
	defer srv.Close()
	client, err := agent.New(agent.Config{Endpoint: srv.URL, Token: connuri.NewSecret("wrong")})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = b.GetConnection(context.Background(), "pg")
	failed, _ := errors.AsType[*backend.LookupError](err)
	fmt.Println(failed.Reason)
	// Output: no valid credentials
}

// GetSecretValue takes the name or the ARN of any secret.
func ExampleClient_GetSecretValue() {
	srv := startAgent()
	defer srv.Close()
	client, err := agent.New(agent.Config{Endpoint: srv.URL, Token: connuri.NewSecret("token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := client.GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{
		SecretId: aws.String("airflow/connections/pg"), VersionStage: aws.String("AWSPREVIOUS"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*out.Name)
	// Output:
	// GET /secretsmanager/get?secretId=airflow%2Fconnections%2Fpg&versionStage=AWSPREVIOUS
	// airflow/connections/pg
}
