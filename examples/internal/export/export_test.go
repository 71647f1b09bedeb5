package export

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadsInOrder(t *testing.T) {
	f, err := Read([]byte("\ufeff {\"b\": NaN, \"a\\\"NaN\": \"Infinity \\\\\", \"c\": {\"x\": [-Infinity]}, \"d\":1}\n"))
	require.NoError(t, err)
	want := []Entry{{"b", []byte("NaN")}, {`a"NaN`, []byte(`"Infinity \\"`)}, {"c", []byte(`{"x": [-Infinity]}`)}, {"d", []byte("1")}}
	assert.Equal(t, want, f.Entries)
	assert.Equal(t, Variables, f.Kind())
}

func TestReadsEnv(t *testing.T) {
	f, err := Read([]byte("# connections\r\n\r\npg=postgres://u:p%3D@h/?a=b&c=d\r\nhttp={\"conn_type\": \"http\"}\n"))
	require.NoError(t, err)
	assert.True(t, f.Env)
	assert.Equal(t, Connections, f.Kind())
	c, text, err := f.Entries[0].Connection()
	require.NoError(t, err)
	assert.Equal(t, "postgres://u:p%3D@h/?a=b&c=d", text)
	assert.Equal(t, "p=", c.Password.Reveal())
	c, text, err = f.Entries[1].Connection()
	require.NoError(t, err)
	assert.Equal(t, `{"conn_type": "http"}`, text)
	assert.Equal(t, "http", c.Type)
}

func TestKinds(t *testing.T) {
	for doc, want := range map[string]Kind{
		`{}`:                                 Secrets,
		`{"a": "x"}`:                         Secrets,
		`{"a": "x", "b": 1}`:                 Variables,
		`{"a": {"conn_type": "x"}}`:          Connections,
		`{"a": {"conn_type": "x"}, "b": {}}`: Variables,
		`a={}`:                               Connections,
	} {
		f, err := Read([]byte(doc))
		require.NoError(t, err)
		assert.Equal(t, want, f.Kind(), doc)
	}
}

func TestRefuses(t *testing.T) {
	for doc, want := range map[string]string{
		"":                                  "it is empty",
		"hunter2":                           "neither JSON nor lines of ID=URI",
		"null":                              "null, not a JSON object",
		`["hunter2"]`:                       "not a JSON object",
		`{"a": hunter2}`:                    "not JSON, byte 6",
		`{"a": "hunter2"} x`:                "not JSON, byte 17",
		`{"a": "hunter2`:                    "not JSON, byte 14",
		`{"a": "hunter2", "a": "hunter2"}`:  `"a": it is there twice`,
		"pg:\n  password: hunter2\n":        "YAML is not read",
		"pg:\n  password: hunter2=\n":       "line 1: neither JSON nor ID=URI; YAML is not read",
		"a=http://h\nhunter2":               "line 2",
		"a=\nb=hunter2":                     "line 1",
		"=hunter2":                          "line 1",
		"a=http://hunter2\na=http://h":      `"a": it is there twice`,
		"a=http://u:\nhunter2@h/?a=b":       "line 2: neither JSON nor ID=URI", // a URI that an editor has wrapped
		"a=http://u:hunter2\xe9@h":          "it is not UTF-8",
		"{\"a\": {\"x\": \"hunter2\xe9\"}}": "it is not UTF-8",
		"a={hunter2}":                       "line 1: what follows the equals sign",
		`[{"conn_id": "a", "get_uri": "hunter2"}]`:                                             "airflow connections get",
		`{"conn_id": "a", "extra_dejson": {"hunter2": "1"}}`:                                   "airflow connections get",
		`[{"conn_id": "a", "conn_type": "http"}]`:                                              "ids and types only",
		`[{"key": "a", "val": "hunter2"}]`:                                                     "airflow variables list",
		`{"connections": [{"connection_id": "a", "password": "hunter2"}], "total_entries": 1}`: "Airflow's API",
	} {
		_, err := Read([]byte(doc))
		require.ErrorContains(t, err, want, doc)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func entry(value string) Entry { return Entry{"id", []byte(value)} }

func TestConnection(t *testing.T) {
	for _, row := range []struct{ value, secret, err string }{
		{value: `{"conn_id": "id", "conn_type": "http", "description": "d", "login": "", "password": null, "host": "h", "port": 5, "schema": null, "extra": "{}"}`,
			secret: `{"conn_type": "http", "login": "", "host": "h", "port": 5, "extra": "{}"}`},
		{value: `{"conn_type": "http", "password": "\u00e9 \ufffd"}`, secret: `{"conn_type": "http", "password": "\u00e9 \ufffd"}`},
		{value: `{"conn_type": "http", "password": "\ud800"}`, err: "password: it holds half of a surrogate pair"},
		{value: `{"conn_type": "http", "password": 5}`, err: "password: not a string"},
		{value: `{"conn_type": "http", "port": "5"}`, err: "port: not a whole number"},
		{value: `{"conn_type": "http", "port": 5.5}`, err: "port: not a whole number"},
		{value: `{"conn_type": "http", "extra": {"hunter2": 1}}`, err: "extra: not a string"},
		{value: `{"conn_type": "http", "user": "hunter2"}`, err: `the key "user"`},
		{value: `5`, err: "a connection is an object or a string"},
		{value: `null`, err: "a connection is an object or a string"},
		{value: `"http://h:hunter2"`, err: "port"},
	} {
		_, secret, err := entry(row.value).Connection()
		if row.err != "" {
			require.ErrorContains(t, err, row.err)
			assert.NotContains(t, err.Error(), "hunter2")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, row.secret, secret)
	}
}

func TestVariableText(t *testing.T) {
	for _, row := range []struct {
		value, text, description string
		asIs                     bool
	}{
		{value: `"x"`, text: "x"},
		{value: `NaN`, text: "NaN"},
		{value: `-Infinity`, text: "-Infinity"},
		{value: `{"a": [1.50, {}]}`, text: "{\n  \"a\": [\n    1.50,\n    {}\n  ]\n}"},
		{value: `{"value": "x", "description": "d"}`, text: "x", description: "d"},
		{value: `{"description": null, "value": NaN}`, text: "NaN"},
		{value: `{"value": null, "description": "d"}`, text: "null", description: "d"},
		{value: `{"value": 5}`, text: "{\n  \"value\": 5\n}", asIs: true},
		{value: `{"value": 5, "description": "d", "unit": "m"}`, text: "{\n  \"value\": 5,\n  \"description\": \"d\",\n  \"unit\": \"m\"\n}", asIs: true},
	} {
		text, description, asIs, err := entry(row.value).VariableText()
		require.NoError(t, err)
		assert.Equal(t, []any{row.text, row.description, row.asIs}, []any{text, description, asIs}, row.value)
	}
	for _, value := range []string{`[NaN]`, `"\udc00 hunter2"`, `"\\ufffd \ud800 hunter2"`} {
		_, _, _, err := entry(value).VariableText()
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}
