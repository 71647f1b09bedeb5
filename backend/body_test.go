package backend_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/agent"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// bodies are responses of a hostile or broken server to any request.
var bodies = []struct {
	name    string
	timeout time.Duration // the timeout of the lookup; 0 means a long one, which only a hang exceeds
	serve   func(w http.ResponseWriter, r *http.Request)
	reasons []backend.Reason
}{
	{"endless text", 0, endless(http.StatusOK, `{"SecretString": "`, "x"), []backend.Reason{backend.Failed}},
	{"endless white space", 0, endless(http.StatusOK, "", " "), []backend.Reason{backend.Failed}},
	{"endless list", 0, endless(http.StatusOK, `{"VersionStages": [`, `"a",`), []backend.Reason{backend.Failed}},
	{"endless denial", 0, endless(http.StatusBadRequest, `{"__type": "AccessDeniedException", "Message": "`, "x"), []backend.Reason{backend.Failed}},
	{"endless proxy page", 0, endless(http.StatusBadGateway, "<html>", "x"), []backend.Reason{backend.ServerFailure}},
	// The SDK decodes this recursively, one step per member. Each member costs the server a few
	// bits.
	{"countless members", 0, packedBody(http.StatusOK, `{"SecretString": "x"`+strings.Repeat(`,"":0`, 13<<20/5)+"}"), []backend.Reason{backend.Failed}},
	{"countless stages", 0, packedBody(http.StatusOK, `{"SecretString": "x", "VersionStages": [`+strings.Repeat(`"",`, 13<<20/3)+`""]}`), []backend.Reason{backend.Failed}},
	{"a long denial", 0, packedBody(http.StatusBadRequest, `{"__type": "AccessDeniedException", "Message": "`+strings.Repeat("x", 14<<20)+`"}`), []backend.Reason{backend.Failed}},
	{"gzip bomb", 0, bomb(http.StatusOK), []backend.Reason{backend.Failed}},
	{"gzip bomb, an error", 0, bomb(http.StatusBadRequest), []backend.Reason{backend.Failed}},
	{"slow body", 300 * time.Millisecond, slow, []backend.Reason{backend.TimedOut}},
	{"truncated body", 0, truncated, []backend.Reason{backend.Unreachable}},
}

func endless(status int, start, rest string) func(http.ResponseWriter, *http.Request) {
	chunk := []byte(strings.Repeat(rest, 32<<10/len(rest)))
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, start)
		for sent := 0; sent < 256<<20 && err == nil && r.Context().Err() == nil; sent += len(chunk) { // as good as endless
			_, err = w.Write(chunk)
		}
	}
}

// bomb sends 64 MiB of text compressed to about 64 KiB.
func bomb(status int) func(http.ResponseWriter, *http.Request) {
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = io.WriteString(zip, `{"SecretString": "`)
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for range 64 {
		_, _ = zip.Write(chunk)
	}
	_ = zip.Close()
	return packedAnswer(status, packed.Bytes())
}

// packedBody sends a long but finite text.
func packedBody(status int, text string) func(http.ResponseWriter, *http.Request) {
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = io.WriteString(zip, text)
	_ = zip.Close()
	return packedAnswer(status, packed.Bytes())
}

func packedAnswer(status int, packed []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		_, _ = w.Write(packed)
	}
}

func slow(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		w.(http.Flusher).Flush()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-r.Context().Done():
		}
	}
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"SecretString": "`)
}

// settled sends requests whose body is in memory. The SDK closes the body of a request when the
// response begins. If net/http looked for the end of that body later, it would close the
// connection in the middle of a long response.
type settled struct{ client *http.Client }

func (s settled) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return s.client.Do(r)
}

// An endless body is cut off by the time limit or by the size limit. The lookup allocates less
// than 64 MiB, whatever the encoding.
func TestAnEndlessResponseIsCutOff(t *testing.T) {
	for _, row := range bodies {
		t.Run(row.name, func(t *testing.T) {
			var calls atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				_, _ = io.Copy(io.Discard, r.Body) // without this the connection is reset
				row.serve(w, r)
			}))
			defer srv.Close()
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			overSDK := secretsmanager.New(secretsmanager.Options{
				Region: "us-east-1", BaseEndpoint: aws.String(srv.URL), Credentials: aws.CredentialsProviderFunc(someKeys),
				HTTPClient: settled{&http.Client{Transport: transport}}, Retryer: aws.NopRetryer{},
			})
			overAgent, err := agent.New(agent.Config{Endpoint: srv.URL, Token: connuri.NewSecret("t"), HTTPClient: &http.Client{Transport: transport}})
			require.NoError(t, err)
			for name, client := range map[string]backend.Client{"SDK": overSDK, "agent": overAgent} {
				limit := row.timeout
				if limit == 0 {
					limit = 5 * time.Minute
				}
				b, err := backend.New(client, backend.Config{Timeout: limit})
				require.NoError(t, err)
				calls.Store(0)
				allocated := allocatedBy(func() { _, err = b.GetVariable(t.Context(), "v") })
				assert.Contains(t, row.reasons, reasonOf(err), "%s: %v", name, err)
				assert.EqualValues(t, 1, calls.Load(), "%s: calls", name)
				if !raceDetector { // under the race detector, a growing buffer allocates twice
					assert.LessOrEqual(t, allocated, uint64(64<<20), "%s: bytes allocated", name)
				}
			}
		})
	}
}

