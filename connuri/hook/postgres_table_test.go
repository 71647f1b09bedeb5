package hook_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func postgresOf(extra string) (hook.PostgresConfig, error) {
	return hook.Postgres(connuri.Connection{Type: "postgres", Extra: connuri.RawExtra(extra)})
}

// Expected values are those of psycopg's make_conninfo, and of PQconninfoParse in libpq 18.
func TestConninfo(t *testing.T) {
	for conninfo, want := range map[string]map[string]string{
		`host = h`:      {"host": "h"},
		`host=a host=b`: {"host": "b"},
		`password='a b\'c' dbname = 'y z'user=\q`: {"password": "a b'c", "dbname": "y z", "user": "q"},
		`password='x dbname=QZXJ'`:                {"password": "x dbname=QZXJ"},
		`password='x\\' user=u`:                   {"password": `x\`, "user": "u"},
		`dbname=x'y' user=u`:                      {"dbname": "x'y'", "user": "u"},
		`dbname= user=b`:                          {"dbname": "user=b"},
		"host=x\vport=1":                          {"host": "x", "port": "1"},
		"host=x\u00a0port=1":                      {"host": "x\u00a0port=1"},
		`user=\`:                                  {"user": ""},
		`sslmode=bad sslmode=require`:             {"sslmode": "require"},
		"  ":                                      {},
		`postgresql://u:QZXJ@h/d?sslmode=require`: {},
		`postgres://u:QZXJ@h/d`:                   {},
	} {
		text, err := json.Marshal(map[string]string{"conninfo": conninfo})
		require.NoError(t, err)
		pg, err := postgresOf(string(text))
		assert.ErrorIs(t, err, hook.ErrUnsupported, "%q", conninfo)
		got := pg.Settings
		if !pg.Password.IsZero() {
			got["password"] = pg.Password.Reveal()
		}
		assert.Equal(t, want, got, "%q", conninfo)
	}
	for _, conninfo := range []string{
		"a", "a b", "=x", "password='x", `user='\'`, "dbname='a'b c", " postgresql://u@h", "POSTGRES://u@h", "iam=1", "host=a\x00 port=1",
	} {
		text, err := json.Marshal(map[string]string{"conninfo": conninfo})
		require.NoError(t, err)
		pg, err := postgresOf(string(text))
		assert.Error(t, err, "%q", conninfo)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, "%q", conninfo)
		assert.Zero(t, pg, "%q", conninfo)
	}
}

// Where a field or another extra has a keyword, conninfo does not count, in whatever order they
// stand.
func TestConninfoComesLast(t *testing.T) {
	c := connuri.Connection{Type: "postgres", Host: "field", Login: "app", Password: connuri.NewSecret("field")}
	for extra, host := range map[string]string{
		`{"conninfo": "host=x password=x"}`:                     "field",
		`{"conninfo": "host=x password=x", "host": "extra"}`:    "extra",
		`{"host": "extra", "conninfo": "host=x password=x"}`:    "extra",
		`{"conninfo": "host=x password=x", "host": null}`:       "x",
		`{"host": null, "conninfo": "host=x password=x"}`:       "x",
		`{"conninfo": "host=x password=x user=y", "iam": true}`: "field",
	} {
		c.Extra = connuri.RawExtra(extra)
		pg, err := hook.Postgres(c)
		assert.ErrorIs(t, err, hook.ErrUnsupported, extra)
		assert.Equal(t, host, pg.Settings["host"], extra)
		assert.Equal(t, "app", pg.Settings["user"], extra)
		want := "field"
		if pg.Token != nil {
			want = ""
		}
		assert.Equal(t, want, pg.Password.Reveal(), extra)
	}
	c.Extra = connuri.RawExtra(`{"conninfo": "user=y", "iam": true, "redshift": true, "cluster-identifier": "c"}`)
	pg, err := hook.Postgres(c)
	assert.ErrorIs(t, err, hook.ErrUnsupported)
	assert.NotContains(t, pg.Settings, "user", "the answer to the request names it")
}

