package connuri_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// TestTokensOutsideThePassword is about tokens where people put them for want of a
// better field: login, path and host.
func TestTokensOutsideThePassword(t *testing.T) {
	const letters = "QZXJWKVQYPQZXJWKVQYP" // of no message
	for _, uri := range []string{
		// A token as the login.
		"https://ghp_§:x-oauth-basic@github.com/", "https://§:x-oauth-basic@github.com", "https://§:X-OAUTH-BASIC@github.com", "https://§:x-access-token@h",
		"https://§:oauth2@gitlab.com", "https://§:api_token@api.track.toggl.com", "https://§:x@api.example.com", "https://§:@api.stripe.com", "https://§@github.com",
		"postgres://§:x-oauth-basic@h/db", "git://gho_§:unknown@h", "git://glpat-§:unknown@h", "http://sk_live_§:unknown@h", "http://github_pat_§:unknown@h",
		"http://xoxb-12-§:unknown@h", "http://GHP_§:unknown@h", "http://a1b2c3§:unknown@h", "postgres://§:§@h/db",

		// The path of a web hook.
		"https://hooks.slack.com/services%2FT000%2FB000%2F§", "https://hooks.slack.com/services/T000/B000/§", "https://hooks.slack.com/§",
		"http://:p@h/§", "slackwebhook://hooks.slack.com/§", "slackwebhook://u:p@h/§", "slackwebhook://:T000%2FB00%2F§@", "slackwebhook://https%3A%2F%2Fhooks.slack.com%2Fservices%2F§",
		"discord://discord.com/§", "msteams://h/§", "opsgenie://h/§", "pagerduty://h/§", "own_hook-x://h/§", "own-hook://h/§", "postgres://h/ghp_§", "postgres://h/a1b2c3§",

		// A token as the host, which a URI turns to lower case.
		"https://ghp_§", "slack://xoxb-12-§", "https://a1b2c3§", "https://https%3A%2F%2Fghp_§", "http://eyJ§.a.b",
	} {
		c, err := connuri.ParseURI(strings.ReplaceAll(uri, "§", letters))
		require.NoError(t, err, uri)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "c", c)
		for _, printed := range []string{fmt.Sprintf("%v %+v %#v %s %q", c, c, &c, c, c), fmt.Sprint([]any{c}), c.LogValue().String(), log.String()} {
			assert.NotContains(t, strings.ToUpper(printed), letters, uri)
			assert.Contains(t, printed, "[redacted]", uri)
		}
	}
	const token = "a1b2c3" + letters
	c := connuri.Connection{Type: "x" + token, Host: "https://" + token + "/x", Schema: token, Login: token, Password: connuri.NewSecret("p")}
	assert.NotContains(t, c.String(), letters)
}

// realistic are tokens as they are made, each in a form that some service uses.
var realistic = map[string]string{
	"hex, 32":           "9f86d081884c7d659a2feaa0c55ad015",
	"UUID, no dashes":   "3f2504e04f8911d39a0c0305e82c3301",
	"ULID":              "01J8ZQ4X7M2K9V5T3R6W1N0BCD",
	"base62, 32":        "q3VtY8zLr0KpXw5NdJ7eUa2HsGb9McTf",
	"base64url, 40":     "kR3v-9Xq_Lm2Tz7Bw-YcN4pHs8_dFj1Ga6-QeUoV",
	"an AWS secret key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLE1K",
	"SendGrid":          "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr",
	"OpenAI":            "sk-T3BlbkFJ4c8XvQ2mN7sLrYw1",
	"Databricks":        "dapi0123456789abcdef0123456789abcdef",
	"Mailgun":           "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
	"npm":               "npm_4kT9bXw2Lq7Vn0ZrJ8mC5sHd1YgPf3Ea6Uo",
	"HubSpot":           "pat-na1-3f2504e0-4f89-11d3-9a0c-0305e82c3301",
}

