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

func TestStem(t *testing.T) {
	for kind, want := range map[lookup.Kind]string{lookup.KindConnection: "connections", lookup.KindVariable: "variables", lookup.KindConfig: "config"} {
		assert.Equal(t, want, Stem(kind))
	}
}

func TestText(t *testing.T) {
	assert.Equal(t, `"^(?<!a\\b)$"`, Text(`^(?<!a\b)$`))
	assert.Equal(t, "null", Text(nil))
}
