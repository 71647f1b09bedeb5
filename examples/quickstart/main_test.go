package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, want := range []string{
		"postgres app:[redacted]@db.example.com:5432/orders", "postgres report:[redacted]@rds.example.com:5432/reports", "mailer:[redacted]@smtp.example.com:587/", `"production"`, "{Rows:10000 Retries:3}",
		"nothing: skipped by the lookup pattern", "nothing: no such secret", `ask for "mysql"`,
	} {
		assert.Contains(t, out.String(), want)
	}
	for _, sample := range samples {
		assert.Contains(t, out.String(), sample.id)
	}
	for _, secret := range []string{"s3cr", "pa$$", "secret/key", "service_account", "m@il", "p@ss", "ab12345", "token"} {
		assert.NotContains(t, out.String(), secret)
	}
}

func TestRunAWS(t *testing.T) {
	for _, pair := range os.Environ() { // what the machine has for AWS
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	srv := secretsmanagertest.NewServer(t)
	srv.Set("prod/conns/pg", "postgres://app:s3cr@db.example.com/orders")
	environ := []string{
		"HOME=" + t.TempDir(), "AIRFLOW__SECRETS__BACKEND=" + setup.Class,
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": "prod/conns", "region_name": "eu-west-1", "connection_prefix": "x",
			"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "EXAMPLE", "endpoint_url": "` + srv.URL() + `"}`,
	}
	var out bytes.Buffer
	err := runAWS(t.Context(), &out, environ, []string{"pg", "gone"})
	require.ErrorIs(t, err, backend.ErrNotFound)
	assert.Contains(t, out.String(), "postgres app:[redacted]@db.example.com/orders")
	assert.Contains(t, out.String(), "warning: ")
	assert.NotContains(t, out.String(), "s3cr")

	require.ErrorIs(t, runAWS(t.Context(), &out, environ[:1], nil), setup.ErrNoBackend)
}

// Each program is in examples/README.md with its command, and each tool with the command that
// installs it.
func TestExamplesReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	readme := string(text)
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(mod), "\n")
	module := strings.TrimPrefix(first, "module ")

	programs, err := filepath.Glob("../*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, programs)
	tools, examples, found := strings.Cut(readme, "\n## Examples\n")
	require.True(t, found)
	for _, path := range programs {
		name := filepath.Base(filepath.Dir(path))
		link := "| [" + name + "](" + name + "/main.go) | "
		assert.Equal(t, 1, strings.Count(readme, link), "a line for %s, with its link", name)
		command := "go run ./examples/" + name
		if _, err := os.Stat("../" + name + "/go.mod"); err == nil {
			command = "go run -C examples/" + name + " ."
		}
		assert.Contains(t, readme, "| `"+command, "the command of %s", name)
		install := "go install " + module + "/examples/" + name + "@latest\n"
		assert.Equal(t, strings.Contains(tools, link), strings.Contains(tools, install), "tools are installed: %s", name)
		assert.NotContains(t, examples, install)
	}
	assert.Equal(t, len(programs), strings.Count(readme, "/main.go)"), "a line for a program that is not there")
}
