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
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
)

// TestMain hides the settings of PostgreSQL, the proxies and the CAs of the machine.
func TestMain(m *testing.M) {
	ptytest.Main(main)
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

// stored returns a connection as a backend reads it after it was stored as a URI and as JSON.
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
	require.NoError(t, run(t.Context(), &out, all))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
	assert.NotContains(t, out.String(), "s3cr")
	for _, want := range []string{
		"db.example.com:5432, database orders, 10s", "mariadb.example.com:3306, database shop", "cache.example.com:6379, database 2",
		"mongo.example.com:27017, database shop, 20s", "auth source admin", "kafka.example.com:9093, group billing",
		"bastion.example.com:2222, 30s to log in", "host key  ssh-ed25519", "sqlserver.example.com:1433, database sales, 10s", "any certificate, for everything",
		"account   acme-prod, database SHOP", "app, with a password, by snowflake", "project   shop-prod", "acts as   reader@shop-prod",
		"mail.example.com:587, starttls", "https://api.example.com, 20s", "headers   1 secret", "a certificate for db.example.com",
	} {
		assert.Contains(t, out.String(), want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Error(t, run(ctx, &out, all))
}

func TestCommandLine(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		ctx            context.Context
		args           string
		code           int
		stdout, stderr string
	}{
		{t.Context(), "cache mail", 0, "cache\n  driver    redis/go-redis\n", ""},
		{t.Context(), "-h", 0, "\nExit codes:\n", ""},
		{t.Context(), "-version", 0, "clients ", ""},
		{ended, "cache", 1, "", "clients: "},
		{t.Context(), "cache postgres://u:hunter2@h", 2, "", "an argument is not one of the ids orders_db, shop_db"},
		{t.Context(), "-what", 2, "", "-what"},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, row.code, command(row.ctx, strings.Fields(row.args), &stdout, &stderr), row.args)
		assert.Contains(t, stdout.String(), row.stdout, row.args)
		assert.Contains(t, stderr.String(), row.stderr, row.args)
		assert.NotContains(t, stderr.String(), "hunter2")
	}
}

// TestAtATerminal checks that the output fits the terminal. The program ends by itself, too
// soon for Ctrl-C.
func TestAtATerminal(t *testing.T) {
	ptytest.Fits(t, 0)
	ptytest.Fits(t, 0, "-h")
	ptytest.Fits(t, 2, "x")
}

// glue is the number of lines between a connection and its client, in all functions of a file.
// Some files have more than 25, in several functions, since their drivers take each mode of TLS,
// each kind of login and each setting as an option.
var glue = map[string]int{"postgres.go": 22, "mysql.go": 25, "redis.go": 15, "mail.go": 40, "http.go": 25,
	"mongo.go": 41, "kafka.go": 112, "ssh.go": 117, "mssql.go": 30,
	"snowflake.go": 7, "google.go": 67,
}

// TestGlue checks that the code between a connection and its client is short.
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
