package setup_test

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// awsConfig parses the extra of an aws connection.
func awsConfig(t *testing.T, extra string) hook.AWSConfig {
	t.Helper()
	a, err := hook.AWS(connuri.Connection{ID: "aws_default", Type: "aws", Extra: connuri.RawExtra(extra)})
	require.NoError(t, err)
	return a
}

func once(o *config.LoadOptions) error {
	o.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return nil
}

// ask makes a call with a configuration and returns who the server saw.
func (s scene) ask(cfg aws.Config) error {
	s.srv.ResetCalls()
	_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(context.Background(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("airflow/variables/x")})
	return err
}

func TestLoadAWSRole(t *testing.T) {
	s := newScene(t)
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"aws_access_key_id": "AKIDCONN", "aws_secret_access_key": "k", "aws_session_token": "conn-token",
		"region_name": "eu-west-3", "role_arn": "`+role+`", "endpoint_url": "`+s.srv.URL()+`", "service_config": {"sts": {"endpoint_url": "`+s.sts.URL+`"}},
		"assume_role_kwargs": {"ExternalId": "external", "DurationSeconds": 900}}`))
	require.NoError(t, err)
	assert.Empty(t, s.sts.asked, "not before the first call")
	require.NoError(t, s.ask(cfg))
	require.NoError(t, s.ask(cfg))
	require.Len(t, s.sts.asked, 1)
	assert.Equal(t, "AKIDCONN", s.sts.asked[0].signedBy)
	assert.Equal(t, "conn-token", s.sts.asked[0].token)
	assert.Equal(t, "airflow_aws_default", s.sts.asked[0].form.Get("RoleSessionName"))
	assert.Equal(t, "external", s.sts.asked[0].form.Get("ExternalId"))
	call := s.srv.Log()[0]
	assert.Equal(t, "ASIAROLE1", call.AccessKeyID)
	assert.Equal(t, "eu-west-3", call.Region)

	cfg, err = setup.LoadAWS(t.Context(), hook.AWSConfig{
		EndpointURL: s.srv.URL(), ServiceEndpoints: map[string]string{"sts": s.sts.URL}, Role: hook.AWSRole{ARN: role},
	})
	require.NoError(t, err)
	require.NoError(t, s.ask(cfg))
	assert.Equal(t, "airflow", s.sts.asked[1].form.Get("RoleSessionName"), "no key ID is known")
}

// The endpoints of the connection take precedence over those of the environment, and each client
// has its own.
func TestLoadAWSEndpoints(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	of := func(a hook.AWSConfig) (sm, of string) {
		cfg, err := setup.LoadAWS(t.Context(), a)
		require.NoError(t, err)
		return aws.ToString(secretsmanager.NewFromConfig(cfg).Options().BaseEndpoint), aws.ToString(sts.NewFromConfig(cfg).Options().BaseEndpoint)
	}
	for _, environment := range [][2]string{{}, {"AWS_ENDPOINT_URL", "http://env"}, {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://env"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}} {
		t.Run(environment[0], func(t *testing.T) {
			forAll, forOne := "", ""
			if environment[0] != "" {
				t.Setenv(environment[0], environment[1])
				switch environment[0] {
				case "AWS_ENDPOINT_URL":
					forAll, forOne = "http://env", "http://env"
				case "AWS_ENDPOINT_URL_SECRETS_MANAGER":
					forOne = "http://env"
				}
			}
			sm, other := of(hook.AWSConfig{})
			assert.Equal(t, []string{forOne, forAll}, []string{sm, other})
			sm, other = of(hook.AWSConfig{EndpointURL: "http://all"})
			assert.Equal(t, []string{"http://all", "http://all"}, []string{sm, other})
			sm, other = of(hook.AWSConfig{EndpointURL: "http://all", ServiceEndpoints: map[string]string{"secretsmanager": "http://sm"}})
			assert.Equal(t, []string{"http://sm", "http://all"}, []string{sm, other})
			sm, other = of(hook.AWSConfig{EndpointURL: "http://all", ServiceEndpoints: map[string]string{"secretsmanager": "", "sts": "http://sts"}})
			assert.Equal(t, []string{forOne, "http://sts"}, []string{sm, other}, "null means the endpoint of AWS")
		})
	}
}

// When the role is assumed, STS gets no endpoint and no TLS setting of the connection.
func TestLoadAWSVerify(t *testing.T) {
	s := newScene(t)
	address, caFile := s.overTLS()
	sts := httptest.NewUnstartedServer(s.sts)
	sts.Config.ErrorLog = log.New(io.Discard, "", 0)
	sts.StartTLS()
	t.Cleanup(sts.Close)

	for _, verify := range []string{"false", `"` + caFile + `"`} {
		cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "`+address+`", "verify": `+verify+`}`), once)
		require.NoError(t, err)
		require.NoError(t, s.ask(cfg), verify)

		cfg, err = setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "`+address+`", "verify": `+verify+`, "role_arn": "`+role+`",
			"service_config": {"sts": {"endpoint_url": "`+sts.URL+`"}}}`), once)
		require.NoError(t, err)
		assert.ErrorContains(t, s.ask(cfg), "certificate", verify)
		assert.Empty(t, s.sts.asked)
	}

	t.Setenv("AWS_CA_BUNDLE", caFile)
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "`+address+`"}`), once)
	require.NoError(t, err)
	require.NoError(t, s.ask(cfg))
	cfg, err = setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "`+address+`", "verify": true}`), once)
	require.NoError(t, err)
	assert.Error(t, s.ask(cfg), "verify: true means the CAs of the system")
}

func TestLoadAWSClientOptions(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"region_name": "eu-west-2", "config_kwargs": {"region_name": "eu-west-3", "retries": {"max_attempts": 4, "mode": "adaptive"},
		"connect_timeout": 2, "read_timeout": 3, "use_fips_endpoint": true, "use_dualstack_endpoint": true, "user_agent_appid": "app",
		"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}}`))
	require.NoError(t, err)
	assert.Equal(t, "eu-west-3", cfg.Region, "as in botocore")
	assert.Equal(t, aws.RequestChecksumCalculationWhenRequired, cfg.RequestChecksumCalculation)
	assert.Equal(t, aws.ResponseChecksumValidationWhenRequired, cfg.ResponseChecksumValidation)
	o := secretsmanager.NewFromConfig(cfg).Options()
	assert.Equal(t, 5, o.Retryer.MaxAttempts())
	assert.Equal(t, aws.RetryModeAdaptive, o.RetryMode)
	assert.Equal(t, aws.FIPSEndpointStateEnabled, o.EndpointOptions.UseFIPSEndpoint)
	assert.Equal(t, aws.DualStackEndpointStateEnabled, o.EndpointOptions.UseDualStackEndpoint)
	assert.Equal(t, "app", o.AppID)
	client := o.HTTPClient.(*awshttp.BuildableClient)
	assert.Equal(t, 2*time.Second, client.GetDialer().Timeout)
	assert.Equal(t, 3*time.Second, client.GetTransport().ResponseHeaderTimeout)

	cfg, err = setup.LoadAWS(t.Context(), awsConfig(t, `{"config_kwargs": {"region_name": "eu-west-3"}}`), config.WithRegion("eu-north-1"))
	require.NoError(t, err)
	assert.Equal(t, "eu-north-1", cfg.Region, "the options of the caller win")
}

