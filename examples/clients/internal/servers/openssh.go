package servers

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"
)

// OpenSSH starts an OpenSSH server. Its user app logs in with a password or with one of the keys,
// which are lines of authorized_keys. The test is skipped if OpenSSH is not installed, or fails if
// OPENSSH=required is set. It is also skipped if the test does not run as root, since only root
// may check passwords. nss_wrapper makes the user known to this server only.
func OpenSSH(t testing.TB, password string, authorized ...string) *Server {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("sshd needs root to check passwords")
	}
	sshd := program("sshd", "/usr/sbin/sshd")
	wrappers, _ := filepath.Glob("/usr/lib/*/libnss_wrapper.so")
	k := kind{
		name: "OpenSSH", required: "OPENSSH", packages: "openssh-server libnss-wrapper", programs: []string{sshd}, shutdown: syscall.SIGTERM, asRoot: true,
		prepare: func(s *Server, dir string) ([]*exec.Cmd, error) {
			s.Password = password
			return nil, prepareOpenSSH(s, dir, strings.Join(authorized, ""))
		},
		serve: func(s *Server, dir string) *exec.Cmd {
			cmd := exec.Command(sshd, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"), "-p", s.port())
			cmd.Env = append(os.Environ(), "LD_PRELOAD="+wrappers[0], "NSS_WRAPPER_PASSWD="+filepath.Join(dir, "passwd"),
				"NSS_WRAPPER_GROUP="+filepath.Join(dir, "group"), "NSS_WRAPPER_SHADOW="+filepath.Join(dir, "shadow"))
			return cmd
		},
		ping: pingSSH,
	}
	if len(wrappers) == 0 {
		k.programs = []string{"libnss_wrapper.so"} // which LookPath does not find
	}
	return start(t, k, &Server{User: "app"})
}

// prepareOpenSSH writes the files of a server in dir.
func prepareOpenSSH(s *Server, dir, authorized string) error {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, uidErr := strconv.Atoi(nobody.Uid)
	gid, gidErr := strconv.Atoi(nobody.Gid)
	hash, err := bcrypt.GenerateFromPassword([]byte(s.Password), bcrypt.MinCost)
	if err := errors.Join(err, uidErr, gidErr); err != nil {
		return err
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	home := filepath.Join(dir, "home")
	files := map[string]string{
		"passwd": fmt.Sprintf("app:x:%d:%d::%s:/bin/sh\nsshd:x:%[1]d:%[2]d::/:/bin/false\nroot:x:0:0::/:/bin/false\n", uid, gid, home),
		"shadow": fmt.Sprintf("app:%s:19000:0:99999:7:::\n", hash),
		"group":  fmt.Sprintf("app:x:%d:\n", gid),
		"keys":   authorized,
		"sshd_config": fmt.Sprintf("ListenAddress %s\nHostKey %s/host_rsa\nHostKey %[2]s/host_ed25519\nAuthorizedKeysFile %[2]s/keys\nPidFile none\n"+
			"UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\nStrictModes no\nPrintMotd no\nSubsystem sftp internal-sftp\n", s.Host, dir),
	}
	for name, key := range map[string]crypto.Signer{"host_rsa": rsaKey, "host_ed25519": edKey} {
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			return err
		}
		public, err := ssh.NewPublicKey(key.Public())
		if err != nil {
			return err
		}
		files[name] = string(pem.EncodeToMemory(block))
		s.HostKeys = append(s.HostKeys, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))))
	}
	for name, text := range files {
		mode := os.FileMode(0o600)
		if name == "keys" { // the server reads this file as the user
			mode = 0o644
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			return err
		}
	}
	// sshd needs the folder /run/sshd, which the service of the package makes too.
	return errors.Join(os.Chmod(dir, 0o755), os.Mkdir(home, 0o700), os.Chown(home, uid, gid), os.MkdirAll("/run/sshd", 0o755))
}

// pingSSH returns an error unless the server sends its banner.
func pingSSH(ctx context.Context, s *Server) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.Host, s.port()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "SSH-2.0-") {
		err = errors.New("the server does not speak SSH")
	}
	return err
}
