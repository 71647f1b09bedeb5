package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// A file that is not an export stops it before anything is created.
func TestRefusesFiles(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.json")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, cli.MaxFile+1))
	for _, row := range []struct {
		file, want string
		code       int
	}{
		{file: "testdata/printed_get.json", want: "turns the numbers and booleans of an extra into text"},
		{file: "testdata/printed_list.json", want: "holds ids and types only"},
		{file: "testdata/printed_list_values.json", want: "turns the numbers"},
		{file: "testdata/printed_variables.json", want: "airflow variables list"},
		{file: "testdata/printed_variables_values.json", want: "airflow variables list"},
		{file: "nowhere.json", want: "nowhere.json: no such file", code: 2},
		{file: file(t, "pg:\n  password: [hunter2\n"), want: "neither JSON, nor YAML"},
		{file: file(t, `{"a": {"conn_type": "http", "password": "hunter2"}, "b": {"login": "u", "password": "hunter2"}}`), want: "say -kind connections"},
		{file: file(t, `{"a": "postgres://u:hunter2@h/db", "b": "https://hunter2@h"}`), want: "every value is a URI"},
		{file: file(t, "slack=https://hooks.slack.com/hunter2\nregion=eu\n"), want: "no line is certainly a connection"},
		{file: file(t, "AIRFLOW_VAR_TOKEN=eyJhbGciOiJIUzI1NiJ9\nc2VjcmV0a2V5bWF0ZXJpYWwhunter2=\n"), want: "this looks like the rest of a value; write each value on one line"},
		{file: large, want: "large.json: larger than 64 MiB; split it", code: 2},
		{file: "postgres://u:hunter2@h/db", want: "[redacted, not a file]: no such file", code: 2},
	} {
		srv := secretsmanagertest.NewServer(t)
		var out bytes.Buffer
		args := []string{"-endpoint", srv.URL(), "-apply", file(t, `{"first": 1}`), row.file}
		assert.Equal(t, max(row.code, 1), run(t.Context(), args, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &out))
		assert.Contains(t, unwrapped(out.String()), row.want)
		assert.NotContains(t, out.String(), "hunter2")
		assert.Zero(t, srv.Operations(""), "a call was made")
	}
}

// An .env file of URIs has lost something on its way; one of JSON has not.
func TestEnvIsToldOf(t *testing.T) {
	for name, want := range map[string]bool{"testdata/connections.env": true, "testdata/connections_json.env": false, "testdata/connections.json": false} {
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"-offline", name}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &bytes.Buffer{}, &stderr)
		assert.Equal(t, want, code == 1, "one of the URIs has an extra that Airflow refuses")
		assert.Equal(t, want, strings.Contains(stderr.String(), "have lost descriptions"), name)
	}
}

// A file of environment variables becomes the secrets that Airflow looks for, and the rest
// of it is named.
func TestEnvironmentFile(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	env := file(t, "export AIRFLOW_CONN_PG_MAIN='postgres://u:hunter2@h/db'\nAIRFLOW_VAR_REGION=eu\nPGPASSWORD=hunter2\n")
	var out, stderr bytes.Buffer
	code := run(t.Context(), []string{"-endpoint", srv.URL(), "-apply", env}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &stderr)
	assert.Equal(t, 0, code)
	assert.Regexp(t, `(?m)^airflow/connections/pg_main +connection +created$`, out.String())
	assert.Contains(t, unwrapped(stderr.String()), "1 environment variable is left out, which Airflow does not read as connections or variables: PGPASSWORD\n")
	assert.NotContains(t, out.String()+stderr.String(), "hunter2")
	assert.Equal(t, "postgres://u:hunter2@h/db", stored(t, srv, "airflow/connections/pg_main"))
	assert.Equal(t, "eu", stored(t, srv, "airflow/variables/region"))
}

