package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// noSecret fails the test if an error shows the password, in whatever way it is printed.
func noSecret(t *testing.T, err error) {
	t.Helper()
	hidden(t, err, password)
}

// hidden fails the test if an error or a log of the drivers shows a secret.
func hidden(t *testing.T, err error, secret string) {
	t.Helper()
	require.Error(t, err)
	secretIn := connuritest.NewDetector(secret).In
	require.Empty(t, secretIn(logs.text()))
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		// The error holds the whole configuration: encoding it, or printing it with a verb for
		// numbers, shows the password.
		for e := err; e != nil; e = errors.Unwrap(e) {
			require.Empty(t, secretIn(fmt.Sprintf("%v %+v %#v %s %q %x", e, e, e, e, e, e)), "%T", e)
		}
		return
	}
	leaks := ""
	connuritest.Ways(err, err, func(way, output string) {
		if form := secretIn(output); form != "" && strings.Count(leaks, "\n") < 10 {
			leaks += way + ": shows the secret " + form + "\n"
		}
	}, nil)
	require.Empty(t, leaks, "%T", err)
}

// logs collects the logs of the drivers.
var logs = &journal{}

var discard = log.New(logs, "", 0)

type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(text)
}

func (j *journal) Printf(_ context.Context, format string, v ...any) {
	fmt.Fprintf(j, format+"\n", v...)
}
func (j *journal) Print(v ...any) { fmt.Fprintln(j, v...) }

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func init() {
	redis.SetLogger(logs)
	_ = mysql.SetLogger(logs) // fails only for nil
}