func TestRealisticTokens(t *testing.T) {
	for name, token := range realistic {
		for _, c := range []connuri.Connection{
			{Type: "http", Host: "h", Login: token, Password: connuri.NewSecret("hunter2")},
			{Type: "postgres", Host: "h", Schema: token},
			{Type: "slack", Host: token},
			{Type: "telegram", Host: strings.ToLower(strings.ReplaceAll(token, "/", ""))}, // as from a URI
			{Type: "http", Host: "https://" + token}, {Type: "http", Host: "https://" + token + ":443"},
		} {
			start, _, _ := strings.Cut(token, "/") // what is after a slash in a host is hidden anyway
			assert.NotContains(t, strings.ToLower(c.String()), strings.ToLower(start), name)
		}
	}
}

// TestSecretsInOddFields is about fields that hold what they are not for. § is short
// and a plain name, so that only what surrounds it can hide it.
func TestSecretsInOddFields(t *testing.T) {
	const secret = "qzxjwk"
	for _, host := range []string{
		// Before the protocol, and settings instead of a host.
		"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=§;BlobEndpoint=http://127.0.0.1:10000/d",
		"InstrumentationKey=§;IngestionEndpoint=https://h.example.com", "password=§ url=jdbc:postgresql://h/db",
		"password=§", "§ h", "§==", "h&password=§", "§/x://h",

		// No host name, or more than one.
		"admin:§", "https://h:§", "https://h:1§", "https://h:+1§", "h,§", "h:1,§", "h.example.com,§", "h:1,§:x", `{"token":"§"}`, "[§]", "[::1]§", "fe80::1%§", "§é",
	} {
		for _, connType := range []string{"http", "postgres"} {
			c := connuri.Connection{Type: connType, Host: strings.ReplaceAll(host, "§", secret)}
			assert.NotContains(t, c.String(), secret, host)
		}
	}
	for _, login := range []string{
		"u:§", "https://u:§@h", `{"k":"§"}`, "-----BEGIN PRIVATE KEY-----\n§\n", "Authorization: Basic §", "Bearer §", `"§"`, "u;password=§", "\t§", "§\u00a0",
	} {
		c := connuri.Connection{Type: "postgres", Login: strings.ReplaceAll(login, "§", secret), Password: connuri.NewSecret("hunter2")}
		assert.NotContains(t, c.String(), secret, login)
	}
	for _, password := range []string{
		"password", "pass", "Pass", "nopassword", "not-used", "anything", "random", "key", "api", "pat", "access_token", "private-token", "git", "__token__",
		"gitlab-ci-token", "x-bitbucket-api-token-auth", "na", "n/a", "N/A", "empty", "undefined", "changeme", "foo", "*", "****", " ", "\t", "blank", "0", "1", "xxxx",
		"00000", "--", "<token>", "{}", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE",
	} {
		for _, connType := range []string{"http", "aws", "postgres"} {
			c := connuri.Connection{Type: connType, Login: secret, Password: connuri.NewSecret(password)}
			assert.NotContains(t, c.String(), secret, "%s, %q", connType, password)
		}
	}
	for _, password := range []string{"p", "pw", "abc", "열쇠"} {
		c := connuri.Connection{Type: "http", Login: secret, Password: connuri.NewSecret(password)}
		assert.NotContains(t, c.String(), secret, password)
		c.Type = "mysql+pymysql"
		assert.Contains(t, c.String(), secret, "a test database")
	}
	for _, connType := range []string{"elasticsearch", "opensearch", "influxdb", "databricks", "redis", "http+postgres", "+postgres", "own"} {
		c := connuri.Connection{Type: connType, Host: "h", Schema: secret}
		assert.NotContains(t, c.String(), secret, connType)
	}
}

