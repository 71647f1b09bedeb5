package hook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// outcome is all that one connection gives: settings, and errors of functions and methods.
type outcome struct {
	settings any
	token    any // a request for one, "" if there is none
	errs     []error
}

// readings are the functions of the package, each with what their methods go on to say.
var readings = map[string]func(connuri.Connection) outcome{
	"postgres": func(c connuri.Connection) outcome {
		pg, err := hook.Postgres(c)
		_ = pg.Keywords()
		return outcome{pg, pg.Token, []error{err}}
	},
	"mysql": func(c connuri.Connection) outcome {
		my, err := hook.MySQL(c)
		_, tlsErr := my.TLS.Config(missingFile)
		return outcome{my, my.Token, []error{err, tlsErr}}
	},
	"redis": func(c connuri.Connection) outcome {
		r, err := hook.Redis(c)
		_, tlsErr := r.TLS.Config(missingFile)
		return outcome{r, nil, []error{err, tlsErr}}
	},
	"smtp": func(c connuri.Connection) outcome {
		m, err := hook.SMTP(c)
		_, tlsErr := m.TLS.Config(missingFile)
		return outcome{m, m.XOAUTH2, []error{err, tlsErr}}
	},
	"mongo": func(c connuri.Connection) outcome {
		m, err := hook.Mongo(c)
		_, tlsErr := m.TLS.Config(missingFile)
		_ = m.URI()
		return outcome{m, nil, []error{err, tlsErr}}
	},
	"kafka": func(c connuri.Connection) outcome {
		k, err := hook.Kafka(c)
		_, tlsErr := k.TLSConfig(missingFile)
		return outcome{k, k.Token, []error{err, tlsErr}}
	},
	"http": func(c connuri.Connection) outcome {
		h, err := hook.HTTP(c)
		_, clientErr := h.Client(missingFile)
		_, requestErr := h.NewRequest(context.Background(), "GET", "v1", nil)
		return outcome{h, h.SRV, []error{err, clientErr, requestErr}}
	},
	"ssh": func(c connuri.Connection) outcome {
		s, err := hook.SSH(c)
		_, _, keyErr := s.Key(missingFile)
		return outcome{s, nil, []error{err, keyErr}}
	},
	"mssql": func(c connuri.Connection) outcome {
		ms, err := hook.MSSQL(c)
		_, tlsErr := ms.TLS.Config(missingFile)
		return outcome{ms, nil, []error{err, tlsErr}}
	},
	"snowflake": func(c connuri.Connection) outcome {
		sf, err := hook.Snowflake(c)
		_, keyErr := sf.Key(missingFile)
		_, dsnErr := sf.DSN(missingFile)
		return outcome{sf, sf.OAuth, []error{err, keyErr, dsnErr}}
	},
	"google_cloud_platform": func(c connuri.Connection) outcome {
		g, err := hook.GoogleCloud(c)
		_, credentials, jsonErr := g.CredentialsJSON(missingFile)
		return outcome{g, credentials, []error{err, jsonErr}}
	},
}

// readTypes are the types of readings.
var readTypes = slices.Sorted(maps.Keys(readings))

// missingFile is a file system without files, whose errors show the path.
func missingFile(path string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

// hiddenIn finds any of hiddenRunes, however it is written.
var hiddenIn = connuritest.NewDetector(string(hiddenRunes)).In

// randomSecret is 4 to 13 hidden letters, sometimes with one that breaks the text around it.
func randomSecret(r *rand.Rand) string {
	var b strings.Builder
	for range 4 + r.IntN(10) {
		b.WriteRune(hiddenRunes[r.IntN(len(hiddenRunes))])
		if r.IntN(4) == 0 {
			b.WriteByte("/?#[]@:%&=+ \\\"'{},;\t\n_-."[r.IntN(24)])
		}
	}
	return b.String()
}

// walk prints a value in every way, and fails the test where one shows something hidden.
func walk[T any](t *testing.T, what string, v T) {
	t.Helper()
	ways, leaks := 0, ""
	connuritest.Ways(v, v, func(way, output string) {
		ways++
		if form := hiddenIn(output); form != "" && strings.Count(leaks, "\n") < 5 {
			leaks += way + " shows a secret " + form + "\n"
		}
	}, nil)
	assert.Empty(t, leaks, "%s, %T", what, v)
	assert.Greater(t, ways, 4000)
}

// TestErrorsShowNothing puts random secrets everywhere, and walks every error there is.
func TestErrorsShowNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen, walked := map[string]bool{}, map[string]int{}
	for i := range 20_000 {
		connType := readTypes[i%len(readTypes)]
		c := randomConnection(r, connType, func() string { return randomSecret(r) })
		if i%70 < 7 {
			c.Type = randomSecret(r)
		}
		for _, err := range readings[connType](c).errs {
			if err == nil {
				continue
			}
			require.Empty(t, hiddenIn(fmt.Sprintf("%v %+v %#v %d %e %x", err, err, err, err, err, err)), "%s", connType)
			seen[err.Error()] = true
			if kind := fmt.Sprintf("%s %T", connType, err); walked[kind] < 2 { // all of a kind are alike
				walked[kind]++
				walk(t, connType, err)
			}
		}
	}
	assert.Greater(t, len(seen), 50)
}