// Lines of ID=VALUE are connections if one of them cannot be an address.
func TestLinesAreConnections(t *testing.T) {
	for doc, certain := range map[string]bool{
		"a=postgres://h":                  true,
		"a=https://h\nb=postgres://h":     true,
		"a=//u@h":                         true,
		`a={"conn_type": "http"}`:         true,
		"a=https://h":                     false,
		"a=HTTP://h\nb=s3://bucket/key":   false,
		"a=eu\nb={\"x\": 1}":              false,
		"a='https://h'":                   false,
		"a=https://h?next=postgres://h/d": false,
	} {
		file, err := export.Read([]byte(doc))
		require.NoError(t, err, doc)
		kind, err := kindOf(file)
		if certain {
			require.NoError(t, err, doc)
			assert.Equal(t, export.Connections, kind, doc)
			continue
		}
		require.ErrorContains(t, err, "say -kind connections or -kind variables", doc)
	}
}

// What -out writes of variables is not taken for connections.
func TestVariablesComeBackAsVariables(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/variables/slack", "https://hooks.slack.com/hunter2")
	out := filepath.Join(t.TempDir(), "v.env")
	code, _, _ := leaves(t, srv, "-out", out, "-kind", "variables")
	require.Equal(t, 0, code)
	var said bytes.Buffer
	environ := []string{"AIRFLOW_HOME=" + t.TempDir()}
	assert.Equal(t, 1, run(t.Context(), []string{"-offline", out}, environ, nil, &said, &said))
	assert.Contains(t, unwrapped(said.String()), "say -kind connections or -kind variables")
	assert.NotContains(t, said.String(), "hunter2")
	assert.Equal(t, 0, run(t.Context(), []string{"-offline", "-kind", "variables", out}, environ, nil, &said, &said))
	assert.Regexp(t, `(?m)^airflow/variables/slack +variable `, said.String())
	assert.NotContains(t, unwrapped(said.String()), "have lost descriptions")
}

// Names of other variables are shown if they can be nothing else, and ten of them at most.
func TestLeftOut(t *testing.T) {
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, ",\"OTHER_%d\":\"y\"", i)
	}
	for _, row := range []struct{ name, doc, want, not string }{
		{"one", "AIRFLOW_VAR_X=1\nPGPASSWORD=hunter2", "1 environment variable is left out, which Airflow does not read as connections or variables: PGPASSWORD", ";"},
		{"many", `{"AIRFLOW_VAR_X":"1"` + many.String() + "}", "2000 environment variables are left out, which Airflow does not read as connections or variables: " +
			"OTHER_0, OTHER_1, OTHER_2, OTHER_3, OTHER_4, OTHER_5, OTHER_6, OTHER_7, OTHER_8, OTHER_9 and 1990 more", "OTHER_10"},
		{"escapes", `{"AIRFLOW_VAR_X":"1","\u001b[31mevil\u001b]0;t\u0007":"y","postgres://u:hunter2@h/d":"z"}`,
			"read as connections or variables; 2 names are not shown and may be part of a value", "evil"},
		{"one of each", `{"AIRFLOW_VAR_X":"1","HOME":"/root","not a name":"y"}`, "2 environment variables are left out, which Airflow does not " +
			"read as connections or variables: HOME; 1 name is not shown and may be part of a value", "not a name"},
		{"env_file", "services: {web: {env_file: web.env, environment: {AIRFLOW_VAR_X: a}}}", "export: 1 env_file is not read: web.env of service web; pass it as well", "variable is"},
		{"dots and hyphens", "AIRFLOW_VAR_X=1\nmy.prop=1\nJAVA-OPTS=2", "variables: my.prop, JAVA-OPTS", ";"},
		{"small letters", "AIRFLOW_VAR_X=1\nAIRFLOW_CONN_pg=postgres://u:hunter2@h/d", "variables: AIRFLOW_CONN_pg", ";"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			assert.Equal(t, 0, run(t.Context(), []string{"-offline", file(t, row.doc)}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &stderr))
			said := unwrapped(stderr.String())
			assert.Contains(t, said, row.want)
			assert.NotContains(t, said, row.not)
			for _, never := range []string{"hunter2", "\x1b", "\a"} {
				assert.NotContains(t, out.String()+said, never)
			}
		})
	}
}
