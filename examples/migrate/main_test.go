package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

const (
	pg      = `{"pg": {"conn_type": "postgres", "description": "of orders", "login": "app", "password": "hunter2", "host": "db", "port": 5432, "schema": null, "extra": null}}`
	pgName  = "airflow/connections/pg"
	pgText  = `{"conn_type": "postgres", "login": "app", "password": "hunter2", "host": "db", "port": 5432}`
	pgURI   = "postgres://app:hunter2@db:5432"
	another = "postgres://other:hunter2@elsewhere"
)

// file writes a file to migrate.
func file(t *testing.T, doc string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "export")
	require.NoError(t, os.WriteFile(name, []byte(doc), 0o600))
	return name
}

// unwrapped joins the lines of messages that were too long for one.
func unwrapped(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n      ", " "), "\n  ", " ")
}

// stored is the text of a secret.
func stored(t *testing.T, srv *secretsmanagertest.Server, name string) string {
	t.Helper()
	out, err := srv.Client().GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	require.NoError(t, err)
	return *out.SecretString
}

func TestDryRunChangesNothing(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	code, out := migrate(t, srv, file(t, pg))
	assert.Equal(t, 0, code)
	assert.Regexp(t, `(?m)^airflow/connections/pg +connection  create$`, out)
	assert.Contains(t, out, "1 to create. Nothing was changed")
	assert.NotContains(t, out, "hunter2")
	assert.Zero(t, srv.Operations("CreateSecret"))
	assert.Equal(t, 1, srv.Operations(""), "one call for one secret")
}

func TestApply(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	code, out := migrate(t, srv, "-apply", "-kms-key-id", "alias/mine", file(t, pg))
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "description: kept as that of the secret")
	assert.Equal(t, 1, srv.Operations(""), "one call for one secret")
	assert.Equal(t, pgText, stored(t, srv, pgName))
	name := pgName
	described, err := srv.Client().DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &name})
	require.NoError(t, err)
	assert.Equal(t, "of orders", *described.Description)
	assert.Equal(t, "alias/mine", *described.KmsKeyId)

	// A second time there is nothing to do.
	code, out = migrate(t, srv, "-apply", file(t, pg))
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "there already")
}

func TestNeverOverwrites(t *testing.T) {
	for name, row := range map[string]struct{ there, want string }{
		"the same text":       {pgText, "  there already\n"},
		"the same connection": {pgURI, "in other words that read as the same connection"},
		"another":             {another, "  differs\n    in host, port, login, which is left alone\n"},
		"unreadable":          {"postgres://h:hunter2", "  differs\n    Airflow reads no connection from the secret, which is left alone\n"},
		"not a connection":    {"hunter2", "  differs\n    in conn_type, host, port, login, password, schema, which is left alone\n"},
	} {
		for _, args := range [][]string{nil, {"-apply"}} {
			t.Run(strings.Join(append(args, name), " "), func(t *testing.T) {
				srv := secretsmanagertest.NewServer(t)
				srv.Set(pgName, row.there)
				code, out := migrate(t, srv, append(args, file(t, pg))...)
				assert.Equal(t, 0, code)
				assert.Contains(t, out, row.want)
				assert.NotContains(t, out, "hunter2")
				assert.True(t, row.there == stored(t, srv, pgName), "it was overwritten")
			})
		}
	}
}

func TestBinaryIsLeftAlone(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.SetBinary(pgName, []byte("hunter2"))
	code, out := migrate(t, srv, "-apply", file(t, pg))
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "  exists\n")
}