// secretExtras are extras with a secret (§) in each place where a hook looks for one.
var secretExtras = map[string][]string{
	"postgres": {`{}`, `{"password": "§"}`, `{"sslpassword": "§", "sslmode": "require"}`, `{"password": "§", "iam": true, "region": null}`,
		`{"conninfo": "password=§"}`, `{"scram_client_key": "§", "scram_server_key": "§", "oauth_client_secret": "§"}`, `{"iam": true, "redshift": true, "cluster-identifier": "c"}`},
	"mysql": {`{}`, `{"ssl": {"ca": "/ca.pem", "key": "/key.pem", "passphrase": "§", "§": "§"}}`, `{"ssl": "{\"passphrase\": \"§\"}", "ssl_mode": "REQUIRED"}`,
		`{"iam": true, "§": "§"}`, `{"client": "mysql-connector-python", "ssl_cipher": "§"}`},
	"redis": {`{}`, `{"ssl": true, "§": "§"}`, `{"cluster": true, "startup_nodes": "h:1", "§": "§"}`},
	"smtp": {`{}`, `{"auth_type": "oauth2", "access_token": "§"}`, `{"auth_type": "oauth2", "client_id": "id", "client_secret": "§"}`,
		`{"disable_ssl": true, "§": "§"}`},
	"mongo": {`{}`, `{"password": "§"}`, `{"authMechanismProperties": {"AWS_SESSION_TOKEN": "§"}, "authMechanism": "MONGODB-AWS"}`, `{"tlsCertificateKeyFilePassword": "§"}`, `{"authMechanism": "§"}`},
	"kafka": {`{"bootstrap.servers": "k", "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "app", "sasl.password": "§", "ssl.key.password": "§"}`,
		`{"bootstrap.servers": "k", "security.protocol": "SSL", "ssl.key.pem": "-----BEGIN §", "ssl.ca.pem": "-----BEGIN §", "ssl.certificate.pem": "-----BEGIN §"}`, `{"bootstrap.servers": "k", "§": "§"}`,
		`{"bootstrap.servers": "k", "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://h", "sasl.oauthbearer.client.secret": "§"}`},
	"http":  {`{}`, `{"Authorization": "§", "X-Api-Key": "§"}`, `{"proxies": {"http": "http://u:§@h", "https": "§"}}`, `{"proxy": {"all": "§"}}`, `{"Cookie": "§", "User-Agent": null}`},
	"ssh":   {`{}`, `{"private_key_passphrase": "§", "disabled_algorithms": {"§": ["§"]}}`, lockedKeyExtra},
	"mssql": {`{}`, `{"conn_properties": "§"}`, `{"conn_properties": ["§", "SET X"], "encryption": "require", "charset": "§"}`},
	"snowflake": {`{}`, `{"account": "a", "session_parameters": {"§": "§"}}`, `{"account": "a", "session_parameters": "§", "proxy_password": "§"}`,
		`{"account": "a", "private_key_file": "/key.p8"}`, `{"workload_identity_provider": "OIDC", "token": "§"}`, `{"authenticator": "programmatic_access_token"}`,
		`{"account": "a", "refresh_token": "§"}`, `{"authenticator": "oauth", "grant_type": "password", "oauth_username": "u", "oauth_password": "§", "token_endpoint": "https://h"}`},
	"google_cloud_platform": {`{}`, `{"keyfile_dict": {"private_key": "§", "§": "§"}}`, `{"keyfile_dict": "{\"private_key\": \"§\"}"}`, `{"credential_config_file": {"client_secret": "§"}}`,
		`{"credential_config_file": "{\"refresh_token\": \"§\"}"}`, `{"idp_issuer_url": "https://h", "client_secret": "§", "idp_extra_params": "{\"§\": \"§\"}"}`},
}

