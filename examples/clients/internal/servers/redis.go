package servers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Redis starts a Redis server whose administrator is admin; the default user is off. The
// test is skipped where it is not installed, or fails if REDIS=required is set.
func Redis(t testing.TB) *Server {
	t.Helper()
	redis := program("redis-server")
	return start(t, kind{
		name: "Redis", required: "REDIS", packages: "redis-server", programs: []string{redis}, shutdown: syscall.SIGTERM,
		prepare: func(s *Server, dir string) ([]*exec.Cmd, error) {
			text := fmt.Sprintf("user default off\nuser %s on >%s ~* &* +@all\nsave \"\"\nlogfile \"\"\ntls-auth-clients no\n"+
				"tls-ca-cert-file %s\ntls-cert-file %s\ntls-key-file %s\n",
				s.User, s.Password, s.CAFile, filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
			return nil, os.WriteFile(filepath.Join(dir, "redis.conf"), []byte(text), 0o600)
		},
		serve: func(s *Server, dir string) *exec.Cmd {
			s.TLSPort, _ = freePort() // 0 is no TLS, so the test would fail
			cmd := exec.Command(redis, filepath.Join(dir, "redis.conf"), "--dir", dir, "--bind", s.Host, "--port", s.port(),
				"--tls-port", fmt.Sprint(s.TLSPort))
			cmd.Args[0] = "redis-server" // on Debian the file is another program, which looks at its name
			return cmd
		},
		ping: pingRedis,
	}, &Server{User: "admin"})
}

// pingRedis returns an error unless the server answers that it requires a login.
func pingRedis(ctx context.Context, s *Server) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, s.port()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "-NOAUTH") {
		err = errors.New("the server does not ask for a login")
	}
	return err
}
