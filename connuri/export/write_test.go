package export_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// exported are files that Airflow 3.3.2 wrote.
const exported = "../../examples/migrate/testdata/"

func readFile(t *testing.T, name string) (text string, file export.File) {
	t.Helper()
	doc, err := os.ReadFile(exported + name)
	require.NoError(t, err)
	file, err = export.Read(doc)
	require.NoError(t, err)
	return string(doc), file
}

// importableConnections are those of an export that airflow connections import takes.
func importableConnections(t *testing.T) (all []connuri.Connection) {
	t.Helper()
	_, file := readFile(t, "connections.json")
	for _, entry := range file.Entries {
		if strings.Contains(entry.ID, "/") {
			continue
		}
		c, err := entry.Connection(connuri.Server)
		require.NoError(t, err)
		all = append(all, c)
	}
	require.GreaterOrEqual(t, len(all), 30)
	return all
}

// WriteConnections writes the bytes that Airflow wrote.
func TestWritesWhatAirflowWrote(t *testing.T) {
	want, _ := readFile(t, "connections.json")
	_, after, _ := strings.Cut(want, `  "slash/in/it": {`)
	before, _, _ := strings.Cut(want, `  "slash/in/it": {`)
	_, after, _ = strings.Cut(after, "\n  },\n")
	got, err := export.WriteConnections(export.JSON, importableConnections(t))
	require.NoError(t, err)
	assert.True(t, before+after == string(got), "connections.json is another one")

	want, file := readFile(t, "variables.json")
	var variables []export.Variable
	for _, entry := range file.Entries {
		v, err := entry.Variable()
		require.NoError(t, err)
		variables = append(variables, v)
	}
	got, err = export.WriteVariables(export.JSON, variables)
	require.NoError(t, err)
	assert.JSONEq(t, strings.ReplaceAll(strings.ReplaceAll(want, "-Infinity", `"-inf"`), "NaN", `"nan"`),
		strings.ReplaceAll(strings.ReplaceAll(string(got), "-Infinity", `"-inf"`), "NaN", `"nan"`))
	assert.True(t, want == string(got), "variables.json is another one")
}

// What is written reads back as the same connections.
func TestConnectionsReadBack(t *testing.T) {
	connections := importableConnections(t)
	for _, format := range []export.Format{export.JSON, export.YAML, export.Env} {
		for _, c := range connections {
			doc, err := export.WriteConnections(format, []connuri.Connection{c})
			if format == export.Env && err != nil {
				assert.Contains(t, []string{"described", "capitals", "extra_dunder", "old_name", "extra_key", "hyphens"}, c.ID, err)
				continue
			}
			require.NoError(t, err, "%s in %s", c.ID, format)
			e := entry(t, string(doc))
			back, err := e.Connection(connuri.Server)
			require.NoError(t, err, "%s in %s", c.ID, format)
			if format == export.Env {
				c.Extra, back.Extra = compact(t, c.Extra), compact(t, back.Extra)
				c.Empty, back.Empty = 0, 0
			}
			c.Description = strings.TrimSpace(c.Description)
			assert.True(t, c.Equal(back), "%s in %s is another one", c.ID, format)
			assert.Equal(t, c.Empty, back.Empty, "%s in %s", c.ID, format)
		}
	}
}

// compact is an extra without its layout.
func compact(t *testing.T, extra connuri.Extra) connuri.Extra {
	t.Helper()
	if extra.Reveal() == "" {
		return connuri.Extra{}
	}
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(extra.Reveal()), &members))
	doc, err := json.Marshal(members)
	require.NoError(t, err)
	return connuri.RawExtra(string(doc))
}

