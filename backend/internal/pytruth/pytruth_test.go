package pytruth_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/pytruth"
)

func TestIsFalsy(t *testing.T) {
	for doc, want := range map[string]bool{
		"null": true, "false": true, "0": true, "-0.0": true, `""`: true, "[]": true, "{}": true,
		"true": false, "1": false, "0.5": false, `"false"`: false, `" "`: false, "[null]": false, `{"a": null}`: false,
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(doc), &v))
		assert.Equal(t, want, pytruth.IsFalsy(v), "%s", doc)
	}
}
