package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/airflowsecrets/airflowsecrets/examples/clients/rotation"
)

// errNoServer means that PostgreSQL is not installed.
var errNoServer = errors.New("PostgreSQL is not installed: install it (on Debian: " +
	"apt-get install postgresql), or set -dsn or POSTGRES_DSN to the DSN of a superuser of a " +
	"running server, such as postgres://postgres@db/postgres")

// server is a PostgreSQL server that this program has started in a temporary folder.
type server struct {
	dir   string
	cmd   *exec.Cmd
	ended context.Context // done when cmd has ended
	admin *pgx.ConnConfig
}

// startServer starts a server on loopback that asks every user for a password.
func startServer(ctx context.Context) (*server, error) {
	bin, err := findServer()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "airflowsecrets-postgres-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir}
	if err := s.start(ctx, bin); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// findServer returns the folder of initdb and postgres: on the PATH, or the newest of those
// where Debian and Red Hat install them.
func findServer() (string, error) {
	if found, err := exec.LookPath("initdb"); err == nil {
		found, err = filepath.EvalSymlinks(found)
		if dir := filepath.Dir(found); err == nil && isFile(filepath.Join(dir, "postgres")) {
			return dir, nil
		}
	}
	for _, pattern := range installed {
		found, _ := filepath.Glob(pattern)
		slices.Sort(found)
		if len(found) > 0 {
			return filepath.Dir(found[len(found)-1]), nil
		}
	}
	return "", errNoServer
}

// installed are the places of initdb in packages, which are not on the PATH.
var installed = []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb"}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

// start creates the database and starts the server.
func (s *server) start(ctx context.Context, bin string) error {
	password := newPassword()
	passwordFile, data := filepath.Join(s.dir, "password"), filepath.Join(s.dir, "data")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"-D", data, "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "-N")
	if err := unprivileged(s.dir, passwordFile, initdb); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server keeps its own descriptor
	initdb.Dir, initdb.Stdout, initdb.Stderr = s.dir, log, log
	if err := initdb.Run(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(log.Name()))
	}
	for tries := 1; ; tries++ {
		err := s.serve(ctx, bin, data, passwordFile, password, log)
		// Another program may take the free port before the server does.
		if !errors.Is(err, errEnded) || tries == 5 {
			return err
		}
	}
}

// errEnded means that the server exited before it answered.
var errEnded = errors.New("postgres: the server does not start")

// serve starts the server on a free port.
func (s *server) serve(ctx context.Context, bin, data, passwordFile, password string, log *os.File) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"),
		"-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", s.dir, "-F")
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	if err := unprivileged(s.dir, passwordFile, cmd); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer end()
		_ = cmd.Wait() // how it ended is in its log
	}()
	s.cmd, s.ended = cmd, ended
	keywords := fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", port)
	s.admin, err = pgx.ParseConfig(keywords)
	if err != nil {
		return errors.New("the settings of the server cannot be used")
	}
	s.admin.Password = password
	return s.answers(ctx, log.Name())
}

// answers waits until the server answers.
func (s *server) answers(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	defer context.AfterFunc(s.ended, cancel)()
	for {
		conn, err := pgx.ConnectConfig(ctx, s.admin)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			if s.ended.Err() != nil {
				return fmt.Errorf("%w: %s", errEnded, lastLine(log))
			}
			return fmt.Errorf("postgres: %w: %s", rotation.WithoutSettings(err), lastLine(log))
		}
	}
}

// patience limits how long the server may take for each step of the cleanup.
const patience = 10 * time.Second

// close stops the server and removes its folder. It takes no context, since it runs after an
// interrupt too.
func (s *server) close() {
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(os.Interrupt) // a fast shutdown, which does not wait for sessions
		stuck := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
		<-s.ended.Done()
		stuck.Stop()
	}
	_ = os.RemoveAll(s.dir)
}

// freePort returns a port that nobody listens on.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// lastLine returns the last line of a log of initdb or the server.
func lastLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "it left no log"
	}
	return string(lastOf(text))
}