func TestVariablesReadBack(t *testing.T) {
	for _, text := range []string{"", "x", "5", "0.10", "007", `"x"`, "NaN", "null", "true", "a\nb", "é😀\u2028", `{"value": 5}`, `[1, {"b": {}}]`, " x ", "'x'", "a=b", "#x", "yes", "2024-01-01"} {
		for _, description := range []string{"", "of it"} {
			for _, format := range []export.Format{export.JSON, export.YAML, export.Env} {
				v := export.Variable{Key: "k", Text: connuri.NewSecret(text), Description: description}
				doc, err := export.WriteVariables(format, []export.Variable{v})
				if format == export.Env && (text == "" || description != "" || strings.ContainsAny(text, "\n\u2028")) {
					require.ErrorContains(t, err, "a line cannot hold")
					continue
				}
				require.NoError(t, err)
				back, err := entry(t, string(doc)).Variable()
				require.NoError(t, err)
				if format == export.JSON && json.Valid([]byte(text)) {
					assert.True(t, sameJSON(text, back.Text.Reveal()), "%q in %s", text, format)
					back.Text = v.Text
				}
				assert.True(t, v.Text.Equal(back.Text), "%q in %s", text, format)
				assert.Equal(t, v, back)
			}
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && assert.ObjectsAreEqual(x, y)
}

// What Airflow's import would refuse is refused, and named without its value.
func TestWriteRefuses(t *testing.T) {
	good := connuri.Connection{ID: "a", Type: "http", Host: "h", Password: connuri.NewSecret("hunter2")}
	with := func(change func(*connuri.Connection)) connuri.Connection {
		c := good
		change(&c)
		return c
	}
	for want, row := range map[string]struct {
		format export.Format
		all    []connuri.Connection
	}{
		`"": conn_id: airflow connections import accepts letters`: {export.JSON, []connuri.Connection{with(func(c *connuri.Connection) { c.ID = "" })}},
		`"a/b": conn_id`:                    {export.JSON, []connuri.Connection{with(func(c *connuri.Connection) { c.ID = "a/b" })}},
		"up to 200":                         {export.YAML, []connuri.Connection{with(func(c *connuri.Connection) { c.ID = strings.Repeat("a", 201) })}},
		"it is there twice":                 {export.YAML, []connuri.Connection{good, good}},
		"extra: not a JSON object":          {export.JSON, []connuri.Connection{with(func(c *connuri.Connection) { c.Extra = connuri.RawExtra("hunter2") })}},
		"password: not UTF-8":               {export.JSON, []connuri.Connection{with(func(c *connuri.Connection) { c.Password = connuri.NewSecret("hunter2\xff") })}},
		"a URI cannot hold its description": {export.Env, []connuri.Connection{with(func(c *connuri.Connection) { c.Description = "hunter2" })}},
		"a URI cannot hold its host":        {export.Env, []connuri.Connection{with(func(c *connuri.Connection) { c.Host = "HUNTER2" })}},
		"Airflow would refuse the URI":      {export.Env, []connuri.Connection{with(func(c *connuri.Connection) { c.Port = 70000 })}},
		"json, yaml and env":                {export.Compose, []connuri.Connection{good}},
	} {
		_, err := export.WriteConnections(row.format, row.all)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, strings.ToLower(err.Error()), "hunter2")
	}
	variable := export.Variable{Key: "k", Text: connuri.NewSecret("hunter2")}
	for want, row := range map[string]struct {
		format export.Format
		all    []export.Variable
	}{
		"it has no key":                {export.JSON, []export.Variable{{Text: variable.Text}}},
		"its key is too long for YAML": {export.YAML, []export.Variable{{Key: strings.Repeat("k", 1001), Text: variable.Text}}},
		`"k": it is there twice`:       {export.JSON, []export.Variable{variable, variable}},
		"not UTF-8":                    {export.YAML, []export.Variable{{Key: "k", Text: connuri.NewSecret("hunter2\xff")}}},
		"a line cannot hold the key":   {export.Env, []export.Variable{{Key: "a=b", Text: variable.Text}}},
		"that can be written are json": {export.DotEnv, []export.Variable{variable}},
	} {
		_, err := export.WriteVariables(row.format, row.all)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestWritesNothing(t *testing.T) {
	for format, want := range map[export.Format]string{export.JSON: "{}", export.YAML: "{}\n", export.Env: ""} {
		for _, write := range []func() ([]byte, error){
			func() ([]byte, error) { return export.WriteConnections(format, nil) },
			func() ([]byte, error) { return export.WriteVariables(format, nil) },
		} {
			doc, err := write()
			require.NoError(t, err)
			assert.Equal(t, want, string(doc))
		}
	}
}

// An alias of aliases, or one of itself, is refused before it grows.
func TestAliasesAreBounded(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		ref := "*a" + string(rune('0'+i))
		bomb += "a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat(ref+",", 9) + ref + "]\n"
	}
	for _, doc := range []string{bomb, "a: &a [*a]\n", "a: &a {b: *a}\n", "a: &a {<<: *a}\n", "services: &a {x: {environment: *a}, <<: *a}\n",
		strings.Repeat("[", 20000), "a: " + strings.Repeat("{a: ", 5000)} {
		file, err := export.Read([]byte(doc))
		if err == nil {
			refused := 0
			for _, e := range file.Entries {
				if _, err = e.Variable(); err != nil {
					refused++
				}
			}
			assert.Positive(t, refused, doc[:min(len(doc), 40)])
		}
	}
}
