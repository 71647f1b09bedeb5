package main

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// ask sends one request and returns the status and the body of the answer.
func (r *running) ask(t *testing.T, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for _, header := range headers {
		key, value, _ := strings.Cut(header, ": ")
		if key == "Host" {
			req.Host = value
		}
		req.Header.Set(key, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

const (
	get = "X-Amz-Target: secretsmanager.GetSecretValue"
	put = "X-Amz-Target: secretsmanager.PutSecretValue"
)

// TestWebPagesAreRefused sends what a web page could send, also by DNS rebinding.
func TestWebPagesAreRefused(t *testing.T) {
	for _, row := range []struct {
		args    string
		headers []string
		status  int
	}{
		{"", nil, 200},
		{"", []string{"Host: localhost:1"}, 200},
		{"", []string{"Host: rebound.example", "Origin: http://rebound.example"}, 403},
		{"", []string{"Host: rebound.example", "Origin: http://rebound.example", "Sec-Fetch-Site: same-origin"}, 403},
		{"", []string{"Host: rebound.example"}, 403},
		{"", []string{"Origin: https://other.example"}, 403},
		{"", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"-addr 127.0.0.1:0 -unsafe-public", []string{"Host: secrets:4566"}, 200},
		{"-addr 127.0.0.1:0 -unsafe-public", []string{"Host: rebound.example", "Origin: http://rebound.example"}, 403},
		{"-addr 127.0.0.1:0 -unsafe-public", []string{"Sec-Fetch-Site: same-origin"}, 403},
		{"-addr 127.0.0.1:0 -unsafe-public", []string{"Host: 192.0.2.7:4566"}, 200},
	} {
		t.Run(row.args+strings.Join(row.headers, " "), func(t *testing.T) {
			r := start(t, append(strings.Fields(row.args), "-seed", seedFile(t, `{"x": "hunter2"}`))...)
			status, body := r.ask(t, "POST", "/", `{"SecretId": "x"}`, append(row.headers, get)...)
			assert.Equal(t, row.status, status)
			assert.Equal(t, row.status == 200, strings.Contains(body, "hunter2"))
			status, _ = r.ask(t, "POST", "/", `{"SecretId": "x", "SecretString": "3"}`, append(row.headers, put)...)
			assert.Equal(t, row.status, status)
			if row.status == 403 {
				assert.Contains(t, body, `"__type":"AccessDeniedException"`, "an SDK shows why")
			}
		})
	}
	r := start(t)
	for _, path := range []string{"/health", "/log"} {
		status, _ := r.ask(t, "GET", path, "", "Host: rebound.example")
		assert.Equal(t, 403, status, path)
	}
	// A browser's GET over HTTP has neither Origin nor Sec-Fetch-Site.
	r = start(t, "-addr", "127.0.0.1:0", "-unsafe-public")
	for host, want := range map[string]int{"rebound.example": 403, "secrets:4566": 403, "192.0.2.7:4566": 200, "[2001:db8::1]:4566": 200, "localhost": 200} {
		status, _ := r.ask(t, "GET", "/log", "", "Host: "+host)
		assert.Equal(t, want, status, host)
	}
}

func TestPagesBesideTheServer(t *testing.T) {
	r := start(t)
	for _, row := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/health", 200, `{"status": "ok"}`},
		{"HEAD", "/health", 200, ""},
		{"GET", "/", 404, "/health and /log"},
		{"PUT", "/", 405, "/health and /log"},
		{"OPTIONS", "/", 405, "/health and /log"},
		{"POST", "/any/path", 400, "the header X-Amz-Target"},
	} {
		status, body := r.ask(t, row.method, row.path, "")
		assert.Equal(t, row.status, status, row)
		assert.Contains(t, body, row.body)
	}
	// GET is not an operation, whatever its header says.
	status, _ := r.ask(t, "GET", "/", `{"SecretId": "x"}`, get)
	assert.Equal(t, 404, status)
}

// TestLog checks that the log has the operation, the names and the result, and nothing secret.
func TestLog(t *testing.T) {
	r := start(t, "-log", "-seed", seedFile(t, `{"x": "hunter2"}`))
	signed := []string{"Authorization: AWS4-HMAC-SHA256 Credential=AKIAHUNTER2/20180404/us-east-1/secretsmanager/aws4_request, Signature=hunter2", "X-Amz-Security-Token: hunter2"}
	for _, row := range []struct{ body, target string }{
		{`{"SecretId": "x"}`, get},
		{`{"SecretId": "none"}`, get},
		{`{"SecretId": "postgres://u:hunter2@h"}`, get},
		{`{"SecretIdList": ["a", "b", "c", "d"]}`, "X-Amz-Target: secretsmanager.BatchGetSecretValue"},
		{`{"SecretId": "` + strings.Repeat("long", 50) + `"}`, get},
	} {
		r.ask(t, "POST", "/", row.body, append(signed, row.target)...)
	}
	_, log := r.ask(t, "GET", "/log", "")
	var lines []string
	for line := range strings.Lines(log) {
		require.Regexp(t, `^\d\d:\d\d:\d\d\.\d\d\d `, line)
		lines = append(lines, line[len("15:04:05.000 "):])
	}
	assert.Equal(t, []string{
		"GetSecretValue x ok\n",
		"GetSecretValue none ResourceNotFoundException\n",
		"GetSecretValue (no name) ValidationException\n",
		"BatchGetSecretValue a b and 2 more ok\n",
		"GetSecretValue " + strings.Repeat("long", 12) + "lo…" + strings.Repeat("long", 13)[3:] + " ResourceNotFoundException\n",
	}, lines)
	r.waitFor(t, log)
	assert.NotContains(t, strings.ToLower(log+r.stderr.String()), "hunter2")
}

func TestLogIsBounded(t *testing.T) {
	var r requests
	for i := range mostRequests + 5 {
		r.add(secretsmanagertest.Call{Operation: "GetSecretValue", IDs: []string{fmt.Sprint("x", i)}}, "")
	}
	lines := strings.Split(strings.TrimSpace(r.text()), "\n")
	assert.Len(t, lines, mostRequests)
	assert.Contains(t, lines[0], " x5 ok")
	assert.Contains(t, lines[mostRequests-1], fmt.Sprintf(" x%d ok", mostRequests+4))
	assert.LessOrEqual(t, cap(r.lines), 2*mostRequests)
}

// TestCountsNothing checks that the server neither counts nor keeps calls.
func TestCountsNothing(t *testing.T) {
	srv, err := startServer(options{addr: "127.0.0.1:0"}, nil, io.Discard)
	require.NoError(t, err)
	defer srv.Close()
	r := &running{url: srv.URL()}
	r.ask(t, "POST", "/", `{"SecretId": "x"}`, get)
	assert.Empty(t, srv.Log())
	assert.Equal(t, 0, srv.Calls("x")+srv.Operations(""))
}

func TestRegionAndAccount(t *testing.T) {
	r := start(t, "-region", "cn-north-1", "-account", "000000000001", "-seed", seedFile(t, `{"x": "1"}`))
	out, err := r.client().GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("x")})
	require.NoError(t, err)
	assert.Contains(t, *out.ARN, "arn:aws-cn:secretsmanager:cn-north-1:000000000001:secret:x-")
	assert.Contains(t, r.stderr.String(), "export AWS_REGION=cn-north-1 AWS_DEFAULT_REGION=cn-north-1\n")
}

