package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// The files in testdata are what Airflow 3.3.2 exported of the connections and
// variables in testdata/export.py. With a Python that has apache-airflow and
// apache-airflow-providers-amazon, as AIRFLOW_PROVIDER_PYTHON, they are exported
// again, Airflow reads back what was migrated, and it imports what -out writes.

// kept is what Airflow or we have for ids.
type kept struct {
	Connections map[string]fields  `json:"connections"`
	Variables   map[string]*string `json:"variables"`
}

type fields struct {
	Type        *string `json:"conn_type"`
	Description *string `json:"description"`
	Host        *string `json:"host"`
	Login       *string `json:"login"`
	Password    *string `json:"password"`
	Schema      *string `json:"schema"`
	Port        *int    `json:"port"`
	Extra       *string `json:"extra"`
}

// The ids that AWS cannot keep.
var cannotBeKept = []string{"empty", "with space", "clé", "a:b"}

// lostInURI is what Airflow itself loses when it writes a connection as a URI.
var lostInURI = map[string]fields{
	"capitals": {Type: aws.String("http"), Host: aws.String("api.example.com")},
}

// refusedAsURI is the id whose URI Airflow writes and does not read: its extra holds the key
// __extra__.
const refusedAsURI = "extra_dunder"

func TestMigrateExported(t *testing.T) {
	migrateAndReadBack(t, "testdata", readByGo)
}

func TestMigrateRealAirflow(t *testing.T) {
	python := os.Getenv("AIRFLOW_PROVIDER_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PROVIDER_PYTHON names no Python that has apache-airflow-providers-amazon")
	}
	dir := t.TempDir()
	_, err := airflow(t, python, "testdata/export.py", dir).Output()
	require.NoError(t, err)
	for _, name := range []string{"connections.json", "connections.yaml", "connections.env", "connections_json.env", "variables.json", "originals.json",
		"printed_get.json", "printed_list.json", "printed_list_values.json", "printed_variables.json", "printed_variables_values.json"} {
		assert.Equal(t, string(read(t, filepath.Join("testdata", name))), string(read(t, filepath.Join(dir, name))), "%s is another one", name)
	}
	migrateAndReadBack(t, dir, func(t *testing.T, srv *secretsmanagertest.Server, ids, keys []string) kept {
		cmd := airflow(t, python, "testdata/readback.py", srv.URL())
		asked, err := json.Marshal(map[string][]string{"connections": ids, "variables": keys})
		require.NoError(t, err)
		cmd.Stdin = bytes.NewReader(asked)
		out, err := cmd.Output()
		require.NoError(t, err)
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		var answers kept
		require.NoError(t, json.Unmarshal(lines[len(lines)-1], &answers))
		return answers
	})
}

// readByGo reads what readback.py does.
func readByGo(t *testing.T, srv *secretsmanagertest.Server, ids, keys []string) kept {
	b, err := backend.New(srv.Client(), backend.Config{})
	require.NoError(t, err)
	answers := kept{map[string]fields{}, map[string]*string{}}
	for _, id := range ids {
		c, err := b.GetConnection(t.Context(), id)
		require.NoError(t, err)
		password, extra := c.Password.Reveal(), c.Extra.Reveal()
		answers.Connections[id] = fields{&c.Type, &c.Description, &c.Host, &c.Login, &password, &c.Schema, &c.Port, &extra}
	}
	for _, key := range keys {
		text, err := b.GetVariable(t.Context(), key)
		require.NoError(t, err)
		answers.Variables[key] = &text
	}
	return answers
}

