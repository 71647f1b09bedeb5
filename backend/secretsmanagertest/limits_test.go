package secretsmanagertest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBodyThatNeverArrives sends half a body. It shortens the time limit, which is not exported.
func TestBodyThatNeverArrives(t *testing.T) {
	s := NewServer(t)
	s.Set("x", "1")
	assert.Positive(t, s.http.ReadHeaderTimeout)
	assert.Positive(t, s.http.IdleTimeout)
	assert.Equal(t, bodyTime, s.bodyTime)
	s.bodyTime = time.Millisecond
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: secretsmanager.GetSecretValue\r\nContent-Length: 17\r\n\r\n"+`{"SecretId":`)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, "RequestTimeoutException", resp.Header.Get("X-Amzn-Errortype"))
}

// TestSlowAnswersHaveTime checks that the limit is for the body only, not for a delay by a fault,
// and that the next request on the connection has a new limit.
func TestSlowAnswersHaveTime(t *testing.T) {
	s := NewServer(t)
	s.bodyTime = 50 * time.Millisecond
	s.Set("x", "1")
	s.Inject(Fault{Delay: 3 * s.bodyTime})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, sent := range []string{"{}", "", "{}"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), strings.NewReader(sent))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets")
		resp, err := client.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, http.StatusOK, resp.StatusCode, string(body))
	}
}

// TestSaveSharesAWrite checks that one write serves all requests that wait for it, and that a
// read does not write.
func TestSaveSharesAWrite(t *testing.T) {
	s := NewServer(t, Options{State: t.TempDir() + "/state.json", Secrets: map[string]string{"x": "1"}})
	before := s.state.saved
	require.NoError(t, os.Remove(s.state.path))
	require.NoError(t, s.save())
	assert.NoFileExists(t, s.state.path, "nothing has changed, so nothing is written")
	p, _ := s.parseParams([]byte(`{"SecretId": "x"}`))
	for range 3 {
		_, err := s.getSecretValue(t.Context(), p)
		require.NoError(t, err)
	}
	assert.Equal(t, before+1, s.changes, "the day of the first read is a change")
}
