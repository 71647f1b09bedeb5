package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/agent"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// No error may contain these.
const (
	token    = "t0ken-of-the-agent"
	password = "hunter2secret"
)

const (
	pg     = "airflow/connections/pg"
	pgText = "postgres://user:" + password + "@db.example.com:5432/app"
)

func withToken() agent.Config { return agent.Config{Token: connuri.NewSecret(token)} }

// noSecret fails the test if an error or one of its causes prints the token or a password,
// however it is printed.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
			text := fmt.Sprintf(format, err)
			assert.False(t, strings.Contains(text, token) || strings.Contains(text, password), "%T printed by %s holds a secret", err, format)
		}
	}
}

func reasonOf(t *testing.T, err error) backend.Reason {
	t.Helper()
	failed, ok := errors.AsType[*backend.LookupError](err)
	require.True(t, ok, "%T", err)
	return failed.Reason
}

func TestRequestSaysWhatIsAskedFor(t *testing.T) {
	srv := newStandIn(t, token)
	srv.set("a name/with ?&", "text")
	cfg := withToken()
	cfg.Endpoint, cfg.RefreshNow, cfg.RoleARN = srv.URL+"/", true, "arn:aws:iam::123456789012:role/r"
	client, err := agent.New(cfg)
	require.NoError(t, err)
	out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{
		SecretId: aws.String("a name/with ?&"), VersionStage: aws.String("AWSPREVIOUS"), VersionId: aws.String("v1"),
	})
	require.NoError(t, err)
	assert.Equal(t, "text", *out.SecretString)
	require.Len(t, srv.calls(), 1)
	got := srv.calls()[0]
	assert.Equal(t, "/secretsmanager/get?refreshNow=true&roleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&secretId=a+name%2Fwith+%3F%26&versionId=v1&versionStage=AWSPREVIOUS", got.RequestURI)
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "Authorization", "Cookie"} {
		assert.Empty(t, got.Header.Values(header))
	}

	for _, in := range []*secretsmanager.GetSecretValueInput{nil, {}, {SecretId: aws.String("")}} {
		_, err := client.GetSecretValue(t.Context(), in)
		_, ok := errors.AsType[smithy.InvalidParamsError](err)
		assert.True(t, ok, "%T", err)
	}
	assert.Len(t, srv.calls(), 1)
}

// A response has the fields of GetSecretValue in every form that agents write.
func TestAllFormsOfAResponseAreRead(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for _, row := range []struct {
		name, doc string
		want      secretsmanager.GetSecretValueOutput
	}{
		{"date as RFC 3339", `{"ARN":"arn","Name":"n","VersionId":"v","SecretString":"s","VersionStages":["AWSCURRENT","x"],"CreatedDate":"2026-01-02T03:04:05.678Z"}`,
			secretsmanager.GetSecretValueOutput{ARN: aws.String("arn"), Name: aws.String("n"), VersionId: aws.String("v"), SecretString: aws.String("s"), VersionStages: []string{"AWSCURRENT", "x"}, CreatedDate: &at}},
		{"with an offset", `{"CreatedDate":"2026-01-02T04:04:05.678+01:00"}`, secretsmanager.GetSecretValueOutput{CreatedDate: &at}},
		{"as a number", `{"CreatedDate":1767323045.678}`, secretsmanager.GetSecretValueOutput{CreatedDate: &at}},
		{"as a number in a string", `{"CreatedDate":"1767323045.678"}`, secretsmanager.GetSecretValueOutput{CreatedDate: &at}},
		{"as E notation", `{"CreatedDate":1.767323045678E9}`, secretsmanager.GetSecretValueOutput{CreatedDate: &at}},
		{"no date", `{"CreatedDate":"yesterday"}`, secretsmanager.GetSecretValueOutput{}},
		{"no date at all", `{"CreatedDate":{"a":[1]}}`, secretsmanager.GetSecretValueOutput{}},
		{"too far away", `{"CreatedDate":1e300}`, secretsmanager.GetSecretValueOutput{}},
		{"NaN", `{"CreatedDate":"NaN"}`, secretsmanager.GetSecretValueOutput{}},
		{"nulls, and what the extension adds", `{"ARN":null,"SecretString":"","SecretBinary":null,"VersionStages":null,"CreatedDate":null,"ResultMetadata":{}}`,
			secretsmanager.GetSecretValueOutput{SecretString: aws.String("")}},
		{"binary", `{"SecretBinary":"AAEC/w=="}`, secretsmanager.GetSecretValueOutput{SecretBinary: []byte{0, 1, 2, 255}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := newStandIn(t, token)
			srv.setJSON("n", row.doc)
			cfg := withToken()
			cfg.Endpoint = srv.URL
			client, err := agent.New(cfg)
			require.NoError(t, err)
			out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("n")})
			require.NoError(t, err)
			if row.want.CreatedDate != nil {
				require.NotNil(t, out.CreatedDate)
				assert.WithinDuration(t, *row.want.CreatedDate, *out.CreatedDate, time.Millisecond)
				out.CreatedDate = row.want.CreatedDate
			}
			assert.Equal(t, row.want, *out)
		})
	}
}

