package kwargs

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestRead(t *testing.T) {
	file := t.TempDir() + "/kwargs.json"
	require.NoError(t, os.WriteFile(file, []byte(`{"variables_prefix": "v", "sep": "-", "variables_lookup_pattern": "("}`), 0o600))
	doc, settings, err := Read("@" + file)
	require.NoError(t, err)
	assert.Contains(t, string(doc), "variables_prefix")
	assert.Equal(t, backend.Config{VariablesPrefix: "v", Sep: "-", VariablesLookupPattern: "("}, settings.Backend)

	doc, settings, err = Read("")
	require.NoError(t, err)
	assert.Equal(t, "{}", string(doc))
	assert.Zero(t, settings.Backend)

	_, _, err = Read("@nowhere")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, _, err = Read("[1]")
	require.Error(t, err)
}

func TestDoc(t *testing.T) {
	file := t.TempDir() + "/kwargs.json"
	require.NoError(t, os.WriteFile(file, []byte("[1]"), 0o600))
	for arg, want := range map[string][2]string{
		` {"sep": "-"}`: {` {"sep": "-"}`, ""},
		file:            {"[1]", file},
		"@" + file:      {"[1]", file},
		"-":             {"{}", "standard input"},
		"null":          {"null", ""},
	} {
		doc, source, err := Doc(arg, func() ([]byte, error) { return []byte("{}"), nil })
		require.NoError(t, err, arg)
		assert.Equal(t, want, [2]string{string(doc), source}, arg)
	}
	for _, arg := range []string{"postgres://u:hunter2@h", "hunter2\x00", t.TempDir(), ""} {
		_, _, err := Doc(arg, nil)
		require.ErrorContains(t, err, "neither a JSON object nor a file that can be read", arg)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

func TestStem(t *testing.T) {
	for kind, want := range map[lookup.Kind]string{lookup.KindConnection: "connections", lookup.KindVariable: "variables", lookup.KindConfig: "config"} {
		assert.Equal(t, want, Stem(kind))
	}
}

func TestText(t *testing.T) {
	assert.Equal(t, `"^(?<!a\\b)$"`, Text(`^(?<!a\b)$`))
	assert.Equal(t, "null", Text(nil))
}
