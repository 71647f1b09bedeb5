package hook_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func snowflakeWith(extra string) connuri.Connection {
	return connuri.Connection{Type: "snowflake", Login: "app", Password: connuri.NewSecret("s3cr3t"), Schema: "PUBLIC", Extra: connuri.RawExtra(extra)}
}

func TestSnowflakeRefusals(t *testing.T) {
	for extra, want := range map[string]string{
		`{"account": ["a"]}`:                                    "account: it is not text",
		`{"account": "u:p@a"}`:                                  "account: it has a colon",
		`{"region": "p@a"}`:                                     "region: it has an @",
		`{"host": "u:p@a"}`:                                     "host: it has an @",
		`{"proxy_host": "u:p@a"}`:                               "proxy_host: it has an @",
		`{"host": true}`:                                        "host: it is not text",
		`{"port": "x"}`:                                         "port: it is not a whole number",
		`{"proxy_port": "1.5"}`:                                 "proxy_port: it is not a whole number",
		`{"proxy_port": 99999999999}`:                           "proxy_port: it is not a whole number",
		`{"proxy_password": {"a": 1}}`:                          "proxy_password: it is not text",
		`{"authenticator": true}`:                               "authenticator: it is not text",
		`{"authenticator": "https://u:p@acme.okta.com"}`:        "authenticator: it is not a plain word or URL",
		`{"private_key_content": 5}`:                            "private_key_content: it is not text",
		`{"private_key_content": "a", "private_key_file": "b"}`: "private_key_content: there is a private_key_file as well",
		`{"private_key_file": "-----BEGIN PRIVATE KEY-----"}`:   "private_key_file: it holds a key",
		`{"refresh_token": ["r"]}`:                              "refresh_token: it is not text",
		`{"account": "a", "authenticator": "oauth"}`:            "grant_type: the authenticator is oauth",
		`{"account": "a", "authenticator": "oauth", "grant_type": "refresh_token"}`:             "refresh_token: it is missing",
		`{"authenticator": "oauth", "grant_type": "client_credentials"}`:                        "account: it has a character",
		`{"account": "a", "refresh_token": "r", "token_endpoint": "https://u:p@h"}`:             "token_endpoint: it is not a plain URL",
		`{"account": "a", "refresh_token": "r", "grant_type": "password"}`:                      "oauth_username: grant_type password takes",
		`{"account": "a", "authenticator": "oauth", "grant_type": "password", "scope": [1]}`:    "scope: it is not text",
		`{"account": "a", "authenticator": "oauth", "azure_conn_id": ["a"]}`:                    "azure_conn_id: it is not text",
		`{"account": "a", "workload_identity_provider": "OIDC", "token": {"a": 1}}`:             "token: it is not text",
		`{"account": "a", "workload_identity_provider": "OIDC", "token_file_path": {"a": "b"}}`: "token_file_path: it is not text",
		`[]`: "extra: it is JSON, but not an object",
	} {
		sf, err := hook.Snowflake(snowflakeWith(extra))
		require.ErrorContains(t, err, want, extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
		assert.Zero(t, sf, extra)
	}
	for extra, want := range map[string]string{
		`{}`: "snowflake connection: extra account: it is missing",
		`{"account": "a", "session_parameters": "x"}`: "session_parameters: it is not an object",
		`{"account": "a", "session_parameters": [1]}`: "session_parameters: it is not an object",
	} {
		sf, err := hook.Snowflake(snowflakeWith(extra))
		require.ErrorContains(t, err, want, extra)
		assert.ErrorIs(t, err, hook.ErrUnsupported, extra)
		assert.Equal(t, "app", sf.User, extra)
	}
	_, err := hook.Snowflake(connuri.Connection{Type: "mysql"})
	assert.EqualError(t, err, "snowflake connection: conn_type: it is of the hook mysql; use a connection of the type snowflake")
}

func TestSnowflakeLogin(t *testing.T) {
	read := func(extra string) hook.SnowflakeConfig {
		sf, err := hook.Snowflake(snowflakeWith(extra))
		require.NoError(t, err, extra)
		return sf
	}
	sf := read(`{"account": "a", "authenticator": "oauth", "azure_conn_id": "az", "grant_type": "x"}`)
	assert.Equal(t, hook.SnowflakeTokenRequest{AzureConnID: "az"}, *sf.OAuth)
	assert.True(t, sf.User == "" && sf.Password.IsZero())
	sf = read(`{"account": "a", "authenticator": "programmatic_access_token"}`)
	assert.True(t, sf.Token.Reveal() == "s3cr3t" && sf.Password.Reveal() == "s3cr3t")
	assert.True(t, read(`{"account": "a", "token": "t"}`).Token.IsZero(), "no token without workload_identity_provider")
	sf = read(`{"account": "a", "workload_identity_provider": "OIDC", "token": "t", "extra__snowflake__token_file_path": "/t"}`)
	assert.Equal(t, "t /t", sf.Token.Reveal()+" "+sf.TokenFile)
	sf = read(`{"account": 5, "authenticator": null, "insecure_mode": [0], "ocsp_fail_open": "no", "port": "8_443"}`)
	at := read(`{"account": "a", "role": "r@x", "database": "d@x", "proxy_user": "u@x"}`)
	assert.Equal(t, "r@x d@x u@x", at.Role+" "+at.Database+" "+at.ProxyUser)
	assert.Equal(t, "5  8443", fmt.Sprint(sf.Account, " ", sf.Authenticator, " ", sf.Port))
	assert.True(t, sf.InsecureMode && sf.OCSPFailClosed)
	sf = read(`{"account": "a", "authenticator": "oauth", "grant_type": "password", "token_endpoint": "https://h/t", "oauth_username": "own", "oauth_password": "0wn"}`)
	assert.Equal(t, "https://h/t own 0wn app s3cr3t", strings.Join([]string{sf.OAuth.URL, sf.OAuth.Username, sf.OAuth.Password.Reveal(), sf.OAuth.ClientID, sf.OAuth.ClientSecret.Reveal()}, " "))
}

func TestSnowflakeDSN(t *testing.T) {
	key, der := rsaKey(t)
	quoted := strings.ReplaceAll(key, "\n", `\n`)
	asParameter := strings.ReplaceAll(base64.URLEncoding.EncodeToString(der), "=", "%3D")
	for _, row := range []struct{ name, extra, dsn string }{
		{"account", `{"account": "acme-prod"}`, "app:s3cr3t@acme-prod.snowflakecomputing.com:443?account=acme-prod&authenticator=snowflake&schema=PUBLIC"},
		{"region", `{"account": "acme", "region": "eu-central-1"}`, "app:s3cr3t@acme.eu-central-1.snowflakecomputing.com:443?account=acme&authenticator=snowflake&schema=PUBLIC"},
		{"region in the account", `{"account": "acme.cn-north-1"}`, "app:s3cr3t@acme.cn-north-1.snowflakecomputing.cn:443?account=acme&authenticator=snowflake&schema=PUBLIC"},
		{"the one region without a name", `{"account": "acme", "region": "us-west-2"}`, "app:s3cr3t@acme.snowflakecomputing.com:443?account=acme&authenticator=snowflake&schema=PUBLIC"},
		{"host and port", `{"account": "acme", "host": "h.example.com", "port": 8443}`, "app:s3cr3t@h.example.com:8443?account=acme&authenticator=snowflake&schema=PUBLIC"},
		{"all else", `{"account": "a", "database": "my/db", "warehouse": "W", "role": "R", "insecure_mode": true, "ocsp_fail_open": false, "proxy_host": "p", "proxy_port": 3128, "proxy_user": "u", "proxy_password": "p&p"}`,
			"app:s3cr3t@a.snowflakecomputing.com:443?account=a&authenticator=snowflake&database=my%252Fdb&disableOCSPChecks=true&ocspFailOpen=false" +
				"&proxyHost=p&proxyPassword=p%26p&proxyPort=3128&proxyUser=u&role=R&schema=PUBLIC&warehouse=W"},
		{"session", `{"account": "a", "session_parameters": {"token": "x", "QUERY_TAG": "", "n": 5, "t": true, "no": null}}`,
			"app:s3cr3t@a.snowflakecomputing.com:443?N=5&QUERY_TAG=&T=true&TOKEN=x&account=a&authenticator=snowflake&schema=PUBLIC"},
		{"Okta", `{"account": "a", "authenticator": "https://acme.okta.com"}`, "app:s3cr3t@a.snowflakecomputing.com:443?account=a&authenticator=https%3A%2F%2Facme.okta.com&schema=PUBLIC"},
		{"workload identity", `{"account": "a", "authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "OIDC", "token": "t"}`,
			"app:s3cr3t@a.snowflakecomputing.com:443?account=a&authenticator=workload_identity&schema=PUBLIC&token=t&workloadIdentityProvider=OIDC"},
		{"private key", `{"account": "a", "private_key_content": "` + quoted + `"}`,
			"app:@a.snowflakecomputing.com:443?account=a&authenticator=snowflake_jwt&privateKey=" + asParameter + "&schema=PUBLIC"},
	} {
		c := snowflakeWith(row.extra)
		if strings.Contains(row.extra, "private_key") {
			c.Password = connuri.Secret{}
		}
		sf, err := hook.Snowflake(c)
		require.NoError(t, err, row.name)
		dsn, err := sf.DSN(missingFile)
		require.NoError(t, err, row.name)
		assert.Equal(t, row.dsn, dsn.Reveal(), row.name)
	}
	c := snowflakeWith(`{"account": "a"}`)
	c.Login, c.Password = "a:b@c/d", connuri.NewSecret("p@s/s:w?r&d")
	sf, err := hook.Snowflake(c)
	require.NoError(t, err)
	dsn, err := sf.DSN(missingFile)
	require.NoError(t, err)
	assert.Equal(t, "a%3Ab%40c%2Fd:p%40s%2Fs%3Aw%3Fr%26d@a.snowflakecomputing.com:443?account=a&authenticator=snowflake&schema=PUBLIC", dsn.Reveal())
	sf.OAuth, sf.Token, sf.Authenticator = &hook.SnowflakeTokenRequest{}, connuri.NewSecret("t"), "oauth"
	dsn, err = sf.DSN(missingFile)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(dsn.Reveal(), "&authenticator=oauth&schema=PUBLIC&token=t"), "a token that was asked for")
}