// A secret of 64 KiB arrives whole, even if every byte is escaped.
func TestLargestSecret(t *testing.T) {
	srv := newStandIn(t, token)
	text := strings.Repeat("\x01", 64<<10)
	srv.set("airflow/variables/v", text)
	got, err := open(t, srv, withToken()).GetVariable(t.Context(), "v")
	require.NoError(t, err)
	assert.True(t, text == got)
}

// Package backend gives each failure its Reason.
func TestEachFailureHasItsReason(t *testing.T) {
	aws400 := func(code, message string) func(http.ResponseWriter, *http.Request) {
		return status(400, `{"__type":"`+code+`","message":"`+message+`"}`)
	}
	const leak = " " + token + " " + password
	for _, row := range []struct {
		name   string
		strike func(http.ResponseWriter, *http.Request)
		reason backend.Reason
		code   string // the error code of AWS
		as     any    // the type of the error in the SDK
		status int    // 0 means no ResponseError
	}{
		{name: "found"},
		{name: "no such secret", strike: aws400("ResourceNotFoundException", "no"), reason: backend.NoSecret, code: "ResourceNotFoundException", as: new(*types.ResourceNotFoundException), status: 400},
		{name: "with a namespace", strike: aws400("com.amazonaws.secretsmanager#ResourceNotFoundException", "no"), reason: backend.NoSecret, code: "ResourceNotFoundException", as: new(*types.ResourceNotFoundException), status: 400},
		{name: "Code and Message", strike: status(400, `{"Code":"ResourceNotFoundException","Message":"no"}`), reason: backend.NoSecret, code: "ResourceNotFoundException", as: new(*types.ResourceNotFoundException), status: 400},
		{name: "any status", strike: status(404, `{"__type":"ResourceNotFoundException"}`), reason: backend.NoSecret, code: "ResourceNotFoundException", as: new(*types.ResourceNotFoundException), status: 404},
		{name: "decryption", strike: aws400("DecryptionFailure", "no"), reason: backend.DecryptionFailed, code: "DecryptionFailure", as: new(*types.DecryptionFailure), status: 400},
		{name: "parameter", strike: aws400("InvalidParameterException", "no"), reason: backend.InvalidRequest, code: "InvalidParameterException", as: new(*types.InvalidParameterException), status: 400},
		{name: "request", strike: aws400("InvalidRequestException", "no"), reason: backend.InvalidRequest, code: "InvalidRequestException", as: new(*types.InvalidRequestException), status: 400},
		{name: "deleted", strike: aws400("InvalidRequestException", "it was marked for deletion"), reason: backend.DeletionScheduled, code: "InvalidRequestException", as: new(*types.InvalidRequestException), status: 400},
		{name: "default key", strike: aws400("InvalidRequestException", "the default KMS key"), reason: backend.DefaultKMSKey, code: "InvalidRequestException", as: new(*types.InvalidRequestException), status: 400},
		{name: "service error", strike: status(500, `{"__type":"InternalServiceError","message":"oh"}`), reason: backend.ServiceError, code: "InternalServiceError", as: new(*types.InternalServiceError), status: 500},
		{name: "denied", strike: aws400("AccessDeniedException", "no"), reason: backend.Denied, code: "AccessDeniedException", as: new(*smithy.GenericAPIError), status: 400},
		{name: "denied as 403", strike: status(403, `{"__type":"AccessDeniedException","message":"no"}`), reason: backend.Denied, code: "AccessDeniedException", status: 403},
		{name: "KMS denied", strike: aws400("AccessDeniedException", "Access to KMS is not allowed"), reason: backend.KMSDenied, code: "AccessDeniedException", status: 400},
		{name: "the agent's own credentials", strike: aws400("ExpiredTokenException", "expired"), reason: backend.BadCredentials, code: "ExpiredTokenException", status: 400},
		{name: "AWS throttles", strike: aws400("ThrottlingException", "slow down"), reason: backend.Throttled, code: "ThrottlingException", status: 400},
		{name: "an error echoes the request", strike: aws400("AccessDeniedException", "the token is "+token), reason: backend.Failed, status: 400},

		{name: "bad token", strike: status(403, "Bad Token"+leak), reason: backend.BadCredentials, code: "InvalidTokenException", status: 403},
		{name: "too many connections", strike: status(429, "Connection limit exceeded"+leak), reason: backend.Throttled, status: 429},
		{name: "500", strike: status(500, `{"__type":"InternalFailure","message":""}`), reason: backend.ServerFailure, code: "InternalFailure", status: 500},
		{name: "502", strike: status(502, leak), reason: backend.ServerFailure, status: 502},
		{name: "504", strike: status(504, `{"__type":"TimeoutError","message":"Timeout"}`), reason: backend.ServerFailure, code: "TimeoutError", status: 504},
		{name: "400 without a code", strike: status(400, "not ready to serve traffic, please wait"), reason: backend.Failed, status: 400},
		{name: "a code that is none", strike: aws400(password+" "+token, "x"), reason: backend.Failed, status: 400},
		{name: "404", strike: status(404, "Not found"), reason: backend.Failed, status: 404},
		{name: "204", strike: status(204, ""), reason: backend.Failed, status: 204},
		{name: "redirected", strike: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/secretsmanager/get?secretId=elsewhere", http.StatusFound)
		}, reason: backend.Failed, status: 302},

		{name: "no JSON", strike: status(200, "<html>"+leak), reason: backend.Failed, status: 200},
		{name: "broken JSON", strike: status(200, `{"SecretString":"`+password+`\x"}`), reason: backend.Failed, status: 200},
		{name: "odd JSON", strike: status(200, `{"SecretString":["`+password+`"]}`), reason: backend.Failed, status: 200},
		{name: "odd binary", strike: status(200, `{"SecretBinary":"`+password+`!"}`), reason: backend.Failed, status: 200},
		{name: "empty object", strike: status(200, `{}`), reason: backend.ServiceError},
		{name: "binary", strike: status(200, `{"SecretBinary":"AAEC"}`), reason: backend.BinaryOnly},
		{name: "empty", strike: status(200, `{"SecretString":""}`), reason: backend.EmptyConnection},
		{name: "malformed", strike: status(200, `{"SecretString":"{\"port\": \"`+password+`\"}"}`), reason: backend.Malformed},
		{name: "too long", strike: status(200, strings.Repeat(password, 100_000)), reason: backend.Failed, status: 200},
		{name: "too long for an error", strike: status(500, strings.Repeat(password, 100_000)), reason: backend.ServerFailure, status: 500},

		{name: "cut before the answer", strike: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, reason: backend.Unreachable},
		{name: "cut within the answer", strike: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			answer(w, 200, `{"SecretString":"`+password)
			panic(http.ErrAbortHandler)
		}, reason: backend.Unreachable},
		{name: "no HTTP", strike: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(password + token + "\r\n\r\n"))
				_ = conn.Close()
			}
		}, reason: backend.Unreachable},
	} {
		t.Run(row.name, func(t *testing.T) {
			srv := newStandIn(t, token)
			srv.set(pg, pgText)
			srv.strike = row.strike
			cfg := withToken()
			cfg.Endpoint = srv.URL
			client, err := agent.New(cfg)
			require.NoError(t, err)
			b, err := backend.New(client, backend.Config{})
			require.NoError(t, err)
			c, err := b.GetConnection(t.Context(), "pg")
			assert.Len(t, srv.calls(), 1)
			if row.reason == 0 {
				require.NoError(t, err)
				assert.Equal(t, password, c.Password.Reveal())
				return
			}
			require.Error(t, err)
			assert.Equal(t, row.reason, reasonOf(t, err), "%v", err)
			noSecret(t, err)

			// the error of the Client, of which the backend shows a part
			_, err = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(pg)})
			noSecret(t, err)
			if err != nil {
				_, ok := errors.AsType[*smithy.OperationError](err)
				assert.True(t, ok, "%T", err)
			}
			response, ok := errors.AsType[*smithyhttp.ResponseError](err)
			assert.Equal(t, row.status != 0, ok)
			if ok {
				assert.Equal(t, row.status, response.HTTPStatusCode())
				assert.Nil(t, response.HTTPResponse().Request, "the error has the token")
				assert.Nil(t, response.HTTPResponse().Body)
			}
			api, ok := errors.AsType[smithy.APIError](err)
			assert.Equal(t, row.code != "", ok)
			if ok {
				assert.Equal(t, row.code, api.ErrorCode())
			}
			if row.as != nil {
				assert.ErrorAs(t, err, row.as)
			}
		})
	}
}

