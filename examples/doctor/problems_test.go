package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// but returns the names of all checks except some.
func but(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(order), func(name string) bool { return slices.Contains(names, name) })
}

// The checks that are skipped because of a problem. On the stage, the endpoint is plain http and
// the version of the provider is not given.
var (
	always    = []string{provider, tlsHandshake}
	unread    = []string{provider, tlsHandshake, kms, idsGiven, secrets}
	unreached = []string{provider, getSecret, kms, idsGiven, prefixes, secrets}
)

// skipped has the checks that are skipped for each problem. The check that should find the problem
// does, and all others are ok.
var skipped = map[string][]string{
	"no backend is configured":                                  but(configuration),
	"the variable of the backend is misspelled":                 but(configuration),
	"kwargs are set without a backend":                          but(configuration),
	"the variable of the kwargs is misspelled":                  always,
	"a pattern hangs Airflow":                                   always,
	"TLS of a connection is not verified":                       always,
	"a kwarg is set as if it were an option":                    always,
	"a kwarg is only for providers before 9.0":                  always,
	"the id is the name of a variable":                          {provider, tlsHandshake, kms, secrets},
	"a secret that a pattern hides is not read as it was meant": always,
	"the class is misspelled":                                   always,
	"the class is the Parameter Store's":                        but(configuration, class),
	"a kwarg is misspelled":                                     always,
	"a kwarg has the wrong type":                                but(configuration, class, kwargs),
	"a pattern does not compile":                                always,
	"the region is not valid":                                   but(configuration, class, kwargs, patterns, endpoint),
	"the name does not resolve":                                 append([]string{tcp, tlsHandshake}, unreached...),
	"the port is closed":                                        append([]string{tlsHandshake}, unreached...),
	"a security group drops the packets":                        append([]string{tlsHandshake}, unreached...),
	"the certificate is not trusted":                            unreached,
	"the server does not speak TLS":                             unreached,
	"the handshake is never answered":                           unreached,
	"the credentials have expired":                              append([]string{tlsHandshake}, unreached...),
	"the credentials have expired, and STS cannot be reached":   append([]string{tlsHandshake}, unreached...),
	"the role cannot be assumed":                                append([]string{tlsHandshake}, unreached...),
	"access is denied":                                          unread,
	"access is denied without an id":                            unread,
	"too many calls":                                            unread,
	"the KMS key is denied":                                     {provider, tlsHandshake, idsGiven, secrets},
	"aws_default is asked for":                                  always,
	"aws_default exists as a secret":                            always,
	"AIRFLOW_CONN_AWS_DEFAULT is set":                           always,
	"the id is given with its prefix":                           {provider, tlsHandshake, kms, secrets},
	"the secret does not exist":                                 {provider, tlsHandshake, kms, secrets},
	"a pattern hides the id":                                    unread,
	"a null prefix hides the id":                                unread,
	"the prefix is wrong":                                       unread,
	"a prefix has nothing under it":                             unread,
	"a secret is not a connection":                              always,
	"a secret is not read as it was meant":                      always,
}

func TestProblems(t *testing.T) {
	forget(t)
	require.Len(t, skipped, len(problems))
	for _, p := range problems {
		t.Run(p.what, func(t *testing.T) {
			r, err := p.examine(t.Context())
			require.NoError(t, err)
			want := map[string]Status{}
			for _, name := range order {
				want[name] = OK
			}
			for _, name := range skipped[p.what] {
				want[name] = Skipped
			}
			want[p.check] = p.found
			assert.Equal(t, want, statuses(r))
			assert.True(t, p.foundIn(r))
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

// assertSecret checks that no secret is shown: every planted one has the word hunter2 in it.
func assertSecret(t *testing.T, r Report) {
	t.Helper()
	var text, doc bytes.Buffer
	require.NoError(t, r.write(newPage(&text)))
	require.NoError(t, writeJSON(&doc, r))
	for _, output := range []string{text.String(), doc.String()} {
		assert.False(t, strings.Contains(strings.ToLower(output), "hunter2"), "a secret is shown")
	}
}

// forget replaces the AWS account in the environment with a planted one, and sets the width of
// reports to 80 columns.
func forget(t *testing.T) {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("COLUMNS", "80")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAHUNTER2EXAMPLE09")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2-environment")
	t.Setenv("AWS_SESSION_TOKEN", "hunter2-environment-token")
}

// set returns a stage for a test to change.
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
