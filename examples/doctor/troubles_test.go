package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
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
	"no backend is configured":                                   but(configuration),
	"the variable of the backend is misspelt":                    but(configuration),
	"there are kwargs and no backend":                            but(configuration),
	"a variable beside the backend is misspelt":                  always,
	"a pattern hangs Airflow":                                    always,
	"TLS of a connection is not verified":                        always,
	"a kwarg is an option of its own":                            always,
	"a kwarg is one of providers before 9.0":                     always,
	"the id is the name of a variable":                           {provider, tlsHandshake, kms, secrets},
	"a secret that a pattern hides is read otherwise than meant": always,
	"the class is misspelt":                                      always,
	"the class is the Parameter Store's":                         but(configuration, class),
	"a kwarg is misspelt":                                        always,
	"a kwarg has the wrong type":                                 but(configuration, class, kwargs),
	"a pattern does not compile":                                 always,
	"no region":                                                  but(configuration, class, kwargs, patterns, endpoint),
	"the name does not resolve":                                  append([]string{tcp, tlsHandshake}, unreached...),
	"the port is closed":                                         append([]string{tlsHandshake}, unreached...),
	"a security group drops the packets":                         append([]string{tlsHandshake}, unreached...),
	"the certificate is not trusted":                             unreached,
	"what answers speaks no TLS":                                 unreached,
	"the handshake is never answered":                            unreached,
	"the credentials are expired":                                append([]string{tlsHandshake}, unreached...),
	"the credentials are expired, and STS is out of reach":       append([]string{tlsHandshake}, unreached...),
	"the role is not given":                                      append([]string{tlsHandshake}, unreached...),
	"access is denied":                                           unread,
	"access is denied, and no id is given":                       unread,
	"too many calls":                                             unread,
	"the KMS key is denied":                                      {provider, tlsHandshake, idsGiven, secrets},
	"aws_default is asked for":                                   always,
	"aws_default is kept as a secret":                            always,
	"AIRFLOW_CONN_AWS_DEFAULT is touched":                        always,
	"the id is given with its prefix":                            {provider, tlsHandshake, kms, secrets},
	"there is no such secret":                                    {provider, tlsHandshake, kms, secrets},
	"a pattern hides the id":                                     unread,
	"a prefix that is null hides the id":                         unread,
	"the prefix is wrong":                                        unread,
	"a prefix has nothing under it":                              unread,
	"a secret is no connection":                                  always,
	"a secret is read otherwise than meant":                      always,
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
	require.NoError(t, writeJSON(&doc, r))
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
