package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// stsServer is an STS on loopback. It returns credentials for a role and records the requests.
type stsServer struct {
	URL string

	mu     sync.Mutex
	asked  []request
	expire time.Time // when the credentials expire
	denies bool
}

func newSTS(t *testing.T) *stsServer {
	s := &stsServer{expire: time.Now().Add(time.Hour)}
	http := httptest.NewServer(s)
	t.Cleanup(http.Close)
	s.URL = http.URL
	return s
}

func (s *stsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	got := request{token: r.Header.Get("X-Amz-Security-Token"), form: r.PostForm}
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		got.signedBy = m[1]
	}
	s.asked = append(s.asked, got)
	n := len(s.asked)
	if s.denies {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User may not do sts:AssumeRole</Message></Error></ErrorResponse>`)
		return
	}
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
<AccessKeyId>ASIAROLE%[2]d</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token-%[2]d</SessionToken>
<Expiration>%[3]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, r.PostForm.Get("Action"), n, s.expire.UTC().Format(time.RFC3339))
}

// scene is a Secrets Manager and an STS on loopback, with keys in the environment.
type scene struct {
	*testing.T
	srv *secretsmanagertest.Server
	sts *stsServer
}

func newScene(t *testing.T) scene {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret-env")
	t.Setenv("AWS_DEFAULT_REGION", "eu-central-1")
	srv := secretsmanagertest.NewServer(t)
	srv.Set("airflow/variables/x", "found")
	return scene{t, srv, newSTS(t)}
}

// lookUp opens a backend with the kwargs and both endpoints, and looks up a variable. It returns
// the calls that Secrets Manager saw.
func (s scene) lookUp(kwargs map[string]any, lookups int) []secretsmanagertest.Call {
	s.Helper()
	all := map[string]any{"endpoint_url": s.srv.URL(), "service_config": map[string]any{"sts": map[string]any{"endpoint_url": s.sts.URL}}}
	for name, value := range kwargs {
		all[name] = value
	}
	doc, err := json.Marshal(all)
	s.Require(err)
	settings, err := setup.ParseKwargs(doc)
	s.Require(err)
	transport := awshttp.NewBuildableClient()
	b, err := settings.Open(context.Background(), config.WithHTTPClient(transport))
	s.Require(err)
	s.srv.ResetCalls()
	for range lookups {
		value, err := b.GetVariable(context.Background(), "x")
		s.Require(err)
		assert.Equal(s, "found", value)
	}
	return s.srv.Log()
}

func (s scene) Require(err error) {
	s.Helper()
	require.NoError(s, err)
}

const role = "arn:aws:iam::222222222222:role/reader"

func TestSignedByEnvironment(t *testing.T) {
	s := newScene(t)
	call := s.lookUp(nil, 1)[0]
	assert.Equal(t, "AKIDENV", call.AccessKeyID)
	assert.Empty(t, call.SessionToken)
	assert.Equal(t, "eu-central-1", call.Region)
	assert.Empty(t, s.sts.asked)
}

func TestSignedByKwargs(t *testing.T) {
	s := newScene(t)
	t.Setenv("AWS_SESSION_TOKEN", "env-token")
	call := s.lookUp(map[string]any{"aws_access_key_id": "AKIDKW", "aws_secret_access_key": "k", "region_name": "eu-west-1"}, 1)[0]
	assert.Equal(t, "AKIDKW", call.AccessKeyID)
	assert.Empty(t, call.SessionToken, "the token belongs to other keys")
	assert.Equal(t, "eu-west-1", call.Region)

	call = s.lookUp(map[string]any{"session_kwargs": map[string]any{
		"aws_access_key_id": "AKIDSK", "aws_secret_access_key": "k", "aws_session_token": "session-token"}}, 1)[0]
	assert.Equal(t, "AKIDSK", call.AccessKeyID)
	assert.Equal(t, "session-token", call.SessionToken)
}

func TestSignedByProfile(t *testing.T) {
	s := newScene(t)
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[prof]\naws_access_key_id = AKIDPROF\naws_secret_access_key = p\naws_session_token = prof-token\n"), 0o600))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	call := s.lookUp(map[string]any{"profile_name": "prof"}, 1)[0]
	assert.Equal(t, "AKIDPROF", call.AccessKeyID, "the keys of the profile take precedence over those of the environment")
	assert.Equal(t, "prof-token", call.SessionToken)

	s.lookUp(map[string]any{"profile_name": "prof", "role_arn": role}, 1)
	assert.Equal(t, "AKIDPROF", s.sts.asked[0].signedBy)
	assert.Equal(t, "prof-token", s.sts.asked[0].token)
}

func TestTheRoleIsAssumed(t *testing.T) {
	s := newScene(t)
	calls := s.lookUp(map[string]any{"role_arn": role, "assume_role_kwargs": map[string]any{
		"ExternalId": "external", "DurationSeconds": 900, "RoleSessionName": "me@there", "SourceIdentity": "alice",
		"Policy": "{}", "PolicyArns": []any{map[string]any{"arn": "arn:aws:iam::aws:policy/P"}},
		"Tags": []any{map[string]any{"Key": "b", "Value": "2"}, map[string]any{"Key": "a", "Value": "1"}}, "TransitiveTagKeys": []any{"a"},
		"SerialNumber": "arn:aws:iam::1:mfa/x", "TokenCode": "123456",
	}}, 3)
	require.Len(t, s.sts.asked, 1, "the credentials are cached")
	assert.Equal(t, url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"me@there"},
		"ExternalId": {"external"}, "DurationSeconds": {"900"}, "SourceIdentity": {"alice"}, "Policy": {"{}"},
		"PolicyArns.member.1.arn": {"arn:aws:iam::aws:policy/P"},
		"Tags.member.1.Key":       {"a"}, "Tags.member.1.Value": {"1"}, "Tags.member.2.Key": {"b"}, "Tags.member.2.Value": {"2"},
		"TransitiveTagKeys.member.1": {"a"}, "SerialNumber": {"arn:aws:iam::1:mfa/x"}, "TokenCode": {"123456"},
	}, s.sts.asked[0].form)
	assert.Equal(t, "AKIDENV", s.sts.asked[0].signedBy)
	for _, call := range calls {
		assert.Equal(t, "ASIAROLE1", call.AccessKeyID)
		assert.Equal(t, "role-token-1", call.SessionToken)
	}
}

func TestTheRoleIsAssumedAgainBeforeItExpires(t *testing.T) {
	s := newScene(t)
	s.sts.expire = time.Now().Add(time.Minute) // within the ExpiryWindow
	calls := s.lookUp(map[string]any{"role_arn": role}, 2)
	assert.Len(t, s.sts.asked, 2)
	assert.Equal(t, "role-token-2", calls[1].SessionToken)
	assert.Equal(t, "airflow_secretsmanagerbackend__connection", s.sts.asked[0].form.Get("RoleSessionName"))
	assert.False(t, s.sts.asked[0].form.Has("DurationSeconds"), "left to STS, as Airflow does")
}

func TestRoleDenied(t *testing.T) {
	s := newScene(t)
	s.sts.denies = true
	a := setup.AWS{AWSConfig: hook.AWSConfig{EndpointURL: s.srv.URL(), ServiceEndpoints: map[string]string{"sts": s.sts.URL}, Role: hook.AWSRole{ARN: role}}}
	b, err := setup.Settings{AWS: a}.Open(context.Background())
	require.NoError(t, err, "no request is made yet")
	_, err = b.GetVariable(context.Background(), "x")
	var failed *backend.LookupError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, backend.BadCredentials, failed.Reason)
	assert.Empty(t, s.srv.Log(), "Secrets Manager was not asked")
}

// An endless response of STS is cut off too.
func TestAnEndlessResponseOfSTSIsCutOff(t *testing.T) {
	s := newScene(t)
	sent := 0
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for n := 0; n < 100; n++ {
			if _, err := w.Write(chunk); err != nil {
				return
			}
			sent++
		}
	}))
	t.Cleanup(sts.Close)
	b, err := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{EndpointURL: s.srv.URL(), ServiceEndpoints: map[string]string{"sts": sts.URL}, Role: hook.AWSRole{ARN: role}}}}.Open(context.Background())
	require.NoError(t, err)
	_, err = b.GetVariable(context.Background(), "x")
	var failed *backend.LookupError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, backend.BadCredentials, failed.Reason)
	sts.Close()
	assert.Less(t, sent, 30, "MiB sent, over all tries")
}

// A response of STS that never arrives does not block later lookups.
func TestASlowSTSTimesOut(t *testing.T) {
	s := newScene(t)
	var asked atomic.Int32
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(sts.Close)
	settings := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{EndpointURL: s.srv.URL(), ServiceEndpoints: map[string]string{"sts": sts.URL}, Role: hook.AWSRole{ARN: role}}}}
	settings.Backend.Timeout = time.Second
	b, err := settings.Open(context.Background())
	require.NoError(t, err)
	for range 2 {
		_, err = b.GetVariable(context.Background(), "x")
		require.Error(t, err)
	}
	assert.Eventually(t, func() bool {
		_, err = b.GetVariable(context.Background(), "x")
		return asked.Load() > 1
	}, time.Minute, time.Millisecond, "the first one is over")
}

func TestWebIdentity(t *testing.T) {
	s := newScene(t)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("web-token"), 0o600))
	kwargs := map[string]any{"role_arn": role, "assume_role_method": hook.AssumeRoleWithWebIdentity, "assume_role_with_web_identity_federation": "file"}
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file)
	call := s.lookUp(kwargs, 1)[0]
	assert.Equal(t, "ASIAROLE1", call.AccessKeyID)

	other := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(other, []byte("other-token"), 0o600))
	kwargs["assume_role_with_web_identity_token_file"] = other
	kwargs["assume_role_kwargs"] = map[string]any{"RoleSessionName": "worker", "DurationSeconds": 1200}
	s.lookUp(kwargs, 1)

	first, second := s.sts.asked[0], s.sts.asked[1]
	assert.Equal(t, "AssumeRoleWithWebIdentity", first.form.Get("Action"))
	assert.Equal(t, "web-token", first.form.Get("WebIdentityToken"))
	assert.Regexp(t, `^botocore-session-\d+$`, first.form.Get("RoleSessionName"))
	assert.Empty(t, first.signedBy, "only the token is needed")
	assert.Equal(t, "other-token", second.form.Get("WebIdentityToken"))
	assert.Equal(t, "worker", second.form.Get("RoleSessionName"))
	assert.Equal(t, "1200", second.form.Get("DurationSeconds"))
}

// overTLS serves the Secrets Manager of a scene over TLS as well.
func (s scene) overTLS() (url, caFile string) {
	tls := httptest.NewUnstartedServer(s.srv)
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it would log that the client does not trust it
	tls.StartTLS()
	s.Cleanup(tls.Close)
	caFile = filepath.Join(s.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw})
	s.Require(os.WriteFile(caFile, text, 0o600))
	return tls.URL, caFile
}

func TestVerifyDecidesOnTLS(t *testing.T) {
	s := newScene(t)
	address, caFile := s.overTLS()
	open := func(a setup.AWS) (*backend.Backend, error) {
		a.EndpointURL = address
		return setup.Settings{AWS: a}.Open(context.Background(), config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	}
	for name, a := range map[string]setup.AWS{"skip": {AWSConfig: hook.AWSConfig{InsecureSkipVerify: true}}, "CA file": {AWSConfig: hook.AWSConfig{CAFile: caFile}}} {
		b, err := open(a)
		require.NoError(t, err, name)
		value, err := b.GetVariable(context.Background(), "x")
		require.NoError(t, err, name)
		assert.Equal(t, "found", value)
	}
	b, err := open(setup.AWS{})
	require.NoError(t, err)
	_, err = b.GetVariable(context.Background(), "x")
	assert.Error(t, err, "the certificate is not trusted")

	_, err = open(setup.AWS{AWSConfig: hook.AWSConfig{CAFile: "false"}})
	assert.EqualError(t, err, `setup: verify: the CA file "false": no such file or directory`)
	_, err = open(setup.AWS{AWSConfig: hook.AWSConfig{CAFile: os.DevNull}})
	assert.EqualError(t, err, `setup: verify: the CA file "/dev/null" contains no certificate`)
}

func TestOpenRefuses(t *testing.T) {
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-1")
	asRole := func(more string) string { return `{"role_arn": "` + role + `", ` + more + `}` }
	for kwargs, want := range map[string]string{
		`{"region_name": "eu-west-1 "}`:        "region_name is not the name of a region",
		`{"api_version": "2014-01-01"}`:        "api_version must be 2017-10-17",
		`{"aws_access_key_id": "AKIDKW"}`:      "only one of aws_access_key_id and aws_secret_access_key is given; write both",
		`{"aws_secret_access_key": "s3cr3t"}`:  "only one of aws_access_key_id and aws_secret_access_key is given; write both",
		`{"aws_session_token": "s3cr3t"}`:      "aws_session_token is given without its keys; write aws_access_key_id and aws_secret_access_key too",
		asRole(`"assume_role_method": "nope"`): "assume_role_method is unknown to Airflow; write assume_role or assume_role_with_web_identity",
		asRole(`"assume_role_method": "assume_role_with_saml", "assume_role_with_saml": {}`): "assume_role_method assume_role_with_saml uses Kerberos, " +
			"which is not supported here; write assume_role or assume_role_with_web_identity",
		asRole(`"assume_role_method": "assume_role_with_web_identity"`): "assume_role_with_web_identity_federation must be file",
		asRole(`"assume_role_method": "assume_role_with_web_identity", "assume_role_with_web_identity_federation": "google"`): "assume_role_with_web_identity_federation google " +
			"is not supported here; write file, and write the token to a file",
		asRole(`"assume_role_method": "assume_role_with_web_identity", "assume_role_with_web_identity_federation": "file"`): "assume_role_with_web_identity_token_file is not given, " +
			"nor is AWS_WEB_IDENTITY_TOKEN_FILE",
		asRole(`"assume_role_kwargs": {"RoleSessionName": "s"}`): "assume_role_kwargs.RoleSessionName must be 2 to 64 letters, digits or _+=,.@-",
		asRole(`"assume_role_kwargs": {"DurationSeconds": 60}`):  "assume_role_kwargs.DurationSeconds must be at least 900",
		`{"profile_name": "no such"}`:                            `profile_name: the profile "no such" does not exist in the AWS configuration files, which are ~/.aws/config and ~/.aws/credentials unless AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name others`,
	} {
		s, err := setup.ParseKwargs([]byte(kwargs))
		require.NoError(t, err, kwargs)
		_, err = s.Open(context.Background())
		assert.EqualError(t, err, "setup: "+want, kwargs)
	}
	t.Setenv("AWS_DEFAULT_REGION", "")
	_, err := setup.Settings{}.Open(context.Background())
	assert.EqualError(t, err, "setup: the region is missing; set region_name, or AWS_REGION or AWS_DEFAULT_REGION in the environment")
}

// The options of the caller take precedence over the kwargs.
func TestOptionsWin(t *testing.T) {
	s := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{Region: "eu-west-1"}}}
	client, err := s.Client(context.Background(), config.WithRegion("eu-west-2"))
	require.NoError(t, err)
	assert.Equal(t, "eu-west-2", client.Options().Region)

	own := errors.New("an option's own error")
	_, err = s.Client(context.Background(), func(*config.LoadOptions) error { return own })
	assert.ErrorIs(t, err, own)
}

// Settings that the SDK reads itself stay in effect.
func TestSDKSettings(t *testing.T) {
	t.Setenv("AWS_USE_FIPS_ENDPOINT", "true")
	t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "7")
	s := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{Region: "us-east-1"}}}
	client, err := s.Client(context.Background())
	require.NoError(t, err)
	o := client.Options()
	assert.Equal(t, aws.FIPSEndpointStateEnabled, o.EndpointOptions.UseFIPSEndpoint)
	assert.Equal(t, aws.DualStackEndpointStateEnabled, o.EndpointOptions.UseDualStackEndpoint)
	assert.Equal(t, 7, o.Retryer.MaxAttempts())
}

func TestUseSSL(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, endpoint := range []string{"", "https://127.0.0.1:1"} {
		s := setup.Settings{AWS: setup.AWS{PlainHTTP: true, AWSConfig: hook.AWSConfig{EndpointURL: endpoint}}}
		client, err := s.Client(context.Background())
		require.NoError(t, err)
		assert.Equal(t, endpoint == "", client.Options().EndpointOptions.DisableHTTPS, "an endpoint keeps its scheme")
	}
}

func TestOpenChain(t *testing.T) {
	scene := newScene(t)
	scene.srv.Set("airflow/connections/pg", "postgres://aws")
	t.Setenv("AIRFLOW_CONN_PG", "postgres://environment")
	t.Setenv("AIRFLOW_CONN_LIST", "http://h?__extra__=%5B1%5D") // which the API server refuses
	t.Setenv("AIRFLOW_VAR_RED___V", "a team's")
	for _, cfg := range []backend.Config{
		{Dialect: connuri.TaskSDK}, {Dialect: connuri.Server}, {MultiTeam: true},
	} {
		s := setup.Settings{Backend: cfg, AWS: setup.AWS{AWSConfig: hook.AWSConfig{Region: "us-east-1", EndpointURL: scene.srv.URL()}}}
		chain, err := s.OpenChain(t.Context())
		require.NoError(t, err)
		c, err := chain.GetConnection(t.Context(), "pg")
		require.NoError(t, err)
		assert.Equal(t, "aws", c.Host, "Secrets Manager comes first")

		_, err = chain.GetConnection(t.Context(), "list")
		assert.Equal(t, cfg.Dialect == connuri.Server, err != nil, "the environment has the same dialect")

		_, err = chain.GetVariable(t.Context(), "red___v")
		assert.Equal(t, cfg.MultiTeam, errors.Is(err, backend.ErrNotFound), "and the same MultiTeam")
	}
	_, err := setup.Settings{AWS: setup.AWS{AWSConfig: hook.AWSConfig{Region: "no region"}}}.OpenChain(t.Context())
	require.Error(t, err)
}
