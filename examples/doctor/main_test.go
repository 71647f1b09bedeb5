package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// call runs the program.
func call(t *testing.T, environ []string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, environ, strings.NewReader(stdin), &out, &errs)
	for _, text := range []string{out.String(), errs.String()} {
		assert.False(t, strings.Contains(strings.ToLower(text), "hunter2"), "a secret is shown")
	}
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	s := set(t)
	t.Setenv("COLUMNS", "160")
	sts := httptest.NewServer(s.sts)
	t.Cleanup(sts.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	delete(s.kwargs, "service_config")
	doc, err := json.Marshal(s.kwargs)
	require.NoError(t, err)
	environ := []string{"AIRFLOW_CONFIG=", "AIRFLOW_ENV_NAME=prod", "AIRFLOW__SECRETS__BACKEND=" + setup.Class, "AIRFLOW__SECRETS__BACKEND_KWARGS=" + string(doc)}

	code, out, errs := call(t, environ, "", "-id", "-begins-with-a-hyphen", "pg")
	assert.Equal(t, 1, code, "no such secret")
	assert.Contains(t, out, "14 ok, 0 warnings, 1 failed (ids), 2 skipped\n", "the summary names what failed")
	assert.Empty(t, errs)
	code, out, errs = call(t, environ, "", "-provider", "9.39.0", "-id", "smtp", "pg", "connection:pg", "variable:environment")
	assert.Equal(t, 0, code, out)
	assert.Empty(t, errs)
	for _, want := range []string{
		"principal arn:aws:iam::123456789012:user/airflow", "account   123456789012", "region    eu-west-1", "endpoint  " + s.srv.URL() + " at 127.0.0.1 (this machine:",
		"This report shows what this principal sees from this network.", "looks like an MWAA environment:", "ok       GetSecretValue  allowed for 3 ids",
		"16 ok, 0 warnings, 0 failed, 1 skipped\n6 calls to Secrets Manager: 3 GetSecretValue, 3 ListSecrets ($0.000030)\n",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\x1b", "no colors in a file")

	code, out, _ = call(t, environ, "", "-json", "gone")
	assert.Equal(t, 1, code)
	var got struct {
		Caller map[string]any
		Checks []struct {
			Name, Status, Seen, Do string
			Findings               []map[string]string
		}
		Calls int
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&got))
	require.Len(t, got.Checks, len(order))
	for i, c := range got.Checks {
		assert.Equal(t, order[i], c.Name)
		assert.Contains(t, []string{"ok", "warning", "failed", "skipped"}, c.Status)
	}
	assert.Equal(t, map[string]any{
		"principal": "arn:aws:iam::123456789012:user/airflow", "account": "123456789012", "assumed_role": false, "region": "eu-west-1",
		"endpoint": s.srv.URL(), "addresses": []any{"127.0.0.1"}, "route": "loopback", "mwaa": true,
	}, got.Caller)
	assert.Equal(t, 4, got.Calls)

	mwaaDoc, err := json.Marshal(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": string(doc)})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "kwargs.json")
	require.NoError(t, os.WriteFile(file, doc, 0o600))
	for _, test := range []struct {
		stdin string
		args  []string
		from  string
	}{
		{string(mwaaDoc), []string{"-mwaa", "-", "pg"}, ""},
		{"", []string{"-kwargs", string(doc), "pg"}, "-kwargs"},
		{"", []string{"-kwargs", file, "pg"}, file},
		{"", []string{"-kwargs", "@" + file, "pg"}, file},
		{string(doc), []string{"-kwargs", "-", "pg"}, "standard input"},
		{"", []string{"-kind", "variable", "-kwargs", string(doc), "environment"}, "-kwargs"},
	} {
		code, out, errs = call(t, nil, test.stdin, test.args...)
		assert.Equal(t, 0, code, "%v: %s%s", test.args[0], out, errs)
		assert.Contains(t, out, "ok       configuration   "+test.from)
	}
	worker := []string{"AIRFLOW_CONFIG=", "AIRFLOW__WORKERS__SECRETS_BACKEND=" + setup.Class, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS=" + string(doc)}
	for _, test := range []struct {
		code int
		args []string
	}{{0, []string{"-worker", "pg"}}, {1, []string{"pg"}}} {
		code, out, _ = call(t, worker, "", test.args...)
		assert.Equal(t, test.code, code, out)
	}
	code, out, _ = call(t, append(environ, "AIRFLOW__SECRETS__KWARGS=hunter2"), "", "gone", "lost")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "1 warning (configuration), 1 failed (ids)")
	assert.NotContains(t, out, "static", "it runs in the environment already")

	code, out, _ = call(t, []string{"AIRFLOW_CONFIG="}, "")
	assert.Contains(t, out, "CGO_ENABLED=0 go build ./examples/doctor")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "no secrets backend is configured")
	assert.Contains(t, out, "\nno calls to Secrets Manager\n")
}

