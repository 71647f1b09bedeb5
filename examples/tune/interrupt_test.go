package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInterrupted reads from a pipe that nobody writes to.
func TestInterrupted(t *testing.T) {
	in, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var stdout, stderr strings.Builder
	assert.Equal(t, 1, run(ctx, nil, in, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), "deadline exceeded")

	done, cancel := context.WithCancel(context.Background())
	cancel()
	assert.Equal(t, 1, run(done, []string{"-demo"}, nil, &stdout, &stderr))
}

// TestInterruptedPipe reads a pipe by the name of a file, as with tune <(command).
func TestInterruptedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer func() { _, _ = r.Close(), w.Close() }()
	name := fmt.Sprint("/dev/fd/", r.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip("pipes have no names here: ", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var stderr strings.Builder
	assert.Equal(t, 1, run(ctx, []string{name}, nil, io.Discard, &stderr))
	assert.Contains(t, stderr.String(), "deadline exceeded")
}

// TestNobodyThere checks that a program without a terminal, such as cron, gets no made-up events.
func TestNobodyThere(t *testing.T) {
	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { assert.NoError(t, null.Close()) }()
	var stdout, stderr strings.Builder
	assert.Equal(t, 1, run(t.Context(), nil, null, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), "standard input: empty")
}
