package servers

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// MariaDB starts a MariaDB server whose administrator is admin. The test is skipped where it
// is not installed, or fails if MARIADB=required is set.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	mariadbd := program("mariadbd", "/usr/sbin/mariadbd", "/usr/libexec/mariadbd")
	install := program("mariadb-install-db")
	return start(t, kind{
		name: "MariaDB", required: "MARIADB", packages: "mariadb-server", programs: []string{mariadbd, install}, shutdown: syscall.SIGTERM,
		prepare: func(s *Server, dir string) ([]*exec.Cmd, error) {
			// The server runs this file whenever it starts.
			file := filepath.Join(dir, "init.sql")
			text := "CREATE USER IF NOT EXISTS " + s.User + "@'%' IDENTIFIED BY '" + s.Password + "';\n" +
				"GRANT ALL ON *.* TO " + s.User + "@'%' WITH GRANT OPTION;\n" +
				"CREATE DATABASE IF NOT EXISTS " + s.Database + ";\n"
			return []*exec.Cmd{exec.Command(install, "--no-defaults", "--datadir="+filepath.Join(dir, "data"), "--tmpdir="+dir,
				"--auth-root-authentication-method=normal", "--skip-test-db")}, os.WriteFile(file, []byte(text), 0o600)
		},
		serve: func(s *Server, dir string) *exec.Cmd {
			return exec.Command(mariadbd, "--no-defaults", "--datadir="+filepath.Join(dir, "data"), "--tmpdir="+dir,
				"--bind-address="+s.Host, "--port="+s.port(), "--socket="+filepath.Join(dir, "socket"), "--pid-file="+filepath.Join(dir, "pid"),
				"--init-file="+filepath.Join(dir, "init.sql"), "--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
				"--ssl-ca="+s.CAFile, "--ssl-cert="+filepath.Join(dir, certFile), "--ssl-key="+filepath.Join(dir, keyFile))
		},
		open: func(s *Server) (*sql.DB, error) {
			config := mysql.NewConfig()
			config.Net, config.Addr, config.DBName = "tcp", s.Host+":"+s.port(), s.Database
			config.User, config.Passwd = s.User, s.Password
			config.Logger = &mysql.NopLogger{} // otherwise it logs that the server is not up yet
			connector, err := mysql.NewConnector(config)
			if err != nil {
				return nil, err
			}
			return sql.OpenDB(connector), nil
		},
	}, &Server{User: "admin", Database: "main"})
}
