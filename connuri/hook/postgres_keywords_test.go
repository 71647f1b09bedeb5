package hook_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// postgresWith is a connection with an extra.
func postgresWith(extra string) connuri.Connection {
	return connuri.Connection{
		Type: "postgres", Host: "db.example.com", Port: 6432, Login: "app", Password: connuri.NewSecret("pw"), Schema: "shop", Extra: connuri.RawExtra(extra),
	}
}

// postgresFields are the keywords that the fields of postgresWith give.
const postgresFields = "dbname='shop' host='db.example.com' port='6432' user='app'"

func TestPostgresKeywords(t *testing.T) {
	for _, row := range []struct{ extra, want string }{
		{``, postgresFields},
		{`{"sslmode": "verify-full", "application_name": "app"}`, "application_name='app' dbname='shop' host='db.example.com' port='6432' sslmode='verify-full' user='app'"},
		{`{"dbname": "it's", "user": "a\\b", "host": "a b=c"}`, `dbname='it\'s' host='a b=c' port='6432' user='a\\b'`},
		{`{"dbname": "\\'", "user": "x' host='evil"}`, `dbname='\\\'' host='db.example.com' port='6432' user='x\' host=\'evil'`},
		{`{"options": "-c a=1\n-c b=\"2\""}`, "dbname='shop' host='db.example.com' options='-c a=1\n-c b=\"2\"' port='6432' user='app'"},
		{`{"application_name": ""}`, "application_name='' " + postgresFields},

		// The time that psycopg waits, whatever the extra says.
		{`{"connect_timeout": 7}`, "connect_timeout='7' " + postgresFields},
		{`{"connect_timeout": 0}`, "connect_timeout='130' " + postgresFields},
		{`{"connect_timeout": -3}`, "connect_timeout='130' " + postgresFields},
		{`{"connect_timeout": 1.5}`, "connect_timeout='2' " + postgresFields},
		{`{"connect_timeout": " 7.9 "}`, "connect_timeout='7' " + postgresFields},

		// What pgx would send to the server, and what is for Python or for libpq alone.
		{`{"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 9}`, postgresFields},
		{`{"load_balance_hosts": "random", "sslcompression": 0, "gsslib": "x", "fallback_application_name": "x", "sslkeylogfile": "/k"}`, postgresFields},
		{`{"cursor": "dictcursor", "autocommit": true, "prepare_threshold": 0, "sqlalchemy_query": {"a": "b"}, "aws_conn_id": "a"}`, postgresFields},

		// null takes a field away, and says nothing where there is none.
		{`{"host": null, "port": null, "sslmode": null}`, "dbname='shop' user='app'"},

		// Secrets are not keywords.
		{`{"password": "s3cr3t", "sslpassword": "s3cr3t"}`, postgresFields},
		// iam: with Redshift the answer names the user as well.
		{`{"iam": true}`, postgresFields},
		{`{"iam": true, "redshift": true}`, "dbname='shop' host='db.example.com' port='6432'"},
		{`{"iam": true, "redshift-serverless": true}`, "dbname='shop' host='db.example.com' port='6432'"},
	} {
		pg, err := hook.Postgres(postgresWith(row.extra))
		require.NoError(t, err, row.extra)
		assert.Equal(t, row.want, pg.Keywords(), row.extra)
	}
	assert.Empty(t, hook.PostgresConfig{}.Keywords())
}

func TestPostgresSecrets(t *testing.T) {
	for _, row := range []struct{ extra, password, sslPassword string }{
		{``, "pw", ""},
		{`{"password": "other", "sslpassword": "key"}`, "other", "key"},
		{`{"password": 12, "sslpassword": 34}`, "12", "34"},
		{`{"password": ""}`, "", ""},
		{`{"password": null, "sslpassword": null}`, "", ""},
		{`{"iam": "false"}`, "", ""}, // a token takes its place
	} {
		pg, err := hook.Postgres(postgresWith(row.extra))
		require.NoError(t, err, row.extra)
		assert.Equal(t, [2]string{row.password, row.sslPassword}, [2]string{pg.Password.Reveal(), pg.SSLPassword.Reveal()}, row.extra)
		assert.Equal(t, strings.Contains(row.extra, "iam"), pg.Token != nil, row.extra)
	}
}