// migrateAndReadBack migrates each of the files and holds what is read back
// against what Airflow had.
func migrateAndReadBack(t *testing.T, dir string, readBack func(*testing.T, *secretsmanagertest.Server, []string, []string) kept) {
	var originals kept
	require.NoError(t, json.Unmarshal(read(t, filepath.Join(dir, "originals.json")), &originals))
	require.GreaterOrEqual(t, len(originals.Connections), 25)
	require.GreaterOrEqual(t, len(originals.Variables), 15)
	var ids, keys []string
	for id := range originals.Connections {
		ids = append(ids, id)
	}
	for key := range originals.Variables {
		if !slices.Contains(cannotBeKept, key) {
			keys = append(keys, key)
		}
	}

	for _, row := range []struct {
		args, file string
		viaURI     bool
	}{
		{file: "connections.json"},
		{file: "connections.yaml"},
		{file: "connections_json.env"},
		{file: "connections.env", viaURI: true},
		{args: "-as json", file: "connections.env", viaURI: true},
	} {
		t.Run(strings.TrimSpace(row.args+" "+row.file), func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			code, out := migrate(t, srv, append(strings.Fields(row.args), "-apply", filepath.Join(dir, row.file))...)
			ids := slices.Clone(ids)
			if row.viaURI {
				ids = slices.DeleteFunc(ids, func(id string) bool { return id == refusedAsURI })
				require.Contains(t, out, "1 refused")
			}
			require.Equal(t, row.viaURI, code == 1, out)
			answers := readBack(t, srv, ids, nil)
			for _, id := range ids {
				want, got := originals.Connections[id], answers.Connections[id]
				sameConnection(t, id, want, got, row.viaURI)
			}
			t.Logf("%d connections, read back as they were", len(ids))
		})
	}

	t.Run("variables.json", func(t *testing.T) {
		srv := secretsmanagertest.NewServer(t)
		code, out := migrate(t, srv, "-apply", filepath.Join(dir, "variables.json"))
		assert.Equal(t, 1, code, "some cannot be kept")
		assert.Equal(t, len(cannotBeKept), strings.Count(out, "  refused\n"), out)
		answers := readBack(t, srv, nil, keys)
		for _, key := range keys {
			want, got := *originals.Variables[key], *answers.Variables[key]
			if want != got {
				// The export reads JSON and writes it again: only what it means is kept.
				assert.True(t, sameJSON(want, got), "variable %s", key)
			}
		}
		t.Logf("%d variables, read back as they were; %d that AWS cannot keep", len(keys), len(cannotBeKept))
	})
}

// migrated fills a server with all that testdata has, by migrating it.
func migrated(t *testing.T) *secretsmanagertest.Server {
	t.Helper()
	srv := secretsmanagertest.NewServer(t)
	code, out := migrate(t, srv, "-apply", "testdata/connections.json", "testdata/variables.json")
	require.Equal(t, 1, code, "AWS cannot keep some")
	require.Equal(t, len(cannotBeKept), strings.Count(out, "  refused\n"), out)
	return srv
}

// TestLeaveRealAirflow: airflow connections import and airflow variables import take what
// -out writes, and have what Airflow had before.
func TestLeaveRealAirflow(t *testing.T) {
	python := os.Getenv("AIRFLOW_PROVIDER_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PROVIDER_PYTHON names no Python that has apache-airflow-providers-amazon")
	}
	var originals kept
	require.NoError(t, json.Unmarshal(read(t, "testdata/originals.json"), &originals))
	srv := migrated(t)
	var asked bytes.Buffer
	names := []string{"connections.json", "connections.yaml", "connections.env", "variables.json", "variables.yaml", "variables.env"}
	for _, name := range names {
		kind, ext, _ := strings.Cut(name, ".")
		out := filepath.Join(t.TempDir(), name)
		_, _ = migrate(t, srv, "-out", out, "-kind", kind)
		row, err := json.Marshal(map[string]string{"kind": kind, "ext": ext, "doc": string(read(t, out))})
		require.NoError(t, err)
		asked.Write(append(row, '\n'))
	}
	cmd := airflow(t, python, "../../connuri/export/testdata/import.py")
	cmd.Stdin = &asked
	out, err := cmd.Output()
	require.NoError(t, err)
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	require.Len(t, lines, len(names))
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			var answer struct {
				Error string
				Got   map[string]json.RawMessage
			}
			require.NoError(t, json.Unmarshal(lines[i], &answer))
			assert.Empty(t, answer.Error)
			if strings.HasPrefix(name, "variables") {
				sameVariables(t, originals, answer.Got, strings.HasSuffix(name, ".env"))
			} else {
				sameImported(t, originals, answer.Got, strings.HasSuffix(name, ".env"))
			}
		})
	}
}

