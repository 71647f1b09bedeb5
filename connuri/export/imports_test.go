package export_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// imported is a row of testdata/imports.jsonl, which testdata/import.py writes: what Airflow
// 3.3.2 makes of a file.
type imported struct {
	Kind, Ext, Doc, Error string
	Got                   map[string]json.RawMessage
}

// byChoice are the documents that this package reads otherwise, by the reason.
var byChoice = map[string]string{
	`{"a": {"conn_type":"http","port":"abc"}}`:     "a port that is not a number",
	`{"a": {"conn_type":"http","port":80.5}}`:      "a port that is not a number",
	`{"a": {"conn_type":"http","port":true}}`:      "a port that is not a number",
	`{"a": {"conn_type":"http","port":""}}`:        "a port that is not a number",
	`{"a": {"conn_type":"http","login":true}}`:     "a boolean in a text field",
	"a:\n  conn_type: http\n  login: yes\n":        "a boolean in a text field",
	"a:\n  conn_type: http\n  login: 2024-01-01\n": "a date in a text field",
	`{"a": {"conn_type":"http","password":0}}`:     "a password that is not text",
	`{"a": {"conn_type":"http","password":false}}`: "a password that is not text",
	`{"a": "x"}`:                         "a URI without a type",
	`{"a": "{\"conn_type\": \"http\"}"}`: "JSON as text",
	`a={"conn_type":"http"}`:             "JSON as text",
	`a: !!str 5`:                         "a URI without a type",
	`a: 'it''s'`:                         "a URI without a type",
	`{"a":"http://h","a":"http://i"}`:    "an id twice",
	`{"a":"x","a":"y"}`:                  "an id twice",
	"a: http://h\na: http://i":           "an id twice",
	"\ufeff" + `{"a":"http://h"}`:        "a byte order mark",
	"\ufeffa=http://h":                   "a byte order mark",
	`{"a b":"http://h"}`:                 "an id that an export can have",
	`{"a/b":"http://h"}`:                 "an id that an export can have",
	`a="http://h"`:                       "quotes around a line",
	`a='http://h'`:                       "quotes around a line",
	"  \na=http://h":                     "a blank line",
	"a=http://h\x0cb":                    "an odd line break",
	`AIRFLOW_CONN_A=http://h`:            "an environment variable",
	`export AIRFLOW_CONN_A=http://h`:     "an environment variable",
	" a=http://h":                        "a space in the id of a line",
	"a =http://h":                        "a space in the id of a line",
	"export a=http://h":                  "a space in the id of a line",
	`a: {<<: [{conn_type: http}, {conn_type: ftp, host: g}]}`: "a PyYAML release",
	`{"a": {"value":5}}`:                   "an object kept whole",
	`{"a": {"value":"x","other":1}}`:       "an object kept whole",
	`a: {value: ~}`:                        "an object kept whole",
	`{"a": {"value":"x","description":5}}`: "a description that is not text",
	`yes: x`:                               "an id that is not text",
	`2024-01-01: x`:                        "an id that is not text",
	`{"x":"http://h","y":5}`:               "an entry that is read though another one is refused",
	"x-a: &a {conn_type: http}\nb: *a":     "an entry that is read though another one is refused",
	"a:\n  conn_type: http\n  extra_dejson:\n    1: x\n    true: y\n    null: z\n    1.5: w\n": "the keys 1 and true",
	`a: {1: x, true: y}`: "the keys 1 and true",
}

// isLongID reports whether an id has more characters than the import accepts. An export can
// have it.
func isLongID(doc string) bool { return len(doc) > 200 }