// What AWS answers, and what becomes of it.
func TestAnswers(t *testing.T) {
	for _, row := range []struct {
		name, args string
		fault      secretsmanagertest.Fault
		there      bool
		code       int
		want       string
	}{
		{name: "may be described, absent", fault: denied("GetSecretValue"), want: "  create\n"},
		{name: "may be described, there", fault: denied("GetSecretValue"), there: true, want: "a text that may not be read"},
		{name: "nothing is allowed", fault: denied(""), want: "  cannot tell\n"},
		{name: "may not create", args: "-apply", fault: denied("CreateSecret"), code: 1, want: "AWS answers AccessDeniedException: allow secretsmanager:CreateSecret"},
		{name: "exists and may not be read", args: "-apply", fault: denied("GetSecretValue"), there: true, want: "a text that may not be read"},
		{name: "an unknown answer", args: "-apply", fault: secretsmanagertest.Fault{Operation: "CreateSecret", Code: "OddException", Message: "hunter2"}, code: 1, want: "AWS answers OddException\n"},
		{name: "a full account", args: "-apply", fault: secretsmanagertest.Fault{Operation: "CreateSecret", Code: "LimitExceededException"}, code: 1, want: "as many secrets as it may have"},
		{name: "no answer", args: "-apply", fault: secretsmanagertest.Fault{Drop: true}, code: 1, want: "no answer from Secrets Manager"},
		{name: "no answer to a reader", fault: secretsmanagertest.Fault{Drop: true}, code: 1, want: "  failed\n"},
		{name: "gone in between", args: "-apply", fault: secretsmanagertest.Fault{Operation: "CreateSecret", Code: "ResourceExistsException"}, code: 1, want: "a moment ago"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			if row.there {
				srv.Set(pgName, another)
			}
			srv.Inject(row.fault)
			code, out := migrate(t, srv, append(strings.Fields(row.args), file(t, pg))...)
			assert.Equal(t, row.code, code)
			assert.Contains(t, out, row.want)
			assert.NotContains(t, out, "hunter2")
		})
	}
}

func denied(operation string) secretsmanagertest.Fault {
	return secretsmanagertest.Fault{Operation: operation, Code: "AccessDeniedException", Message: "User hunter2 is not authorized"}
}

func TestMarkedForDeletion(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set(pgName, another)
	name := pgName
	_, err := srv.Client().DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &name})
	require.NoError(t, err)
	for _, args := range [][]string{nil, {"-apply"}} {
		code, out := migrate(t, srv, append(args, file(t, pg))...)
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "marked for deletion")
	}
}

// Where AWS cannot be reached one failure is enough.
func TestStopsWhenUnreachable(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Drop: true})
	for _, args := range [][]string{nil, {"-apply"}} {
		code, out := migrate(t, srv, append(args, file(t, `{"a": 1, "b": 2, "c": 3}`))...)
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "1 failed, 2 not tried")
	}
}

func TestObeysItsContext(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Inject(secretsmanagertest.Fault{Hang: true})
	for _, apply := range []string{"-apply=false", "-apply"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, stderr bytes.Buffer
		code := run(ctx, []string{"-endpoint", srv.URL(), apply, file(t, pg)}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &stderr)
		assert.Equal(t, 130, code)
		assert.Contains(t, out.String(), "1 failed")
		assert.Equal(t, apply == "-apply", strings.Contains(out.String(), "interrupted; it may have been created"))
	}
}

