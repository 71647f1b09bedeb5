package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

func TestUsage(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"-h":                 {0, "\nExit codes:\n"},
		"-version":           {0, "postgres "},
		"-what":              {2, "-what"},
		"x":                  {2, "1 argument too many"},
		"x y":                {2, "2 arguments too many"},
		"-workers 0":         {2, "-workers: want 1 to 50"},
		"-workers 51":        {2, "-workers: want 1 to 50"},
		"-rotations 0":       {2, "-rotations: want at least 1"},
		"-rotations hunter2": {2, "-rotations: want a number"},
		"-apart -1s":         {2, "-apart: must not be negative"},
		"-budget 0s":         {2, "-budget: must be positive"},
	} {
		var out bytes.Buffer
		assert.Equal(t, want.code, run(t.Context(), strings.Fields(args), "", &out, &out), args)
		assert.Contains(t, out.String(), want.text, args)
		assert.NotContains(t, out.String(), "hunter2")
	}
}

func TestAtATerminal(t *testing.T) {
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 2, "-what")
	ptytest.Fits(t, 1, "-dsn", "postgres://u:hunter2@h:port/x")
	testDSN(t)
	piped, _ := ptytest.Narrow(t, 0, "-rotations", "1", "-workers", "1", "-apart", "0s")
	assert.Contains(t, piped.Stdout, ", 1 worker, 0s between the two changes")
	t.Setenv("COLUMNS", "50")
	var out bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"-rotations", "1", "-workers", "1", "-apart", "0s"}, testDSN(t), &out, &out))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(line), 51, line)
	}
}

func TestQueries(t *testing.T) {
	assert.Equal(t, "1 query, 2 queries", queries(1)+", "+queries(2))
}