// TestImports: what Airflow imports is read as Airflow reads it, and what Airflow refuses is
// refused.
func TestImports(t *testing.T) {
	rows, chosen := 0, map[string]bool{}
	for _, row := range recorded(t) {
		rows++
		t.Run(fmt.Sprint(rows, " ", row.Kind, " ", row.Ext), func(t *testing.T) {
			got := read(row)
			same := assert.ObjectsAreEqual(want(t, row), got)
			if byChoice[row.Doc] != "" || isLongID(row.Doc) {
				chosen[row.Doc] = chosen[row.Doc] || !same
				return
			}
			assert.True(t, same, "%q: want %q, got %q", row.Doc, want(t, row), got)
		})
	}
	assert.GreaterOrEqual(t, rows, 280)
	for doc, reason := range byChoice {
		assert.True(t, chosen[doc], "%q (%s) is no longer read otherwise", doc, reason)
	}
}

func recorded(t *testing.T) (rows []imported) {
	t.Helper()
	doc, err := os.ReadFile("testdata/imports.jsonl")
	require.NoError(t, err)
	for line := range bytes.Lines(doc) {
		var row imported
		require.NoError(t, json.Unmarshal(line, &row))
		rows = append(rows, row)
	}
	return rows
}

// TestImportsRealAirflow: Airflow still answers what is recorded, where
// AIRFLOW_PROVIDER_PYTHON is a Python that has apache-airflow.
func TestImportsRealAirflow(t *testing.T) {
	python := os.Getenv("AIRFLOW_PROVIDER_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PROVIDER_PYTHON names no Python that has apache-airflow")
	}
	doc, err := os.ReadFile("testdata/imports.jsonl")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), python, "testdata/import.py")
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AIRFLOW_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1", "AIRFLOW_HOME="+t.TempDir(), "AIRFLOW__CORE__LOAD_EXAMPLES=False")
	cmd.Stdin = bytes.NewReader(doc)
	again, err := cmd.Output()
	require.NoError(t, err)
	assert.True(t, string(doc) == string(again), "Airflow's answers differ from testdata/imports.jsonl")
}

// want is what Airflow has for each id that it imports, as one text.
func want(t *testing.T, row imported) map[string]string {
	t.Helper()
	all := map[string]string{}
	for id, answer := range row.Got {
		if row.Kind == "variables" {
			var texts []string
			require.NoError(t, json.Unmarshal(answer, &texts))
			all[id] = fmt.Sprintf("%q", texts)
			continue
		}
		var fields map[string]any
		require.NoError(t, json.Unmarshal(answer, &fields))
		if port, ok := fields["port"].(float64); ok {
			fields["port"] = strconv.Itoa(int(port))
		}
		all[id] = fmt.Sprint(fields)
	}
	return all
}

// read is what this package has.
func read(row imported) map[string]string {
	all := map[string]string{}
	file, err := export.Read([]byte(row.Doc))
	if err != nil {
		return all
	}
	for _, entry := range file.Entries {
		if row.Kind == "variables" {
			if variable, err := entry.Variable(); err == nil {
				texts := []string{variable.Text.Reveal()}
				if variable.Description != "" {
					texts = append(texts, variable.Description)
				}
				all[entry.ID] = fmt.Sprintf("%q", texts)
			}
			continue
		}
		if c, err := entry.Connection(connuri.Server); err == nil {
			all[entry.ID] = fmt.Sprint(fields(c))
		}
	}
	return all
}

// fields are those that are not None.
func fields(c connuri.Connection) map[string]any {
	all := map[string]any{}
	for name, field := range map[string]struct {
		text  string
		given bool
	}{
		"conn_type":   {c.Type, c.Type != "" || c.Empty&connuri.EmptyType != 0},
		"description": {c.Description, c.Description != "" || c.Empty&connuri.EmptyDescription != 0},
		"host":        {c.Host, c.Host != "" || c.Empty&connuri.EmptyHost != 0},
		"login":       {c.Login, c.Login != "" || c.Empty&connuri.EmptyLogin != 0},
		"password":    {c.Password.Reveal(), !c.Password.IsZero()},
		"schema":      {c.Schema, c.Schema != "" || c.Empty&connuri.EmptySchema != 0},
		"port":        {strconv.Itoa(c.Port), c.Port != 0},
		"extra":       {c.Extra.Reveal(), !c.Extra.IsZero()},
	} {
		if field.given {
			all[name] = field.text
		}
	}
	return all
}