// What cannot be stored is refused before any call; the rest is stored.
func TestRefusesEntries(t *testing.T) {
	huge := strings.Repeat("x", maxText+1)
	for _, row := range []struct{ name, args, doc, want string }{
		{"a name AWS forbids", "", `{"a b": "hunter2"}`, "AWS forbids the name"},
		{"a URI for an id", "", `{"pg://u:hunter2@h": "x"}`, "[redacted, not an id]"},
		{"an empty id", "-variables-prefix=", `{"": "hunter2"}`, "the id is empty"},
		{"an empty id under a prefix", "", `{"": {"conn_type": "http", "host": "hunter2"}}`, "the id is empty"},
		{"a long name", "", `{"` + strings.Repeat("a", 513) + `": "hunter2"}`, "AWS forbids the name"},
		{"an empty text", "", `{"a": ""}`, "AWS keeps no empty secret"},
		{"a long text", "", `{"a": "` + huge + `"}`, "65537 bytes, AWS takes 65536"},
		{"an ARN for a prefix", "-variables-prefix arn:aws:secretsmanager:us-east-1:123456789012:secret:x", `{"a": "hunter2"}`, "the prefix is an ARN"},
		{"a host in capitals, as a URI", "-as uri", `{"a": {"conn_type": "http", "host": "HUNTER2.example", "password": "hunter2"}}`, "another host"},
		{"a port beyond TCP", "-as uri", `{"a": {"conn_type": "http", "host": "h", "port": 70000}}`, "it would be refused by Airflow"},
		{"a type that is not a scheme", "-as uri", `{"a": {"conn_type": "a b", "host": "h", "password": "hunter2"}}`, "another conn_type, host, password, schema"},
		{"a URI without a type", "-kind connections", `{"a": "hunter2"}`, "the URI has no conn_type"},
		{"an extra that is not an object", "", `{"a": {"conn_type": "http", "extra": "hunter2"}}`, "extra: not a JSON object, which Airflow 3 refuses"},
		{"a variable that Compose expands", "", "services: {a: {environment: {AIRFLOW_VAR_A: $HUNTER2}}}", "Compose would expand the $ in it"},
		{"an empty variable", "", "AIRFLOW_CONN_A=\n", "it is empty"},
		{"a date in YAML", "-kind variables", "a: 2024-01-01\n", "as a date: put it in quotes"},
		{"a broken connection", "", `{"a": {"conn_type": "http", "password": 5}}`, "password: not text; put it in quotes"},
		{"extra_conn_words that take another field", `-kwargs {"extra_conn_words":{"login":["conn_type"]}}`, `{"a": {"conn_type": "hunter2", "login": "u"}}`, "another login"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			code, out := migrate(t, srv, append(strings.Fields(row.args), "-apply", file(t, row.doc))...)
			assert.Equal(t, 1, code)
			assert.Contains(t, out, "  refused\n")
			assert.Contains(t, out, row.want)
			assert.NotContains(t, out, "hunter2")
			assert.Zero(t, srv.Operations(""), "a call was made")
		})
	}
	srv := secretsmanagertest.NewServer(t)
	code, out := migrate(t, srv, "-apply", file(t, `{"a b": "x", "c": "y"}`))
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "1 refused, 1 created")
	assert.Equal(t, "y", stored(t, srv, "airflow/variables/c"))
}

// What is stored and may surprise.
func TestNotes(t *testing.T) {
	for _, row := range []struct{ name, args, doc, want string }{
		{"pattern", `-kwargs {"connections_lookup_pattern":"^prod"}`, pg, "nobody would read it: the lookup pattern does not match"},
		{"teams", "", `{"red--x": "v"}`, "nobody would read it: the id contains"},
		{"lint", "", `{"a": {"conn_type": "aurora_mysql", "password": " hunter2 "}}`, "password: white space"},
		{"lint of RDS", "", `{"a": {"conn_type": "aurora_mysql"}}`, "conn_type: it is the name of an RDS engine"},
		{"lint of a hook", "", `{"a": {"conn_type": "redis", "password": "hunter2", "extra": "{\"ssl\": \"false\"}"}}`, "extra: ssl is text, and every text"},
		{"lint of a hook, of a URI", "-kind connections", "a=https://u:hunter2@h", "conn_type: it does not choose the protocol"},
		{"no type, as Airflow exports it", "", "a=//u:hunter2@h", "conn_type: it is missing"},
		{"lint of a URI", "", "a=postgres+psycopg2://h", "conn_type: Airflow knows no driver"},
		{"another type", "", `{"a": {"conn_type": "postgresql"}}`, "Airflow reads it back with postgres"},
		{"a value alone", "", `{"a": {"value": 5}, "b": 1}`, "is stored whole"},
		{"a long description", "", `{"a": {"value": 5, "description": "` + strings.Repeat("d", 2049) + `"}}`, "description: lost"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			var out, stderr bytes.Buffer
			args := append(strings.Fields(row.args), "-endpoint", srv.URL(), "-apply", file(t, row.doc))
			environ := []string{"AIRFLOW_HOME=" + t.TempDir(), "AIRFLOW__CORE__MULTI_TEAM=True"}
			assert.Equal(t, 0, run(t.Context(), args, environ, nil, &out, &stderr))
			assert.Contains(t, out.String(), row.want)
			assert.Contains(t, out.String(), " created")
			assert.NotContains(t, out.String()+stderr.String(), "hunter2")
		})
	}
}