func TestSnowflakeDSNRefusals(t *testing.T) {
	for _, row := range []struct {
		extra, want string
		unsupported bool
	}{
		{`{"account": "ac/me"}`, "account: it is empty or has a character", false},
		{`{}`, "account: it is empty or has a character", false},
		{`{"account": "acme", "region": "x/y"}`, "region: it is empty or has", false},
		{`{"account": "acme", "host": "h:1"}`, "host: it is empty or has", false},
		{`{"account": "acme", "session_parameters": {"a=b&token": "x"}}`, "session_parameters: it has a name", false},
		{`{"account": "acme", "session_parameters": {"": "x"}}`, "session_parameters: it has a name", false},
		{`{"account": "acme", "session_parameters": {"A": [1]}}`, "session_parameters: it has a value", true},
		{`{"account": "acme", "session_parameters": "x"}`, "session_parameters: it is not an object", true},
		{`{"account": "acme", "authenticator": "QZXJ"}`, "authenticator: the driver does not know this word", false},
		{`{"account": "acme", "refresh_token": "r"}`, "authenticator: it is oauth, so a token has to be asked for", true},
	} {
		sf, err := hook.Snowflake(snowflakeWith(row.extra))
		require.True(t, err == nil || errors.Is(err, hook.ErrUnsupported), row.extra)
		dsn, err := sf.DSN(missingFile)
		require.ErrorContains(t, err, row.want, row.extra)
		assert.Equal(t, row.unsupported, errors.Is(err, hook.ErrUnsupported), row.extra)
		assert.True(t, dsn.IsZero())
	}
	sf := hook.SnowflakeConfig{Account: "a", PrivateKeyFile: "/keys/QZXJ.p8"}
	_, err := sf.DSN(missingFile)
	assert.EqualError(t, err, "hook: the private key file cannot be read")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = sf.DSN(func(string) ([]byte, error) { return []byte(recordedKey), nil })
	assert.ErrorContains(t, err, "private_key_content: it is not an RSA key")
	for _, size := range []int{0, 4097} {
		_, err = sf.Key(func(string) ([]byte, error) { return make([]byte, size), nil })
		assert.ErrorContains(t, err, "private_key_file: the file is empty or larger than 4096 bytes")
	}
}

