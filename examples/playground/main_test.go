package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

var program string // the test binary, which is the program if asProgram is set

const asProgram = "PLAYGROUND_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	var err error
	if program, err = os.Executable(); err != nil {
		panic(err)
	}
	for name, value := range map[string]string{asProgram: "1", "COLUMNS": ""} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestAtATerminal: no line is wider than the terminal, no word is cut, and Ctrl-C ends the
// program at once.
func TestAtATerminal(t *testing.T) {
	for _, columns := range []int{80, 160} {
		terminal := ptytest.Start(t, columns, exec.Command(program, "-addr", "127.0.0.1:0"))
		terminal.WaitFor(t, "Ctrl-C stops it.")
		_, err := terminal.Write([]byte{3})
		require.NoError(t, err)
		assert.Equal(t, 130, terminal.Ended(t))
		fits(t, terminal, columns)

		for _, args := range [][]string{{"-h"}, {"-addr", ":0"}, {"-what"}} {
			terminal := ptytest.Start(t, columns, exec.Command(program, args...))
			terminal.Ended(t)
			fits(t, terminal, columns)
			var stdout, stderr strings.Builder
			run(t.Context(), args, &stdout, &stderr)
			assert.Equal(t, strings.Fields(stdout.String()+stderr.String()), strings.Fields(strings.Join(terminal.Lines(), " ")),
				"the words are those of a pipe")
		}
	}
}

func fits(t *testing.T, terminal *ptytest.Terminal, columns int) {
	t.Helper()
	for _, line := range terminal.Lines() {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, line)
		assert.NotContains(t, line, "\x1b")
	}
}

func TestHelpHasFiveParts(t *testing.T) {
	var stdout, stderr strings.Builder
	require.Zero(t, run(t.Context(), []string{"-h"}, &stdout, &stderr))
	assert.Regexp(t, `(?s)^Playground .*\n\nUsage:\n.*\n\nFlags:\n.*\n\nExamples:\n  .*\n  .*\n\nExit codes:\n  0: .*130: `, stdout.String())
	stdout.Reset()
	require.Zero(t, run(t.Context(), []string{"-version"}, &stdout, &stderr))
	assert.Regexp(t, `^playground \S+\n$`, stdout.String())
	assert.Empty(t, stderr.String())
}

func TestRunServesUntilStopped(t *testing.T) {
	for _, args := range [][]string{{"-addr", "127.0.0.1:0"}, {"-addr", "localhost:0"}, nil} {
		ctx, stop := context.WithCancel(t.Context())
		reader, writer := io.Pipe()
		var stderr strings.Builder
		code := make(chan int, 1)
		go func() { code <- run(ctx, args, writer, &stderr) }()
		line, err := bufio.NewReader(reader).ReadString('\n')
		require.NoError(t, err)
		url := strings.TrimSpace(line)
		require.Regexp(t, `^http://(127\.0\.0\.1|\[::1\]):\d+$`, url)

		resp, err := http.Get(url)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		assert.Contains(t, string(body), "Lookup pattern playground")

		stop()
		select {
		case got := <-code:
			assert.Equal(t, 0, got, stderr.String())
		case <-time.After(time.Minute):
			t.Fatal("it does not stop")
		}
	}
}

func TestServeClosesItsListener(t *testing.T) {
	listener, err := listen("127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, serve(ctx, listener))
	_, err = listener.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
}

// TestRunTakesAnotherPort runs two playgrounds, which cannot both have the usual port.
func TestRunTakesAnotherPort(t *testing.T) {
	first, err := listen("")
	require.NoError(t, err)
	defer func() { _ = first.Close() }()
	second, err := listen("")
	require.NoError(t, err)
	defer func() { _ = second.Close() }()
	assert.NotEqual(t, first.Addr().String(), second.Addr().String())
	assert.True(t, second.Addr().(*net.TCPAddr).IP.IsLoopback())
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	for _, test := range []struct {
		args   string
		code   int
		stderr string
	}{
		{"-addr 0.0.0.0:0", 2, "must be a loopback address"},
		{"-addr :8765", 2, "must be a loopback address"},
		{"-addr [::]:0", 2, "must be a loopback address"},
		{"-addr 192.0.2.1:80", 2, "must be a loopback address"},
		{"-addr 127.0.0.1", 2, "-addr: want HOST:PORT, such as 127.0.0.1:8765"},
		{"-addr hunter2", 2, "-addr: want HOST:PORT, such as 127.0.0.1:8765"},
		{"-addr 127.0.0.1:hunter2", 2, "-addr: want HOST:PORT, such as 127.0.0.1:8765"},
		{"-addr 127.0.0.1:65536", 2, "-addr: want HOST:PORT, such as 127.0.0.1:8765"},
		{"-addr " + strings.Repeat("hunter2", 40) + ":0", 2, "-addr: want HOST:PORT, such as 127.0.0.1:8765"},
		{"-addr " + taken.Addr().String(), 1, "in use"},
		{"-what", 2, "-what is not a flag"},
		{"pattern", 2, "it takes no arguments"},
	} {
		t.Run(test.args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), strings.Fields(test.args), &stdout, &stderr))
			assert.Contains(t, strings.Join(strings.Fields(stderr.String()), " "), test.stderr)
			assert.NotContains(t, stderr.String(), "hunter2")
			assert.Empty(t, stdout.String())
		})
	}
}

func TestRunNeedsAReaderOfItsURL(t *testing.T) {
	reader, writer := io.Pipe()
	require.NoError(t, reader.CloseWithError(errors.New("gone")))
	var stderr strings.Builder
	assert.Equal(t, 1, run(t.Context(), []string{"-addr", "127.0.0.1:0"}, writer, &stderr))
	assert.Contains(t, stderr.String(), "gone")
}
