package main

import "testing"
import "github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"

func TestX(t *testing.T) {
	for _, f := range []func(testing.TB) *servers.Server{servers.Redis, servers.PostgreSQL, servers.MariaDB} {
		t.Log(f(t))
	}
}
