package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUpgradeFile(t *testing.T) {
	forget(t)
	dir := t.TempDir()
	config := []string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__BACKEND=airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
		`AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": "prod", "sep": "-", "connections_lookup_pattern": "^(?!skip)", "extra_conn_words": {"host": ["address"]}}`}
	none := []string{"AIRFLOW_CONFIG="}
	for _, test := range []struct {
		name, doc string
		environ   []string
		code      int
		want      []string
	}{
		{"export", `{"api": {"conn_type": "http", "description": null, "login": "", "password": "hunter2", "host": "h", "port": null, "schema": "", "extra": "hunter2"},
			"db": {"conn_type": "postgres", "login": "u", "password": "hunter2"}}`, none, 1,
			[]string{"1 of 2 connections stops working on 3.0.6\n", "\nstops    api  extra-not-json", "No secrets backend is configured", "no calls to Secrets Manager"}},
		{"lines", "db=postgres://u:hunter2@h\napi=http://h/?__extra__=hunter2\nnum={\"login\": 5, \"password\": \"hunter2\"}\n", none, 1,
			[]string{"1 of 3 connections stops", "\nstops    api  extra", "\nstarts   num  login-not-text"}},
		{"fine", `{"db": "postgres://u:hunter2@h"}`, none, 0, []string{"0 of 1 connection stops"}},
		{"names", `{"prod-api": "http://h/?__extra__=hunter2", "prod-num": "{\"address\": 5}", "variables/x": "hunter2", "prod-skip": "pg://hunter2"}`, config, 1,
			[]string{"1 of 2 connections stops", "\nstops    api  ", "\nstarts   num  host-not-text", "1  it is not under connections_prefix: variables/x", "1  Airflow does not ask for it"}},
		{"ids", `{"api": "http://h/?__extra__=hunter2", "skip": "pg://hunter2"}`, config, 1, []string{"1 of 1 connection stops", "not ask for it"}},
		{"other values", `{"a": 5, "b": ["pg://hunter2"], "c": "\ud800 hunter2", "d": null, "e": "pg://h"}`, none, 1,
			[]string{"0 of 1 connection stops working on 3.0.6; 4 could not be read\n", "3  it is neither text nor a JSON object: a, b, d", "1  it holds half of a surrogate pair, which is not UTF-8: c"}},
		{"a misplaced value", `{"http://u:hunter2@h/?__extra__=x": {"extra": "hunter2"}, "a\nhunter2": {"extra": "hunter2"}}`, none, 1, []string{"\nstops    [redacted, not an id]  extra-not-json"}},
		{"empty", `{}`, none, 0, []string{"no connection was compared", "the file has no connections"}},
		{"in quotes", "a='{\"extra\":\"hunter2\"}'\nb=\"{\\\"extra\\\":\\\"hunter2\\\"}\"\nc='pg://u:it'\\''s@h'\nd='{\"extra\": \"hunter2\"}\ne=\"$HUNTER2\"\n", none, 1,
			[]string{"2 of 3 connections stop working on 3.0.6; 2 could not be read\n", "\nstops    a ", "\nstops    b ", "2  a quote in it has no end, or text follows that needs quotes as well: d,\n         e\n"}},
		{"an environment file", "export AIRFLOW_CONN_A='{\"extra\":\"hunter2\"}'\nAIRFLOW_VAR_B=hunter2\nC=hunter2\n", none, 1,
			[]string{"1 of 1 connection stops", "\nstops    a   extra-not-json"}},
		{"a Compose file", "services:\n  web:\n    env_file: [a.env, 'pg://u:hunter2@h']\n    environment:\n      AIRFLOW_CONN_A: '{\"extra\":\"hunter2\"}'\n", none, 1,
			[]string{"1 of 1 connection stops", "\nwarning  secrets", "2 env_files are not read: a.env of service web, [redacted, not a name]", "compare each env_file in a run of its own"}},
		{"a Compose file without connections", "services:\n  web:\n    env_file: a.env\n", none, 0,
			[]string{"no connection was compared", "the file has no connections", "1 env_file is not read: a.env of service web"}},
		{"a long env_file", "services: {web: {env_file: " + strings.Repeat("p", 80) + "}}", none, 0, []string{strings.Repeat("p", 30) + "…" + strings.Repeat("p", 29) + " of"}},
		{"an empty id", `{"": "pg://hunter2", "b": "pg://h"}`, none, 0, []string{"0 of 1 connection stops", "1  the id is empty: \"\"\n"}},
		{"a null prefix", `{"api": "http://h"}`, []string{config[0], config[1], `AIRFLOW__SECRETS__BACKEND_KWARGS={"connections_prefix": null}`}, 0,
			[]string{"1  Airflow does not ask for it: connection lookups are disabled:\n         connections_prefix is null: api"}},
		{"YAML", "a: {extra: hunter2}\nb: pg://h\n", none, 1, []string{"1 of 2 connections stops", "\nstops    a   extra-not-json"}},
		{"neither", `{"a": "", "b": "  ", "c": "{\"hunter2\": ", "d": "pg://h", "e": {"login": 5, "extra": "hunter2"}}`, none, 0,
			[]string{"0 of 5 connections stop", "1 stays the same, 4 read by\nneither version\n", "\nNEITHER  ID  RULE", "\n         a   unreadable          uri", "\n         c   unreadable          json", "\n         e   extra-not-json      extra"}},
		{"none of them", `{"a": "", "b": "hunter2://h:x"}`, none, 1, []string{"neither version reads any of these"}},
		{"brackets", `{"a": "pg://u:hunter2[x]@h", "b": "pg://[::1]", "c": "pg://u:[hunter2]@[::1]"}`, none, 0,
			[]string{"1 read by\nneither version; 2 depend on Python\n", "\nDEPENDS ON PYTHON\n  a\n  c\n  Not every release"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, "connections")
			require.NoError(t, os.WriteFile(path, []byte(test.doc), 0o600))
			code, out, errs := call(t, test.environ, "", "-upgrade", "2.10.3:3.0.6", "-file", path)
			assert.Equal(t, test.code, code, out)
			assert.Empty(t, errs)
			for _, want := range test.want {
				assert.Contains(t, "\n"+out, want)
			}
			code, again, _ := call(t, test.environ, test.doc, "-upgrade", "2.10.3:3.0.6", "-file", "-")
			assert.Equal(t, test.code, code)
			assert.Equal(t, out, again, "from standard input")
		})
	}
}

