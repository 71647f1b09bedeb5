// Package servers starts real servers for tests from Debian's packages: in a temporary folder, on
// loopback, with logins by password, with and without TLS. It leaves the servers of the system
// alone.
package servers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Server is a server that runs until the end of a test.
type Server struct {
	Host     string // 127.0.0.1
	Port     int
	User     string // has all privileges
	Password string
	Database string // exists

	CAFile  string // PEM file of the CA of the server's certificate, which is for 127.0.0.1 and localhost
	TLSPort int    // of Redis; the others take both kinds of clients at Port

	HostKeys []string // of OpenSSH, as in known_hosts: TYPE BASE64

	DB *sql.DB // as User; nil for Redis and OpenSSH
}

// kind holds what differs between the kinds of servers.
type kind struct {
	name     string
	required string    // environment variable that makes a missing server a failure
	packages string    // of Debian
	programs []string  // on the PATH, or where packages install them
	shutdown os.Signal // ends the server without waiting for sessions
	asRoot   bool      // the server stays root if the test is

	// prepare makes the files of a server in dir, for the password of its User.
	prepare func(s *Server, dir string) (commands []*exec.Cmd, err error)
	serve   func(s *Server, dir string) *exec.Cmd
	open    func(s *Server) (*sql.DB, error)
	ping    func(ctx context.Context, s *Server) error // nil pings the database of open
}

// start starts a server, or skips the test if it is not installed.
func start(t testing.TB, k kind, s *Server) *Server {
	t.Helper()
	for _, program := range k.programs {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if os.Getenv(k.required) == "required" {
			t.Fatalf("%s is not installed, and %s=required", k.name, k.required)
		}
		t.Skipf("%s is not installed: apt-get install %s", k.name, k.packages)
	}
	dir, err := os.MkdirTemp("", "airflowsecrets-"+k.name+"-") // short, since paths of sockets are limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.Host, s.Password = "127.0.0.1", rand.Text()
	if s.CAFile, err = certificates(dir); err != nil {
		t.Fatal(err)
	}
	commands, err := k.prepare(s, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range commands {
		cmd.Dir = dir
		if err := unprivileged(dir, cmd); err != nil {
			t.Fatal(err)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", filepath.Base(cmd.Path), err, out)
		}
	}
	for range 5 { // another program may take the free port before the server does
		if err = s.run(t, k, dir); !errors.Is(err, errEnded) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var errEnded = errors.New("the server ended")

// run starts the server on a free port and waits until it answers.
func (s *Server) run(t testing.TB, k kind, dir string) (err error) {
	if s.Port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server keeps its own descriptor
	cmd := k.serve(s, dir)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if k.asRoot {
		ownGroup(cmd)
	} else if err := unprivileged(dir, cmd); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its log
	}()
	stop := func() {
		_ = cmd.Process.Signal(k.shutdown)
		stuck := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		<-ended
		stuck.Stop()
	}
	ping, closeDB := k.ping, func() {}
	if ping == nil {
		if s.DB, err = k.open(s); err != nil {
			stop()
			return err
		}
		db := s.DB
		ping = func(ctx context.Context, _ *Server) error { return db.PingContext(ctx) }
		closeDB = func() { _ = db.Close() }
	}
	if err := s.answers(ping, ended); err != nil {
		closeDB()
		stop()
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", k.name, err, text)
	}
	t.Cleanup(func() {
		closeDB()
		stop()
	})
	return nil
}

// answers waits until the server accepts logins.
func (s *Server) answers(ping func(context.Context, *Server) error, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		err := ping(ctx, s)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ended:
			return errEnded
		case <-ctx.Done():
			return err
		}
	}
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

// program returns the path of a program: on the PATH, or the newest of those that match the
// patterns.
func program(name string, patterns ...string) string {
	if found, err := exec.LookPath(name); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil {
			return found
		}
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern)
		slices.Sort(found)
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return name
}

func (s *Server) port() string { return strconv.Itoa(s.Port) }