// Each keyword that pgx does not know and that would make the connection another one is
// refused by its name, together with all the others.
func TestPostgresRefusesByName(t *testing.T) {
	for key, value := range map[string]string{
		"hostaddr": "192.0.2.1", "sslcrl": "/s3cr3t", "sslcrldir": "/s3cr3t", "ssl_min_protocol_version": "TLSv1.2", "ssl_max_protocol_version": "TLSv1.3",
		"gssencmode": "prefer", "gssdelegation": "1", "requirepeer": "s3cr3t", "sslcertmode": "allow",
		"oauth_issuer": "https://s3cr3t", "oauth_client_id": "s3cr3t", "oauth_client_secret": "s3cr3t", "oauth_scope": "s3cr3t",
		"scram_client_key": "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t8=", "scram_server_key": "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t8=",
		"conninfo": "application_name=s3cr3t",
	} {
		// Keys are read in their order: one before it, all others after it.
		pg, err := hook.Postgres(postgresWith(fmt.Sprintf(
			`{"sslmode": "require", %q: %q, "connect_timeout": 7, "application_name": "app", "sslpassword": "key", "password": "other"}`, key, value)))
		require.ErrorIs(t, err, hook.ErrUnsupported, key)
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, key)
		assert.Equal(t, [3]string{"postgres", "extra", key}, [3]string{e.Type, e.Field, e.Key})
		assert.Contains(t, err.Error(), key)
		assert.NotContains(t, err.Error(), "s3cr3t", key)
		assert.NotContains(t, pg.Keywords(), key)
		assert.Equal(t, "other", pg.Password.Reveal(), key)
		assert.Equal(t, "key", pg.SSLPassword.Reveal(), key)
		assert.Equal(t, 7*time.Second, pg.ConnectTimeout, key)
		for word, want := range map[string]string{
			"host": "db.example.com", "port": "6432", "user": "app", "dbname": "shop", "sslmode": "require", "application_name": "app", "connect_timeout": "7",
		} {
			assert.Equal(t, want, pg.Settings[word], "%s: %s", key, word)
		}
	}
}

func ExamplePostgres() {
	c, err := connuri.TaskSDK.Parse(`postgres://app:s3cr3t@db.example.com/shop?sslmode=verify-full&sslrootcert=system&keepalives_idle=30`)
	if err != nil {
		fmt.Println(err)
		return
	}
	pg, err := hook.Postgres(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(pg.Keywords()) // for pgx.ParseConfig
	fmt.Println(pg.Password, pg.ConnectTimeout, pg.Token == nil)
	// Output:
	// dbname='shop' host='db.example.com' sslmode='verify-full' sslrootcert='system' user='app'
	// [redacted] 2m10s true
}

// What no Go driver can follow is refused by name, beside complete settings.
func ExamplePostgres_unsupported() {
	c, err := connuri.TaskSDK.Parse(`postgres://app:s3cr3t@db.example.com/shop?sslcrl=%2Frevoked.pem`)
	if err != nil {
		fmt.Println(err)
		return
	}
	pg, err := hook.Postgres(c)
	fmt.Println(errors.Is(err, hook.ErrUnsupported), err)
	fmt.Println(pg.Keywords())
	// Output:
	// true postgres connection: extra sslcrl: pgx does not know it and would send it to the server; leave it out for Go
	// dbname='shop' host='db.example.com' user='app'
}

// readKeywords reads keyword text as libpq and pgx do: KEY='VALUE', with \ before ' and \.
func readKeywords(text string) (map[string]string, bool) {
	words := map[string]string{}
	for text != "" {
		key, rest, ok := strings.Cut(strings.TrimPrefix(text, " "), "='")
		if !ok || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, false
		}
		var value strings.Builder
		i := 0
		for ; i < len(rest) && rest[i] != '\''; i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			}
			value.WriteByte(rest[i])
		}
		if i == len(rest) || words[key] != "" {
			return nil, false
		}
		words[key], text = value.String(), rest[i+1:]
	}
	return words, true
}

func FuzzPostgres(f *testing.F) {
	secrets := []string{"password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"}
	fuzzHook(f, "postgres", func(t *testing.T, c connuri.Connection) error {
		pg, err := hook.Postgres(c)
		if err != nil && !errors.Is(err, hook.ErrUnsupported) {
			if pg.Settings != nil || !pg.Password.IsZero() {
				t.Error("settings beside an error")
			}
			return err
		}
		words, ok := readKeywords(pg.Keywords())
		if !ok {
			t.Error("the keywords cannot be read")
		}
		if _, set := words["connect_timeout"]; set {
			words["connect_timeout"] = pg.Settings["connect_timeout"] // which is computed
		}
		for key, value := range words {
			if pg.Settings[key] != value {
				t.Error("a keyword is not the setting")
			}
		}
		for key := range pg.Settings {
			if slices.Contains(secrets, key) {
				t.Error("a secret among the settings")
			}
		}
		if pg.ConnectTimeout < 2*time.Second || pg.Settings == nil {
			t.Error("settings that cannot be")
		}
		return err
	})
}

// A type that is not the hook's is named if a connection prints it.
func TestErrorsNameTheType(t *testing.T) {
	const unnamed = "it is not one that this hook is used for"
	for connType, want := range map[string]string{
		"mysql": "it is of the hook mysql", "mariadb+pymysql": "it is of the hook mysql", "spark": "it is spark, which this hook is not used for",
		"ghp_0123456789abcdefghij": unnamed, "my secret": unnamed, "p@ss": unnamed, "비밀": unnamed, strings.Repeat("x", 65): unnamed,
	} {
		_, err := hook.Postgres(connuri.Connection{Type: connType, Host: "h"})
		assert.EqualError(t, err, "postgres connection: conn_type: "+want+"; use a connection of the type postgres")
	}
}