// status returns a handler that answers with a status and a body.
func status(code int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { answer(w, code, body) }
}

func TestUnreachable(t *testing.T) {
	addr, release, err := secretsmanagertest.ClosedPort()
	require.NoError(t, err)
	defer release()
	cfg := withToken()
	cfg.Endpoint = "http://" + addr
	_, err = open(t, nil, cfg).GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.Unreachable, reasonOf(t, err), "%v", err)
	assert.Contains(t, err.Error(), "dial "+addr+" was refused")
	noSecret(t, err)
}

// A redirect could send the token elsewhere, even with an HTTP client that follows redirects.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	srv := newStandIn(t, token)
	srv.strike = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}
	cfg := withToken()
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	_, err := open(t, srv, cfg).GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.Failed, reasonOf(t, err))
	assert.Zero(t, elsewhere)
	assert.NoError(t, cfg.HTTPClient.CheckRedirect(nil, nil), "the caller's client was changed")
}

// The agent refuses a forwarded request, so that nobody reaches it through a proxy.
func TestAForwardingTransportFails(t *testing.T) {
	srv := newStandIn(t, token)
	srv.set(pg, pgText)
	cfg := withToken()
	cfg.HTTPClient = &http.Client{Transport: forwarder{}}
	_, err := open(t, srv, cfg).GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.Failed, reasonOf(t, err))
}

