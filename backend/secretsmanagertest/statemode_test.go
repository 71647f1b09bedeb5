package secretsmanagertest_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// TestStateIsPrivate checks that only the owner may read the state, also where a file of the
// temporary name was left that all may read.
func TestStateIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file says who may read it on Unix only")
	}
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path+".tmp", nil, 0o600))
	require.NoError(t, os.Chmod(path+".tmp", 0o644))
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{State: path})
	srv.Close()
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}
