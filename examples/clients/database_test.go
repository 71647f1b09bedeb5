package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

// password has characters that URIs and settings have to quote. Nothing else in these tests has
// any of its letters.
const password = `비밀번호'"\@:/%? &열쇠문자`

// connection returns a connection to a server as the user app.
func connection(t *testing.T, connType string, s *servers.Server, extra map[string]any) connuri.Connection {
	t.Helper()
	c := connuri.Connection{Type: connType, Host: s.Host, Port: s.Port, Login: "app", Password: connuri.NewSecret(password), Schema: s.Database}
	if extra != nil {
		var err error
		c.Extra, err = connuri.NewExtra(extra)
		require.NoError(t, err)
	}
	return c
}

// strangersCA returns the file of a CA that signed the certificate of no server.
func strangersCA(t *testing.T) string {
	_, file := servers.Certificate(t)
	return file
}

// within returns a context with the time limit of one use of a client.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestPostgres(t *testing.T) {
	s := servers.PostgreSQL(t)
	quoted := strings.ReplaceAll(password, "'", "''")
	_, err := s.DB.ExecContext(t.Context(), "CREATE ROLE app LOGIN PASSWORD '"+quoted+"'")
	require.NoError(t, err)
	for _, row := range []struct {
		name  string
		extra map[string]any
		tls   bool
		wrong string // "" if the query is answered
	}{
		{"password", nil, true, ""}, // libpq's default prefers TLS
		{"sslmode disable", map[string]any{"sslmode": "disable"}, false, ""},
		{"TLS with its own CA", map[string]any{"sslmode": "verify-full", "sslrootcert": s.CAFile}, true, ""},
		{"TLS, the chain alone", map[string]any{"sslmode": "verify-ca", "sslrootcert": s.CAFile, "application_name": "o'r \\"}, true, ""},
		{"wrong CA", map[string]any{"sslmode": "verify-full", "sslrootcert": strangersCA(t)}, false, "certificate"},
		{"CA that is not there", map[string]any{"sslmode": "verify-full", "sslrootcert": filepath.Join(t.TempDir(), password)}, false, "a file that it names"},
		{"wrong password", map[string]any{"password": password + "x"}, false, "28P01"},
	} {
		for form, c := range stored(t, connection(t, "postgres", s, row.extra)) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				pool, err := openPostgres(t.Context(), c)
				var user string
				var isTLS bool
				if err == nil {
					defer pool.Close()
					err = pool.QueryRow(within(t), "SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&user, &isTLS)
				}
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, "app", user)
				assert.Equal(t, row.tls, isTLS)
			})
		}
	}
	t.Run("PGPASSWORD where the connection has no password", func(t *testing.T) {
		t.Setenv("PGPASSWORD", password)
		c := connection(t, "postgres", s, nil)
		c.Password = connuri.Secret{}
		pool, err := openPostgres(t.Context(), c)
		require.NoError(t, err)
		defer pool.Close()
		require.NoError(t, pool.Ping(within(t)))
	})
}

func TestMariaDB(t *testing.T) {
	s := servers.MariaDB(t)
	quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password)
	_, err := s.DB.ExecContext(t.Context(), "CREATE USER app@'%' IDENTIFIED BY '"+quoted+"'")
	require.NoError(t, err)
	_, err = s.DB.ExecContext(t.Context(), "GRANT ALL ON main.* TO app@'%'")
	require.NoError(t, err)
	for _, row := range []struct {
		name    string
		extra   map[string]any
		tls     bool
		charset string
		wrong   string
	}{
		{"password", nil, false, "utf8mb4", ""},
		{"TLS", map[string]any{"ssl": map[string]any{"ca": s.CAFile}, "ssl_mode": "VERIFY_IDENTITY"}, true, "utf8mb4", ""},
		{"TLS, ssl as text", map[string]any{"ssl": `{"ca": "` + s.CAFile + `"}`}, true, "utf8mb4", ""},
		{"TLS without verification", map[string]any{"ssl_mode": "REQUIRED"}, true, "utf8mb4", ""},
		{"TLS for the other client", map[string]any{"client": "mysql-connector-python", "ssl_ca": s.CAFile}, true, "utf8mb4", ""},
		{"charset", map[string]any{"charset": "latin1"}, false, "latin1", ""},
		{"wrong CA", map[string]any{"ssl": map[string]any{"ca": strangersCA(t)}}, false, "", "certificate"},
		{"CA that is not there", map[string]any{"ssl": map[string]any{"ca": "/nowhere/" + password}}, false, "", "the CA file cannot be read"},
		{"charset of a stranger", map[string]any{"charset": "klingon"}, false, "", "klingon"},
	} {
		for form, c := range stored(t, connection(t, "mysql", s, row.extra)) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				user, cipher, charset, err := askMySQL(t, c)
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, "app main", user)
				assert.Equal(t, row.tls, cipher != "")
				assert.Equal(t, row.charset, charset)
			})
		}
	}
	c := connection(t, "mysql", s, nil)
	c.Password = connuri.NewSecret(password + "x")
	_, _, _, err = askMySQL(t, c)
	require.ErrorContains(t, err, "1045")
	noSecret(t, err)
}

