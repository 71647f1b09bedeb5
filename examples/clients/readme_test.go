package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReadme checks that the program of the README is the one in the folder readme, which compiles.
func TestReadme(t *testing.T) {
	file, err := os.ReadFile("readme/main.go")
	require.NoError(t, err)
	_, program, found := strings.Cut(string(file), "\n") // the comment
	require.True(t, found)
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(text), "\n```go\n")
	require.True(t, found)
	shown, rest, found := strings.Cut(rest, "```\n")
	require.True(t, found)
	assert.Equal(t, program, shown, "copy readme/main.go into README.md")
	assert.NotContains(t, rest, "```go\n", "another program in the README, which nothing compiles")
}
