package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// With TLS and a provider, every check is ok.
func TestHealthy(t *testing.T) {
	s := set(t)
	tls := s.overTLS()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600))
	s.kwargs["endpoint_url"], s.kwargs["verify"] = tls.URL, ca
	s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
	s.ids = append(s.ids, id{lookup.KindVariable, "environment"})
	s.listed = true
	r := s.examine(t)
	for _, c := range r.Checks {
		assert.Equal(t, OK, c.Status, "%s: %s", c.Name, c.Seen)
	}
	at := strings.TrimPrefix(tls.URL, "https://")
	assert.Equal(t, Caller{
		Principal: "arn:aws:sts::123456789012:assumed-role/reader/doctor", Account: "123456789012", AssumedRole: true,
		Region: "eu-west-1", Endpoint: tls.URL, Addresses: []string{"127.0.0.1"}, Route: loopback,
	}, r.Caller)
	assert.Equal(t, "connected to "+at, r.find(t, tcp).Seen)
	assert.Equal(t, "AIRFLOW__SECRETS__BACKEND; kwargs: AIRFLOW__SECRETS__BACKEND_KWARGS; "+
		"connections are read as TaskSDK (the newest Airflow, since its version is unknown); kwargs as amazon provider 9.39.0, as given", r.find(t, configuration).Seen)
	assert.Equal(t, "3 secrets read without a finding", r.find(t, secrets).Seen)
	assert.Equal(t, s.srv.Operations(""), r.Calls, "every call is counted, and nothing else reaches the server")
	assert.Equal(t, 1, s.srv.Calls("airflow/connections/pg"), "a secret is read once")
	assert.Zero(t, s.srv.Calls("airflow/connections/aws_default"), "the pattern skips it")
}

// Without an id, a missing name under each prefix that is not null is asked for.
func TestProbe(t *testing.T) {
	s := set(t)
	s.ids = nil
	s.kwargs["config_prefix"] = nil
	r := s.examine(t)
	assert.Equal(t, OK, r.find(t, getSecret).Status)
	assert.Equal(t, Skipped, r.find(t, kms).Status)
	assert.Equal(t, 1, s.srv.Calls("airflow/connections/"+missing))
	assert.Equal(t, 1, s.srv.Calls("airflow/variables/"+missing))
	assert.Equal(t, 2, s.srv.Operations("GetSecretValue"))

	s.listed = true
	assert.Equal(t, "3 secrets decrypted", s.examine(t).find(t, kms).Seen)
}

func TestDoNotFailForLists(t *testing.T) {
	s := set(t)
	s.srv.Inject(secretsmanagertest.Fault{Operation: "ListSecrets", Code: "AccessDeniedException"})
	r := s.examine(t)
	assert.Equal(t, Check{prefixes, Skipped, "they cannot be listed: access denied", "", nil}, r.find(t, prefixes))
	assert.Zero(t, r.count(Failed)+r.count(Warning))

	s.kwargs["connections_lookup_pattern"] = "^smtp$"
	r = s.examine(t)
	assert.Equal(t, Failed, r.find(t, hidden).Status, "without a list the secret itself is asked for")
}

// The advice is a prefix that would find the secret, or a general one.
func TestElsewhere(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(*stage)
		do   string
	}{
		{"another kind's", func(s *stage) {
			s.kwargs["variables_prefix"] = "prod/variables"
			s.ids = []id{{lookup.KindVariable, "pg"}}
		}, "check the prefix, sep, region and account"},
		{"another sep", func(s *stage) {
			s.kwargs["connections_prefix"], s.kwargs["sep"] = "airflow/connections", "-"
		}, "check the prefix, sep, region and account"},
		{"sep", func(s *stage) {
			s.kwargs["sep"] = "-"
			s.srv.Set("prod/pg", "postgres://h")
			s.srv.Set("prod-pg", "postgres://h")
		}, `set connections_prefix to "prod"`},
		{"no sep", func(s *stage) {
			s.kwargs["connections_prefix"], s.kwargs["sep"] = "prod", ""
		}, "check the prefix, sep, region and account"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := set(t)
			test.make(s)
			got := s.examine(t).find(t, prefixes)
			assert.Equal(t, Failed, got.Status)
			assert.Contains(t, got.Do, test.do)
		})
	}
}

// Prefixes that are not configured may be empty.
func TestNothingKept(t *testing.T) {
	s := set(t)
	s.ids = nil
	s.kwargs["connections_prefix"] = nil
	for name := range staged {
		s.srv.Remove(name)
	}
	assert.Equal(t, Check{prefixes, OK, "no secrets exist, and no prefix is configured or needed", "", nil}, s.examine(t).find(t, prefixes))
}