// The JSON has what the docs say, and nothing that is null.
func TestUpgradeJSON(t *testing.T) {
	forget(t)
	code, out, errs := call(t, []string{"AIRFLOW_CONFIG="}, `{"a": {"extra": "hunter2"}, "b": 5}`, "-json", "-upgrade", "2.10.3:3.0.6", "-file", "-")
	assert.Equal(t, 1, code)
	assert.Empty(t, errs)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	want := []string{"calls", "change", "checks", "compared", "connections", "depends_on_python", "from", "neither", "not_compared", "notes", "same", "start", "stop", "to", "unreadable"}
	assert.Equal(t, want, slices.Sorted(maps.Keys(got)))
	assert.Equal(t, []any{map[string]any{"id": "a", "effect": "stops", "reasons": []any{map[string]any{
		"rule": "extra-not-json", "field": "extra", "do": "write a JSON object",
		"problem": "it is not JSON, and tasks of Airflow 3.0 and the API server refuse the connection",
	}}}}, got["connections"])
	assert.Equal(t, []any{map[string]any{"reason": "it is neither text nor a JSON object", "unknown": true, "count": 1.0, "ids": []any{"b"},
		"do": "write the text of the secret as a string, or its JSON object; in an .env file, in single quotes"}}, got["not_compared"])
	_, out, _ = call(t, []string{"AIRFLOW_CONFIG="}, `{}`, "-json", "-upgrade", "2.10.3:3.0.6", "-file", "-")
	assert.NotContains(t, out, "null")
}

func TestUpgradeUsage(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"-upgrade 2.10.3:3.1.0 pg", "the version after the colon: how 3.1 reads connections is not recorded"},
		{"-upgrade 3.1.8:3.2.0 pg", "the version before the colon: how 3.1 reads connections is not recorded"},
		{"-upgrade 2.10.3 pg", "write FROM:TO"},
		{"-upgrade 2.10.3:3 pg", "the version after the colon has no minor number, and 3.0 reads connections differently from later releases; write it, as in 3.0.6"},
		{"-upgrade 2.10.3: pg", "the version after the colon is not a version of Airflow; write a number such as 2.10.3 or 3.0.6"},
		{"-upgrade postgres://u:hunter2@h/db pg", "the version before the colon is not a version"},
		{"-upgrade 2.10.3:hunter2 pg", "the version after the colon is not a version"},
		{"-upgrade 2.10.3:3.0.6", "give IDs, -all for every connection that is listed, or -file"},
		{"-upgrade 2.10.3:3.0.6 variable:x", "give ids of connections"},
		{"-upgrade 2.10.3:3.0.6 -kind config x", "give ids of connections"},
		{"-upgrade 2.10.3:3.0.6 -file - pg", "cannot be combined with IDs or -all"},
		{"-upgrade 2.10.3:3.0.6 -file - -all", "cannot be combined with IDs or -all"},
		{"-upgrade 2.10.3:3.0.6 -file - -mwaa -", "only one of them can be standard input"},
		{"-upgrade 2.10.3:3.0.6 -file /nowhere/hunter2", "-file: the file cannot be read: no such file"},
		{"-upgrade 2.10.3:3.0.6 -file -", "-file: it is empty; give what airflow connections export writes"},
		{"-upgrade 2.10.3:3.0.6 -demo pg", "-demo brings its own connections"},
		{"-file -", "add -upgrade FROM:TO"},
	} {
		code, out, errs := call(t, nil, "", strings.Fields(test.args)...)
		assert.Equal(t, 2, code, test.args)
		assert.Empty(t, out)
		assert.Contains(t, oneLine(errs), test.want, test.args)
	}
}

// The JSON of one secret is not a file of connections.
func TestUpgradeFileOfOne(t *testing.T) {
	forget(t)
	for doc, refused := range map[string]bool{
		`{"conn_type": "http", "host": "h", "extra": "hunter2"}`:                       true,
		`{"conn_type": "http", "host": "http://h", "extra": {"a": "hunter2"}}`:         true,
		`{"engine": "postgres", "username": "u", "password": "hunter2", "port": 5432}`: true,
		`{"host": "h"}`: true,
		`{"login": "pg://u:hunter2@h", "password": "pg://h"}`:   false,
		`{"server": {"conn_type": "http"}}`:                     false,
		`{"conn_type": "http", "pg_default": "pg://hunter2@h"}`: false,
		`{"key": "{\"host\": \"h\"}"}`:                          false,
		"host=h\n":                                              false,
	} {
		code, out, errs := call(t, []string{"AIRFLOW_CONFIG="}, doc, "-upgrade", "2.10.3:3.0.6", "-file", "-")
		assert.Equal(t, refused, code == 2, doc)
		assert.Equal(t, refused, strings.Contains(errs, "its keys are those of one connection"), doc)
		assert.NotContains(t, out+errs, "hunter2")
	}
}
