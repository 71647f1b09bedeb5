package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	os.Exit(m.Run())
}

// running is a localsecrets that runs, and what it wrote.
type running struct {
	*exec.Cmd
	url    string
	stdin  io.Closer
	rest   *bufio.Reader // of its standard output, after the URL
	stderr buffer
}

// buffer is a strings.Builder that is read while it is written.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start runs the program until it prints its URL, with a pipe as its standard input.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{Cmd: ptytest.Command(t, args...)}
	r.Stderr = &r.stderr
	stdin, err := r.StdinPipe()
	require.NoError(t, err)
	r.stdin = stdin
	r.begin(t)
	return r
}

func (r *running) begin(t *testing.T) {
	t.Helper()
	stdout, err := r.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, r.Start())
	t.Cleanup(func() { _ = r.Process.Kill(); _ = r.Wait() })
	r.rest = bufio.NewReader(stdout)
	line, err := r.rest.ReadString('\n')
	require.NoError(t, err, "no URL")
	r.url = strings.TrimSuffix(line, "\n")
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, r.url)
	r.waitFor(t, "BACKEND_KWARGS=\\\n'") // the end of what it prints at the start
}

// waitFor waits until standard error has a text.
func (r *running) waitFor(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(r.stderr.String(), text); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), "standard error never has %q", text)
	}
}

// ended waits for the end of the program and checks its exit code.
func (r *running) ended(t *testing.T, code int) {
	t.Helper()
	timer := time.AfterFunc(time.Minute, func() { _ = r.Process.Kill() })
	defer timer.Stop()
	rest, err := io.ReadAll(r.rest)
	require.NoError(t, err)
	assert.Empty(t, string(rest), "one line is all it prints to standard output")
	_ = r.Wait()
	assert.Equal(t, code, r.ProcessState.ExitCode())
	assert.Contains(t, r.stderr.String(), "export AWS_ENDPOINT_URL_SECRETS_MANAGER="+r.url+"\n")
}

// client returns a client of the AWS SDK as users make it.
func (r *running) client() *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(r.url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
		}),
	})
}

// backend returns a backend with the client.
func (r *running) backend(t *testing.T) *backend.Backend {
	t.Helper()
	b, err := backend.New(r.client(), backend.Config{})
	require.NoError(t, err)
	return b
}

func TestStops(t *testing.T) {
	for name, row := range map[string]struct {
		stop func(*running) error
		code int
	}{
		"SIGINT":                {func(r *running) error { return r.Process.Signal(os.Interrupt) }, 130},
		"SIGTERM":               {func(r *running) error { return r.Process.Signal(syscall.SIGTERM) }, 0},
		"standard input closes": {func(r *running) error { return r.stdin.Close() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			require.NoError(t, row.stop(r))
			r.ended(t, row.code)
		})
	}
}

// TestRunsOnWithoutAPipe checks that the end of standard input does not stop a program whose
// standard input is /dev/null or a file, as in the background.
func TestRunsOnWithoutAPipe(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "empty"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	for name, stdin := range map[string]io.Reader{"null": nil, "file": file} {
		t.Run(name, func(t *testing.T) {
			r := &running{Cmd: ptytest.Command(t)}
			r.Stdin, r.Stderr = stdin, &r.stderr
			r.begin(t)
			time.Sleep(200 * time.Millisecond)
			_, err := r.backend(t).GetVariable(t.Context(), "none")
			require.ErrorIs(t, err, backend.ErrNotFound)
			require.NoError(t, r.Process.Signal(syscall.SIGTERM))
			r.ended(t, 0)
		})
	}
}

// seedFile writes a seed.
func seedFile(t *testing.T, doc string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(file, []byte(doc), 0o600))
	return file
}