// TestMain sets a proxy on which nothing listens. net/http does not use a proxy for loopback, so
// this test needs an address outside it.
func TestProxyOfTheEnvironment(t *testing.T) {
	cfg := withToken()
	cfg.Endpoint = "http://192.0.2.1:2773"
	client, err := agent.New(cfg)
	require.NoError(t, err)
	b, err := backend.New(client, backend.Config{Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "pg")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "proxyconnect")

	cfg.HTTPClient = &http.Client{} // the caller's client uses the proxy
	_, err = open(t, nil, cfg).GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.Unreachable, reasonOf(t, err))
	assert.Contains(t, err.Error(), "proxyconnect was refused")
}

type forwarder struct{}

func (forwarder) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	r.Close = true
	return http.DefaultTransport.RoundTrip(r)
}

// canceling cancels a request once its response begins.
type canceling struct {
	*http.Transport
	cancel func()
}

func (c canceling) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.Transport.RoundTrip(r)
	c.cancel()
	return response, err
}

func TestAnEndedContextEndsTheRequest(t *testing.T) {
	srv := newStandIn(t, token)
	release, arrived := make(chan struct{}), make(chan struct{}, 8)
	var once sync.Once
	t.Cleanup(func() { once.Do(func() { close(release) }) })
	srv.strike = func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-release }
	cfg := withToken()
	cfg.Endpoint = srv.URL
	client, err := agent.New(cfg)
	require.NoError(t, err)
	ask := func(ctx context.Context) error {
		_, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(pg)})
		return err
	}

	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	assert.ErrorIs(t, ask(ctx), context.Canceled)
	assert.ErrorIs(t, ask(ctx), context.Canceled) // sends nothing
	assert.Len(t, srv.calls(), 1)

	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, ask(ctx), context.DeadlineExceeded)

	// Reading the body ends with the context as well.
	srv.mu.Lock()
	srv.strike = func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"SecretString":`)
		_ = http.NewResponseController(w).Flush()
		<-release
	}
	srv.mu.Unlock()
	ctx, cancel = context.WithCancel(t.Context())
	cfg.HTTPClient = &http.Client{Transport: canceling{&http.Transport{DisableKeepAlives: true}, cancel}}
	canceled, err := agent.New(cfg)
	require.NoError(t, err)
	_, err = canceled.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(pg)})
	assert.ErrorIs(t, err, context.Canceled)

	b, err := backend.New(client, backend.Config{Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.TimedOut, reasonOf(t, err))

	// The Timeout of an HTTP client.
	cfg.HTTPClient = &http.Client{Timeout: 20 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	_, err = open(t, srv, cfg).GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.TimedOut, reasonOf(t, err))
	once.Do(func() { close(release) })
}

func TestTokenSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	for _, row := range []struct {
		name string
		cfg  agent.Config
		env  map[string]string
	}{
		{name: "Config.Token", cfg: withToken(), env: map[string]string{"AWS_TOKEN": "no"}},
		{name: "Config.TokenFile", cfg: agent.Config{TokenFile: file}, env: map[string]string{"AWS_TOKEN": "no"}},
		{name: "AWS_TOKEN", env: map[string]string{"AWS_TOKEN": token, "AWS_SESSION_TOKEN": "no"}},
		{name: "AWS_TOKEN names a file", env: map[string]string{"AWS_TOKEN": "file://" + file, "AWS_SESSION_TOKEN": "no"}},
		{name: "AWS_TOKEN is empty", env: map[string]string{"AWS_TOKEN": "", "AWS_SESSION_TOKEN": token, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "no"}},
		{name: "AWS_CONTAINER_AUTHORIZATION_TOKEN", env: map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN": token}},
		{name: "and its file", env: map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN": "file://" + file}},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, value := range row.env {
				t.Setenv(name, value)
			}
			srv := newStandIn(t, token)
			srv.set(pg, pgText)
			_, err := open(t, srv, row.cfg).GetConnection(t.Context(), "pg")
			require.NoError(t, err)
			assert.Len(t, srv.calls(), 1)
		})
	}
}

// New refuses a wrong configuration before it sends anything, and quotes none of it.
func TestNewRefuses(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  agent.Config
		env  string // the value of AWS_TOKEN
		want string
	}{
		{name: "no token", want: "agent: the token is missing; set Config.Token or Config.TokenFile, or one of AWS_TOKEN, AWS_SESSION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN"},
		{name: "an empty token", cfg: agent.Config{Token: connuri.NewSecret("")}, env: "x", want: "agent: Config.Token: the token is empty"},
		{name: "both", cfg: agent.Config{Token: connuri.NewSecret(token), TokenFile: "f"}, want: "agent: Config has both a Token and a TokenFile; set one of them"},
		{name: "a line break", cfg: agent.Config{Token: connuri.NewSecret(token + "\r\nX: y")}, want: "agent: Config.Token: the token has a space, a line break or another character that tokens do not have"},
		{name: "a long one", env: strings.Repeat("x", 40_000), want: "agent: AWS_TOKEN: the token is longer than 32 KiB"},
		{name: "a file of nowhere", env: "file://" + token, want: "agent: the file in AWS_TOKEN is not an absolute path; write file:///PATH"},
		{name: "endpoint without scheme", cfg: agent.Config{Endpoint: "localhost:2773"}, env: token, want: "agent: Config.Endpoint is not an http or https URL; write http://HOST:PORT"},
		{name: "no URL", cfg: agent.Config{Endpoint: "http://" + token + "\x7f"}, env: token, want: "agent: Config.Endpoint is not an http or https URL; write http://HOST:PORT"},
		{name: "no host", cfg: agent.Config{Endpoint: "http://:2773"}, env: token, want: "agent: Config.Endpoint is not an http or https URL; write http://HOST:PORT"},
		{name: "a password", cfg: agent.Config{Endpoint: "http://u:" + password + "@h"}, env: token, want: "agent: Config.Endpoint has more than a host, a port and a path; write http://HOST:PORT"},
		{name: "a query", cfg: agent.Config{Endpoint: "http://h?token=" + token}, env: token, want: "agent: Config.Endpoint has more than a host, a port and a path; write http://HOST:PORT"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("AWS_TOKEN", row.env)
			_, err := agent.New(row.cfg)
			require.EqualError(t, err, row.want)
			noSecret(t, err)
		})
	}
}

// After the agent got a new token, the Client reads it from the file.
func TestTokenIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	srv := newStandIn(t, token)
	srv.set(pg, pgText)
	b := open(t, srv, agent.Config{TokenFile: file}) // the file does not exist yet

	_, err := b.GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.BadCredentials, reasonOf(t, err))
	assert.Empty(t, srv.calls())

	write(token)
	_, err = b.GetConnection(t.Context(), "pg")
	require.NoError(t, err)
	assert.Len(t, srv.calls(), 1)

	srv.rotateToken("second")
	_, err = b.GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.BadCredentials, reasonOf(t, err)) // the file still has the old token
	assert.Len(t, srv.calls(), 2, "the same token was sent again")

	write("second")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := b.GetConnection(t.Context(), "pg")
			assert.NoError(t, err)
		})
	}
	all.Wait()
	_, err = b.GetConnection(t.Context(), "pg")
	require.NoError(t, err)
	assert.LessOrEqual(t, len(srv.calls()), 2+2*16+1)

	srv.rotateToken("third")
	write("neither")
	before := len(srv.calls())
	_, err = b.GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.BadCredentials, reasonOf(t, err))
	assert.Len(t, srv.calls(), before+2, "one more attempt only")

	// A 403 of AWS has nothing to do with the token.
	srv.rotateToken("neither")
	srv.strike = status(403, `{"__type":"AccessDeniedException"}`)
	write("fourth")
	before = len(srv.calls())
	_, err = b.GetConnection(t.Context(), "pg")
	assert.Equal(t, backend.Denied, reasonOf(t, err))
	assert.Len(t, srv.calls(), before+1)
}

// The error for a token file says what is wrong with it. It does not contain the content or the
// name of the file, since somebody may have put the token in place of the name.
func TestBrokenTokenFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	for _, row := range []struct{ name, file, want string }{
		{"missing", token, "no such file or directory"},
		{"a directory", dir, "it is not a regular file"},
		{"a device, as a pipe", os.DevNull, "it is not a regular file"},
		{"empty", file("empty", " \n"), "the token is empty"},
		{"two lines", file("two", token+"\n"+password), "the token has a space, a line break or another character that tokens do not have"},
		{"long", file("long", strings.Repeat("x", 1<<20)), "the token is longer than 32 KiB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			client, err := agent.New(agent.Config{TokenFile: row.file})
			require.NoError(t, err)
			_, err = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(pg)})
			require.EqualError(t, err, "operation error Secrets Manager: GetSecretValue, get credentials: the token file of Config.TokenFile: "+row.want)
			noSecret(t, err)
			b, err := backend.New(client, backend.Config{})
			require.NoError(t, err)
			_, err = b.GetConnection(t.Context(), "pg")
			assert.Equal(t, backend.BadCredentials, reasonOf(t, err))
		})
	}
}

// A Client does not print the token, not even inside another struct.
func TestClientPrintsNoToken(t *testing.T) {
	cfg := withToken()
	client, err := agent.New(cfg)
	require.NoError(t, err)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{cfg, client, struct{ c *agent.Client }{client}} {
			assert.NotContains(t, fmt.Sprintf(format, v), token)
		}
	}
}

// The stage of a Query and the version and stages of an Answer pass through the agent.
func TestBackendReadsThroughTheAgent(t *testing.T) {
	srv := newStandIn(t, token)
	srv.set(pg, pgText)
	answer, err := open(t, srv, withToken()).Lookup(t.Context(), backend.Query{Kind: lookup.KindConnection, ID: "pg", Stage: "AWSPREVIOUS"})
	require.NoError(t, err)
	assert.Equal(t, "v1", answer.VersionID)
	assert.Equal(t, []string{"AWSCURRENT"}, answer.Stages)
	assert.Equal(t, "AWSPREVIOUS", srv.calls()[0].URL.Query().Get("versionStage"))
}

// Without an Endpoint, the Client uses the default address of the agent.
func TestDefaultEndpoint(t *testing.T) {
	cfg := withToken()
	var dialed string
	refuse := errors.New("not in a test")
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		dialed = address
		return nil, refuse
	}}}
	client, err := agent.New(cfg)
	require.NoError(t, err)
	_, err = client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(pg)})
	assert.Error(t, err)
	assert.Equal(t, "localhost:2773", dialed)
}
