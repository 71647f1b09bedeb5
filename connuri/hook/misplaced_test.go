package hook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// TestMisplacedKey has a key (QZXJ) where only the path of one belongs: the error names the
// option, and no settings come back that print the key.
func TestMisplacedKey(t *testing.T) {
	const key = `"-----BEGIN PRIVATE KEY-----\nQZXJ\n-----END PRIVATE KEY-----\n"`
	for _, row := range []struct{ name, before, after, option string }{
		{"postgres", `{"sslkey": `, `}`, "sslkey"},
		{"postgres", `{"sslmode": "verify-full", "sslrootcert": `, `}`, "sslrootcert"},
		{"mysql", `{"ssl": {"ca": "/ca.pem", "key": `, `}}`, "ssl"},
		{"mysql", `{"client": "mysql-connector-python", "ssl_key": `, `}`, "ssl_key"},
		{"redis", `{"ssl": true, "ssl_keyfile": `, `}`, "ssl_keyfile"},
		{"http", `{"cert": `, `}`, "cert"},
		{"http", `{"cert": ["/c.pem", `, `]}`, "cert"},
		{"http", `{"verify": `, `}`, "verify"},
		{"aws", `{"verify": `, `}`, "verify"},
		{"kafka", `{"bootstrap.servers": "k", "security.protocol": "SSL", "ssl.key.location": `, `}`, "ssl.key.location"},
		{"kafka", `{"bootstrap.servers": "k", "security.protocol": "SSL", "ssl.certificate.location": `, `}`, "ssl.certificate.location"},
		{"kafka", `{"bootstrap.servers": "k", "security.protocol": "SSL", "ssl.ca.location": `, `}`, "ssl.ca.location"},
		{"mongo", `{"tls": "true", "tlsCertificateKeyFile": `, `}`, "tlsCertificateKeyFile"},
		{"mongo", `{"tls": "true", "tlscafile": `, `}`, "tlscafile"},
		{"ssh", `{"key_file": `, `}`, "key_file"},
		{"snowflake", `{"account": "a", "private_key_file": `, `}`, "private_key_file"},
		{"snowflake", `{"account": "a", "workload_identity_provider": "OIDC", "extra__snowflake__token_file_path": `, `}`, "token_file_path"},
		{"google_cloud_platform", `{"extra__google_cloud_platform__key_path": `, `}`, "key_path"},
	} {
		extra := row.before + key + row.after
		got := readAny(row.name, connuri.Connection{Type: row.name, Host: "h", Port: 1, Extra: connuri.RawExtra(extra)})
		require.ErrorContains(t, got.errs[0], "extra "+row.option+": it holds a key", extra)
		assert.NotErrorIs(t, got.errs[0], hook.ErrUnsupported)
		assert.NotContains(t, printed(t, got.settings)+got.errs[0].Error(), "QZXJ", extra)
	}
}

// readAny is one of readings, or AWS.
func readAny(name string, c connuri.Connection) outcome {
	if name == "aws" {
		a, err := hook.AWS(c)
		return outcome{a, nil, []error{err}}
	}
	return readings[name](c)
}

// TestMisplacedSecret has a secret (QZXJ) in the name of something: whatever the function says
// of it, no settings come back that print it.
func TestMisplacedSecret(t *testing.T) {
	for name, extras := range map[string][]string{
		"google_cloud_platform": {
			`{"key_path": "\"{\\\"private_key\\\": \\\"QZXJ\\\"}\""}`, `{"key_path": "[\"QZXJ\"]"}`, `{"key_secret_name": "{\"private_key\": \"QZXJ\"}"}`,
			`{"credential_config_file": "\"{\\\"client_secret\\\": \\\"QZXJ\\\"}\""}`, `{"credential_config_file": " [{\"client_secret\": \"QZXJ\"}]"}`,
			`{"key_secret_name": "-----BEGIN PRIVATE KEY-----\nQZXJ"}`,
		},
		"snowflake": {
			`{"account": "a?password=QZXJ"}`, `{"account": "a/?password=QZXJ"}`, `{"account": "a:QZXJ"}`, `{"account": "a", "host": "h?token=QZXJ"}`,
			`{"account": "a", "region": "h?token=QZXJ"}`, `{"account": "a", "region": "h:QZXJ"}`, `{"account": "a", "proxy_host": "h?token=QZXJ"}`, `{"account": "a;password=QZXJ"}`,
		},
		"mssql": {`{"host": "h;Password=QZXJ"}`},
	} {
		for _, extra := range extras {
			got := readings[name](connuri.Connection{Type: name, Host: "h", Port: 1, Extra: connuri.RawExtra(extra)})
			assert.NotContains(t, printed(t, got.settings), "QZXJ", extra)
		}
	}
	for _, name := range []string{"ssh", "mssql"} {
		for _, host := range []string{"h;Password=QZXJ", "h?password=QZXJ", "@QZXJ"} {
			got := readings[name](connuri.Connection{Type: name, Host: host, Port: 1})
			assert.ErrorContains(t, got.errs[0], "host: it has an @, a question mark or an equals sign", name)
			assert.NotContains(t, printed(t, got.settings), "QZXJ", name)
		}
	}
}

// Without a function to read files with, there is an error and no panic.
func TestNothingToReadWith(t *testing.T) {
	_, _, err := hook.SSHConfig{KeyFile: "/QZXJ"}.Key(nil)
	require.EqualError(t, err, "hook: the private key file cannot be read")
	sf := hook.SnowflakeConfig{Account: "a", PrivateKeyFile: "/QZXJ"}
	_, err = sf.Key(nil)
	require.EqualError(t, err, "hook: the private key file cannot be read")
	_, err = sf.DSN(nil)
	require.EqualError(t, err, "hook: the private key file cannot be read")
	_, _, err = hook.GoogleCloudConfig{KeyPath: "/QZXJ.json"}.CredentialsJSON(nil)
	require.EqualError(t, err, "hook: the key file cannot be read")
	_, _, err = hook.GoogleCloudConfig{CredentialConfigFile: "/QZXJ"}.CredentialsJSON(nil)
	require.EqualError(t, err, "hook: the credential configuration file cannot be read")
}
