package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
)

// TestMain hides the settings of PostgreSQL, the proxies and the CAs that the machine has.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PG") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("PGPASSFILE", os.DevNull)
	_ = os.Setenv("PGSERVICEFILE", os.DevNull)
	if err := trustOne(); err != nil {
		panic(err)
	}
	leaktest.Main(m)
}

// stored is a connection as it comes back from AWS, stored as a URI and as JSON.
func stored(t *testing.T, c connuri.Connection) map[string]connuri.Connection {
	t.Helper()
	srv := secretsmanagertest.NewServer(t)
	b, err := backend.New(srv.Client(), backend.Config{})
	require.NoError(t, err)
	read := map[string]connuri.Connection{}
	for form, text := range map[string]string{"URI": c.URI(), "JSON": c.JSON()} {
		srv.Set("airflow/connections/"+form, text)
		read[form], err = b.GetConnection(t.Context(), form)
		require.NoError(t, err)
	}
	return read
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
	assert.NotContains(t, out.String(), "s3cr")
	for _, want := range []string{
		"db.example.com:5432, database orders, 10s", "mariadb.example.com:3306, database shop", "cache.example.com:6379, database 2",
		"mongo.example.com:27017, database shop, 20s", "known to admin", "kafka.example.com:9093, group billing",
		"bastion.example.com:2222, 30s to log in", "host key  ssh-ed25519", "sqlserver.example.com:1433, database sales, 10s", "any certificate, for everything",
		"account   acme-prod, database SHOP", "app, with a password, by snowflake", "project   shop-prod", "acts as   reader@shop-prod",
		"mail.example.com:587, starttls", "https://api.example.com, 20s", "headers   1 secret", "a certificate for db.example.com",
	} {
		assert.Contains(t, out.String(), want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Error(t, run(ctx, &out))
}

// glue is how many lines stand between a connection and its client, in all functions of a
// file. Some have more than 25, in several functions: to their drivers each mode of TLS, each
// kind of login and each setting is an option of its own.
var glue = map[string]int{"postgres.go": 21, "mysql.go": 25, "redis.go": 15, "mail.go": 39, "http.go": 25,
	"mongo.go": 41, "kafka.go": 95, "ssh.go": 117, "mssql.go": 30,
	"snowflake.go": 7, "google.go": 67,
}

// TestGlue: what stands between a connection and its client is short.
func TestGlue(t *testing.T) {
	opens := 0
	for name, most := range glue {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, 0)
		require.NoError(t, err)
		lines := 0
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || strings.HasPrefix(f.Name.Name, "show") {
				continue
			}
			n := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1
			assert.LessOrEqual(t, n, 25, "%s: %s", name, f.Name)
			lines += n
			if strings.HasPrefix(f.Name.Name, "open") {
				opens++
			}
		}
		assert.Equal(t, most, lines, "%s: lines of glue", name)
	}
	assert.Equal(t, len(glue), opens)
}
