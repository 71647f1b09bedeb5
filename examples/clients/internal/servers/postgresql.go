package servers

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// PostgreSQL starts a PostgreSQL server whose superuser is postgres. The test is skipped
// where it is not installed, or fails if POSTGRES=required is set.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	initdb := program("initdb", "/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb")
	postgres := filepath.Join(filepath.Dir(initdb), "postgres")
	return start(t, kind{
		name: "PostgreSQL", required: "POSTGRES", packages: "postgresql", programs: []string{initdb, postgres}, shutdown: os.Interrupt,
		prepare: func(s *Server, dir string) ([]*exec.Cmd, error) {
			file := filepath.Join(dir, "password")
			return []*exec.Cmd{exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", s.User, "--pwfile", file,
				"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "-N")}, os.WriteFile(file, []byte(s.Password+"\n"), 0o600)
		},
		serve: func(s *Server, dir string) *exec.Cmd {
			return exec.Command(postgres, "-D", filepath.Join(dir, "data"), "-h", s.Host, "-p", s.port(), "-k", dir, "-F")
		},
		open: func(s *Server) (*sql.DB, error) {
			config, err := pgx.ParseConfig("host=" + s.Host + " port=" + s.port() + " user=" + s.User + " dbname=" + s.Database + " sslmode=disable")
			if err != nil {
				return nil, err
			}
			config.Password = s.Password
			return stdlib.OpenDB(*config), nil
		},
	}, &Server{User: "postgres", Database: "postgres"})
}