// What checks see, and what to do about it.
func TestDo(t *testing.T) {
	for _, test := range []struct {
		name  string
		make  func(*stage)
		check string
		found Status
		seen  string
		do    string
	}{
		{"advice with keys among the kwargs", func(s *stage) { delete(s.kwargs, "connections_lookup_pattern") }, awsDefault, Warning,
			"on MWAA they replace the default", `add to backend_kwargs: "connections_lookup_pattern": "` + lookup.MWAAPattern + `"`},
		{"a null prefix", func(s *stage) {
			s.kwargs["variables_prefix"], s.ids = nil, []id{{lookup.KindVariable, "environment"}}
		}, hidden, Failed, "environment: variable lookups are disabled: variables_prefix is null",
			"if Airflow should look it up, set variables_prefix to something other than null"},
		{"advice for a pattern", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(?!aws-default).*` }, awsDefault, Warning,
			"connections_lookup_pattern matches it", `"connections_lookup_pattern": "(?!aws_default$)(?:^(?!aws-default).*)"`},
		{"a pattern whose flags come first", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `(?s)^[ap]` }, awsDefault, Warning,
			"connections_lookup_pattern matches it", "begin connections_lookup_pattern with (?!aws_default$)"},
		{"a pattern that hangs", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^([a-z]+_?)*$` }, patterns, Warning, "each worker that looks one up hangs", "write ^(?:[a-z]+(?:_[a-z]+)*_?)?$"},
		{"advice for a pattern that hangs", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(\w+_?)+$` }, awsDefault, Warning,
			"connections_lookup_pattern matches it", `"connections_lookup_pattern": "(?!aws_default$)(?:^\\w+$)"`},
		{"advice for one that nobody can rewrite", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(\w+)+(?:\1)?$` }, awsDefault, Warning,
			"connections_lookup_pattern matches it", "rewrite connections_lookup_pattern, on which Airflow hangs"},
		{"hyphen", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(?!aws-default).*` }, patterns, Warning, "aws_default", "write aws_default"},
		{"aws_default of another type", func(s *stage) {
			delete(s.kwargs, "connections_lookup_pattern")
			s.srv.Set("airflow/connections/aws_default", "postgres://hunter2")
		}, awsDefault, Failed, "is not a connection of type aws", "store aws://"},
		{"aws_default exists and is hidden", func(s *stage) { s.srv.Set("airflow/connections/aws_default", "aws://") }, awsDefault, OK, "exists, but is not asked for", ""},
		{"the environment's aws_default", func(s *stage) { s.environ = []string{"AIRFLOW_CONN_AWS_DEFAULT=aws://"} }, awsDefault, OK, "not asked for", ""},
		{"AIRFLOW_CONN_AWS_DEFAULT in MWAA", func(s *stage) {
			s.environ = []string{"AIRFLOW_CONN_AWS_DEFAULT=aws://hunter2@/", "AIRFLOW_ENV_NAME=prod"}
		}, awsDefault, Failed, "is not aws://", "as MWAA does"},
		{"another secret is hidden", func(s *stage) { s.kwargs["connections_lookup_pattern"] = "^pg$" }, hidden, Warning, "airflow/connections/smtp", "widen"},
		{"near", func(s *stage) { s.ids = []id{{text: "P-G"}} }, idsGiven, Failed, "airflow/connections/P-G", "is it pg?"},
		{"forbidden", func(s *stage) { s.ids = []id{{text: "p g"}} }, idsGiven, Failed, `contains " "`, "an id of letters"},
		{"deletion", func(s *stage) { s.srv.Inject(lookups("InvalidRequestException", "marked for deletion")) }, secrets, Failed, "scheduled for deletion", "restore-secret"},
		{"binary", func(s *stage) { s.srv.SetBinary("airflow/connections/pg", []byte("hunter2")) }, secrets, Failed, "binary", "SecretString"},
		{"empty", func(s *stage) { s.srv.Set("airflow/connections/pg", "") }, secrets, Failed, "empty", "store a connection"},
		{"a hook reads it differently", func(s *stage) { s.srv.Set("airflow/connections/pg", "redis://:hunter2@r.example.com:6379?ssl=false") },
			secrets, Warning, "pg: extra: ssl is text", "leave ssl out"},
		{"an extra that is not an object", func(s *stage) { s.srv.Set("airflow/connections/pg", "ssh://h?__extra__=hunter2") },
			secrets, Warning, "pg: extra: it is not a JSON object", "write a JSON object"},
		{"region of the endpoint", func(s *stage) {
			s.kwargs["endpoint_url"] = "https://secretsmanager.us-east-1.amazonaws.com"
			s.resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
		}, endpoint, Warning, "is in us-east-1, but the region is eu-west-1", "agree"},
		{"regions that differ", func(s *stage) {
			delete(s.kwargs, "region_name")
			s.environ = []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2"}
			s.options = append(s.options, config.WithRegion("eu-west-1"))
		}, endpoint, Warning, "AWS_REGION and AWS_DEFAULT_REGION differ", "set region_name"},
		{"name server", func(s *stage) {
			s.kwargs["endpoint_url"] = "https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com"
			s.resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
		}, dns, Failed, "does not answer", "DNS"},
		{"CA file", func(s *stage) { s.kwargs["verify"] = "/nowhere/ca.pem" }, tlsHandshake, Failed, "no such file", "set verify"},
		{"api_version", func(s *stage) { s.kwargs["api_version"] = "2020-01-01" }, kwargs, Failed, "2017-10-17", "take api_version out"},
		{"half the keys", func(s *stage) { s.keys = map[string]any{"aws_secret_access_key": "hunter2"} }, credential, Failed, "only one of aws_access_key_id and aws_secret_access_key", "write both"},
		{"STS out of reach", func(s *stage) {
			s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": "http://" + s.closedPort()}}
		}, credential, Warning, "may still answer", "interface endpoint for sts"},
		{"STS denies", func(s *stage) { s.sts.code = "AccessDenied" }, credential, Warning, "AccessDenied", "sts"},
		{"STS is down", func(s *stage) { s.sts.code, s.sts.status = "InternalFailure", 503 }, credential, Warning, "InternalFailure", "sts"},
		{"a proxy answers for STS", func(s *stage) {
			s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": s.serve(http.HandlerFunc(proxyPage))}}
		}, credential, Warning, "an answer that is not from AWS", "interface endpoint for sts"},
		{"keys that have an end", func(s *stage) {
			s.keys = nil
			s.options = append(s.options, config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIAHUNTER2", SecretAccessKey: "hunter2", CanExpire: true, Expires: time.Now().Add(-time.Hour)}, nil
			})))
		}, credential, Failed, "expired", "clock"},
		{"a program that gives none", func(s *stage) {
			s.keys = nil
			s.options = append(s.options, config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("credential_process said hunter2")
			})))
		}, credential, Failed, "the SDK finds none", "role or keys"},
		{"a role that STS cannot be asked for", func(s *stage) {
			s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
			s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": "http://" + s.closedPort()}}
		}, credential, Failed, "cannot be assumed: no answer", "interface endpoint for sts"},
		{"a role that a proxy answers for", func(s *stage) {
			s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
			s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": s.serve(http.HandlerFunc(proxyPage))}}
		}, credential, Failed, "cannot be assumed: an answer that is not from AWS", "interface endpoint for sts"},
		{"a role that is denied", func(s *stage) {
			s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
			s.sts.denies = true
		}, credential, Failed, "cannot be assumed: AccessDenied", "trust policy"},
		{"verify is off", func(s *stage) { s.kwargs["endpoint_url"], s.kwargs["verify"] = s.overTLS().URL, false }, tlsHandshake, Warning, "not verified", "remove verify: false"},
		{"team's mark", func(s *stage) {
			s.environ = []string{"AIRFLOW__CORE__MULTI_TEAM=true"}
			s.ids = []id{{text: "red--pg"}}
			s.srv.Set("airflow/connections/red--pg", "postgres://h")
		}, hidden, Failed, "airflow/connections/red--pg exists", "ask as that team"},
		{"multi_team", func(s *stage) { s.environ = []string{"AIRFLOW__CORE__MULTI_TEAM=perhaps"} }, configuration, Failed, "AIRFLOW__CORE__MULTI_TEAM: it is neither True nor False", "write True or False"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := set(t)
			test.make(s)
			got := s.examine(t).find(t, test.check)
			assert.Equal(t, test.found, got.Status, got.Seen)
			assert.Contains(t, got.Seen, test.seen)
			assert.Contains(t, got.Do, test.do)
		})
	}
}

// Every secret that may be read is checked, even those that a pattern hides, and every finding is
// shown with what to do about it.
func TestAllFindings(t *testing.T) {
	s := set(t)
	s.listed = true
	for i := range 9 {
		s.srv.Set(fmt.Sprintf("airflow/connections/c%d", i), "redis://:hunter2@r.example.com:6379?ssl=false")
	}
	s.srv.Set("airflow/connections/aws_default", `{"conn_type": "aws", "port": "hunter2"}`)
	s.srv.Set("airflow/connections/smtp", "{")
	r := s.examine(t)
	got := r.find(t, secrets)
	assert.Equal(t, Failed, got.Status, "what a lookup gets cannot be read")
	found := map[string]Finding{}
	for _, f := range got.Findings {
		id, _, _ := strings.Cut(f.Seen, ":")
		assert.NotEmpty(t, f.Do, f.Seen)
		found[id] = f
	}
	assert.Len(t, found, 11)
	assert.Equal(t, Failed, found["smtp"].Status)
	assert.Equal(t, Warning, found["aws_default"].Status, "Airflow does not ask for it")
	assert.Contains(t, found["aws_default"].Seen, "(never asked for)")
	var out bytes.Buffer
	require.NoError(t, r.write(newPage(&out)))
	for id, f := range found {
		assert.Contains(t, out.String(), f.Seen+"\n", id)
	}
	assert.Contains(t, out.String(), "1 failed (secrets)")
	assert.Equal(t, 1, s.srv.Calls("airflow/connections/aws_default"))

	s.listed = false
	assert.Equal(t, "1 secret read without a finding", s.examine(t).find(t, secrets).Seen)
}

func proxyPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, "<html>hunter2 is not allowed</html>")
}

// Without any keys, the check does not say that nobody answered.
func TestNoKeys(t *testing.T) {
	s := set(t)
	s.keys = nil
	s.options = append(s.options, config.WithCredentialsProvider(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no keys")
	})))
	assert.Equal(t, "the SDK finds none", s.examine(t).find(t, credential).Seen)
}

// An old provider asks for every id that the patterns would skip.
func TestOldProvider(t *testing.T) {
	s := set(t)
	s.ids = append(s.ids, id{text: "smtp"})
	s.kwargs["connections_lookup_pattern"] = "^pg$"
	d, err := s.doctor()
	require.NoError(t, err)
	d.provider = version{7, 2, 1}
	d.examine(t.Context())
	r := d.report()
	assertSecret(t, r)
	assert.Equal(t, "not set, so every id is asked for", r.find(t, patterns).Seen)
	assert.Equal(t, OK, r.find(t, hidden).Status)
	assert.Equal(t, 1, s.srv.Calls("airflow/connections/smtp"))
	got := r.find(t, awsDefault)
	assert.Equal(t, Warning, got.Status)
	assert.Contains(t, got.Seen, "does not know lookup patterns")
	assert.Contains(t, got.Do, "7.3.0 or later")
}

// The advice is JSON that setup reads, and skips aws_default and nothing else.
func TestSkipAdvice(t *testing.T) {
	for _, doc := range []string{
		`{"connections_prefix": "", "variables_prefix": null, "config_prefix": "c\"\\<&>", "sep": "", "region_name": "eu-west-1", "verify": false, "use_ssl": false}`,
		`{"connections_lookup_pattern": "a|p\\d", "sep": "-", "extra_conn_words": {"host": ["where"]}, "verify": "/ca.pem", "profile_name": "p", "api_version": "2017-10-17"}`,
		`{"connections_lookup_pattern": "^p g$|^p|^a", "variables_prefix": "my vars", "profile_name": "a b"}`,
		`{}`,
	} {
		before, err := setup.ParseKwargs([]byte(doc))
		require.NoError(t, err)
		d := &doctor{settings: before}
		text, ok := strings.CutPrefix(d.skipAdvice(), "set backend_kwargs to ")
		require.True(t, ok)
		broken := strings.ReplaceAll(text, " ", "\n") // as narrow lines would break it
		after, err := setup.ParseKwargs([]byte(broken))
		require.NoError(t, err, text)
		pattern, err := lookup.Compile(after.Backend.ConnectionsLookupPattern)
		require.NoError(t, err)
		old, err := lookup.Compile(before.Backend.ConnectionsLookupPattern)
		require.NoError(t, err)
		for _, id := range []string{"pg", "p1", "aws_default", "aws_default_eu", "a"} {
			was, _ := old.Match(id)
			is, _ := pattern.Match(id)
			assert.Equal(t, was && id != "aws_default", is, id)
		}
		after.Backend.ConnectionsLookupPattern = before.Backend.ConnectionsLookupPattern
		assert.Equal(t, before, after, "nothing else is changed")
	}
}

// A failure that all lookups share ends the lookups.
func TestStops(t *testing.T) {
	s := set(t)
	s.ids = append(s.ids, id{text: "smtp"})
	s.srv.Inject(lookups("ThrottlingException", ""))
	assert.Equal(t, Failed, s.examine(t).find(t, getSecret).Status)
	assert.Equal(t, 2, s.srv.Calls("airflow/connections/pg"), "retried once")
	assert.Zero(t, s.srv.Calls("airflow/connections/smtp"))
}