func TestLoadAWSReadTimeout(t *testing.T) {
	s := newScene(t)
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
		}
	}))
	t.Cleanup(slow.Close)
	for _, extra := range []string{
		`{"endpoint_url": "` + slow.URL + `", "config_kwargs": {"read_timeout": 0.2}}`,
		`{"endpoint_url": "` + s.srv.URL() + `", "config_kwargs": {"read_timeout": 0.2}, "role_arn": "arn:aws:iam::123456789012:role/r", "service_config": {"sts": {"endpoint_url": "` + slow.URL + `"}}}`,
	} {
		cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, extra), once)
		require.NoError(t, err)
		began := time.Now()
		assert.Error(t, s.ask(cfg))
		assert.Less(t, time.Since(began), 10*time.Second)
	}
}

func TestLoadAWSUnsigned(t *testing.T) {
	s := newScene(t)
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "`+s.srv.URL()+`", "config_kwargs": {"signature_version": "unsigned"}}`), once)
	require.NoError(t, err)
	_ = s.ask(cfg)
	require.NotEmpty(t, s.srv.Log())
	for _, call := range s.srv.Log() {
		assert.Empty(t, call.AccessKeyID)
	}
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("web-token"), 0o600))
	_, err = setup.LoadAWS(t.Context(), awsConfig(t, `{"config_kwargs": {"signature_version": "unsigned"}, "role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": "assume_role_with_web_identity",
		"assume_role_with_web_identity_federation": "file", "assume_role_with_web_identity_token_file": "`+file+`"}`))
	require.NoError(t, err)
}

func TestLoadAWSProxies(t *testing.T) {
	s := newScene(t)
	var asked atomic.Int32
	var login atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		login.Store(r.Header.Get("Proxy-Authorization"))
		s.srv.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"endpoint_url": "http://secrets.invalid", "config_kwargs": {"proxies": {"http": "http://user:pass@`+proxy.Listener.Addr().String()+`"}}}`), once)
	require.NoError(t, err)
	require.NoError(t, s.ask(cfg))
	assert.EqualValues(t, 1, asked.Load())
	assert.Equal(t, "Basic dXNlcjpwYXNz", login.Load())

	_, err = setup.LoadAWS(t.Context(), awsConfig(t, `{"config_kwargs": {"proxies": {"https": "http://user:hunter2 %zz@h"}}}`))
	assert.EqualError(t, err, "setup: config_kwargs.proxies must hold URLs of proxies")
}

