package agent_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/agent"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/leaktest"
)

var _ backend.Client = (*agent.Client)(nil)

func TestMain(m *testing.M) {
	// No AWS setting of this machine may affect a test.
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // before net/http reads it, once
	leaktest.Main(m)
}

// standIn is an agent that follows the protocol that AWS documents: the path, the token, the
// refusal of forwarded requests, and the JSON of GetSecretValue.
type standIn struct {
	*httptest.Server

	mu       sync.Mutex
	token    string
	secrets  map[string]string                            // by name: the response as JSON
	strike   func(w http.ResponseWriter, r *http.Request) // replaces the response
	requests []*http.Request
}

func newStandIn(t *testing.T, token string) *standIn {
	s := &standIn{token: token, secrets: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// set stores a text under a name.
func (s *standIn) set(name, text string) {
	quoted, _ := json.Marshal(text)
	s.setJSON(name, `{"ARN":"arn:aws:secretsmanager:us-east-1:123456789012:secret:`+name+`-AbCdEf","Name":"`+name+`","VersionId":"v1","SecretString":`+
		string(quoted)+`,"VersionStages":["AWSCURRENT"],"CreatedDate":"2026-01-02T03:04:05.678Z"}`)
}

func (s *standIn) setJSON(name, doc string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = doc
}

func (s *standIn) rotateToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *standIn) calls() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	token, doc, strike := s.token, s.secrets[r.URL.Query().Get("secretId")], s.strike
	s.mu.Unlock()
	switch {
	case r.Header.Get("X-Forwarded-For") != "":
		answer(w, 400, "Forwarded")
	case r.Header.Get("X-Aws-Parameters-Secrets-Token") != token:
		answer(w, 403, "Bad Token")
	case r.Method != http.MethodGet:
		answer(w, 405, "Not GET")
	case r.URL.Path != "/secretsmanager/get":
		answer(w, 404, "Not found")
	case strike != nil:
		strike(w, r)
	case doc == "":
		answer(w, 400, `{"__type":"ResourceNotFoundException","message":"Secrets Manager can't find the specified secret."}`)
	default:
		answer(w, 200, doc)
	}
}

func answer(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// open returns a backend over the stand-in.
func open(t *testing.T, s *standIn, cfg agent.Config) *backend.Backend {
	t.Helper()
	if cfg.Endpoint == "" {
		cfg.Endpoint = s.URL
	}
	client, err := agent.New(cfg)
	require.NoError(t, err)
	b, err := backend.New(client, backend.Config{})
	require.NoError(t, err)
	return b
}