func askMySQL(t *testing.T, c connuri.Connection) (user, cipher, charset string, err error) {
	db, err := openMySQL(c)
	if err != nil {
		return "", "", "", err
	}
	defer func() { assert.NoError(t, db.Close()) }()
	var name string
	err = db.QueryRowContext(within(t), "SELECT concat(substring_index(current_user(), '@', 1), ' ', database()), @@character_set_client").Scan(&user, &charset)
	if err != nil {
		return "", "", "", err
	}
	err = db.QueryRowContext(within(t), "SHOW STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher)
	if err == nil && charset == "utf8mb4" {
		var text sql.NullString
		require.NoError(t, db.QueryRowContext(within(t), "SELECT CONCAT('😀', ?)", "é").Scan(&text))
		assert.Equal(t, "😀é", text.String)
	}
	return user, cipher, charset, err
}

func TestRedis(t *testing.T) {
	s := servers.Redis(t)
	admin := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("%s:%d", s.Host, s.Port), Username: s.User, Password: s.Password})
	hash := sha256.Sum256([]byte(password))
	require.NoError(t, admin.Do(t.Context(), "ACL", "SETUSER", "app", "on", "#"+hex.EncodeToString(hash[:]), "~*", "&*", "+@all").Err())
	require.NoError(t, admin.Close())
	for _, row := range []struct {
		name  string
		extra map[string]any
		tls   bool
		db    int
		wrong string
	}{
		{"ACL user", nil, false, 0, ""},
		{"db", map[string]any{"db": 3}, false, 3, ""},
		{"TLS", map[string]any{"ssl": true, "ssl_ca_certs": s.CAFile, "db": "2"}, true, 2, ""},
		{"TLS, the chain alone", map[string]any{"ssl": true, "ssl_ca_certs": s.CAFile, "ssl_check_hostname": false}, true, 0, ""},
		{"TLS without verification", map[string]any{"ssl": true, "ssl_cert_reqs": "none"}, true, 0, ""},
		{"wrong CA", map[string]any{"ssl": true, "ssl_ca_certs": strangersCA(t)}, true, 0, "certificate"},
		{"CA that is not there", map[string]any{"ssl": true, "ssl_ca_certs": "/nowhere/" + password}, true, 0, "the CA file cannot be read"},
		{"no TLS where TLS is", nil, true, 0, "EOF"},
		{"no such db", map[string]any{"db": 99}, false, 0, "DB index"},
	} {
		c := connection(t, "redis", s, row.extra)
		c.Schema = "7" // is not the database
		if row.tls {
			c.Port = s.TLSPort
		}
		for form, c := range stored(t, c) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				info, err := askRedis(t, c)
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					return
				}
				require.NoError(t, err)
				assert.Contains(t, info, " user=app ")
				assert.Contains(t, info, fmt.Sprintf(" db=%d ", row.db))
			})
		}
	}
	c := connection(t, "redis", s, nil)
	c.Password = connuri.NewSecret(password + "x")
	_, err := askRedis(t, c)
	require.ErrorContains(t, err, "WRONGPASS")
	noSecret(t, err)
}

func askRedis(t *testing.T, c connuri.Connection) (info string, err error) {
	client, err := openRedis(c)
	if err != nil {
		return "", err
	}
	defer func() { assert.NoError(t, client.Close()) }()
	return client.Do(within(t), "CLIENT", "INFO").Text()
}
