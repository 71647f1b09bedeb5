package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

// TestRunTakesAnotherPort runs two at once: both cannot have the usual port.
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
		{"-addr 0.0.0.0:0", 2, "no loopback address"},
		{"-addr :8765", 2, "no loopback address"},
		{"-addr [::]:0", 2, "no loopback address"},
		{"-addr 192.0.2.1:80", 2, "no loopback address"},
		{"-addr 127.0.0.1", 1, "missing port"},
		{"-addr " + taken.Addr().String(), 1, "in use"},
		{"-what", 2, "Usage"},
		{"pattern", 2, "no arguments wanted"},
		{"-h", 0, usual},
	} {
		t.Run(test.args, func(t *testing.T) {
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), strings.Fields(test.args), &stdout, &stderr))
			assert.Contains(t, stderr.String(), test.stderr)
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
