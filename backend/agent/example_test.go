package agent_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/agent"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// A backend that asks the agent; in production the zero Config mostly does.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // stands in for the agent
		if r.Header.Get("X-Aws-Parameters-Secrets-Token") != "token" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Println(r.Method, r.URL)
		fmt.Fprintln(w, `{"Name":"airflow/connections/pg","SecretString":"postgres://user:secret@db.example.com/app","CreatedDate":"2026-01-02T03:04:05Z"}`)
	}))
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
