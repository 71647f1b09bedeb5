package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGuessIsTold checks that the report of a guess is the one that the -kwargs of its note give,
// also for calls under the default prefix.
func TestGuessIsTold(t *testing.T) {
	in := calls(40, mwaa, "prod/conns/pg", "") + calls(40, mwaa, "prod/conns/gone", missing) +
		calls(1, mwaa, "airflow/connections/stray", missing) +
		calls(1, "shop/pod", "airflow/connections/theirs", "")
	report := func(args ...string) (got jsonAnswer) {
		var stdout, stderr strings.Builder
		args = append(args, "-json", "-user", "mwaa")
		require.Zero(t, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr), &stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout.String()), &got))
		return got
	}
	guessed := report()
	told := report("-kwargs", `{"connections_prefix":"prod/conns"}`)
	assert.Equal(t, map[string]string{"connections_prefix": "prod/conns"}, guessed.Guessed)
	assert.Equal(t, told.IDs, guessed.IDs)
	assert.Len(t, guessed.IDs, 2)
	require.Len(t, guessed.Outside, 1)
	assert.Equal(t, told.Outside, guessed.Outside)
	assert.Equal(t, "airflow/connections/stray", guessed.Outside[0].Name)
}