// What libpq refuses is a plain error, also where a Go driver could not follow it.
func TestLibpqRefuses(t *testing.T) {
	key := strings.Repeat("A", 43) + "="
	for extra, refused := range map[string]bool{
		`{"min_protocol_version": ""}`: true, `{"max_protocol_version": "3"}`: true, `{"max_protocol_version": "LATEST"}`: true,
		`{"min_protocol_version": "3.1"}`: true, `{"min_protocol_version": "3.2", "max_protocol_version": "3.0"}`: true,
		`{"min_protocol_version": "latest", "max_protocol_version": "3.0"}`: true,
		`{"min_protocol_version": "3.2"}`:                                   false, `{"min_protocol_version": "3.0", "max_protocol_version": "3.0"}`: false,
		`{"max_protocol_version": "latest"}`: false,

		`{"require_auth": "creds"}`: true, `{"require_auth": "foo"}`: true, `{"require_auth": ","}`: true, `{"require_auth": ",md5"}`: true, `{"require_auth": "md5,"}`: true,
		`{"require_auth": " md5"}`: true, `{"require_auth": "md5,md5"}`: true, `{"require_auth": "none,none"}`: true, `{"require_auth": "!none,!none"}`: true,
		`{"require_auth": "!md5,none"}`: true, `{"require_auth": "md5,!none"}`: true, `{"require_auth": "!"}`: true, `{"require_auth": "!!md5"}`: true,
		`{"require_auth": ""}`: false, `{"require_auth": "gss,sspi,oauth,none"}`: false, `{"require_auth": "!none,!password"}`: false, `{"require_auth": "scram-sha-256"}`: false,

		`{"service": ""}`: true, `{"service": "prod"}`: false,
		`{"servicefile": "/x"}`:                     true,
		`{"ssl_max_protocol_version": "TLSv1.1"}`:   true,
		`{"hostaddr": "::1,::2", "host": "h"}`:      true,
		`{"scram_client_key": ""}`:                  true,
		`{"scram_client_key": "x"}`:                 true,
		`{"scram_server_key": "AAAA"}`:              true,
		`{"gssencmode": "require", "host": "/a,b"}`: true,
		`{"gssencmode": "require", "host": ""}`:     true,
		`{"gssencmode": "require", "host": "@a"}`:   true,
		`{"application_name": "a\u0000b"}`:          true,
		`{"password": "a\u0000b"}`:                  true,
		`{"host": "u:p@h"}`:                         true,
		`{"ssl_min_protocol_version": "TLSv1.3", "ssl_max_protocol_version": "tlsv1.2"}`: true,
	} {
		pg, err := postgresOf(extra)
		if refused {
			assert.Error(t, err, extra)
			assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
			assert.Zero(t, pg, extra)
		} else {
			assert.NoError(t, err, extra)
		}
	}
	for _, extra := range []string{
		`{"ssl_max_protocol_version": "TLSv1.1", "ssl_min_protocol_version": ""}`, `{"ssl_max_protocol_version": "TLSv1", "ssl_min_protocol_version": "tlsv1"}`,
		`{"ssl_min_protocol_version": "TLSv1.3"}`, `{"hostaddr": "::1,::2"}`, `{"hostaddr": "::1,::2", "host": ""}`, `{"hostaddr": "::1,::2", "host": "a,b"}`,
		`{"scram_client_key": "` + key + `"}`, `{"gssencmode": "require", "host": "h,/a"}`, `{"gssencmode": "require", "host": "/a", "hostaddr": "::1"}`, `{"gssencmode": "require"}`,
	} {
		_, err := postgresOf(extra)
		assert.ErrorIs(t, err, hook.ErrUnsupported, extra)
	}
}

func TestOtherSecrets(t *testing.T) {
	key := strings.Repeat("A", 43) + "="
	pg, err := postgresOf(`{"oauth_client_secret": "o", "scram_client_key": "` + key + `", "scram_server_key": "` + key + `"}`)
	assert.ErrorIs(t, err, hook.ErrUnsupported)
	got := map[string]string{}
	for name, secret := range pg.OtherSecrets {
		got[name] = secret.Reveal()
	}
	assert.Equal(t, map[string]string{"oauth_client_secret": "o", "scram_client_key": key, "scram_server_key": key}, got)
	pg, err = postgresOf(`{}`)
	assert.NoError(t, err)
	assert.Nil(t, pg.OtherSecrets)
}

// Expected values are those of psycopg's timeout_from_conninfo.
func TestPostgresTimeout(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1_0": 10 * time.Second, "+5": 5 * time.Second, ".5": 130 * time.Second, "١": 2 * time.Second, "3e9": 3e9 * time.Second, "1e30": 1 << 33 * time.Second,
		"0x1p4": 0, "7\x1f": 0, "infinity": 0, "1e400": 0, "nan": 0,
	} {
		extra, err := json.Marshal(map[string]string{"connect_timeout": text})
		require.NoError(t, err)
		pg, err := postgresOf(string(extra))
		if want == 0 {
			_, ours := errors.AsType[*hook.Error](err)
			assert.True(t, ours, "%q", text)
			continue
		}
		assert.NoError(t, err, "%q", text)
		assert.Equal(t, want, pg.ConnectTimeout, "%q", text)
	}
	pg, err := postgresOf(`{"connect_timeout": "3e9"}`)
	assert.NoError(t, err)
	assert.Equal(t, "connect_timeout='3000000000'", pg.Keywords())
}

// libpq stops at a NUL, and with it all that follows.
func TestPostgresNUL(t *testing.T) {
	for field, c := range map[string]connuri.Connection{
		"host": {Host: "a\x00b"}, "login": {Login: "a\x00b"}, "schema": {Schema: "a\x00b"}, "password": {Password: connuri.NewSecret("a\x00b")},
	} {
		_, err := hook.Postgres(c)
		e, ok := errors.AsType[*hook.Error](err)
		if assert.True(t, ok, field) {
			assert.Equal(t, field, e.Field)
		}
	}
}
