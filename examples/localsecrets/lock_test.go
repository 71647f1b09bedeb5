//go:build linux || darwin || freebsd

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOneProgramForAState starts a second program with the same state, and again after the first
// one was killed.
func TestOneProgramForAState(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state.json")
	first := start(t, "-state", state)
	require.NoError(t, write(t.Context(), first.client(), "one", "1"))

	stdout, stderr, code := ends(t, "-state", state)
	assert.Equal(t, 1, code)
	assert.Empty(t, stdout)
	assert.Contains(t, strings.Join(strings.Fields(stderr), " "), ": another localsecrets uses it; stop that one, or give another file")
	start(t, "-state", filepath.Join(t.TempDir(), "state.json")) // another state is free

	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
	second := start(t, "-state", state)
	answer, err := second.backend(t).Secret(t.Context(), "one")
	require.NoError(t, err)
	assert.Equal(t, "1", answer.Text.Reveal())

	_, stderr, code = ends(t, "-state", filepath.Join(t.TempDir(), "no", "state.json"))
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "no such file or directory")
}
