package hook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// pipes is a listener in memory, so that a test with pauses runs on synctest's clock.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p <- server
	return client, nil
}

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// timeoutClient is a client with a timeout of one second that connects by dial.
func timeoutClient(t *testing.T, scheme string, dial func(context.Context, string, string) (net.Conn, error)) (*http.Client, HTTPConfig) {
	t.Helper()
	config, err := HTTP(connuri.Connection{Type: "http", Host: scheme + "://api.example.com", Extra: connuri.RawExtra(`{"timeout": 1.0, "trust_env": false}`)})
	require.NoError(t, err)
	client, err := config.Client(func(string) ([]byte, error) { return nil, os.ErrNotExist })
	require.NoError(t, err)
	client.Transport.(*patient).DialContext = dial
	return client, config
}

// timedRequest sends a request and reads the whole answer. It returns how long that took.
func timedRequest(t *testing.T, client *http.Client, config HTTPConfig, endpoint string, body io.Reader) (string, time.Duration, error) {
	t.Helper()
	begin := time.Now()
	request, err := config.NewRequest(t.Context(), http.MethodPost, endpoint, body)
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return "", time.Since(begin), err
	}
	answer, err := io.ReadAll(response.Body)
	return string(answer), time.Since(begin), errors.Join(err, response.Body.Close())
}

// TestHTTPClientTimeouts has a server that keeps a client waiting in each way that counts,
// and two exchanges that are slow as a whole but never silent for as long as the timeout.
func TestHTTPClientTimeouts(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		controller := http.NewResponseController(w)
		switch r.URL.Path {
		case "/header":
			<-r.Context().Done()
		case "/body":
			_, _ = fmt.Fprint(w, "begin")
			_ = controller.Flush()
			<-r.Context().Done()
		case "/long":
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, "done")
		case "/steady":
			for range 6 {
				_, _ = fmt.Fprint(w, ".")
				_ = controller.Flush()
				time.Sleep(900 * time.Millisecond)
			}
		}
	})
	for _, test := range []struct {
		endpoint string
		body     io.Reader
		answer   string
		takes    time.Duration
		timeout  bool
	}{
		{"header", nil, "", time.Second, true},
		{"body", nil, "begin", time.Second, true},
		{"long", iotest.OneByteReader(io.TeeReader(strings.NewReader("......"), pause{})), "done", 5400 * time.Millisecond, false},
		{"steady", nil, "......", 5400 * time.Millisecond, false},
	} {
		t.Run(test.endpoint, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := make(pipes)
				server := &http.Server{Handler: handler}
				go func() { _ = server.Serve(listener) }()
				client, config := timeoutClient(t, "http", listener.dial)
				answer, took, err := timedRequest(t, client, config, test.endpoint, test.body)
				assert.Equal(t, test.answer, answer)
				assert.Equal(t, test.takes, took)
				if test.timeout {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
				} else {
					assert.NoError(t, err)
				}
				client.CloseIdleConnections()
				close(listener)
				assert.NoError(t, server.Close())
			})
		})
	}
}

// TestHTTPClientTimeoutOfHandshake has a server that takes connections and says nothing.
func TestHTTPClientTimeoutOfHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes, 1)
		client, config := timeoutClient(t, "https", listener.dial)
		_, took, err := timedRequest(t, client, config, "x", nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.True(t, os.IsTimeout(err))
		assert.Equal(t, time.Second, took)
		assert.NoError(t, (<-listener).Close())
	})
}

// pause waits before each byte of a request.
type pause struct{}

func (pause) Write(p []byte) (int, error) {
	time.Sleep(900 * time.Millisecond)
	return len(p), nil
}
