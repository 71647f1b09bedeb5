package backend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// report stands in for the *testing.T of a failing test.
type report struct{ bytes.Buffer }

func (r *report) Errorf(format string, args ...any) { fmt.Fprintf(r, format, args...) }
func (r *report) FailNow()                          {}
func (r *report) Helper()                           {}

// compared prints v and w as the failures of tests that compare them. testify prints both with
// spew, which calls no methods and reads every field.
func compared(check func(way, output string), v, w any) {
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	for way, fail := range map[string]func(r *report){
		"assert.Equal":         func(r *report) { assert.Equal(r, v, w); assert.Equal(r, v, nil); assert.Equal(r, "x", v) },
		"assert.EqualValues":   func(r *report) { assert.EqualValues(r, v, w); assert.Exactly(r, v, w) },
		"assert.Empty":         func(r *report) { assert.Empty(r, v); assert.Nil(r, v); assert.Zero(r, v) },
		"assert.Contains":      func(r *report) { assert.Contains(r, []any{v}, w); assert.NotContains(r, []any{v}, v) },
		"assert.ElementsMatch": func(r *report) { assert.ElementsMatch(r, []any{v}, []any{w, v}) },
		"assert.NoError": func(r *report) {
			if err, ok := v.(error); ok {
				assert.NoError(r, err)
				assert.ErrorIs(r, err, io.EOF)
				assert.ErrorAs(r, err, new(*net.OpError))
				assert.EqualError(r, err, "x")
			}
		},
		"require.Equal":   func(r *report) { require.Equal(r, v, w) },
		"cmp.Diff":        func(r *report) { r.Errorf("%s", cmp.Diff(v, w, all)+cmp.Diff([]any{v, 1}, []any{w, v}, all)) },
		"cmp.Diff, plain": func(r *report) { r.Errorf("%s", cmp.Diff(v, w)) }, // may panic because of unexported fields
	} {
		r := &report{}
		text := connuritest.Recovered(func() { fail(r) })
		check(way, r.String()+text)
	}
}

// carrier answers with a body and headers, and holds the credentials of its caller.
type carrier struct {
	status int
	header http.Header
	body   string
	err    error
	last   *http.Request
}