// Names come from Airflow's own configuration, or from the flags.
func TestNames(t *testing.T) {
	environ := []string{"AIRFLOW__SECRETS__BACKEND=airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": "prod/conns/", "variables_prefix": null, "sep": "-", "connection_prefix": "x"}`}
	for _, row := range []struct {
		name, args, doc string
		code            int
		want            string
	}{
		{"of the environment", "", pg, 0, "prod/conns/-pg "},
		{"of kwargs", `-kwargs {"connections_prefix":"p"}`, pg, 0, "p/pg "},
		{"of a flag", "-connections-prefix q/", pg, 0, "q/-pg "},
		{"of a flag that is empty", "-connections-prefix=", pg, 0, "pg "},
		{"disabled", "", `{"a": 1}`, 1, "the prefix of variables is null"},
		{"disabled, and a flag", "-variables-prefix v", `{"a": 1}`, 0, "v-a "},
		{"bad kwargs", "-kwargs [1]", pg, 2, "not an object"},
		{"no kwargs", "-kwargs @nowhere", pg, 2, "nowhere"},
		{"bad pattern", `-kwargs {"variables_lookup_pattern":"("}`, pg, 2, "the lookup pattern of variables"},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			var out bytes.Buffer
			args := append(strings.Fields(row.args), "-endpoint", srv.URL(), file(t, row.doc))
			environ := append(environ, "AIRFLOW_HOME="+t.TempDir())
			assert.Equal(t, row.code, run(t.Context(), args, environ, nil, &out, &out))
			assert.Contains(t, out.String(), row.want)
			if row.args == "" {
				assert.Contains(t, out.String(), "warning: ", "connection_prefix is misspelt")
			}
		})
	}
}

func TestKindAndTwice(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	connections := file(t, pg)
	code, out := migrate(t, srv, "-kind", "variables", connections, connections)
	assert.Equal(t, 1, code)
	assert.Regexp(t, `airflow/variables/pg +variable  create\n`, out)
	assert.Contains(t, out, "another one has the same name")
}

func TestStandardInputJSONAndOffline(t *testing.T) {
	var out bytes.Buffer
	code := run(t.Context(), []string{"-offline", "-json", "-"}, []string{"AIRFLOW_HOME=" + t.TempDir()}, strings.NewReader(pg), &out, &bytes.Buffer{})
	assert.Equal(t, 0, code)
	assert.NotContains(t, out.String(), "hunter2")
	var rows []map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &rows))
	assert.Equal(t, []map[string]any{{"file": "-", "kind": "connection", "id": "pg", "name": pgName, "action": "create if absent",
		"notes": []any{
			"extra: sslmode is missing, which means prefer: anyone on the network path can turn TLS off; write sslmode=verify-full and sslrootcert in the extra",
			"description: kept as that of the secret, Airflow does not read it back",
		}}}, rows)
}

func TestDemo(t *testing.T) {
	var out bytes.Buffer
	assert.Equal(t, 0, run(t.Context(), []string{"-demo", "-apply", file(t, pg)}, []string{"AIRFLOW_HOME=" + t.TempDir()}, nil, &out, &bytes.Buffer{}))
	assert.Contains(t, out.String(), "1 created")
}
