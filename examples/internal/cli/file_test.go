package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless is a reader of zeros, such as /dev/zero.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadAll(t *testing.T) {
	doc, err := ReadAll(strings.NewReader("text"))
	require.NoError(t, err)
	assert.Equal(t, "text", string(doc))

	doc, err = ReadAll(io.LimitReader(endless{}, MaxFile))
	require.NoError(t, err)
	assert.Len(t, doc, MaxFile)

	_, err = ReadAll(endless{})
	assert.Equal(t, ErrTooLarge, err)
	assert.EqualError(t, err, "larger than 64 MiB; split it")

	broken := errors.New("broken")
	_, err = ReadAll(io.MultiReader(strings.NewReader("text"), failing{broken}))
	assert.Equal(t, broken, err)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hunter2")
	require.NoError(t, os.WriteFile(name, []byte("text"), 0o600))
	doc, err := ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, "text", string(doc))

	_, err = ReadFile(name + ".json")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile(t.TempDir())
	require.ErrorContains(t, err, "is a directory")

	require.NoError(t, os.Truncate(name, MaxFile+1))
	_, err = ReadFile(name)
	require.ErrorIs(t, err, ErrTooLarge)
}
