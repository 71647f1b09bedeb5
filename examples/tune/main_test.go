package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calls are n events, one to a line, of a user who asks by name. A code says why the call fails.
func calls(n int, user, name, code string) string {
	code, message, _ := strings.Cut(code, ": ")
	event, err := json.Marshal(map[string]any{
		"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com",
		"eventTime": "2026-11-01T10:20:30Z", "awsRegion": "eu-west-1",
		"userIdentity": map[string]any{"type": "AssumedRole",
			"arn": "arn:aws:sts::123456789012:assumed-role/" + user},
		"requestParameters": map[string]any{"secretId": name}, "errorCode": code,
		"errorMessage": message,
	})
	if err != nil {
		panic(err)
	}
	return strings.Repeat(string(event)+"\n", n)
}

const mwaa = "mwaa/AmazonMWAA-airflow"

var some = calls(3, mwaa, "airflow/connections/aws_default", missing) +
	calls(2, mwaa, "airflow/connections/pg_a", "") +
	calls(1, "orders/pod-1", "airflow/connections/gone", missing) +
	calls(1, "orders/pod-1", "airflow/variables/gone", missing)

func TestRun(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	_, err := io.WriteString(w, some)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	trail := filepath.Dir(write("trail/2026/11/01/a.json.gz", zip.String()))
	write("trail/2026/11/01/b.jsonl", calls(5, mwaa, "airflow/connections/smtp_default",
		missing)+"{]\n")
	write("trail/2026/11/01/readme.txt", "no events")
	short := write("short.gz", zip.String()[:zip.Len()-10])
	empty := filepath.Dir(write("empty/readme.txt", ""))
	exists := write("exists.txt",
		"airflow/connections/gone\n\nanother\narn:aws:secretsmanager:r:1:secret:airflow/variables/v-AbCdEf\n")
	ids := write("ids.txt", "another\nlost\nlost\n")
	kwargs := write("kwargs.json",
		`{"connections_prefix": "airflow/connections", "connections_lookup_pattern": "^(?!(aws_default)$)"}`)
	tabs := write("tabs.txt",
		"\ufeffairflow/connections/gone\tairflow/connections/another\r\nairflow/variables/gone\r\n")
	list := write("list.json",
		"{\n    \"SecretList\": [\n        {\"Name\": \"airflow/connections/gone\"}\n    ]\n}\n")
	wide := write("wide.txt", "\xff\xfeg\x00o\x00n\x00e\x00\r\x00\n\x00")
	link := filepath.Join(folder, "link")
	require.NoError(t, os.Symlink(trail, link))
	shared := write("shared.txt", "air/another\n")
	denied := calls(2, mwaa, "airflow/connections/sftp", "AccessDenied: no")

	for _, test := range []struct {
		name   string
		args   []string
		stdin  string
		code   int
		want   []string // contained in order
		not    []string
		stderr []string
	}{
		{name: "standard input", stdin: some, want: []string{"7 calls of GetSecretValue",
			"2  29%  found", "5  71%  found no secret",
			"connection aws_default", "3", "3", "0", "missing   ███████████████", "connection pg_a",
			"exists",
			"CALLERS", mwaa, "orders/pod-1", "connections, refuse what is missing: saves 4 calls",
			`{"connections_lookup_pattern":"^(?!(aws_default|gone)$)"}`,
			"variables, refuse", "BACKEND_KWARGS TO PASTE",
			`{"connections_lookup_pattern":"^(?!(aws_default|gone)$)","variables_lookup_pattern":"^(?!(gone)$)"}`}},
		{name: "a dash", args: []string{"-"}, stdin: some, want: []string{"7 calls"}},
		{name: "a folder", args: []string{trail}, want: []string{"12 calls", "1 broken",
			"connection smtp_default", "smtp_default|aws_default|gone"}},
		{name: "a link to a folder", args: []string{link}, want: []string{"12 calls"}},
		{name: "a file, and a folder", args: []string{filepath.Join(trail, "a.json.gz"), trail},
			want: []string{"19 calls"}},
		{name: "one user", args: []string{"-user", "AmazonMWAA-airflow"}, stdin: some,
			want: []string{"5 calls", "2 more calls by others",
				`"^(?!(aws_default)$)"`}, not: []string{"gone", "pod-1"}},
		{name: "kwargs", args: []string{"-kwargs", "@" + kwargs}, stdin: some, want: []string{
			"connections, the pattern in force: saves 3 calls",
			"connections, refuse what is missing: saves 1 call",
			"PASTE", `{"connections_lookup_pattern":"^(?!(aws_default|gone)$)","connections_prefix":"airflow/connections","variables_lookup_pattern":"^(?!(gone)$)"}`}},
		{name: "kwargs with a key", args: []string{"-kwargs",
			`{"aws_secret_access_key": "hunter2", "connections_prefix": "airflow/connections", "conections_prefix": "x"}`}, stdin: some,
			want: []string{"TO PUT INTO YOUR BACKEND_KWARGS",
				`{"connections_lookup_pattern":"^(?!(aws_default|gone)$)","variables_lookup_pattern":"^(?!(gone)$)"}`, "note:", "connections_prefix"}, not: []string{"hunter2", "PASTE"}},
		{name: "kwargs of null", args: []string{"-kwargs", "null"}, stdin: some,
			want: []string{"PASTE", `{"connections_lookup_pattern":"^(?!(aws_default|gone)$)"`}},
		{name: "signs that a terminal obeys", stdin: calls(1, mwaa, "airflow/connections/a\u202e_x",
			"") + calls(1, mwaa, "airflow/connections/a\u202e_y\U000e0001", "") +
			calls(1, mwaa, "airflow/connections/as_long_as_it_takes", missing),
			args: []string{"-pattern", "^a\U000e0001\u009b"}, want: []string{`^a\udb40\udc01\u009b`,
				`a\u202e_)`}, not: []string{"\u202e", "\u009b", "\U000e0001"}},
		{name: "signs that JSON escapes", stdin: calls(1, mwaa, "airflow/connections/a.b<c>",
			missing), want: []string{"PASTE", `a\\.b<c>`}},
		{name: "other prefixes", args: []string{"-kwargs", `{"connections_prefix": "conns"}`},
			stdin: some, want: []string{"NAMES UNDER NO PREFIX", "airflow/connections/aws_default",
				"3"}, not: []string{"connections,"}},
		{name: "teams", args: []string{"-multi-team"}, stdin: calls(1, mwaa,
			"airflow/connections/red--x", missing), want: []string{"connection x ", "missing"}},
		{name: "a pattern", args: []string{"-pattern", "^(?!aws|pg)"}, stdin: some + denied,
			want: []string{"connections, the pattern given: saves 5 calls",
				"hides secrets that exist: pg_a"}, not: []string{"may exist"}},
		{name: "a pattern that hangs Airflow", args: []string{"-pattern", `^(\w+_?)+$`},
			stdin: some, want: []string{"hangs Airflow: ", `write ^\w+$`}},
		{name: "a pattern for what was denied", args: []string{"-pattern", "^pg"},
			stdin: some + denied, want: []string{"the pattern given: saves 6 calls",
				"hides what may exist: sftp"}, not: []string{"that exist"}},
		{name: "a pattern of variables", args: []string{"-pattern", "^x", "-kind", "variable"},
			stdin: some, want: []string{"variables, the pattern given: saves 1 call"}},
		{name: "a pattern that runs away", args: []string{"-pattern", `(a*)*(a*)*\1\2b`},
			stdin: calls(1, mwaa, "airflow/connections/"+strings.Repeat("a", 60),
				""), want: []string{"too many steps"}},
		{name: "what is there", args: []string{"-exists", exists}, stdin: some,
			want: []string{"connection gone", "exists",
				`{"connections_lookup_pattern":"^(?!(aws_default)$)"}`}},
		{name: "what is there, with tabs", args: []string{"-exists", tabs}, stdin: some,
			want: []string{"connection gone", "exists",
				`{"connections_lookup_pattern":"^(?!(aws_default)$)"}`},
			not: []string{"variables"}},
		{name: "ids alone", args: []string{"-ids", ids},
			want: []string{"3 calls", "outcome is not known", "no call has a time. Pass -days",
				"connection lost", "not known",
				"Nothing to suggest: it is not known whether the ids exist"},
			not: []string{", less than a cent a month"}},
		{name: "ids, and what is there", args: []string{"-ids", ids, "-exists", exists},
			want: []string{"2  67%  found no secret", "connection lost", "missing",
				"connection another", "exists", `"^(?!(lost)$)"`}},
		{name: "ids of two kinds under one prefix", args: []string{"-ids", ids, "-exists", shared,
			"-kind", "variable", "-kwargs",
			`{"connections_prefix": "air", "variables_prefix": "air"}`},
			want: []string{"variable lost", "missing", "variable another", "exists",
				`"^(?!(lost)$)"`}},
		{name: "MWAA's own pattern", stdin: calls(2, mwaa, "airflow/connections/gone", missing),
			want: []string{"saves 2 calls", `"^(?!(aws_default|gone)$)"`,
				"MWAA refuses aws_default only"}},
		{name: "not MWAA's own pattern", args: []string{"-kwargs", "{}"},
			stdin: calls(2, mwaa, "airflow/connections/gone",
				missing), want: []string{`"^(?!(gone)$)"`}, not: []string{"aws_default"}},
		{name: "aws_default is there", stdin: calls(2, mwaa, "airflow/connections/gone", missing) +
			calls(2, mwaa, "airflow/connections/aws_default",
				""), want: []string{`"^(?!(gone)$)"`}, not: []string{"MWAA refuses"}},
		{name: "days", args: []string{"-days", "0.001"}, stdin: some,
			want: []string{"7 calls of GetSecretValue, less than a cent, $1.05 a month"}},
		{name: "a few rows", args: []string{"-top", "1"}, stdin: some,
			want: []string{"connection aws_default", "and 3 more", "CALLERS",
				"and 1 more"}, not: []string{"connection pg_a"}},
		{name: "no rows", args: []string{"-top", "0", "-pattern", "^x"}, stdin: some,
			want: []string{"and 4 more", "hides secrets that exist: and 1 more"}},
		{name: "no room", args: []string{"-longest", "21"}, stdin: some,
			want: []string{"connections, refuse what is missing: saves 3 calls",
				"leaves 1 call for missing ids: -longest has no room",
				`{"connections_lookup_pattern":"^(?!(aws_default)$)","variables`}},
		{name: "missing but for case", stdin: calls(1, mwaa, "airflow/variables/dag_owner", "") +
			calls(3, mwaa, "airflow/variables/DAG_Owner", missing), args: []string{"-kwargs", "{}"},
			want: []string{"variable DAG_Owner", "missing", "Nothing to suggest: no pattern",
				"Case does not count"}},
		{name: "names of two kinds", stdin: calls(1, mwaa, "dag_owner", missing),
			args: []string{"-kwargs", `{"connections_prefix": "", "variables_prefix": ""}`},
			want: []string{"connections, refuse",
				"note: A connection and a variable of one id have the same secret name."}},
		{name: "role and session", args: []string{"-user", mwaa}, stdin: some,
			want: []string{"5 calls", "2 more calls by others"}},
		{name: "nothing", code: 1, not: []string{"0 calls"},
			stderr: []string{"standard input: empty"}},
		{name: "escape codes", stdin: calls(1, mwaa, "airflow/connections/\x1b[2Jx", missing),
			want: []string{`"\x1b[2Jx"`}, not: []string{"\x1b"}},
		{name: "a connection string", stdin: calls(1, mwaa,
			"airflow/connections/postgres://u:hunter2@h/db", missing),
			want: []string{"[redacted, not an id]"}, not: []string{"hunter2"}},
		{name: "denied", stdin: denied, want: []string{"2 100%  denied", "connection sftp",
			"not known", "LOOKUP PATTERNS", "There is none for what is missing"}},

		{name: "cut short", args: []string{short, trail}, code: 1, want: []string{"calls"},
			stderr: []string{"short.gz", "unexpected EOF"}},
		{name: "no such file", args: []string{"nowhere", trail}, code: 1,
			want: []string{"12 calls"}, stderr: []string{"nowhere"}},
		{name: "nothing in a folder", args: []string{empty}, code: 1, not: []string{"0 calls"},
			stderr: []string{"empty: no file in it has the name of a log"}},
		{name: "no list", args: []string{"-exists", "nowhere", trail}, code: 1,
			not: []string{"calls"}, stderr: []string{"-exists", "nowhere"}},
		{name: "no ids", args: []string{"-ids", "nowhere"}, code: 1, not: []string{"calls"},
			stderr: []string{"-ids", "nowhere"}},
		{name: "a list in JSON", args: []string{"-exists", list, trail}, code: 1,
			not: []string{"calls"}, stderr: []string{"-exists", "line 1", "--output text"}},
		{name: "a list in UTF-16", args: []string{"-exists", wide, trail}, code: 1,
			not: []string{"calls"}, stderr: []string{"-exists", "line 1 is not UTF-8; save"}},
		{name: "ids in UTF-16", args: []string{"-ids", wide}, code: 1, not: []string{"calls"},
			stderr: []string{"-ids", "line 1 is not UTF-8; save"}},
		{name: "bad kwargs", args: []string{"-kwargs", "[1]"}, code: 2,
			stderr: []string{"not an object"}},
		{name: "bad pattern in kwargs", args: []string{"-kwargs", `{"config_lookup_pattern": "("}`},
			code: 2, stderr: []string{"-kwargs", "missing )"}},
		{name: "bad pattern", args: []string{"-pattern", "("}, code: 2,
			stderr: []string{"-pattern", "missing )"}},
		{name: "bad kind", args: []string{"-kind", "secret"}, code: 2,
			stderr: []string{"-kind is not a kind; write connection"}},
		{name: "negative", args: []string{"-top", "-1"}, code: 2, stderr: []string{"negative"}},
		{name: "no number of days", args: []string{"-days", "NaN"}, code: 2,
			stderr: []string{"-days"}},
		{name: "days without an end", args: []string{"-days", "Inf"}, code: 2,
			stderr: []string{"-days"}},
		{name: "hardly a day", args: []string{"-days", "1e-320", "-json"}, code: 2,
			stderr: []string{"-days"}},
		{name: "demo of a file", args: []string{"-demo", trail}, code: 2,
			stderr: []string{"-demo reads no input"}},
		{name: "no flag", args: []string{"-what"}, code: 2, stderr: []string{"usage"}},
		{name: "help", args: []string{"-h"}, want: []string{"Usage", "tune -sql athena|lake",
			"-partition EXPRESSION", "Exit codes"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr strings.Builder
			code := run(context.Background(), test.args, strings.NewReader(test.stdin), &stdout,
				&stderr)
			assert.Equal(t, test.code, code, "%s", &stderr)
			inOrder(t, test.want, stdout.String())
			inOrder(t, test.stderr, flat(stderr.String()))
			fits(t, stderr.String())
			for _, text := range test.not {
				assert.NotContains(t, stdout.String()+stderr.String(), text)
			}
			if len(test.stderr) == 0 {
				assert.Empty(t, stderr.String())
			}
		})
	}
}

// flat is a text on one line.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func inOrder(t *testing.T, wants []string, text string) {
	t.Helper()
	rest := text
	for _, want := range wants {
		_, after, found := strings.Cut(rest, want)
		assert.True(t, found, "%q is not in\n%s", want, text)
		rest = after
	}
}

func TestDemo(t *testing.T) {
	var stdout, stderr strings.Builder
	require.Zero(t, run(context.Background(), []string{"-demo"}, nil, &stdout, &stderr))
	inOrder(t, []string{"1.0 days", "48,117 calls", "WORST IDS", "connection aws_default",
		"missing", "connection sftp_partner", "not known", "billing/stripe",
		`{"connections_lookup_pattern":"^(?!(aws_default|smtp_default|http_default)$)"}`, `{"connections_lookup_pattern":"^(pg_|sftp_|slack_)"}`, "PASTE"}, stdout.String())
	assert.Contains(t, stderr.String(), "Made-up events")
}
