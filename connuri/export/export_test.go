package export_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

func TestReadsInOrder(t *testing.T) {
	f, err := export.Read([]byte("\ufeff {\"b\": NaN, \"a\\\"NaN\": \"Infinity \\\\\", \"c\": {\"x\": [-Infinity]}, \"d\":1}\n"))
	require.NoError(t, err)
	var got [][2]string
	for _, e := range f.Entries {
		got = append(got, [2]string{e.ID, e.JSON()})
	}
	assert.Equal(t, [][2]string{{"b", "NaN"}, {`a"NaN`, `"Infinity \\"`}, {"c", `{"x": [-Infinity]}`}, {"d", "1"}}, got)
	assert.Equal(t, export.Variables, f.Kind())
	assert.Equal(t, export.JSON, f.Format)
}

func TestReadsEnv(t *testing.T) {
	f, err := export.Read([]byte("# connections\r\n\r\npg=postgres://u:p%3D@h/?a=b&c=d\r\nhttp={\"conn_type\": \"http\"}\n"))
	require.NoError(t, err)
	assert.Equal(t, export.Env, f.Format)
	assert.Equal(t, export.Connections, f.Kind())
	c, err := f.Entries[0].Connection(connuri.TaskSDK)
	require.NoError(t, err)
	text, err := f.Entries[0].Text()
	require.NoError(t, err)
	assert.Equal(t, "postgres://u:p%3D@h/?a=b&c=d", text)
	assert.Equal(t, "p=", c.Password.Reveal())
	assert.Equal(t, "pg", c.ID)
	c, err = f.Entries[1].Connection(connuri.TaskSDK)
	require.NoError(t, err)
	assert.Equal(t, `{"conn_type": "http"}`, export.SecretJSON(c).Reveal())
}

func TestKinds(t *testing.T) {
	for doc, want := range map[string]export.Kind{
		`{}`:                                 "",
		`{"a": "x"}`:                         "",
		`{"a": "x", "b": 1}`:                 export.Variables,
		`{"a": {"conn_type": "x"}}`:          export.Connections,
		`{"a": {"conn_type": "x"}, "b": {}}`: export.Variables,
		`a={}`:                               export.Connections,
		"AIRFLOW_VAR_A=x\n":                  export.Variables,
		"AIRFLOW_CONN_A=x\n":                 export.Connections,
		"AIRFLOW_VAR_A=x\nAIRFLOW_CONN_A=x\nB=\n": "",
		"a: {conn_type: x}\n":                     export.Connections,
	} {
		f, err := export.Read([]byte(doc))
		require.NoError(t, err)
		assert.Equal(t, want, f.Kind(), doc)
	}
}

func TestRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		"":                                 "it is empty",
		"hunter2":                          "neither JSON, nor YAML, nor lines of ID=VALUE",
		"null":                             "null, not a JSON object",
		`["hunter2"]`:                      "not a JSON object",
		`{"a": hunter2}`:                   "not JSON, byte 6",
		`{"a": "hunter2"} x`:               "not JSON, byte 17",
		`{"a": "hunter2`:                   "not JSON, byte 14",
		`{"a": "hunter2", "a": "hunter2"}`: `"a": it is there twice`,
		"pg: [hunter2\n":                   "neither JSON, nor YAML (line 1), nor lines of ID=VALUE",
		"a: &a [*b, hunter2]\n":            "neither JSON, nor YAML, nor lines",
		"--- {a: b}\n--- hunter2\n":        "several YAML documents",
		"a=http://h\nhunter2":              "line 2",
		"\"http://hunter2\": 1\n'http://hunter2': 2\n":       "an id that looks like a URI is there twice",
		`{"password=hunter2": "x", "password=hunter2": "y"}`: "entry 2 has the id of entry 1",
		`{"a": 1, "my hunter2": "x", "my hunter2": "y"}`:     "entry 3 has the id of entry 2",
		`{"c2VjcmV0hunter2a": 1, "c2VjcmV0hunter2a": 2}`:     "entry 2 has the id of entry 1",
		"a=\nb=hunter2":                                      "line 1",
		"=hunter2":                                           "line 1",
		"a=http://hunter2\na=http://h":                       `"a": it is there twice`,
		"a=http://u:\nhunter2@h/?a=b":                        "line 2: neither ID=VALUE", // a URI that an editor has wrapped
		"a=http://u:hunter2\xe9@h":                           "it is not UTF-8",
		"{\"a\": {\"x\": \"hunter2\xe9\"}}":                  "it is not UTF-8",
		"a={hunter2}":                                        "line 1: what follows the equals sign",
		`[{"conn_id": "a", "get_uri": "hunter2"}]`:           "airflow connections get",
		`{"conn_id": "a", "extra_dejson": {"hunter2": "1"}}`: "airflow connections get",
		`[{"conn_id": "a", "conn_type": "http"}]`:            "ids and types only",
		`[{"key": "a", "val": "hunter2"}]`:                   "airflow variables list",
		`{"connections": [{"connection_id": "a", "password": "hunter2"}], "total_entries": 1}`: "Airflow's API",
	} {
		_, err := export.Read([]byte(doc))
		require.ErrorContains(t, err, want, doc)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// entry reads a file of one entry.
func entry(t *testing.T, doc string) export.Entry {
	t.Helper()
	f, err := export.Read([]byte(doc))
	require.NoError(t, err)
	require.Len(t, f.Entries, 1)
	return f.Entries[0]
}

func TestConnection(t *testing.T) {
	for _, row := range []struct{ value, secret, err string }{
		{value: `{"conn_id": "id", "conn_type": "http", "description": "d", "login": "", "password": null, "host": "h", "port": 5, "schema": null, "extra": "{}"}`,
			secret: `{"conn_type": "http", "login": "", "host": "h", "port": 5, "extra": "{}"}`},
		{value: `{"conn_type": "http", "password": "\u00e9 \ufffd"}`, secret: `{"conn_type": "http", "password": "\u00e9 \ufffd"}`},
		{value: `{"conn_type": "http", "port": "5", "extra": {"a": [1.50]}}`, secret: `{"conn_type": "http", "port": 5, "extra": "{\"a\": [1.5]}"}`},
		{value: `{"conn_type": "http", "extra_dejson": {}}`, secret: `{"conn_type": "http", "extra": "{}"}`},
		{value: `{"uri": "http://u:p@h", "description": "d"}`, secret: `{"conn_type": "http", "login": "u", "password": "p", "host": "h", "schema": ""}`},
		{value: `{"conn_type": "http", "password": "\ud800"}`, err: "password: it holds half of a surrogate pair"},
		{value: `{"conn_type": "http", "password": 5}`, err: "password: not text; put it in quotes"},
		{value: `{"conn_type": "http", "login": ["hunter2"]}`, err: "login: not text; put it in quotes"},
		{value: `{"conn_type": "http", "port": "hunter2"}`, err: "port: not a whole number"},
		{value: `{"conn_type": "http", "port": 5.5}`, err: "port: not a whole number"},
		{value: `{"conn_type": "http", "extra": ["hunter2"]}`, err: "extra: not a JSON object"},
		{value: `{"conn_type": "http", "extra": "hunter2"}`, err: "extra: not a JSON object, which Airflow 3 refuses"},
		{value: `{"conn_type": "http", "extra": {}}`, err: "extra: Airflow cannot store an empty object"},
		{value: `{"conn_type": "http", "extra": "{}", "extra_dejson": {"a": "hunter2"}}`, err: "extra_dejson: the object has an extra as well; write only one of them"},
		{value: `{"conn_type": "http", "user": "hunter2"}`, err: `the key "user", which Airflow does not know`},
		{value: `{"conn_type": "http", "http://u:hunter2@h": 1}`, err: "it has a key, which Airflow does not know"},
		{value: `{"conn_type": "http", "a=hunter2": 1}`, err: "it has a key, which Airflow does not know"},
		{value: `{"conn_type": "http", "conn_id": "hunter2"}`, err: "conn_id: it is not the id of the entry"},
		{value: `{"conn_type": "http", "team_name": "hunter2"}`, err: "team_name: secrets of teams have names of their own"},
		{value: `{"host": "hunter2"}`, err: "conn_type: missing"},
		{value: `{"uri": "http://hunter2", "port": 5}`, err: "uri: the object has other fields as well; write either a uri or the fields"},
		{value: `["http://hunter2", "http://h"]`, err: "a list of 2 values"},
		{value: `5`, err: "neither text nor an object"},
		{value: `null`, err: "neither text nor an object"},
		{value: `"hunter2"`, err: "the URI has no conn_type before ://"},
		{value: `"http://h:hunter2"`, err: "port"},
		{value: `"http://h/?__extra__=hunter2"`, err: "extra"},
	} {
		c, err := entry(t, `{"id": `+row.value+`}`).Connection(connuri.TaskSDK)
		if row.err != "" {
			require.ErrorContains(t, err, row.err, row.value)
			assert.NotContains(t, err.Error(), "hunter2")
			assert.Zero(t, c)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, "id", c.ID)
		assert.Equal(t, row.secret, export.SecretJSON(c).Reveal())
	}
}

// Airflow 2 reads any text as an extra.
func TestExtraOfAirflow2(t *testing.T) {
	for _, value := range []string{`{"conn_type": "http", "extra": "x"}`, `"http://h/?__extra__=x"`} {
		c, err := entry(t, `{"id": `+value+`}`).Connection(connuri.Airflow2)
		require.NoError(t, err)
		assert.Equal(t, "x", c.Extra.Reveal())
	}
}

func TestVariable(t *testing.T) {
	for _, row := range []struct {
		value, text, description string
		whole                    bool
	}{
		{value: `"x"`, text: "x"},
		{value: `NaN`, text: "NaN"},
		{value: `-Infinity`, text: "-Infinity"},
		{value: `{"a": [1.50, {}, NaN]}`, text: "{\n  \"a\": [\n    1.5,\n    {},\n    NaN\n  ]\n}"},
		{value: `{"value": "x", "description": "d"}`, text: "x", description: "d"},
		{value: `{"description": null, "value": NaN}`, text: "NaN"},
		{value: `{"value": null, "description": "d"}`, text: "null", description: "d"},
		{value: `{"value": 5}`, text: "{\n  \"value\": 5\n}", whole: true},
		{value: `{"value": 5, "description": "d", "unit": "m"}`, text: "{\n  \"value\": 5,\n  \"description\": \"d\",\n  \"unit\": \"m\"\n}", whole: true},
	} {
		variable, err := entry(t, `{"k": `+row.value+`}`).Variable()
		require.NoError(t, err)
		want := export.Variable{Key: "k", Text: connuri.NewSecret(row.text), Description: row.description, Whole: row.whole}
		assert.Equal(t, want, variable, row.value)
	}
	for _, value := range []string{`"\udc00 hunter2"`, `"\\ufffd \ud800 hunter2"`} {
		_, err := entry(t, `{"k": `+value+`}`).Variable()
		require.ErrorContains(t, err, "half of a surrogate pair")
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// Values do not print.
func TestPrintsNoValue(t *testing.T) {
	for _, doc := range []string{`{"a": "hunter2"}`, "a: {conn_type: hunter2}", "a=hunter2", "AIRFLOW_VAR_A=hunter2"} {
		e := entry(t, doc)
		variable, err := e.Variable()
		require.NoError(t, err)
		for _, printed := range []string{fmt.Sprintf("%v %+v %#v", e, e, e), fmt.Sprintf("%v %+v %#v", variable, variable, variable)} {
			assert.NotContains(t, printed, "hunter2")
		}
	}
}