// trials are wrong extras by the type of their connection. § is the place of the secret.
var trials = map[string][]string{
	"postgres": {
		`{}`, `{"sslmode": "§"}`, `{"sslmode": "verify-full", "sslrootcert": "§"}`, `{"sslmode": "require", "sslcert": "§", "sslkey": "§"}`, `{"sslkey": "§"}`,
		`{"password": "§", "port": "§"}`, `{"password": "§", "connect_timeout": "§"}`, `{"service": "§"}`, `{"service": "§", "application_name": "§"}`, `{"passfile": "§"}`,
		`{"sslpassword": "§", "sslmode": "require", "sslcert": "/nowhere", "sslkey": "/nowhere"}`, `{"options": ["§"]}`, `{"§": "§"}`, `{"iam": "§"}`,
		`{"conninfo": "password=§"}`, `{"conninfo": "§"}`, `{"min_protocol_version": "§"}`, `{"require_auth": "§"}`, `{"channel_binding": "§"}`,
		`{"target_session_attrs": "§"}`, `{"hostaddr": "§"}`, `{"krbsrvname": "§"}`, `{"sslsni": "§"}`, `{"cursor": "§"}`, `["§"]`, `{"a": §}`,
	},
	"mysql": {
		`{}`, `{"ssl": {"ca": "§"}}`, `{"ssl": {"cert": "§", "key": "§"}}`, `{"ssl": "§"}`, `{"ssl": ["§"]}`, `{"ssl_mode": "§"}`, `{"client": "§"}`,
		`{"charset": ["§"]}`, `{"cursor": {"§": "§"}}`, `{"iam": "§", "aws_conn_id": "§"}`, `{"client": "mysql-connector-python", "ssl_§": 1}`,
		`{"client": "mysql-connector-python", "ssl_cert": "§"}`, `{"client": "mysql-connector-python", "ssl_ca": "§"}`, `["§"]`,
	},
	"redis": {
		`{}`, `{"db": "§"}`, `{"ssl": true, "ssl_ca_certs": "§"}`, `{"ssl": true, "ssl_certfile": "§"}`, `{"ssl": true, "ssl_keyfile": "§"}`,
		`{"ssl": true, "ssl_cert_reqs": "§"}`, `{"ssl": "§"}`, `{"cluster": true, "startup_nodes": ["§"]}`, `{"cluster": true, "startup_nodes": "127.0.0.1:§"}`,
		`{"cluster": true, "db": "§"}`, `{"cluster": "§"}`, `["§"]`,
	},
	"smtp": {
		`{}`, `{"disable_tls": "§"}`, `{"disable_ssl": "§"}`, `{"disable_ssl": "§", "disable_tls": "§"}`, `{"ssl_context": "§"}`, `{"timeout": "§"}`, `{"retry_limit": "§"}`,
		`{"disable_tls": true, "auth_type": "oauth2", "access_token": "§"}`, `{"disable_tls": true, "auth_type": "oauth2", "client_id": "§", "client_secret": "§", "tenant_id": "§"}`,
		`{"disable_tls": true, "auth_type": "oauth2", "client_secret": "§"}`, `{"disable_tls": true, "auth_type": "oauth2", "access_token": ["§"]}`, `["§"]`,
	},
	"http": {
		`{}`, `{"verify": "§"}`, `{"verify": "/§"}`, `{"cert": "§"}`, `{"cert": ["§", "§"]}`, `{"cert": {"§": 1}}`, `{"proxies": "§"}`, `{"proxies": {"http": "§"}}`,
		`{"proxies": {"http": "http://u:§@127.0.0.1:1"}}`, `{"proxies": {"http": "socks5://u:§@127.0.0.1:1"}}`, `{"proxies": {"http": "§://h"}}`, `{"timeout": "§"}`,
		`{"X": "§"}`, `{"§": "x"}`, `{"X": ["§"]}`, `{"Host": "§"}`, `{"max_redirects": "§"}`, `["§"]`,
	},
	"mongo": {
		`{"serverSelectionTimeoutMS": 300}`, `{"§": "x"}`, `{"tls": "§"}`, `{"tlsCAFile": "§"}`, `{"tlsCertificateKeyFile": "§"}`, `{"tlsCertificateKeyFilePassword": "§"}`,
		`{"authMechanism": "MONGODB-AWS", "authMechanismProperties": {"AWS_SESSION_TOKEN": "§"}, "serverSelectionTimeoutMS": 300}`, `{"authMechanismProperties": "AWS_SESSION_TOKEN:§"}`,
		`{"authMechanism": "§"}`, `{"w": ["§"]}`, `{"readPreference": "§"}`, `{"srv": "§"}`, `{"host": "§"}`, `{"password": "§", "serverSelectionTimeoutMS": 300}`, `["§"]`,
	},
	"kafka": {
		`{"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "app", "sasl.password": "§"}`,
		`{"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "app", "sasl.password": "§"}`,
		`{"bootstrap.servers": "u:§@h:1"}`, `{"bootstrap.servers": "h:1", "§": "x"}`, `{"bootstrap.servers": "h:1", "sasl.mechanism": "§"}`, `{"bootstrap.servers": "h:1", "acks": "§"}`,
		`{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.key.pem": "§"}`, `{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.key.pem": "-----BEGIN §"}`,
		`{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.ca.pem": "-----BEGIN §"}`, `{"bootstrap.servers": "h:1", "security.protocol": "SSL", "ssl.ca.location": "§"}`,
		`{"bootstrap.servers": "h:1", "ssl.key.password": "§"}`, `{"bootstrap.servers": "h:1", "oauth_cb": "§"}`, `{"bootstrap.servers": ["§"]}`, `["§"]`,
		`{"bootstrap.servers": "h:1", "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.client.secret": "§"}`,
	},
	"ssh": {
		`{}`, `{"private_key": "§"}`, `{"private_key": "-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----\n"}`, `{"private_key": "-----BEGIN OPENSSH PRIVATE KEY-----\n§\n§"}`,
		`{"key_file": "§"}`, `{"key_file": "-----BEGIN §"}`, `{"host_key": "§"}`, `{"host_key": "ssh-rsa §"}`, `{"host_key": "§ AAAA"}`, `{"ciphers": "§"}`, `{"ciphers": ["§"]}`,
		`{"disabled_algorithms": {"§": ["§"]}}`, `{"conn_timeout": "§"}`, `{"cmd_timeout": "§"}`, `{"no_host_key_check": "§", "look_for_keys": "§"}`, `{"§": "§"}`, `["§"]`,
	},
	"mssql": {
		`{}`, `{"encryption": "§"}`, `{"encryption": "require"}`, `{"conn_properties": "§"}`, `{"conn_properties": {"§": 1}}`, `{"§": "§"}`, `{"encrypt": "§"}`, `{"user": "§", "password": "§"}`,
		`{"host": "§"}`, `{"appname": "§"}`, `{"appname": ["§"]}`, `{"tds_version": "§"}`, `{"charset": ["§"]}`, `{"timeout": ["§"]}`, `{"login_timeout": "§"}`, `["§"]`,
	},
	"snowflake": {
		`{}`, `{"account": "§"}`, `{"account": "a", "host": "§"}`, `{"account": "a", "private_key_file": "§"}`, `{"account": "a", "private_key_content": "§"}`,
		`{"account": "a", "private_key_content": "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----\n"}`, `{"account": "a", "refresh_token": "§"}`, `{"account": "a", "session_parameters": "§"}`,
		`{"account": "a", "session_parameters": {"§": "§"}}`, `{"account": "a", "proxy_port": "§"}`, `{"account": "a", "authenticator": "oauth", "grant_type": "§"}`, `["§"]`,
	},
	"google_cloud_platform": {
		`{"key_path": "§.json"}`, `{"key_path": "§"}`, `{"keyfile_dict": "§"}`, `{"keyfile_dict": {"type": "§", "private_key": "§", "client_email": "e", "token_uri": "https://h"}}`,
		`{"keyfile_dict": {"type": "service_account", "private_key": "§", "client_email": "§", "token_uri": "http://127.0.0.1:1"}}`,
		`{"keyfile_dict": {"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----\n", "client_email": "e", "token_uri": "http://127.0.0.1:1"}}`,
		`{"keyfile_dict": {"type": "service_account", "private_key": "x", "client_email": "e", "token_uri": "§"}}`, `{"credential_config_file": "§"}`, `{"credential_config_file": "{§"}`,
		`{"credential_config_file": {"type": "§"}}`, `{"credential_config_file": {"type": "external_account", "audience": "§", "token_url": "§", "credential_source": {"file": "/nowhere"}}}`,
		`{"credential_config_file": {"type": "authorized_user", "client_secret": "§", "refresh_token": "§", "token_uri": "http://127.0.0.1:1"}}`,
		`{"impersonation_chain": [5, "§"]}`, `{"num_retries": "§"}`, `{"quota_project_id": "§"}`, `{"key_secret_name": "§"}`, `{"is_anonymous": true, "key_path": "§"}`, `["§"]`,
	},
}