// What Airflow 3.3.2 exports.
const (
	exportedConnections = `{
  "pg": {
    "conn_type": "postgres",
    "description": null,
    "login": "app",
    "password": "p<&>\u00e9",
    "host": "db",
    "port": 5432,
    "schema": "orders",
    "extra": "{\"sslmode\": \"require\"}"
  },
  "old": {"conn_id": "old", "conn_type": "http", "host": "h", "extra": null}
}`
	exportedVariables = `{
    "described": {
        "description": "of the job",
        "value": {"value": [1, {}, []]}
    },
    "limits": {
        "rows": 1e3,
        "note": "<é>"
    },
    "nothing": null,
    "plain": "text"
}`
)

func TestSeeds(t *testing.T) {
	r := start(t,
		"-seed", seedFile(t, `{"my_smtp_secret": "{\"host\": \"h\"}", "airflow/variables/plain": "overwritten below"}`),
		"-seed", seedFile(t, exportedConnections),
		"-seed", seedFile(t, exportedVariables))
	b := r.backend(t)

	c, err := b.GetConnection(t.Context(), "pg")
	require.NoError(t, err)
	assert.Equal(t, "postgres app db 5432 orders p<&>é", strings.Join([]string{c.Type, c.Login, c.Host, "5432", c.Schema, c.Password.Reveal()}, " "))
	assert.Equal(t, 5432, c.Port)
	assert.Equal(t, `{"sslmode": "require"}`, c.Extra.Reveal())
	c, err = b.GetConnection(t.Context(), "old")
	require.NoError(t, err)
	assert.Equal(t, "http", c.Type, "not its conn_id")

	for key, want := range map[string]string{
		"described": "{\n  \"value\": [\n    1,\n    {},\n    []\n  ]\n}", // json.dumps(…, indent=2)
		"limits":    "{\n  \"rows\": 1000.0,\n  \"note\": \"<\\u00e9>\"\n}",
		"nothing":   "null",
		"plain":     "text",
	} {
		got, err := b.GetVariable(t.Context(), key)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	answer, err := b.Secret(t.Context(), "my_smtp_secret")
	require.NoError(t, err)
	assert.Equal(t, `{"host": "h"}`, answer.Text.Reveal())
}

func TestKindsAndPrefixes(t *testing.T) {
	for _, row := range []struct{ name, args, doc, secret, text string }{
		{"strings", "", `{"a": "x"}`, "a", "x"},
		{"strings that are variables", "-as variables", `{"a": "x"}`, "airflow/variables/a", "x"},
		{"strings that are connections", "-as connections", `{"a": "http://h"}`, "airflow/connections/a", "http://h"},
		{"connections that are variables", "-as variables", `{"a": {"conn_type": "x"}}`, "airflow/variables/a", "{\n  \"conn_type\": \"x\"\n}"},
		{"prefixes", "-variables-prefix prod/vars/ -connections-prefix prod/conns", `{"a": 1}`, "prod/vars/a", "1"},
		{"prefix of connections", "-connections-prefix prod/conns", `{"a": {"conn_type": "x"}}`, "prod/conns/a", `{"conn_type": "x"}`},
		{"the env format", "", "# mine\na=http://h?x=y\n", "airflow/connections/a", "http://h?x=y"},
		{"a value without a description", "", `{"a": {"value": 1}, "b": 2}`, "airflow/variables/a", "{\n  \"value\": 1\n}"},
		{"YAML", "", "a: {conn_type: x, extra: {k: 1}}\n", "airflow/connections/a", `{"conn_type": "x", "extra": "{\"k\": 1}"}`},
		{"an extra under its other name", "", `{"a": {"conn_type": "x", "extra_dejson": {"k": 1}}}`, "airflow/connections/a", `{"conn_type": "x", "extra": "{\"k\": 1}"}`},
		{"an extra that only Airflow 2 takes", "", `{"a": {"conn_type": "x", "extra": "k"}}`, "airflow/connections/a", `{"conn_type": "x", "extra": "k"}`},
		{"a list of one", "-as connections", `{"a": [{"conn_type": "x"}]}`, "airflow/connections/a", `{"conn_type": "x"}`},
		{"a URI in place of the fields", "-as connections", `{"a": {"uri": "x://h"}}`, "airflow/connections/a", `{"conn_type": "x", "host": "h", "schema": ""}`},
		{"an environment file", "", "export AIRFLOW_CONN_PG='pg://h'\nAIRFLOW_VAR_A=x\nB=c\n", "airflow/connections/pg", "pg://h"},
		{"an environment file with variables", "", "AIRFLOW_CONN_PG='pg://h'\nAIRFLOW_VAR_A=\"x\"\n", "airflow/variables/a", "x"},
		{"a Compose file", "", "services: {a: {environment: [AIRFLOW_VAR_A=x]}}\n", "airflow/variables/a", "x"},
		{"no prefix", "-variables-prefix=", `{"a": true}`, "a", "true"},
	} {
		t.Run(row.name, func(t *testing.T) {
			args := append(strings.Fields(row.args), "-seed", seedFile(t, row.doc))
			answer, err := start(t, args...).backend(t).Secret(t.Context(), row.secret)
			require.NoError(t, err)
			assert.Equal(t, row.text, answer.Text.Reveal())
		})
	}
}

// TestMistakes checks that each mistake gets a message that says what to do and holds no value.
func TestMistakes(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.json")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, cli.MaxFile+1))
	for _, row := range []struct {
		args, doc string
		code      int
		want      string
	}{
		{args: "-seed", doc: `{"a": hunter2}`, code: 1, want: "seed.json: not JSON, byte 6"},
		{args: "-seed", doc: `["hunter2"]`, code: 1, want: "seed.json: not a JSON object"},
		{args: "-as secrets -seed", doc: `{"a": {"hunter2": 1}}`, code: 1, want: `seed.json: "a": the text of a secret is a string`},
		{args: "-as secrets -seed", doc: `{"a": {"conn_type": "hunter2"}}`, code: 1, want: `seed.json: "a": it is a connection, but -as secrets takes names and texts`},
		{args: "-seed", doc: `{"b": "hunter2", "a": {"conn_type": "hunter2"}}`, code: 1, want: `seed.json: "a": it is a connection, among strings: put the connections in a file of their own`},
		{args: "-seed", doc: `{"b": 5, "a": {"conn_type": "hunter2"}}`, code: 1, want: `seed.json: "a": it is a connection, among values that are not:`},
		{args: "-as connections -seed", doc: `{"a": 5}`, code: 1, want: `seed.json: "a": neither text nor an object; a connection is a URI`},
		{args: "-seed", doc: `{"a": {"conn_type": "x", "uri": "x://u:hunter2@h"}}`, code: 1, want: `seed.json: "a": uri: the object has other fields as well`},
		{args: "-as connections -seed", doc: `{"a": [{"conn_type": "x"}, {"conn_type": "hunter2"}]}`, code: 1, want: `seed.json: "a": a list of 2 values`},
		{args: "-seed", doc: `{"postgres://u:hunter2@h/d": {"conn_type": "x", "port": "y"}}`, code: 1, want: "seed.json: entry 1: AWS forbids the name of the secret: write up to 512 letters"},
		{args: "-as connections -seed", doc: `{"postgres://u:hunter2@h/d": [1]}`, code: 1, want: "seed.json: entry 1: AWS forbids"},
		{args: "-as secrets -seed", doc: `{"a": "x", "postgres://u:hunter2@h/d": [1]}`, code: 1, want: "seed.json: entry 2: AWS forbids"},
		{args: "-as secrets -seed", doc: `{"mysecretpw hunter2 foo": "x"}`, code: 1, want: "seed.json: entry 1: AWS forbids"},
		{args: "-seed", doc: `{"b": 5, "u:hunter2@h d": {"conn_type": "x"}}`, code: 1, want: "seed.json: entry 2: it is a connection, among values that are not:"},
		{args: "-seed", doc: `{"` + strings.Repeat("n", 513) + `": "hunter2"}`, code: 1, want: "seed.json: entry 1: AWS forbids"},
		{args: "-seed", doc: `{"": "hunter2"}`, code: 1, want: "empty"},
		{args: "-seed " + large, code: 1, want: "larger than 64 MiB; split it"},
		{args: "-seed", doc: "AIRFLOW_CONN_A=http://$HUNTER2@h\n", code: 1, want: `seed.json: "a": a shell or Compose would expand the $ in it`},
		{args: "-seed nowhere.json", code: 1, want: "-seed: open nowhere.json"},
		{args: "-addr localhost:x", code: 2, want: "-addr: want HOST:PORT"},
		{args: "-addr 127.0.0.1", code: 2, want: "-addr: want HOST:PORT"},
		{args: "-addr 127.0.0.1:65536", code: 2, want: "-addr: want HOST:PORT"},
		{args: "-addr :0", code: 2, want: "-addr: want a loopback address"},
		{args: "-addr 0.0.0.0:0", code: 2, want: "with -unsafe-public any address"},
		{args: "-addr example.com:0", code: 2, want: "with -unsafe-public any address"},
		{args: "-addr 192.0.2.1:1 -unsafe-public", code: 1, want: "-addr: listen tcp 192.0.2.1:1"},
		{args: "-region Frankfurt", code: 2, want: "-region: want a region of AWS, such as eu-west-1"},
		{args: "-account 1", code: 2, want: "-account: want 12 digits"},
		{args: "-state .", code: 1, want: "-state .: the path is not a regular file"},
		{args: "-state", doc: `{"Secrets": "hunter2"}`, code: 1, want: "the file is not a saved state"},
		{args: "-as hunter", code: 2, want: "-as: want secrets, connections or variables"},
		{args: "seed.json", code: 2, want: "1 argument too many; a file of secrets is given with -seed"},
		{args: "seed.json -seed", code: 2, want: "2 arguments too many"},
		{args: "-what", code: 2, want: "-what is not a flag; localsecrets -h shows the usage"},
		{args: "-log=hunter2", code: 2, want: "-log: want true or false"},
		{args: "-seed postgres://u:hunter2@h", code: 2, want: "-seed: want the name of a file, not a URL"},
		{args: "-state postgres://u:hunter2@h", code: 2, want: "-state: want the name of a file, not a URL"},
	} {
		t.Run(row.args+" "+row.want, func(t *testing.T) {
			args := strings.Fields(row.args)
			if row.doc != "" {
				args = append(args, seedFile(t, row.doc))
			}
			stdout, stderr, code := ends(t, args...)
			assert.Equal(t, row.code, code)
			assert.Empty(t, stdout)
			assert.Contains(t, strings.Join(strings.Fields(stderr), " "), row.want)
			assert.NotContains(t, stderr, "hunter2")
		})
	}
}

// ends runs the program to its end.
func ends(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, complaints strings.Builder
	cmd := ptytest.Command(t, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Start())
	stuck := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() }) // it serves, but should not
	_ = cmd.Wait()
	stuck.Stop()
	return out.String(), complaints.String(), cmd.ProcessState.ExitCode()
}

func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	stdout, stderr, code := ends(t, "-h")
	assert.Equal(t, 0, code)
	assert.Empty(t, stderr)
	for _, part := range []string{"Localsecrets serves", "\nUsage:\n", "\nFlags:\n", "\nExamples:\n", "\nExit codes:\n", "(default us-east-1)"} {
		assert.Contains(t, stdout, part)
	}
	for line := range strings.Lines(stdout) {
		assert.LessOrEqual(t, len(line), 81, line)
	}
	stdout, _, code = ends(t, "-version")
	assert.Equal(t, 0, code)
	assert.Regexp(t, `^localsecrets \S+\n$`, stdout)
}
