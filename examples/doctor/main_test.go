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
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
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
	sts := httptest.NewServer(s.sts)
	t.Cleanup(sts.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	delete(s.kwargs, "service_config")
	doc, err := json.Marshal(s.kwargs)
	require.NoError(t, err)
	environ := []string{"AIRFLOW_CONFIG=", "AIRFLOW_ENV_NAME=prod", "AIRFLOW__SECRETS__BACKEND=" + setup.Class, "AIRFLOW__SECRETS__BACKEND_KWARGS=" + string(doc)}

	code, out, errs := call(t, environ, "", "pg", "-no-flag-behind-an-id")
	assert.Equal(t, 1, code, "no such secret")
	assert.Contains(t, out, "14 ok, 0 warnings, 1 failed (ids), 2 skipped;", "the last line names what failed")
	assert.Empty(t, errs)
	code, out, errs = call(t, environ, "", "-provider", "9.39.0", "-id", "smtp", "pg", "connection:pg", "variable:environment")
	assert.Equal(t, 0, code, out)
	assert.Empty(t, errs)
	for _, want := range []string{
		"principal arn:aws:iam::123456789012:user/airflow", "account   123456789012", "region    eu-west-1", "endpoint  " + s.srv.URL() + " at 127.0.0.1 (this machine itself",
		"what this principal sees from this network", "looks like an MWAA environment", "ok       GetSecretValue  allowed for 3 ids",
		"16 ok, 0 warnings, 0 failed, 1 skipped; calls of Secrets Manager: 3 GetSecretValue, 3 ListSecrets ($0.000030)",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\x1b", "no colours in a file")

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
	for _, args := range [][]string{{"-mwaa", "-", "pg"}, {"-kwargs", string(doc), "pg"}, {"-kind", "variable", "-kwargs", string(doc), "environment"}} {
		code, out, errs = call(t, nil, string(mwaaDoc), args...)
		assert.Equal(t, 0, code, "%v: %s%s", args[0], out, errs)
	}
	code, out, _ = call(t, append(environ, "AIRFLOW__SECRETS__KWARGS=hunter2"), "", "gone", "lost")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "1 warning (configuration), 1 failed (ids)")
	assert.NotContains(t, out, "static", "it runs in the environment already")

	code, out, _ = call(t, []string{"AIRFLOW_CONFIG="}, "")
	assert.Contains(t, out, "CGO_ENABLED=0 go build ./examples/doctor")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "no secrets backend is configured")
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "usage: doctor"},
		{[]string{"-h"}, 0, "CGO_ENABLED=0 go build ./examples/doctor"},
		{[]string{"-what"}, 2, "usage: doctor"},
		{[]string{"-kind", "secret"}, 2, "-kind: want connection, variable or config"},
		{[]string{"-provider", "new"}, 2, "three numbers"},
		{[]string{"-provider", "1.2.3.4"}, 2, "three numbers"},
		{[]string{"-timeout", "0s"}, 2, "-timeout"},
		{[]string{"-demo", "-json"}, 2, "-demo prints no JSON"},
		{[]string{"-kwargs", "{}", "-mwaa", "-"}, 2, "only one of them"},
		{[]string{"-kwargs", "@/nowhere"}, 2, "/nowhere"},
		{[]string{"-mwaa", "/nowhere"}, 2, "/nowhere"},
		{[]string{"postgres://u:hunter2@h/db"}, 2, "looks like a connection string"},
		{[]string{`{"password": "hunter2"}`}, 2, "looks like a connection string"},
		{[]string{"variable:"}, 2, "empty"},
	} {
		code, _, errs := call(t, nil, "", test.args...)
		assert.Equal(t, test.code, code, test.args[0])
		assert.Contains(t, errs, test.want)
	}
}

// A run that is interrupted reports nothing, for a step given up looks like one
// that failed.
func TestInterrupted(t *testing.T) {
	forget(t)
	nobody, writer := io.Pipe()
	defer writer.Close()                            //nolint:errcheck // it never fails
	silent, err := net.Listen("tcp", "127.0.0.1:0") // and it accepts nothing
	require.NoError(t, err)
	defer silent.Close() //nolint:errcheck // it was not used
	unanswered := `{"region_name": "eu-west-1", "endpoint_url": "https://` + silent.Addr().String() + `"}`
	for _, args := range [][]string{
		{"-mwaa", "-"}, {"-json", "-kwargs", unanswered}, {"-upgrade", "2.10.3:3.0.6", "-file", "-"},
		{"-upgrade", "2.10.3:3.0.6", "-all", "-kwargs", unanswered}, {"-demo"}, // which forgets the keys
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		out := interrupting{cancel: cancel}
		var errs bytes.Buffer
		code := run(ctx, args, nil, nobody, &out, &errs)
		cancel()
		assert.Equal(t, 1, code, args[0])
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
	start := time.Now()
	code, out, errs := call(t, nil, "", "-demo")
	assert.Equal(t, 0, code)
	assert.Empty(t, errs)
	for _, trouble := range troubles {
		assert.Contains(t, out, trouble.what+"\n")
	}
	assert.Contains(t, out, fmt.Sprintf("%d troubles made, %[1]d found", len(troubles)))
	t.Log(time.Since(start))
}