func TestUsage(t *testing.T) {
	large := filepath.Join(t.TempDir(), "hunter2")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, cli.MaxFile+1))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-what"}, "doctor: -what is not a flag; doctor -h shows the usage"},
		{[]string{"-kind", "hunter2", "pg"}, "-kind must be connection, variable or config"},
		{[]string{"-kind", "variable"}, "-kind is for IDs"},
		{[]string{"-provider", "hunter2"}, "-provider: write a version of up to three numbers"},
		{[]string{"-provider", "1.2.3.4"}, "-provider: write a version of up to three numbers"},
		{[]string{"-timeout", "hunter2"}, "-timeout: want a duration, such as 30s"},
		{[]string{"-timeout", "0s"}, "-timeout must be more than 0s"},
		{[]string{"-timeout", "-1s"}, "-timeout must be more than 0s"},
		{[]string{"-json=hunter2"}, "-json: want true or false"},
		{[]string{"-demo", "pg"}, "-demo brings its own connections"},
		{[]string{"-demo", "-id", "pg"}, "-demo brings its own connections"},
		{[]string{"-demo", "-json"}, "-json has no effect on -demo without -upgrade"},
		{[]string{"-demo", "-all"}, "-all has no effect on -demo without -upgrade"},
		{[]string{"-demo", "-timeout", "1m"}, "-timeout has no effect on -demo without -upgrade"},
		{[]string{"-demo", "-kwargs", "{}"}, "-kwargs has no effect on -demo without -upgrade"},
		{[]string{"-demo", "-upgrade", "2.10.3:3.0.6", "-mwaa", "-"}, "-mwaa has no effect on -demo; leave it out"},
		{[]string{"-demo", "-upgrade", "2.10.3:3.0.6", "-file", "-"}, "-file has no effect on -demo; leave it out"},
		{[]string{"-kwargs", "{}", "-mwaa", "-"}, "-kwargs and -mwaa: give only one of them"},
		{[]string{"-kwargs", "{}", "-worker"}, "-worker is for the configuration of this machine"},
		{[]string{"-upgrade", "2.10.3:3.0.6", "-kwargs", "-", "-file", "-"}, "-file and -kwargs: only one of them can be standard input"},
		{[]string{"-kwargs", "@/nowhere/hunter2"}, "-kwargs: the file cannot be read: no such file or directory"},
		{[]string{"-kwargs", "postgres://hunter2"}, "-kwargs: it is neither a JSON object nor a file that can be read"},
		{[]string{"-mwaa", "/nowhere/hunter2"}, "-mwaa: the file cannot be read: no such file or directory"},
		{[]string{"-kwargs", "@" + large}, "-kwargs: the file cannot be read: larger than 64 MiB; split it"},
		{[]string{"-mwaa", large}, "-mwaa: the file cannot be read: larger than 64 MiB; split it"},
		{[]string{"-upgrade", "2.10.3:3.0.6", "-file", large}, "-file: the file cannot be read: larger than 64 MiB; split it"},
		{[]string{"pg", "-json"}, "flags come before IDs; write -id"},
		{[]string{"pg", "-hunter2"}, "flags come before IDs; write -id"},
		{[]string{"postgres://u:hunter2@h/db"}, "looks like a connection string"},
		{[]string{`{"password": "hunter2"}`}, "looks like a connection string"},
		{[]string{"variable:"}, "empty"},
	} {
		code, out, errs := call(t, nil, "", test.args...)
		assert.Equal(t, 2, code, test.args)
		assert.Empty(t, out, test.args)
		assert.Contains(t, oneLine(errs), test.want)
		assert.Contains(t, oneLine(errs), "; doctor -h shows the usage", "once, and without the whole usage")
		assert.Equal(t, 1, strings.Count(errs, "doctor:"), errs)
	}
}