func ExampleSnowflake() {
	c, err := connuri.TaskSDK.Parse(`snowflake://app:s3cr3t@/PUBLIC?account=acme-prod&warehouse=LOADING&database=SHOP`)
	if err != nil {
		fmt.Println(err)
		return
	}
	sf, err := hook.Snowflake(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sf.Account, sf.User, sf.Password, sf.Database, sf.Schema, sf.Warehouse, sf.Authenticator)
	dsn, err := sf.DSN(os.ReadFile) // for sql.Open("snowflake", dsn.Reveal()) with gosnowflake
	fmt.Println(dsn, err)
	// Output:
	// acme-prod app [redacted] SHOP PUBLIC LOADING snowflake
	// [redacted] <nil>
}

func FuzzSnowflake(f *testing.F) {
	fuzzHook(f, "snowflake", func(t *testing.T, c connuri.Connection) error {
		sf, err := hook.Snowflake(c)
		if (sf.OAuth != nil) != (sf.Authenticator == "oauth") || !sf.PrivateKey.IsZero() && !sf.Password.IsZero() {
			t.Error("settings that cannot be")
		}
		dsn, dsnErr := sf.DSN(func(string) ([]byte, error) { return []byte(recordedKey), nil })
		if (dsnErr == nil) == dsn.IsZero() {
			t.Error("an error and a DSN")
		}
		if login, rest, _ := strings.Cut(dsn.Reveal(), "@"); dsnErr == nil && (strings.Count(login, ":") != 1 || strings.ContainsAny(login+rest, "/@ ") || strings.Count(rest, "?") != 1) {
			t.Error("a DSN that is read otherwise")
		}
		return err
	})
}
