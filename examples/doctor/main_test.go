package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// but is the list of all checks but those named.
func but(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(order), func(name string) bool { return slices.Contains(names, name) })
}

// What a trouble of one check keeps the others from seeing. On the stage the
// endpoint is plain http and the provider's version not given.
var (
	always    = []string{provider, tlsHandshake}
	unread    = []string{provider, tlsHandshake, kms, idsGiven, secrets}
	unreached = []string{provider, getSecret, kms, idsGiven, prefixes, secrets}
)

// skipped are, for each trouble, the checks that are skipped; the one that finds
// it is in the runbook, and all others are ok.
var skipped = map[string][]string{
	"no backend is configured":                             but(configuration),
	"the class is misspelt":                                always,
	"the class is the Parameter Store's":                   but(configuration, class),
	"a kwarg is misspelt":                                  always,
	"a kwarg has the wrong type":                           but(configuration, class, kwargs),
	"a pattern does not compile":                           always,
	"no region":                                            but(configuration, class, kwargs, patterns, endpoint),
	"the name does not resolve":                            append([]string{tcp, tlsHandshake}, unreached...),
	"the port is closed":                                   append([]string{tlsHandshake}, unreached...),
	"a security group drops the packets":                   append([]string{tlsHandshake}, unreached...),
	"the certificate is not trusted":                       unreached,
	"what answers speaks no TLS":                           unreached,
	"the handshake is never answered":                      unreached,
	"the credentials are expired":                          append([]string{tlsHandshake}, unreached...),
	"the credentials are expired, and STS is out of reach": append([]string{tlsHandshake}, unreached...),
	"the role is not given":                                append([]string{tlsHandshake}, unreached...),
	"access is denied":                                     unread,
	"access is denied, and no id is given":                 unread,
	"too many calls":                                       unread,
	"the KMS key is denied":                                {provider, tlsHandshake, idsGiven, secrets},
	"aws_default is asked for":                             always,
	"aws_default is kept as a secret":                      always,
	"AIRFLOW_CONN_AWS_DEFAULT is touched":                  always,
	"the id is given with its prefix":                      {provider, tlsHandshake, kms, secrets},
	"there is no such secret":                              {provider, tlsHandshake, kms, secrets},
	"a pattern hides the id":                               unread,
	"a prefix that is null hides the id":                   unread,
	"the prefix is wrong":                                  unread,
	"a prefix has nothing under it":                        unread,
	"a secret is no connection":                            always,
	"a secret is read otherwise than meant":                always,
}

func TestTroubles(t *testing.T) {
	forget(t)
	require.Len(t, skipped, len(troubles))
	for _, trouble := range troubles {
		t.Run(trouble.what, func(t *testing.T) {
			r, err := trouble.examine(t.Context())
			require.NoError(t, err)
			want := map[string]Status{}
			for _, name := range order {
				want[name] = OK
			}
			for _, name := range skipped[trouble.what] {
				want[name] = Skipped
			}
			want[trouble.check] = trouble.found
			assert.Equal(t, want, statuses(r))
			assert.True(t, trouble.foundIn(r))
			for _, c := range r.Checks {
				assert.NotEmpty(t, c.Seen, c.Name)
				assert.Equal(t, c.Status == Failed || c.Status == Warning, c.Do != "", "%s: one thing to do where something is wrong", c.Name)
			}
			assertSecret(t, r)
		})
	}
}

func statuses(r Report) map[string]Status {
	all := map[string]Status{}
	for _, c := range r.Checks {
		all[c.Name] = c.Status
	}
	return all
}

// assertSecret: all that is planted has this word in it.
func assertSecret(t *testing.T, r Report) {
	t.Helper()
	var text, doc bytes.Buffer
	require.NoError(t, r.write(term.New(&text)))
	require.NoError(t, r.writeJSON(&doc))
	for _, output := range []string{text.String(), doc.String()} {
		assert.False(t, strings.Contains(strings.ToLower(output), "hunter2"), "a secret is shown")
	}
}

