package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func TestEqualJSON(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{`{"h":"e"}`, `{"h": "e"}`, true},
		{`{"a":1,"b":[null,true]}`, ` {"b": [null, true], "a": 1}` + "\n", true},
		{`{"a":"\u00e9"}`, `{"a":"é"}`, true},
		{`[1]`, `[ 1 ]`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":1}`, `{"a":1.0}`, false},
		{`{"a":1}`, `{"A":1}`, false},
		{`{"a":12345678901234567890}`, `{"a":12345678901234567891}`, false},
		{`{"a":"\ud800"}`, `{"a":"\udbff"}`, false},
		{`{"\ud800":1}`, `{"\udbff":1}`, false},
		{`[{"a":["\ud800"]}]`, `[{"a":["\udbff"]}]`, false},
		{`{"a":1}`, `{"a":1} x`, false},
		{`{"a":1`, `{"a":1`, false},
		{`5`, ` 5`, false},
		{``, ` `, false},
	} {
		assert.Equal(t, row.want, equalJSON(row.a, row.b), "%s and %s", row.a, row.b)
		assert.Equal(t, row.want, equalJSON(row.b, row.a), "%s and %s", row.b, row.a)
	}
}

// JSON that differs in its spaces alone is not rewritten.
func TestEqualJSONIsLeftAlone(t *testing.T) {
	const name, conn = "airflow/variables/v", `{"conn_type": "http", "host": "h", "extra": "{\"h\":\"e\"}"}`
	srv := secretsmanagertest.NewServer(t)
	srv.Set(name, `{"h":"e"}`)
	srv.Set("airflow/connections/c", conn)
	for _, args := range [][]string{nil, {"-update"}, {"-apply", "-update"}} {
		code, out := migrate(t, srv, append(args, file(t, "AIRFLOW_CONN_C=http://h/?h=e\nAIRFLOW_VAR_V={\"h\": \"e\"}"))...)
		assert.Equal(t, 0, code)
		assert.Contains(t, out, "in other words that read as the same connection")
		assert.Contains(t, out, "in other words that read as the same JSON")
		assert.Contains(t, out, "1 connection and 1 variable: 2 there already")
		assert.True(t, stored(t, srv, name) == `{"h":"e"}`, "the variable was rewritten")
		assert.True(t, stored(t, srv, "airflow/connections/c") == conn, "the connection was rewritten")
	}
}