func TestOrdinaryFieldsPrint(t *testing.T) {
	for _, host := range []string{
		"sg.postgres.example.com", "sk-postgres.example.com", "key-vault.example.com", "dapi-database-1.internal", "pat-cluster.internal",
		"localhost", "https://localhost:8443", "minio:9000", "airflow-webserver", "h1:27017,h2:27017", "k1.example.com:9092,k2.example.com:9092",
		"a.example.com,b.example.com", "10.0.0.1,10.0.0.2:5432", "10.0.0.1", "https://10.0.0.1:6443", "::1", "[::1]:5432", "[2001:db8::1]", "https://[2001:db8::1]:443",
		"jdbc:postgresql://db.example.com:5432", "db.example.com.", "db.xn--p1ai", "a1b2c3d4e5f6a7b8c9d0e1f2.elb.amazonaws.com", "sg.a1b2c3d4e5f6a7b8c9.example.com",
	} {
		for _, connType := range []string{"http", "postgres"} {
			c := connuri.Connection{Type: connType, Host: host}
			assert.Equal(t, fmt.Sprintf("Connection{conn_type: %q, host: %q}", connType, host), c.String())
		}
	}
	const long = "airflow-postgresql-primary" // a service of Kubernetes
	assert.Contains(t, connuri.Connection{Type: "postgres", Host: long}.String(), long)
	assert.NotContains(t, connuri.Connection{Type: "http", Host: long}.String(), long, "may be a token")

	for _, login := range []string{
		"pat-reynolds-admin", "key-account-service", "npm_registry_reader", "hf_inference_reader", "customeranalytics2024prod", "CustomerAnalytics2024Prod", "DOMAIN\\user",
		"airflow-prod-eu1-reader-v2-2024", "Svc-Airflow_Prod-Reader-2024", "a.b+c2024@example.com", "cn=airflow,ou=etl,dc=example", "0oa1b2c3d4e5f6g7h8i9",
	} {
		c := connuri.Connection{Type: "http", Login: login, Password: connuri.NewSecret("hunter2")}
		assert.Equal(t, fmt.Sprintf(`Connection{conn_type: "http", login: %q, password: [redacted]}`, login), c.String())
	}
	for _, connType := range []string{
		"mysql+pymysql", "postgresql+psycopg2", "mssql+pyodbc", "gcpbigquery", "bigquery", "tidb", "cratedb", "beeline",
	} {
		c := connuri.Connection{Type: connType, Host: "h", Schema: "customeranalytics2024prod"}
		assert.Equal(t, fmt.Sprintf(`Connection{conn_type: %q, host: "h", schema: "customeranalytics2024prod"}`, connType), c.String())
	}
}

// TestOrdinaryConnectionsPrint: what identifies a connection is not held back.
func TestOrdinaryConnectionsPrint(t *testing.T) {
	for uri, want := range map[string]string{
		"postgres://u:p@h/db":                                         `conn_type: "postgres", host: "h", schema: "db", login: "u", password: [redacted]`,
		"postgresql://u:p@h:5432/db":                                  `conn_type: "postgres", host: "h", port: 5432, schema: "db", login: "u", password: [redacted]`,
		"mysql://a.b%40c.org:p@h/db-1":                                `conn_type: "mysql", host: "h", schema: "db-1", login: "a.b@c.org", password: [redacted]`,
		"snowflake://airflow_reader:p@/s":                             `conn_type: "snowflake", schema: [redacted], login: "airflow_reader", password: [redacted]`,
		"http://u:hunter2@api.example.com/https":                      `conn_type: "http", host: "api.example.com", schema: "https", login: "u", password: [redacted]`,
		"https://x-access-token:hunter2@h":                            `conn_type: "https", host: "h", login: "x-access-token", password: [redacted]`,
		"aws://AKIAIOSFODNN7EXAMPLE:hunter2@":                         `conn_type: "aws", login: "AKIAIOSFODNN7EXAMPLE", password: [redacted]`,
		"azure://0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f:hunter2@":       `conn_type: "azure", login: "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", password: [redacted]`,
		"postgres://u:p@a1b2c3d4e5f6a7b8c9d0e1f2.elb.amazonaws.com/d": `conn_type: "postgres", host: "a1b2c3d4e5f6a7b8c9d0e1f2.elb.amazonaws.com", schema: "d", login: "u", password: [redacted]`,
		"postgres://sk-db:p@sk-db/sk-db":                              `conn_type: "postgres", host: "sk-db", schema: "sk-db", login: "sk-db", password: [redacted]`,
	} {
		c, err := connuri.ParseURI(uri)
		require.NoError(t, err)
		assert.Equal(t, "Connection{"+want+"}", c.String())
	}
}