// oneLine undoes the wrapping of lines.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestHelp(t *testing.T) {
	code, out, errs := call(t, nil, "", "-h")
	assert.Equal(t, 0, code)
	assert.Empty(t, errs)
	at := 0
	for _, part := range []string{"Doctor finds out why", "\nUsage:\n  doctor [flags] [ID]...\n", "\nFlags:\n", "\nExamples:\n", "\nExit codes:\n"} {
		next := strings.Index(out, part)
		assert.GreaterOrEqual(t, next, at, "%q is missing or in another place", part)
		at = max(at, next)
	}
	for _, want := range []string{"-kind KIND", "(default connection)", "-kwargs JSON, FILE or -", "-timeout DURATION", "(default 1m0s)", "-upgrade FROM:TO", "\n  130: interrupted\n"} {
		assert.Contains(t, out, want)
	}
	code, out, errs = call(t, nil, "", "-version")
	assert.Equal(t, 0, code)
	assert.Regexp(t, `^doctor \S+\n$`, out)
	assert.Empty(t, errs)
}

// A run that is interrupted reports nothing, since a step that was given up looks like one that
// failed.
func TestInterrupted(t *testing.T) {
	forget(t)
	nobody, writer := io.Pipe()
	defer writer.Close()                            //nolint:errcheck // it never fails
	silent, err := net.Listen("tcp", "127.0.0.1:0") // it accepts no connection
	require.NoError(t, err)
	defer silent.Close() //nolint:errcheck // it was not used
	unanswered := `{"region_name": "eu-west-1", "endpoint_url": "https://` + silent.Addr().String() + `"}`
	for _, args := range [][]string{
		{"-mwaa", "-"}, {"-json", "-kwargs", unanswered}, {"-upgrade", "2.10.3:3.0.6", "-file", "-"},
		{"-upgrade", "2.10.3:3.0.6", "-all", "-kwargs", unanswered}, {"-kwargs", "-"}, {"-demo"}, // which forgets the keys
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		out := interrupting{cancel: cancel}
		var errs bytes.Buffer
		code := run(ctx, args, nil, nobody, &out, &errs)
		cancel()
		assert.Equal(t, 130, code, args[0])
		assert.NotContains(t, out.String(), "given up")
		assert.NotContains(t, out.String(), `"status"`)
		assert.Equal(t, "doctor: interrupted\n", errs.String(), "%q", args)
	}
}

// interrupting is an output whose first line interrupts the program.
type interrupting struct {
	bytes.Buffer
	cancel func()
}

func (i *interrupting) Write(text []byte) (int, error) {
	i.cancel()
	return i.Buffer.Write(text)
}

func TestDemo(t *testing.T) {
	forget(t)
	code, out, errs := call(t, nil, "", "-demo")
	assert.Equal(t, 0, code)
	assert.Empty(t, errs)
	for _, p := range problems {
		assert.Contains(t, out, p.what+"\n")
	}
	assert.Contains(t, out, fmt.Sprintf("%d problems created, %[1]d found", len(problems)))
}
