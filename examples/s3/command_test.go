package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// airflow starts S3 and Secrets Manager, and sets the environment of an Airflow worker whose
// connection aws_default points to that S3.
func airflow(t *testing.T) *secretsmanagertest.Server {
	t.Helper()
	environment(t)
	srv := httptest.NewServer(&server{})
	t.Cleanup(srv.Close)
	secrets := secretsmanagertest.NewServer(t)
	secrets.Set("airflow/connections/aws_default", `{"conn_type": "aws", "extra": {"endpoint_url": "`+srv.URL+`"}}`)
	t.Setenv("AIRFLOW_CONFIG", "")
	t.Setenv("AIRFLOW__SECRETS__BACKEND", setup.Class)
	t.Setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", `{"endpoint_url": "`+secrets.URL()+`"}`)
	return secrets
}

func TestCommandLine(t *testing.T) {
	airflow(t)
	for _, row := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"b", 0, "7 k\n", ""},
		{"-conn aws_default b", 0, "7 k\n", ""},
		{"-h", 0, "\nExit codes:\n", ""},
		{"-version", 0, "s3 ", ""},
		{"-conn gone b", 1, "", `"gone"`},
		{"", 2, "", "0 arguments, want one"},
		{"a b", 2, "", "2 arguments, want one"},
		{"-what b", 2, "", "-what"},
		{"-conn", 2, "", "-conn needs a value"},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, row.code, command(t.Context(), strings.Fields(row.args), os.Environ(), &stdout, &stderr), row.args)
		assert.Contains(t, stdout.String(), row.stdout, row.args)
		assert.Contains(t, stderr.String(), row.stderr, row.args)
		assert.Equal(t, row.code == 0, stderr.Len() == 0, row.args)
	}
}

func TestAtATerminal(t *testing.T) {
	secrets := airflow(t)
	ptytest.Fits(t, 0, "b")
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 2)
	ptytest.Fits(t, 1, "-conn", "gone", "b")

	secrets.ResetCalls()
	defer secrets.Inject(secretsmanagertest.Fault{Hang: true})()
	terminal := ptytest.Start(t, 80, ptytest.Command(t, "b"))
	require.Eventually(t, func() bool { return secrets.Operations("") > 0 }, 30*time.Second, time.Millisecond)
	_, err := terminal.Write([]byte{3})
	require.NoError(t, err)
	assert.Equal(t, 130, terminal.Ended(t))
}