func TestLoadAWSRefuses(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for want, a := range map[string]hook.AWSConfig{
		"only one of aws_access_key_id and aws_secret_access_key is given; write both":                              {AccessKeyID: connuri.NewSecret("AKID")},
		"aws_session_token is given without its keys; write aws_access_key_id and aws_secret_access_key too":        {SessionToken: connuri.NewSecret("t")},
		"endpoint_url must be a plain http or https URL without a login or a query":                                 {EndpointURL: "http://u:p@h"},
		"an endpoint_url in service_config must be a plain http or https URL without a login or a query":            {ServiceEndpoints: map[string]string{"s3": "localhost:9000"}},
		"region_name is not the name of a region":                                                                   {Region: "eu west"},
		"config_kwargs.region_name is not the name of a region":                                                     {Client: hook.AWSClient{Region: "eu west"}},
		"role_arn must be at least 20 characters; write the whole ARN, such as arn:aws:iam::123456789012:role/NAME": {Role: hook.AWSRole{ARN: "arn:aws:iam::1:role/"[:19]}},
		"a key in assume_role_kwargs.Tags or TransitiveTagKeys is empty; remove the tag without a key": {
			Role: hook.AWSRole{ARN: "arn:aws:iam::1:role/", Tags: map[string]string{"": "v"}}},
		"assume_role_kwargs.TokenCode must be at least 6 characters; write the 6 digits of the MFA device as text": {
			Role: hook.AWSRole{ARN: "arn:aws:iam::1:role/", TokenCode: connuri.NewSecret("12345")}},
		`verify: the CA file "false": no such file or directory`:                                                                           {CAFile: "false"},
		"config_kwargs.signature_version is unsigned, but STS requires a signature to assume a role; remove role_arn or signature_version": {Client: hook.AWSClient{Unsigned: true}, Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r"}},
		"assume_role_with_web_identity_federation google is not supported here; write file, and write the token to a file": {
			Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r", Method: hook.AssumeRoleWithWebIdentity, Federation: "google"}},
		"assume_role_method assume_role_with_saml uses Kerberos, which is not supported here; write assume_role or assume_role_with_web_identity": {
			Role: hook.AWSRole{ARN: "arn:aws:iam::123456789012:role/r", Method: hook.AssumeRoleWithSAML}},
	} {
		_, err := setup.LoadAWS(t.Context(), a)
		assert.EqualError(t, err, "setup: "+want)
	}
}

// Only the file of verify is trusted, and the scheme of the request chooses the proxy.
func TestLoadAWSTransport(t *testing.T) {
	s := newScene(t)
	_, caFile := s.overTLS()
	cfg, err := setup.LoadAWS(t.Context(), awsConfig(t, `{"verify": "`+caFile+`", "config_kwargs": {"proxies": {"http": "http://plain:1", "https": "//secure:2"}}}`))
	require.NoError(t, err)
	transport := cfg.HTTPClient.(*awshttp.BuildableClient).GetTransport()
	pem, err := os.ReadFile(caFile)
	require.NoError(t, err)
	alone := x509.NewCertPool()
	require.True(t, alone.AppendCertsFromPEM(pem))
	assert.True(t, alone.Equal(transport.TLSClientConfig.RootCAs))
	for address, want := range map[string]string{"http://h": "http://plain:1", "https://h": "http://secure:2"} {
		request, err := http.NewRequest(http.MethodGet, address, nil)
		require.NoError(t, err)
		got, err := transport.Proxy(request)
		require.NoError(t, err)
		assert.Equal(t, want, got.String())
	}
}

// With keys, boto3 ignores how a profile gets its credentials.
func TestLoadAWSBesideABrokenProfile(t *testing.T) {
	s := newScene(t)
	file := filepath.Join(t.TempDir(), "config")
	t.Setenv("AWS_CONFIG_FILE", file)
	keys := hook.AWSConfig{AccessKeyID: connuri.NewSecret("AKIDCONN"), SecretAccessKey: connuri.NewSecret("k"), EndpointURL: s.srv.URL()}
	for text, want := range map[string]string{
		"role_arn = r\nsource_profile = nope":                                     `source_profile: the profile "nope" does not exist in the AWS configuration files`,
		"source_profile = nope":                                                   "the AWS configuration: the SDK cannot use the value of",
		"sso_session = nope\nsso_account_id = 1":                                  "the AWS configuration: the SDK cannot",
		"role_arn = r\nsource_profile = default\ncredential_source = Environment": "the AWS configuration: the SDK cannot",
	} {
		require.NoError(t, os.WriteFile(file, []byte("[default]\n"+text+"\n[profile named]\n"+text+"\n"), 0o600))
		cfg, err := setup.LoadAWS(t.Context(), keys)
		require.NoError(t, err, text)
		require.NoError(t, s.ask(cfg))
		assert.Equal(t, "AKIDCONN", s.srv.Log()[0].AccessKeyID)

		_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{})
		assert.ErrorContains(t, err, want, "without keys it is needed")
		named := keys
		named.Profile = "named"
		_, err = setup.LoadAWS(t.Context(), named)
		require.NoError(t, err, text)
	}
	keys.Profile = "gone"
	_, err := setup.LoadAWS(t.Context(), keys)
	assert.ErrorContains(t, err, `profile_name: the profile "gone" does not exist`, "boto3 fails as well")
	require.NoError(t, os.WriteFile(file, []byte("[profile named]\nrole_arn = r\nsource_profile = nope\n"), 0o600))
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{Profile: "named"})
	assert.ErrorContains(t, err, `source_profile: the profile "nope" does not exist`)
	t.Setenv("AWS_PROFILE", "gone")
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{})
	assert.ErrorContains(t, err, `AWS_PROFILE: the profile "gone" does not exist`)
}

