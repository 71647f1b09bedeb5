package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// leaves runs migrate -out and returns what is said on both outputs.
func leaves(t *testing.T, srv *secretsmanagertest.Server, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"-endpoint", srv.URL()}, args...), []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &errs)
	return code, out.String(), unwrapped(errs.String())
}

// What was migrated comes out as Airflow exported it: the same bytes.
func TestLeave(t *testing.T) {
	srv := migrated(t)
	for _, row := range []struct{ kind, file, refused string }{
		{"connections", "connections.json", "slash/in/it"},
		{"variables", "variables.json", ""},
	} {
		out := filepath.Join(t.TempDir(), row.file)
		code, stdout, stderr := leaves(t, srv, "-out", out, "-kind", row.kind)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, " "+row.kind+" to "+out)
		assert.Equal(t, row.refused != "", code == 1, stderr)
		assert.Contains(t, stderr, row.refused)
		got := read(t, out)
		again := secretsmanagertest.NewServer(t)
		code, said := migrate(t, again, "-apply", "-kind", row.kind, out)
		assert.Equal(t, 0, code)
		assert.NotContains(t, said, "refused")
		code, stdout, _ = leaves(t, again, "-out", "-", "-kind", row.kind)
		assert.Equal(t, 0, code)
		assert.True(t, string(got) == stdout, "the second round differs")
		info, err := os.Stat(out)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func TestLeaveFormats(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/pg", "postgres://u:s3cret@h:5432/db")
	srv.Set("airflow/connections/broken", "postgres://u:hunter2@h:port")
	srv.Set("airflow/variables/a", "1")
	srv.Set("elsewhere", "hunter2")
	pgJSON := "{\n  \"pg\": {\n    \"conn_type\": \"postgres\",\n    \"description\": null,\n    \"login\": \"u\",\n    \"password\": \"s3cret\",\n    \"host\": \"h\"," +
		"\n    \"port\": 5432,\n    \"schema\": \"db\",\n    \"extra\": null\n  }\n}"
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"-out - -kind connections", 1, pgJSON},
		{"-out - -kind connections -format env", 1, "pg=postgres://u:s3cret@h:5432/db\n"},
		{"-out - -kind variables -format env", 0, "a=1\n"},
		{"-out - -kind variables -format yaml", 0, "\"a\": \"1\"\n"},
		{"-out - -kind variables", 0, "{\n    \"a\": 1\n}"},
		{"-out - -kind variables -variables-prefix nothing", 0, "{}"},
	} {
		code, stdout, stderr := leaves(t, srv, strings.Fields(row.args)...)
		assert.Equal(t, row.code, code, row.args)
		assert.True(t, row.want == stdout, "%s: another document", row.args)
		assert.Equal(t, row.code == 1, strings.Contains(stderr, "refused: broken: "), stderr)
		assert.NotContains(t, stderr, "hunter2")
		assert.NotContains(t, stderr, "s3cret")
	}
}

// A batch that is denied is read one secret at a time; a list that fails ends it, and leaves
// no file.
func TestLeaveAnswers(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault secretsmanagertest.Fault
		code  int
		want  string
	}{
		{"batches denied", denied("BatchGetSecretValue"), 0, "wrote 1 connection to"},
		{"reading denied", denied("GetSecretValue"), 1, "wrote 0 connections to"},
		{"listing denied", denied("ListSecrets"), 1, "the secrets cannot be listed"},
		{"no answer", secretsmanagertest.Fault{Drop: true}, 1, "migrate: the secrets cannot be listed: AWS cannot be reached"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			srv.Set(pgName, another)
			if row.name == "reading denied" {
				srv.Inject(denied("BatchGetSecretValue"))
			}
			srv.Inject(row.fault)
			out := filepath.Join(t.TempDir(), "c.json")
			code, _, stderr := leaves(t, srv, "-out", out, "-kind", "connections")
			assert.Equal(t, row.code, code)
			assert.Contains(t, stderr, row.want)
			assert.NotContains(t, stderr, "hunter2")
			assert.NotContains(t, stderr, `""`, "a list has no id")
			_, err := os.Stat(out)
			assert.Equal(t, strings.HasPrefix(row.want, "wrote"), err == nil, "whether there is a file")
		})
	}
}

func TestLeaveOverwritesNothing(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	there := file(t, "mine")
	code, _, stderr := leaves(t, srv, "-out", there, "-format", "json", "-kind", "variables")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "-out: "+there+": the file exists")
	assert.Equal(t, "mine", string(read(t, there)))
	assert.Zero(t, srv.Operations(""), "a call was made")
	nowhere := filepath.Join(t.TempDir(), "no", "x.json")
	code, _, stderr = leaves(t, srv, "-out", nowhere, "-kind", "variables")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "-out: "+nowhere+": no such file or directory")
}

func TestLeaveObeysItsContext(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	code := run(ctx, []string{"-endpoint", srv.URL(), "-out", "-", "-kind", "variables"}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &out)
	assert.Equal(t, 130, code)
}

// What a lookup would not ask for is left out, and said.
func TestLeaveSkips(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/variables/a", "1")
	srv.Set("airflow/variables/b", "2")
	code, stdout, stderr := leaves(t, srv, "-out", "-", "-kind", "variables", "-kwargs", `{"variables_lookup_pattern":"^a"}`)
	assert.Equal(t, 0, code)
	assert.Equal(t, "{\n    \"a\": 1\n}", stdout)
	assert.Contains(t, stderr, "1 secret is left out, since a lookup would not ask for the id")
}

// A text without a conn_type is not a connection, and what is written is checked as well.
func TestLeaveNotes(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/connections/stray", "hunter2 not a uri")
	srv.Set("airflow/connections/bare", "//u:s3cret@h")
	srv.Set("airflow/connections/rds", `{"conn_type": "aurora_mysql", "password": "s3cret"}`)
	code, stdout, stderr := leaves(t, srv, "-out", "-", "-kind", "connections")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "refused: stray: the text has no conn_type before ://")
	assert.Contains(t, stderr, "note: bare: conn_type: it is missing")
	assert.Contains(t, stderr, "note: rds: conn_type: it is the name of an RDS engine")
	assert.Contains(t, stderr, "wrote 2 connections to standard output")
	assert.NotContains(t, stdout, "unter2")
	assert.NotContains(t, stderr, "unter2")
	assert.NotContains(t, stderr, "s3cret")
}