// lockedKeyExtra has a private key that § is the passphrase of.
var lockedKeyExtra = `{"private_key_passphrase": "§", "private_key": "` +
	strings.ReplaceAll(openSSHFile("aes256-ctr", "bcrypt", sshFields("ssh-ed25519", strings.Repeat("k", 32)), "locked"), "\n", `\n`) + `"}`

// TestSettingsShowNothing walks the settings that hold a secret where the hook takes one.
func TestSettingsShowNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	walked := false // one finding: they are texts alone
	for connType, extras := range secretExtras {
		for _, extra := range extras {
			secret := randomSecret(r)
			if strings.Contains(extra, "conninfo") || connType == "http" { // where a mark would end it
				secret = strings.Map(func(c rune) rune {
					if c < 0x80 {
						return -1
					}
					return c
				}, secret)
			}
			quoted, err := json.Marshal(secret)
			require.NoError(t, err)
			text := strings.Trim(string(quoted), `"`)
			if strings.Contains(extra, `\"`) { // JSON in JSON
				text = strings.NewReplacer(`\`, `\\`).Replace(text)
			}
			c := connuri.Connection{
				Type: connType, Host: "h", Port: 1, Login: "app", Schema: "https", Password: connuri.NewSecret(secret),
				Extra: connuri.RawExtra(strings.ReplaceAll(extra, "§", text)),
			}
			if connType == "http" {
				c.Password = connuri.NewSecret("p") // Latin-1 alone can be sent
			}
			got := readings[connType](c)
			what := connType + " " + extra
			walk(t, what, got.settings)
			if got.token != nil {
				walk(t, what, got.token)
			}
			for _, finding := range hook.Lint(c) {
				if !walked {
					walk(t, what, finding)
				}
				walked = true
				require.Empty(t, hiddenIn(fmt.Sprintf("%v %+v %#v", finding, finding, finding)), what)
			}
		}
	}
}

// TestEveryText reads every text of the recorded connections and hands it to every function:
// nothing panics, and no error or finding holds anything of it.
func TestEveryText(t *testing.T) {
	texts := map[string]bool{}
	for _, family := range []string{"uri_parse", "conn_json", "uri_build", "secret_json"} {
		require.True(t, connuritest.Rows(t, family, func(_ int, row any) { textsIn(row, texts) }))
	}
	const mark = "표식"
	in := connuritest.NewDetector(mark).In
	parsed := 0
	for text := range texts {
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, text)
		if err != nil || len(text) > 1<<16 {
			continue
		}
		parsed++
		marked := c
		marked.Host, marked.Login, marked.Schema = c.Host+mark, c.Login+mark, c.Schema+mark
		marked.Password = connuri.NewSecret(c.Password.Reveal() + mark)
		for name, read := range readings {
			for _, c := range []connuri.Connection{c, marked} {
				read(c) // of its own type
				c.Type = name
				for _, err := range read(c).errs {
					if err != nil {
						require.Empty(t, in(err.Error()), "%s", name)
					}
				}
				for _, finding := range hook.Lint(c) {
					require.Empty(t, in(finding.String()), "%s", name)
				}
			}
		}
	}
	assert.Greater(t, parsed, 1000)
	t.Logf("%d texts", parsed)
}

// textsIn collects the texts anywhere in JSON.
func textsIn(v any, texts map[string]bool) {
	switch v := v.(type) {
	case string:
		texts[v] = true
	case []any:
		for _, inner := range v {
			textsIn(inner, texts)
		}
	case object:
		for _, inner := range v {
			textsIn(inner, texts)
		}
	}
}