// TestSaysWhatWasSeeded checks that each file is printed with its names and without values.
func TestSaysWhatWasSeeded(t *testing.T) {
	t.Setenv("COLUMNS", "120")
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf(`"key%02d": %d`, i, i))
	}
	one := seedFile(t, `{"pg": {"conn_type": "postgres", "password": "hunter2"}}`)
	twelve := seedFile(t, "{"+strings.Join(many, ", ")+"}")
	names := seedFile(t, `{"`+strings.Repeat("n", 100)+`": "hunter2"}`)
	compose := seedFile(t, "services: {web: {env_file: [web.env]}}")
	state := filepath.Join(t.TempDir(), "state.json")
	r := start(t, "-seed", one, "-seed", twelve, "-seed", names, "-seed", compose, "-state", state)
	said := strings.Join(strings.Fields(r.stderr.String()), " ")
	assert.Contains(t, said, one+": 1 connection under airflow/connections/ airflow/connections/pg ")
	assert.Contains(t, said, twelve+": 12 variables under airflow/variables/ airflow/variables/key00 ")
	assert.Contains(t, said, " airflow/variables/key09 and 2 more ")
	assert.Contains(t, said, names+": 1 secret nnnn")
	assert.Contains(t, said, "note: 1 env_file is not read: web.env of service web; pass it as well")
	assert.Contains(t, said, "State: "+state)
	assert.NotContains(t, said, "hunter2")
}

// TestExportsOfEveryAddress checks that a server on every address is exported as loopback.
func TestExportsOfEveryAddress(t *testing.T) {
	for _, url := range []string{"http://[::]:4566", "http://0.0.0.0:4566", "http://127.0.0.1:4566"} {
		assert.Contains(t, exports(options{}, url), "export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:4566\n")
	}
}

// TestExportsArePasted runs the exports in a shell.
func TestExportsArePasted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the exports are for a POSIX shell")
	}
	r := start(t, "-connections-prefix", `it's "mine"`, "-variables-prefix=")
	_, lines, found := strings.Cut(r.stderr.String(), "\nPaste into")
	require.True(t, found)
	var script strings.Builder
	for line := range strings.Lines(lines) {
		if !strings.HasPrefix(line, " the shell") && !strings.HasPrefix(line, "and for") {
			script.WriteString(line)
		}
	}
	cmd := exec.Command("sh", "-c", script.String()+"\nenv")
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	for _, want := range []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + r.url, "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any",
		"AIRFLOW__SECRETS__BACKEND=airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix":"it's \"mine\"","variables_prefix":""}`,
	} {
		assert.Contains(t, string(out), want+"\n")
	}
}