func (c *carrier) Do(r *http.Request) (*http.Response, error) {
	c.last = r
	if c.err != nil {
		return nil, c.err
	}
	return &http.Response{StatusCode: c.status, Header: c.header.Clone(), Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
}

// The responses of AWS, of a proxy and of the network, with § in place of a secret.
var quoting = map[string]carrier{
	"denied":            {status: 400, body: `{"__type": "AccessDeniedException", "Message": "§ because no identity-based policy allows §", "§": "§"}`},
	"unknown code":      {status: 400, body: `{"__type": "§Exception", "Message": "§"}`},
	"a good ending":     {status: 400, body: `{"__type": "§Exception", "Message": "§"}`},
	"a code":            {status: 400, body: `{"__type": "§", "code": "§", "message": "§"}`},
	"header code":       {status: 403, header: http.Header{"X-Amzn-Errortype": {"§"}}, body: `{"Message": "§"}`},
	"no secret":         {status: 400, body: `{"__type": "ResourceNotFoundException", "Message": "§"}`},
	"throttled":         {status: 400, body: `{"__type": "ThrottlingException", "Message": "§"}`},
	"expired":           {status: 400, body: `{"__type": "ExpiredTokenException", "Message": "§"}`},
	"failed inside":     {status: 500, body: `{"__type": "InternalServiceError", "Message": "§"}`},
	"decryption":        {status: 400, body: `{"__type": "DecryptionFailure", "Message": "§"}`},
	"deletion":          {status: 400, body: `{"__type": "InvalidRequestException", "Message": "§ marked for deletion"}`},
	"page":              {status: 502, body: `<html>§</html>`},
	"page, well":        {status: 200, body: `<html>§</html>`},
	"broken JSON":       {status: 200, body: `{"SecretString": "§`},
	"wrong type":        {status: 200, body: `{"SecretString": ["§"], "CreatedDate": "§"}`},
	"binary":            {status: 200, body: `{"SecretBinary": "§§§§"}`},
	"malformed":         {status: 200, body: `{"Name": "§", "ARN": "§", "VersionId": "v", "SecretString": "{\"conn_type\": \"x\", \"port\": \"§\"}"}`},
	"redirected":        {status: 302, header: http.Header{"Location": {"https://§/"}}},
	"network":           {err: fmt.Errorf("§: %w", &net.OpError{Op: "read", Net: "§", Err: errors.New("§")})},
	"text of a library": {err: errors.New("§")},
	"a name":            {err: fmt.Errorf("§: %w", &net.DNSError{Name: "§", Err: "§", Server: "§"})},
	"an operation":      {err: &net.OpError{Op: "§", Net: "§", Err: errors.New("§")}},
	"a deadline":        {err: fmt.Errorf("§: %w", context.DeadlineExceeded)},
}

// walked prints a failed lookup in every way that a caller may.
type walked struct {
	Err    error
	Failed *backend.LookupError
	Value  backend.LookupError
	Cause  error
	Event  backend.Event
	Events []backend.Event
	Answer backend.Answer
}

func (w *walked) parts() []any {
	return []any{w.Err, w.Value, w.Cause, w.Event, w.Events, w.Answer, *w}
}

// everyWay are responses, one for each kind of cause, that are printed in every way.
var everyWay = []string{"denied", "malformed", "network", "page"}

// Neither a secret that a response quotes nor a credential of the client appears in anything that
// a lookup returns, however it is printed, logged, encoded or compared.
func TestNothingPrintsASecretOrACredential(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	secrets := make([]string, 5)
	for i := range secrets {
		secrets[i] = randomSecret(r)
	}
	found := connuritest.NewDetector(secrets...).In
	ways := 0
	for name, carried := range quoting {
		for _, policy := range []backend.CachePolicy{{}, exact} {
			var pair [2]walked
			for i := range pair {
				quoted := strings.NewReplacer("§", secrets[i])
				c := carrier{status: carried.status, body: quoted.Replace(carried.body), header: http.Header{"X-Amzn-Requestid": {secrets[i]}}}
				for key := range carried.header {
					c.header.Set(key, quoted.Replace(carried.header.Get(key)))
				}
				if carried.err != nil {
					c.err = fmt.Errorf("%s: %w", secrets[i], carried.err)
				}
				pair[i] = walkedOf(t, &c, policy, secrets)
				require.Error(t, pair[i].Err, name)
			}
			seen := map[string]bool{}
			check := func(way, output string) {
				ways++
				if form := found(output); form != "" && !seen[way] {
					seen[way] = true
					t.Errorf("%s, cache %t, %s: shows a secret %s", name, policy.On, way, form)
				}
			}
			if slices.Contains(everyWay, name) && policy.On {
				connuritest.Ways(pair[0], pair[1], check, compared)
			}
			for i, part := range pair[0].parts() {
				compared(check, part, pair[1].parts()[i])
				check("fmt", fmt.Sprintf("%v %+v %#v %s %q %x", part, part, part, part, part, part))
				for _, text := range written(part) {
					check("written", text)
				}
			}
		}
	}
	assert.Greater(t, ways, 25_000)
}

func walkedOf(t *testing.T, c *carrier, policy backend.CachePolicy, secrets []string) walked {
	t.Helper()
	client := secretsmanager.New(secretsmanager.Options{
		Region: "us-east-1", HTTPClient: c, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: secrets[2], SecretAccessKey: secrets[3], SessionToken: secrets[4]}, nil
		}),
	})
	var w walked
	b, err := backend.New(client, backend.Config{Cache: policy, Observe: func(_ context.Context, e backend.Event) {
		e.Took = 0
		w.Event, w.Events = e, append(w.Events, e)
	}})
	require.NoError(t, err)
	for range 2 { // the second time from the cache
		w.Answer, w.Err = b.Lookup(t.Context(), backend.Query{ID: "pg"})
	}
	require.Contains(t, c.last.Header.Get("X-Amz-Security-Token"), secrets[4], "the client has credentials that could leak")
	require.ErrorAs(t, w.Err, &w.Failed)
	w.Value, w.Cause = *w.Failed, w.Failed.Err
	return w
}