func TestLoadAWSCABundle(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	_, err := setup.LoadAWS(t.Context(), hook.AWSConfig{})
	assert.EqualError(t, err, `setup: AWS_CA_BUNDLE: the CA file "/nowhere/ca.pem": no such file or directory`)
	empty := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	t.Setenv("AWS_CA_BUNDLE", empty)
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{})
	assert.EqualError(t, err, `setup: AWS_CA_BUNDLE: the CA file "`+empty+`" contains no certificate`)
}

// A token that was given in place of its file is in no error; the name of a file may be.
func TestLoadAWSTokenInPlaceOfAFile(t *testing.T) {
	s := newScene(t)
	jwt := "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("hunter2_", 5) + ".hunter2-"
	const path = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
	for _, file := range []string{jwt, "/" + jwt, jwt[:30], strings.Repeat("hunter2-", 60), strings.Repeat("hunter2.~", 5), path} {
		a := hook.AWSConfig{EndpointURL: s.srv.URL(), Role: hook.AWSRole{ARN: role, Method: hook.AssumeRoleWithWebIdentity, Federation: "file", TokenFile: file}}
		cfg, err := setup.LoadAWS(t.Context(), a, once)
		require.NoError(t, err)
		err = s.ask(cfg)
		require.ErrorContains(t, err, "the web identity token file")
		if file == path {
			assert.ErrorContains(t, err, `"`+path+`": no such file`)
		}
		assert.NotContains(t, err.Error(), "hunter2")
		for _, a := range []hook.AWSConfig{{CAFile: file}, {Profile: file}} {
			_, err := setup.LoadAWS(t.Context(), a)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
		}
	}
}