// forget takes the account of whoever runs the tests out of the environment, and
// plants one.
func forget(t *testing.T) {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAHUNTER2EXAMPLE09")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-environment")
	t.Setenv("AWS_SESSION_TOKEN", "hunter2-environment-token")
}

// set is a stage that a test changes.
func set(t *testing.T) *stage {
	t.Helper()
	forget(t)
	s, err := newStage()
	require.NoError(t, err)
	t.Cleanup(s.close)
	return s
}

func (s *stage) examine(t *testing.T) Report {
	t.Helper()
	d, err := s.doctor()
	require.NoError(t, err)
	d.provider = version{9, 39, 0}
	d.examine(t.Context())
	r := d.report()
	assertSecret(t, r)
	return r
}

func (r Report) find(t *testing.T, name string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatal("no check", name)
	return Check{}
}

// With TLS and a provider, every check is ok.
func TestHealthy(t *testing.T) {
	s := set(t)
	tls := s.overTLS()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600))
	s.kwargs["endpoint_url"], s.kwargs["verify"] = tls.URL, ca
	s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader"
	s.ids = append(s.ids, id{lookup.Variable, "environment"})
	s.listed = true
	r := s.examine(t)
	for _, c := range r.Checks {
		assert.Equal(t, OK, c.Status, "%s: %s", c.Name, c.Seen)
	}
	at := strings.TrimPrefix(tls.URL, "https://")
	assert.Equal(t, Caller{
		Principal: "arn:aws:sts::123456789012:assumed-role/reader/doctor", Account: "123456789012", AssumedRole: true,
		Region: "eu-west-1", Endpoint: tls.URL, Addresses: []string{"127.0.0.1"}, Route: private,
	}, r.Caller)
	assert.Equal(t, at+" connects", r.find(t, tcp).Seen)
	assert.Equal(t, "AIRFLOW__SECRETS__BACKEND; kwargs: AIRFLOW__SECRETS__BACKEND_KWARGS", r.find(t, configuration).Seen)
	assert.Equal(t, "3 secrets read without a finding", r.find(t, secrets).Seen)
	assert.Equal(t, s.srv.Operations(""), r.Calls, "every call is counted, and nothing else reaches the server")
	assert.Equal(t, 1, s.srv.Calls("airflow/connections/pg"), "a secret is read once")
	assert.Zero(t, s.srv.Calls("airflow/connections/aws_default"), "the pattern keeps it back")
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
}

func TestDoNotFailForLists(t *testing.T) {
	s := set(t)
	s.srv.Inject(secretsmanagertest.Fault{Operation: "ListSecrets", Code: "AccessDeniedException"})
	r := s.examine(t)
	assert.Equal(t, Check{prefixes, Skipped, "they cannot be listed: access denied", ""}, r.find(t, prefixes))
	assert.Zero(t, r.count(Failed)+r.count(Warning))

	s.kwargs["connections_lookup_pattern"] = "^smtp$"
	r = s.examine(t)
	assert.Equal(t, Failed, r.find(t, hidden).Status, "without a list the secret itself is asked for")
}