// The same holds for an answer and for the settings of a client.
func TestAnswersAndSettingsPrintNoSecret(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var texts []string
	hide := func() connuri.Secret {
		texts = append(texts, randomSecret(r))
		return connuri.NewSecret(texts[len(texts)-1])
	}
	settings := func() setup.Settings {
		return setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{
			AccessKeyID: hide(), SecretAccessKey: hide(), SessionToken: hide(), Role: hook.AWSRole{ARN: "arn", ExternalID: hide(), TokenCode: hide()},
			Client: hook.AWSClient{Proxies: map[string]connuri.Secret{"https": hide()}},
		}}}
	}
	answer := func() backend.Answer {
		text := hide().Reveal()
		c, err := connuri.Parse("postgres://u:" + text + "@h/db?extra=" + text)
		require.NoError(t, err)
		return backend.Answer{Text: connuri.NewSecret("postgres://u:" + text + "@h/db"), Connection: c, Name: "airflow/connections/pg"}
	}
	s, s2, a, a2 := settings(), settings(), answer(), answer()
	found := connuritest.NewDetector(texts...).In
	check := func(way, output string) {
		if form := found(output); form != "" {
			t.Errorf("%s: shows a secret %s", way, form)
		}
	}
	connuritest.Ways(s, s2, check, compared)
	connuritest.Ways(a, a2, check, compared)
}

// A caller can read the message of AWS, but only by asking for it.
func TestTheMessageOfAWSIsReadByAskingForIt(t *testing.T) {
	c := &carrier{status: 400, header: http.Header{"X-Amzn-Requestid": {"0a1b2c3d-0000-4000-8000-0123456789ab"}},
		body: `{"__type": "AccessDeniedException", "Message": "hunter2"}`}
	w := walkedOf(t, c, backend.CachePolicy{}, []string{"", "", "a", "b", "c"})
	assert.Equal(t, "0a1b2c3d-0000-4000-8000-0123456789ab", w.Failed.RequestID)
	var api smithy.APIError
	require.ErrorAs(t, w.Err, &api)
	assert.Equal(t, "AccessDeniedException", api.ErrorCode())
	assert.Equal(t, "hunter2", api.ErrorMessage())
	assert.Equal(t, smithy.FaultUnknown, api.ErrorFault())
	assert.EqualError(t, api, "AccessDeniedException")
	for _, text := range []string{fmt.Sprintf("%#v", w), fmt.Sprintf("%#v %+v", api, w.Value)} {
		assert.NotContains(t, text, "hunter2")
	}
}

// JSON and text of an error are its Error, also inside an Event.
func TestErrorsAreWrittenAsTheirText(t *testing.T) {
	b, err := backend.New(denying{}, backend.Config{})
	require.NoError(t, err)
	_, err = b.GetVariable(t.Context(), "v")
	for _, way := range written(err) {
		assert.Contains(t, way, "access denied: AccessDeniedException; grant secretsmanager:GetSecretValue")
	}
	for _, way := range written(backend.Event{Err: err}) {
		assert.Contains(t, way, "access denied: AccessDeniedException; grant secretsmanager:GetSecretValue")
	}
}

// written returns v as JSON, in a log and as text.
func written(v any) []string {
	doc, err := json.Marshal(v)
	if err != nil {
		return []string{err.Error()}
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
	return []string{string(doc), log.String(), fmt.Sprint(v)}
}

// The errors of a context are found. What a client wraps around them is not.
func TestTheContextsErrorsAreFound(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for _, policy := range []backend.CachePolicy{{}, exact} {
		b, err := backend.New(newFake(nil), backend.Config{Cache: policy})
		require.NoError(t, err)
		_, err = b.GetVariable(canceled, "v")
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, backend.Canceled, reasonOf(err))
		_, err = b.GetVariable(late, "v")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, backend.TimedOut, reasonOf(err))
	}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		b, err := backend.New(oddClient{err: fmt.Errorf("hunter2: %w", end)}, backend.Config{})
		require.NoError(t, err)
		_, err = b.GetVariable(t.Context(), "v")
		assert.ErrorIs(t, err, end)
		assert.NotContains(t, fmt.Sprintf("%v %#v", err, err), "hunter2")
	}
	var typed *types.ResourceNotFoundException
	b, err := backend.New(newFake(nil), backend.Config{})
	require.NoError(t, err)
	_, err = b.Lookup(t.Context(), backend.Query{Kind: lookup.KindVariable, ID: "v"})
	assert.False(t, errors.As(err, &typed), "the types of the SDK expose the message")
}