// sameImported compares what Airflow imported with what it had.
func sameImported(t *testing.T, originals kept, got map[string]json.RawMessage, viaURI bool) {
	t.Helper()
	least := len(originals.Connections) - 2 // an id with slashes, and one of a team
	if viaURI {
		least -= 3 // descriptions, capitals, nested JSON
	}
	assert.GreaterOrEqual(t, len(got), least)
	for id, doc := range got {
		var imported fields
		require.NoError(t, json.Unmarshal(doc, &imported))
		want := originals.Connections[id]
		assert.Equal(t, value(want.Description), value(imported.Description), "connection %s", id)
		imported.Description = nil
		sameConnection(t, id, want, imported, viaURI)
	}
	t.Logf("%d of %d connections imported as they were", len(got), len(originals.Connections))
}

func sameVariables(t *testing.T, originals kept, got map[string]json.RawMessage, isEnv bool) {
	t.Helper()
	least := len(originals.Variables) - len(cannotBeKept)
	if isEnv {
		least -= 9 // line breaks, also of JSON over lines, and descriptions
	}
	assert.GreaterOrEqual(t, len(got), least)
	for key, doc := range got {
		var texts []string
		require.NoError(t, json.Unmarshal(doc, &texts))
		want := *originals.Variables[key]
		assert.True(t, want == texts[0] || sameJSON(want, texts[0]), "variable %s", key)
	}
	t.Logf("%d of %d variables imported as they were", len(got), len(originals.Variables))
}

// sameConnection compares field by field; None and "" are the same to all users of
// a connection. A description is in no secret, and a URI does not keep how the JSON
// of an extra is laid out.
func sameConnection(t *testing.T, id string, want, got fields, viaURI bool) {
	t.Helper()
	if lost, ok := lostInURI[id]; ok && viaURI {
		want = lost
	}
	wantType, wantExtra, gotExtra := normalized(value(want.Type)), value(want.Extra), value(got.Extra)
	if viaURI && sameJSON(wantExtra, gotExtra) {
		wantExtra, gotExtra = "", ""
	}
	for name, same := range map[string]bool{
		"conn_type": wantType == value(got.Type),
		"host":      value(want.Host) == value(got.Host),
		"login":     value(want.Login) == value(got.Login),
		"password":  value(want.Password) == value(got.Password),
		"schema":    value(want.Schema) == value(got.Schema),
		"port":      value(want.Port) == value(got.Port),
		"extra":     wantExtra == gotExtra,
	} {
		assert.True(t, same, "connection %s: %s is another one", id, name)
	}
	assert.Empty(t, value(got.Description))
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && assert.ObjectsAreEqual(x, y)
}

// migrate runs the program against a server, by Airflow's default configuration.
func migrate(t *testing.T, srv *secretsmanagertest.Server, args ...string) (code int, stdout string) {
	t.Helper()
	var out bytes.Buffer
	environ := []string{"AIRFLOW_HOME=" + t.TempDir()}
	code = run(t.Context(), append([]string{"-endpoint", srv.URL()}, args...), environ, strings.NewReader(""), &out, io.Discard)
	return code, out.String()
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	return doc
}

// airflow is a Python script, without what the machine it runs on is set up with.
func airflow(t *testing.T, python, script string, args ...string) *exec.Cmd {
	t.Helper()
	script, err := filepath.Abs(script)
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), python, append([]string{script}, args...)...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "AIRFLOW_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "PYTHONDONTWRITEBYTECODE=1", "AIRFLOW_HOME="+t.TempDir(), "AIRFLOW__CORE__LOAD_EXAMPLES=False", "NO_PROXY=127.0.0.1",
		"AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	return cmd
}