// What is seen, and what to do about it.
func TestDo(t *testing.T) {
	for _, test := range []struct {
		name  string
		make  func(*stage)
		check string
		found Status
		seen  string
		do    string
	}{
		{"a mend with keys among the kwargs", func(s *stage) { delete(s.kwargs, "connections_lookup_pattern") }, awsDefault, Warning,
			"replaced MWAA's own", `add to backend_kwargs: "connections_lookup_pattern": "^(?!aws_default$).*$"`},
		{"a mend of a pattern", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(?!aws-default).*` }, awsDefault, Warning,
			"lets it through", `"connections_lookup_pattern": "(?!aws_default$)(?:^(?!aws-default).*)"`},
		{"a pattern whose flags come first", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `(?s)^[ap]` }, awsDefault, Warning,
			"lets it through", "begin connections_lookup_pattern with (?!aws_default$)"},
		{"hyphen", func(s *stage) { s.kwargs["connections_lookup_pattern"] = `^(?!aws-default).*` }, patterns, Warning, "aws_default", "write aws_default"},
		{"aws_default that is no aws", func(s *stage) {
			delete(s.kwargs, "connections_lookup_pattern")
			s.srv.Set("airflow/connections/aws_default", "postgres://hunter2")
		}, awsDefault, Failed, "is no connection of type aws", "store aws://"},
		{"aws_default kept and hidden", func(s *stage) { s.srv.Set("airflow/connections/aws_default", "aws://") }, awsDefault, OK, "is kept, and not asked for", ""},
		{"the environment's aws_default", func(s *stage) { s.environ = []string{"AIRFLOW_CONN_AWS_DEFAULT=aws://"} }, awsDefault, OK, "not asked for", ""},
		{"another secret is hidden", func(s *stage) { s.kwargs["connections_lookup_pattern"] = "^pg$" }, hidden, Warning, "airflow/connections/smtp", "widen"},
		{"near", func(s *stage) { s.ids = []id{{text: "P-G"}} }, idsGiven, Failed, "airflow/connections/P-G", "is it pg?"},
		{"forbidden", func(s *stage) { s.ids = []id{{text: "p g"}} }, idsGiven, Failed, `holds " "`, "an id of letters"},
		{"deletion", func(s *stage) { s.srv.Inject(lookups("InvalidRequestException", "marked for deletion")) }, secrets, Failed, "scheduled for deletion", "restore-secret"},
		{"binary", func(s *stage) { s.srv.SetBinary("airflow/connections/pg", []byte("hunter2")) }, secrets, Failed, "binary", "SecretString"},
		{"empty", func(s *stage) { s.srv.Set("airflow/connections/pg", "") }, secrets, Failed, "empty", "store a connection"},
		{"region of the endpoint", func(s *stage) {
			s.kwargs["endpoint_url"] = "https://secretsmanager.us-east-1.amazonaws.com"
			s.resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
		}, endpoint, Warning, "is in us-east-1, and the region is eu-west-1", "agree"},
		{"name server", func(s *stage) {
			s.kwargs["endpoint_url"] = "https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com"
			s.resolve = func(context.Context, string) ([]netip.Addr, error) { return nil, &net.DNSError{IsTimeout: true} }
		}, dns, Failed, "does not answer", "DNS"},
		{"CA file", func(s *stage) { s.kwargs["verify"] = "/nowhere/ca.pem" }, tlsHandshake, Failed, "no such file", "mend verify"},
		{"half the keys", func(s *stage) { s.keys = map[string]any{"aws_secret_access_key": "hunter2"} }, credential, Failed, "only one of them", "mend"},
		{"STS out of reach", func(s *stage) {
			s.kwargs["service_config"] = map[string]any{"sts": map[string]any{"endpoint_url": "http://" + s.closedPort()}}
		}, credential, Warning, "may still answer", "interface endpoint for sts"},
		{"STS down", func(s *stage) { s.sts.code = "AccessDenied" }, credential, Warning, "AccessDenied", "sts"},
		{"verify is off", func(s *stage) { s.kwargs["endpoint_url"], s.kwargs["verify"] = s.overTLS().URL, false }, tlsHandshake, Warning, "nobody verified", "take verify: false out"},
		{"team's mark", func(s *stage) {
			s.environ = []string{"AIRFLOW__CORE__MULTI_TEAM=true"}
			s.ids = []id{{text: "red--pg"}}
			s.srv.Set("airflow/connections/red--pg", "postgres://h")
		}, hidden, Failed, "airflow/connections/red--pg exists", "ask as that team"},
		{"multi_team", func(s *stage) { s.environ = []string{"AIRFLOW__CORE__MULTI_TEAM=perhaps"} }, configuration, Failed, "AIRFLOW__CORE__MULTI_TEAM is neither True nor False", "mend it"},
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

// The mend is JSON that setup reads, and skips aws_default and nothing else.
func TestMend(t *testing.T) {
	for _, doc := range []string{
		`{"connections_prefix": "", "variables_prefix": null, "config_prefix": "c\"\\<&>", "sep": "", "region_name": "eu-west-1", "verify": false, "use_ssl": false}`,
		`{"connections_lookup_pattern": "a|p\\d", "sep": "-", "extra_conn_words": {"host": ["where"]}, "verify": "/ca.pem", "profile_name": "p", "api_version": "2017-10-17"}`,
		`{}`,
	} {
		before, err := setup.ParseKwargs([]byte(doc))
		require.NoError(t, err)
		d := &doctor{settings: before}
		text, ok := strings.CutPrefix(d.mend(), "set backend_kwargs to ")
		require.True(t, ok)
		after, err := setup.ParseKwargs([]byte(text))
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

func TestProvider(t *testing.T) {
	for _, test := range []struct{ version, kwargs, want string }{
		{"7.2.1", `{"connections_lookup_pattern": "^p"}`, "lookup patterns came with 7.3.0"},
		{"7.3.0", `{"connections_lookup_pattern": "^p"}`, ""},
		{"7.2.1", `{"region_name": "eu-west-1"}`, ""},
		{"6.2.0", `{"extra_conn_words": {"host": ["where"]}}`, "JSON secrets for everybody came with 7.0.0"},
		{"5.0", `{"role_arn": "arn:aws:iam::123456789012:role/r"}`, "role_arn and service_config came with 5.1.0"},
	} {
		s, err := setup.ParseKwargs([]byte(test.kwargs))
		require.NoError(t, err)
		v, err := parseVersion(test.version)
		require.NoError(t, err)
		d := &doctor{settings: s, provider: v}
		d.checkProvider()
		assert.Equal(t, test.want != "", d.made[provider].Status == Warning)
		assert.Contains(t, d.made[provider].Seen, test.want)
	}
	for text, want := range map[string]string{"9.25.0": "a team's own secrets came with 9.26.0", "9.33.0": "the refusal of ids with -- came with 9.34.0", "9.34.0": "knows all"} {
		v, err := parseVersion(text)
		require.NoError(t, err)
		d := &doctor{provider: v}
		d.settings.Backend.MultiTeam = true
		d.checkProvider()
		assert.Contains(t, d.made[provider].Seen, want)
	}
}

// Where there is a proxy, it is the proxy that is connected to, and the handshake
// goes through it.
func TestProxy(t *testing.T) {
	s := set(t)
	target := s.overTLS()
	var connected string
	proxy := s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connected = r.Host
		there, err := net.Dial("tcp", strings.TrimPrefix(target.URL, "https://"))
		if !assert.NoError(t, err) {
			return
		}
		here, rw, err := w.(http.Hijacker).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		fmt.Fprint(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, rw); _ = there.Close() }()
		_, _ = io.Copy(here, bufio.NewReader(there))
		_ = here.Close()
	}))
	at, err := url.Parse(strings.Replace(proxy, "http://", "http://hunter2:hunter2@", 1))
	require.NoError(t, err)
	pool := target.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s.kwargs["endpoint_url"] = "https://example.com"
	s.options = append(s.options, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig.RootCAs = pool
		tr.Proxy = func(r *http.Request) (*url.URL, error) {
			if r.URL.Scheme == "https" {
				return at, nil
			}
			return nil, nil
		}
	})))
	r := s.examine(t)
	assert.Zero(t, r.count(Failed), "%v", r.Checks)
	assert.Equal(t, viaProxy, r.Caller.Route)
	assert.Contains(t, r.find(t, tcp).Seen, at.Host+" (the proxy")
	assert.Equal(t, OK, r.find(t, tlsHandshake).Status)
	assert.Equal(t, "example.com:443", connected)
}

// The address is the SDK's: partitions, FIPS, and the variables for endpoints.
func TestAddress(t *testing.T) {
	for _, test := range []struct {
		env    map[string]string
		kwargs string
		want   string
	}{
		{nil, `{"region_name": "eu-west-1"}`, "https://secretsmanager.eu-west-1.amazonaws.com"},
		{nil, `{"region_name": "cn-north-1"}`, "https://secretsmanager.cn-north-1.amazonaws.com.cn"},
		{nil, `{"region_name": "eu-west-1", "use_ssl": false}`, "http://secretsmanager.eu-west-1.amazonaws.com"},
		{map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, `{"region_name": "us-east-1"}`, "https://secretsmanager-fips.us-east-1.amazonaws.com"},
		{map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://one.example:8443"}, `{"region_name": "eu-west-1"}`, "https://one.example:8443"},
		{map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://one.example"}, `{"region_name": "eu-west-1", "endpoint_url": "https://two.example"}`, "https://two.example"},
	} {
		t.Run(test.want, func(t *testing.T) {
			forget(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			d := &doctor{timeout: time.Minute}
			var err error
			d.settings, err = setup.ParseKwargs([]byte(test.kwargs))
			require.NoError(t, err)
			require.True(t, d.open(t.Context()))
			to, err := d.address(t.Context())
			require.NoError(t, err)
			assert.Equal(t, test.want, to.Scheme+"://"+to.Host)
		})
	}
}

func TestRoute(t *testing.T) {
	for want, list := range map[string][]string{
		private: {"10.0.1.5", "172.16.0.9", "192.168.1.1", "fd00::1", "100.64.3.1"},
		public:  {"52.94.228.178", "2600:1f18::1"},
		mixed:   {"10.0.1.5", "52.94.228.178"},
	} {
		var addresses []netip.Addr
		for _, a := range list {
			addresses = append(addresses, netip.MustParseAddr(a))
		}
		var c Caller
		c.route(addresses, false)
		assert.Equal(t, want, c.Route)
	}
}

// airflow.cfg, workers and MWAA.
func TestSources(t *testing.T) {
	forget(t)
	dir := t.TempDir()
	cfg := filepath.Join(dir, "airflow.cfg")
	write := func(text string) { require.NoError(t, os.WriteFile(cfg, []byte(text), 0o600)) }
	configure := func(s source) (map[string]Check, bool) {
		d := &doctor{source: s}
		ok := d.configure()
		return d.made, ok
	}
	inFile := func(worker bool) source { return airflow{[]string{"AIRFLOW_CONFIG=" + cfg}, worker} }

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {\"sep\": \"-\"}\n")
	made, ok := configure(inFile(false))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Equal(t, "types and names are right", made[kwargs].Seen)

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {'hunter2': 1}\n")
	made, ok = configure(inFile(false))
	assert.True(t, ok, "Airflow goes on with its defaults")
	assert.Equal(t, Failed, made[kwargs].Status)
	assert.NotContains(t, made[kwargs].Seen, "hunter2")

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": \"-\"}\n[workers]\nsecrets_backend = a.b.Worse\n")
	made, ok = configure(inFile(false))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Equal(t, "write "+setup.Class, made[class].Do)
	made, _ = configure(inFile(true))
	assert.Contains(t, made[class].Seen, `"a.b.Worse" is not the class`)

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": 5}\n")
	made, ok = configure(inFile(true))
	assert.False(t, ok)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Contains(t, made[kwargs].Seen, "sep must be a string", "one trouble does not hide the next")

	write("[secrets\n")
	made, ok = configure(inFile(false))
	assert.False(t, ok)
	assert.Equal(t, Failed, made[configuration].Status)
	assert.NotContains(t, made, class)

	document := func(options map[string]string) mwaa {
		doc, err := json.Marshal(map[string]any{"Environment": map[string]any{"Name": "prod", "AirflowVersion": "2.10.3",
			"ExecutionRoleArn": "arn:aws:iam::123456789012:role/service-role/mwaa-prod", "AirflowConfigurationOptions": options}})
		require.NoError(t, err)
		return mwaa{doc}
	}
	m := document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": `{"connections_prefix": "prod"}`})
	made, ok = configure(m)
	assert.True(t, ok)
	assert.Equal(t, `the MWAA environment "prod"; kwargs: secrets.backend_kwargs`, made[configuration].Seen)
	assert.Equal(t, "mwaa-prod", roleOf(m.role()))
	made, _ = configure(document(map[string]string{"secrets.backend": "a.b.Wrong"}))
	assert.Equal(t, Failed, made[class].Status)
	made, _ = configure(document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": `{"sep": 5}`}))
	assert.Equal(t, Failed, made[kwargs].Status)
	plain := &doctor{source: document(map[string]string{"secrets.backend": setup.Class})}
	require.True(t, plain.configure())
	plain.checkAWSDefault(t.Context())
	assert.Equal(t, OK, plain.made[awsDefault].Status, "MWAA's default pattern is in force")
	made, _ = configure(mwaa{[]byte("no JSON")})
	assert.Equal(t, Failed, made[configuration].Status)

	made, ok = configure(given{[]byte(`{"sep": "-"}`), "-kwargs"})
	assert.True(t, ok)
	assert.Equal(t, "backend_kwargs; kwargs: -kwargs", made[configuration].Seen)
	made, _ = configure(given{[]byte(`{`), "-kwargs"})
	assert.Equal(t, Failed, made[kwargs].Status)
}

// Run under another role than the environment's, it says so.
func TestExecutionRole(t *testing.T) {
	s := set(t)
	d, err := s.doctor()
	require.NoError(t, err)
	all := maps.Clone(s.kwargs)
	maps.Copy(all, s.keys)
	kwargs, err := json.Marshal(all)
	require.NoError(t, err)
	doc, err := json.Marshal(map[string]any{"Environment": map[string]any{"ExecutionRoleArn": "arn:aws:iam::123456789012:role/mwaa-prod",
		"AirflowConfigurationOptions": map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": string(kwargs)}}})
	require.NoError(t, err)
	d.source = mwaa{doc}
	d.examine(t.Context())
	got := d.report().find(t, credential)
	assert.Equal(t, Warning, got.Status)
	assert.Contains(t, got.Seen, "role/mwaa-prod")
	assertSecret(t, d.report())
}

// A context that ends, ends all of it.
func TestCanceled(t *testing.T) {
	s := set(t)
	d, err := s.doctor()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.examine(ctx)
	assert.Equal(t, Failed, d.report().find(t, tcp).Status)
	assert.Empty(t, s.srv.Log())
}

// call runs the program.
func call(t *testing.T, environ []string, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, environ, strings.NewReader(stdin), &out, &errs)
	for _, text := range []string{out.String(), errs.String()} {
		assert.False(t, strings.Contains(strings.ToLower(text), "hunter2"), "a secret is shown")
	}
	return code, out.String(), errs.String()
}

func TestRun(t *testing.T) {
	s := set(t)
	sts := httptest.NewServer(s.sts)
	t.Cleanup(sts.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	delete(s.kwargs, "service_config")
	doc, err := json.Marshal(s.kwargs)
	require.NoError(t, err)
	environ := []string{"AIRFLOW_CONFIG=", "AIRFLOW_ENV_NAME=prod", "AIRFLOW__SECRETS__BACKEND=" + setup.Class, "AIRFLOW__SECRETS__BACKEND_KWARGS=" + string(doc)}

	code, _, errs := call(t, environ, "", "pg", "-no-flag-behind-an-id")
	assert.Equal(t, 1, code, "no such secret")
	assert.Empty(t, errs)
	code, out, errs := call(t, environ, "", "-provider", "9.39.0", "-id", "smtp", "pg", "variable:environment")
	assert.Equal(t, 0, code, out)
	assert.Empty(t, errs)
	for _, want := range []string{
		"principal arn:aws:iam::123456789012:user/airflow", "account   123456789012", "region    eu-west-1", "endpoint  " + s.srv.URL() + " at 127.0.0.1 (private",
		"what this principal sees from this network", "looks like an MWAA environment", "ok       GetSecretValue  allowed for 3 ids",
		"16 ok, 0 warnings, 0 failed, 1 skipped; calls of Secrets Manager: 3 GetSecretValue, 3 ListSecrets ($0.000030)",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\x1b", "no colours in a file")

	code, out, _ = call(t, environ, "", "-json", "gone")
	assert.Equal(t, 1, code)
	var got struct {
		Caller map[string]any
		Checks []map[string]string
		Calls  int
	}
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&got))
	require.Len(t, got.Checks, len(order))
	for i, c := range got.Checks {
		assert.Equal(t, order[i], c["name"])
		assert.Contains(t, []string{"ok", "warning", "failed", "skipped"}, c["status"])
	}
	assert.Equal(t, map[string]any{
		"principal": "arn:aws:iam::123456789012:user/airflow", "account": "123456789012", "assumed_role": false, "region": "eu-west-1",
		"endpoint": s.srv.URL(), "addresses": []any{"127.0.0.1"}, "route": "private", "mwaa": true,
	}, got.Caller)
	assert.Equal(t, 4, got.Calls)

	mwaaDoc, err := json.Marshal(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": string(doc)})
	require.NoError(t, err)
	for _, args := range [][]string{{"-mwaa", "-", "pg"}, {"-kwargs", string(doc), "pg"}, {"-kind", "variable", "-kwargs", string(doc), "environment"}} {
		code, out, errs = call(t, nil, string(mwaaDoc), args...)
		assert.Equal(t, 0, code, "%v: %s%s", args[0], out, errs)
	}
	code, out, _ = call(t, []string{"AIRFLOW_CONFIG="}, "")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "no secrets backend is configured")
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "usage: doctor"},
		{[]string{"-what"}, 2, "usage: doctor"},
		{[]string{"-kind", "secret"}, 2, "-kind: want connection, variable or config"},
		{[]string{"-provider", "new"}, 2, "three numbers"},
		{[]string{"-provider", "1.2.3.4"}, 2, "three numbers"},
		{[]string{"-timeout", "0s"}, 2, "-timeout"},
		{[]string{"-demo", "-json"}, 2, "-demo prints no JSON"},
		{[]string{"-kwargs", "{}", "-mwaa", "-"}, 2, "only one of them"},
		{[]string{"-kwargs", "@/nowhere"}, 2, "/nowhere"},
		{[]string{"-mwaa", "/nowhere"}, 2, "/nowhere"},
		{[]string{"postgres://u:hunter2@h/db"}, 2, "looks like a connection string"},
		{[]string{`{"password": "hunter2"}`}, 2, "looks like a connection string"},
		{[]string{"variable:"}, 2, "empty"},
	} {
		code, _, errs := call(t, nil, "", test.args...)
		assert.Equal(t, test.code, code, test.args[0])
		assert.Contains(t, errs, test.want)
	}
}

func TestDemo(t *testing.T) {
	forget(t)
	start := time.Now()
	code, out, errs := call(t, nil, "", "-demo")
	assert.Equal(t, 0, code)
	assert.Empty(t, errs)
	for _, trouble := range troubles {
		assert.Contains(t, out, trouble.what+"\n")
	}
	assert.Contains(t, out, fmt.Sprintf("%d troubles made, %[1]d found", len(troubles)))
	t.Log(time.Since(start))
}