// hiddenLetters are letters that no message of a driver has.
var hiddenLetters = []rune("각난닫랄맘밥삿앙잦찿캌탙팦핳漢字秘密鍵匙暗號กขคงจฉあいうえおאבגדה😀🔑𠀋")

// draw returns a random secret.
func draw(r *rand.Rand) string {
	var b strings.Builder
	for range 3 {
		b.WriteRune(hiddenLetters[r.IntN(len(hiddenLetters))])
	}
	for range 4 + r.IntN(8) {
		b.WriteRune(hiddenLetters[r.IntN(len(hiddenLetters))])
		if r.IntN(4) == 0 {
			b.WriteByte(" '\"\\@:/%?#&=\n;"[r.IntN(14)])
		}
	}
	return b.String()
}

// TestRandomSecrets opens clients of wrong connections, and uses the clients that can be opened
// without a server.
func TestRandomSecrets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	addr, release, err := secretsmanagertest.ClosedPort()
	require.NoError(t, err)
	defer release()
	closed, err := net.ResolveTCPAddr("tcp", addr)
	require.NoError(t, err)
	tried := 0
	for connType, extras := range trials {
		for _, extra := range extras {
			secret := draw(r)
			quoted, err := json.Marshal(secret)
			require.NoError(t, err)
			c := connuri.Connection{
				Type: connType, Host: "127.0.0.1", Port: closed.Port, Login: "app@example.com", Schema: "main", Password: connuri.NewSecret(secret),
				Extra: connuri.RawExtra(strings.ReplaceAll(extra, "§", strings.Trim(string(quoted), `"`))),
			}
			if connType == "http" {
				c.Schema = ""
			}
			t.Run(connType+" "+extra, func(t *testing.T) { hidden(t, use(t, c), secret) })
			tried++
		}
	}
	require.Greater(t, tried, 70)
}

// use opens a client and uses it once.
func use(t *testing.T, c connuri.Connection) error {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	switch c.Type {
	case "postgres":
		pool, err := openPostgres(ctx, c)
		if err != nil {
			return err
		}
		defer pool.Close()
		return pool.Ping(ctx)
	case "mysql":
		db, err := openMySQL(c)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.PingContext(ctx)
	case "redis":
		client, err := openRedis(c)
		if err != nil {
			return err
		}
		defer func() { _ = client.Close() }()
		return client.Ping(ctx).Err()
	case "smtp":
		client, err := openMail(c)
		if err != nil {
			return err
		}
		return client.DialWithContext(ctx)
	case "mongo":
		return pingMongo(ctx, c)
	case "kafka":
		return pingKafka(ctx, c)
	case "ssh":
		client, err := openSSH(ctx, c)
		if err != nil {
			return err
		}
		return client.Close()
	case "mssql":
		db, err := openMSSQL(c)
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.PingContext(ctx)
	case "snowflake":
		_, err := openSnowflake(c)
		return err
	case "google_cloud_platform":
		login, err := openGoogle(ctx, c)
		if err != nil {
			return err
		}
		_, err = login.tokens.Token()
		return err
	}
	_, err := fetch(t, c, "v1")
	return err
}
