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
	const token = letters + "7"
	for _, uri := range []string{
		// A token as the login.
		"https://ghp_§:x-oauth-basic@github.com/", "https://§:x-oauth-basic@github.com", "https://§:X-OAUTH-BASIC@github.com", "https://§:x-access-token@h",
		"https://§:oauth2@gitlab.com", "https://§:api_token@api.track.toggl.com", "https://§:x@api.example.com", "https://§:@api.stripe.com", "https://§@github.com",
		"postgres://§:x-oauth-basic@h/db", "git://gho_§:unknown@h", "git://glpat-§:unknown@h", "http://sk_live_§:unknown@h", "http://github_pat_§:unknown@h",
		"http://xoxb-12-§:unknown@h", "http://GHP_§:unknown@h", "http://§7:unknown@h", "postgres://§:§@h/db",

		// The path of a web hook.
		"https://hooks.slack.com/services%2FT000%2FB000%2F§", "https://hooks.slack.com/services/T000/B000/§", "https://hooks.slack.com/§",
		"http://:p@h/§", "slackwebhook://hooks.slack.com/§", "slackwebhook://u:p@h/§", "slackwebhook://:T000%2FB00%2F§@", "slackwebhook://https%3A%2F%2Fhooks.slack.com%2Fservices%2F§",
		"discord://discord.com/§", "msteams://h/§", "opsgenie://h/§", "pagerduty://h/§", "own_hook-x://h/§", "own-hook://h/§", "postgres://h/ghp_§", "postgres://h/§7",

		// A token as the host, which a URI turns to lower case.
		"https://ghp_§", "slack://xoxb-12-§", "https://§7", "https://https%3A%2F%2Fghp_§", "http://eyJ§.a.b",
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
	c := connuri.Connection{Type: "x" + token, Host: "https://" + token + "/x", Schema: token, Login: token, Password: connuri.NewSecret("p")}
	assert.NotContains(t, c.String(), letters)
}

// TestOrdinaryConnectionsPrint: what identifies a connection is not held back.
func TestOrdinaryConnectionsPrint(t *testing.T) {
	for uri, want := range map[string]string{
		"postgres://u:p@h/db":                                         `conn_type: "postgres", host: "h", schema: "db", login: "u", password: [redacted]`,
		"postgresql://u:p@h:5432/db":                                  `conn_type: "postgres", host: "h", port: 5432, schema: "db", login: "u", password: [redacted]`,
		"mysql://a.b%40c.org:p@h/db-1":                                `conn_type: "mysql", host: "h", schema: "db-1", login: "a.b@c.org", password: [redacted]`,
		"snowflake://airflow_reader:p@/s":                             `conn_type: "snowflake", schema: [redacted], login: "airflow_reader", password: [redacted]`,
		"http://u:p@api.example.com/https":                            `conn_type: "http", host: "api.example.com", schema: "https", login: "u", password: [redacted]`,
		"https://x-access-token:p@h":                                  `conn_type: "https", host: "h", login: "x-access-token", password: [redacted]`,
		"aws://AKIAIOSFODNN7EXAMPLE:p@":                               `conn_type: "aws", login: "AKIAIOSFODNN7EXAMPLE", password: [redacted]`,
		"azure://0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f:p@":             `conn_type: "azure", login: "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", password: [redacted]`,
		"postgres://u:p@a1b2c3d4e5f6a7b8c9d0e1f2.elb.amazonaws.com/d": `conn_type: "postgres", host: "a1b2c3d4e5f6a7b8c9d0e1f2.elb.amazonaws.com", schema: "d", login: "u", password: [redacted]`,
		"postgres://sk-db:p@sk-db/sk-db":                              `conn_type: "postgres", host: "sk-db", schema: "sk-db", login: "sk-db", password: [redacted]`,
	} {
		c, err := connuri.ParseURI(uri)
		require.NoError(t, err)
		assert.Equal(t, "Connection{"+want+"}", c.String())
	}
}