// The SDK does not retry it.
func TestATooLongResponseIsNotRetried(t *testing.T) {
	var calls atomic.Int32
	serve := endless(http.StatusOK, `{"SecretString": "`, "x")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		serve(w, r)
	}))
	defer srv.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL), Credentials: aws.CredentialsProviderFunc(someKeys),
		HTTPClient: settled{&http.Client{Transport: transport}},
	})
	b, err := backend.New(client, backend.Config{Timeout: 5 * time.Minute})
	require.NoError(t, err)
	_, err = b.GetVariable(t.Context(), "v")
	assert.EqualError(t, err, `backend: variable "v" (asked for "airflow/variables/v"): failed: the response is longer than any valid one; `+
		`check for a proxy that answers in place of AWS`)
	assert.EqualValues(t, 1, calls.Load())
}

// Batches and lists are read through the same limit. The largest valid batch fits.
func TestBatchesAndListsAreBounded(t *testing.T) {
	var serve atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		serve.Load().(func(http.ResponseWriter, *http.Request))(w, r)
	}))
	defer srv.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	b, err := backend.New(secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(srv.URL), Credentials: aws.CredentialsProviderFunc(someKeys),
		HTTPClient: settled{&http.Client{Transport: transport}}, Retryer: aws.NopRetryer{},
	}), backend.Config{Timeout: 5 * time.Minute})
	require.NoError(t, err)

	serve.Store(endless(http.StatusOK, `{"SecretValues": [{"SecretString": "`, "x"))
	for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v", "w"}) {
		assert.Equal(t, backend.Failed, reasonOf(err))
	}
	serve.Store(endless(http.StatusOK, `{"SecretList": [{"Name": "`, "x"))
	for _, err := range b.List(t.Context(), lookup.KindVariable) {
		assert.Equal(t, backend.Failed, reasonOf(err))
	}

	// Short on the wire and long in memory.
	for name, text := range map[string]string{
		"batch of nothing":  `{"SecretValues": [` + strings.Repeat(`{},`, 8<<20/3) + `{}]}`,
		"batch of errors":   `{"Errors": [` + strings.Repeat(`{},`, 8<<20/3) + `{}]}`,
		"batch of null":     `{"SecretValues": [` + strings.Repeat(`null,`, 8<<20/5) + `null]}`,
		"list of nothing":   `{"SecretList": [` + strings.Repeat(`{},`, 8<<20/3) + `{}]}`,
		"nested lists":      `{"SecretList": ` + strings.Repeat(`[`, 8<<20),
		"countless members": `{"SecretList": [{"Name": "x"` + strings.Repeat(`,"":0`, 8<<20/5) + `}]}`,
	} {
		serve.Store(packedBody(http.StatusOK, text))
		allocated := allocatedBy(func() {
			for _, err := range b.LookupAll(t.Context(), lookup.KindVariable, []string{"v", "w"}) {
				assert.Equal(t, backend.Failed, reasonOf(err), name)
			}
			for _, err := range b.List(t.Context(), lookup.KindVariable) {
				assert.Equal(t, backend.Failed, reasonOf(err), name)
			}
		})
		if !raceDetector {
			assert.LessOrEqual(t, allocated, uint64(128<<20), "%s: bytes allocated by a batch, two calls and a list", name)
		}
	}

	// 20 secrets of 64 KiB each, with every character escaped.
	ids := make([]string, 20)
	values := make([]string, 20)
	for i := range ids {
		ids[i] = strings.Repeat("v", i+1)
		values[i] = `{"Name": "airflow/variables/` + ids[i] + `", "SecretString": "` + strings.Repeat(`\u0001`, 64<<10) + `"}`
	}
	serve.Store(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"SecretValues": [`+strings.Join(values, ",")+`]}`)
	})
	for answer, err := range b.LookupAll(t.Context(), lookup.KindVariable, ids) {
		require.NoError(t, err)
		assert.Len(t, answer.Text.Reveal(), 64<<10)
	}
}

// allocatedBy returns the number of bytes that the process allocates while f runs.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// pages is a client whose list repeats itself, does not end, or is missing.
type pages struct {
	backend.Client
	tokens []string // the tokens of the pages; the last one also for all further pages
	err    error
	asked  int
}

func (p *pages) ListSecrets(_ context.Context, _ *secretsmanager.ListSecretsInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error) {
	if len(p.tokens) == 0 {
		return nil, p.err
	}
	n := min(p.asked, len(p.tokens)-1)
	if p.asked++; p.asked > 10 {
		return nil, errors.New("it goes on")
	}
	return &secretsmanager.ListSecretsOutput{NextToken: &p.tokens[n]}, nil
}

func TestAListThatDoesNotEndIsAnError(t *testing.T) {
	for name, row := range map[string]struct {
		tokens []string
		err    error
		asked  int
		reason backend.Reason
	}{
		"whole":             {[]string{"a", "b", ""}, nil, 3, 0},
		"no page":           {nil, nil, 0, backend.ServiceError},
		"an odd error":      {nil, errors.New("hunter2"), 0, backend.Failed},
		"no credentials":    {nil, errors.New("get credentials: hunter2"), 0, backend.BadCredentials},
		"the same token":    {[]string{"a"}, nil, 2, backend.ServiceError},
		"round in a circle": {[]string{"a", "b", "c", "a"}, nil, 4, backend.ServiceError},
	} {
		t.Run(name, func(t *testing.T) {
			client := &pages{Client: newFake(nil), tokens: row.tokens, err: row.err}
			b, err := backend.New(client, backend.Config{})
			require.NoError(t, err)
			var errs []error
			for _, err := range b.List(t.Context(), lookup.KindConnection) {
				errs = append(errs, err)
			}
			if row.reason == 0 {
				assert.Empty(t, errs)
			} else if assert.Len(t, errs, 1) {
				assert.Equal(t, row.reason, reasonOf(errs[0]))
			}
			assert.Equal(t, row.asked, client.asked)
		})
	}
}
