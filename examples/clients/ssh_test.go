package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

const passphrase = "암호 구절"

// sshKeys returns private keys by their form, and the lines of their public keys.
func sshKeys(t *testing.T) (private map[string]string, public []string) {
	t.Helper()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	require.NoError(t, err)
	rsaDER := x509.MarshalPKCS1PrivateKey(rsaKey)
	//nolint:staticcheck // tests this form
	lockedPEM, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", rsaDER, []byte(passphrase), x509.PEMCipherAES256)
	require.NoError(t, err)
	private = map[string]string{
		"RSA": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: rsaDER})),
		"EC":  string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ecDER})),

		"RSA, encrypted": string(pem.EncodeToMemory(lockedPEM)),
	}
	for name, key := range map[string]any{"OpenSSH RSA": rsaKey, "OpenSSH ECDSA": ecKey, "OpenSSH Ed25519": edKey} {
		block, err := ssh.MarshalPrivateKey(key, "")
		require.NoError(t, err)
		private[name] = string(pem.EncodeToMemory(block))
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
		require.NoError(t, err)
		private[name+", encrypted"] = string(pem.EncodeToMemory(block))
	}
	for _, key := range []any{edKey.Public(), &rsaKey.PublicKey, &ecKey.PublicKey} {
		half, err := ssh.NewPublicKey(key)
		require.NoError(t, err)
		public = append(public, string(ssh.MarshalAuthorizedKey(half)))
	}
	return private, public
}

// strangersKey returns a host key that no server in these tests has.
func strangersKey(t *testing.T) string {
	key, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	half, err := ssh.NewPublicKey(key)
	require.NoError(t, err)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(half)))
}

// atHome makes a home whose known_hosts has the given keys of a server. Without keys it has no
// known_hosts.
func atHome(t *testing.T, s *servers.Server, keys ...string) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	require.NoError(t, os.Mkdir(filepath.Join(home, ".ssh"), 0o700))
	var lines strings.Builder
	for _, key := range keys {
		fmt.Fprintf(&lines, "[%s]:%d %s\n", s.Host, s.Port, key)
	}
	if len(keys) > 0 {
		require.NoError(t, os.WriteFile(filepath.Join(home, ".ssh", "known_hosts"), []byte(lines.String()), 0o600))
	}
}

// askSSH logs in and returns the name of the user on the server.
func askSSH(t *testing.T, c connuri.Connection) (name string, err error) {
	client, err := openSSH(within(t), c)
	if err != nil {
		return "", err
	}
	defer func() { assert.NoError(t, client.Close()) }()
	session, err := client.NewSession()
	require.NoError(t, err)
	defer func() { _ = session.Close() }()
	out, err := session.Output("echo $LOGNAME")
	return strings.TrimSpace(string(out)), err
}

func TestSSHHosts(t *testing.T) {
	s := servers.OpenSSH(t, password)
	stranger := strangersKey(t)
	for _, row := range []struct {
		name  string
		known []string
		extra map[string]any
		wrong string
	}{
		{"host_key", nil, map[string]any{"host_key": s.HostKeys[0]}, ""},
		{"the other host_key", nil, map[string]any{"host_key": s.HostKeys[1]}, ""},
		{"wrong host_key", nil, map[string]any{"host_key": stranger}, "not the connection's host_key"},
		{"known_hosts", s.HostKeys, nil, ""},
		{"known_hosts, one of its keys", s.HostKeys[:1], nil, ""},
		{"known_hosts, the other of its keys", s.HostKeys[1:], nil, ""},
		{"known_hosts before host_key", s.HostKeys, map[string]any{"host_key": stranger}, ""},
		{"not in known_hosts", nil, nil, "key is unknown"},
		{"another key in known_hosts", []string{stranger}, nil, "key mismatch"},
		{"no check", nil, map[string]any{"no_host_key_check": true}, ""},
		{"no check, but another key in known_hosts", []string{stranger}, map[string]any{"no_host_key_check": true}, "key mismatch"},
		{"a change is allowed", []string{stranger}, map[string]any{"allow_host_key_change": "true"}, ""},
		{"a change is allowed, but not of host_key", nil, map[string]any{"allow_host_key_change": true, "host_key": stranger}, "is not the connection's host_key"},
		{"ciphers", s.HostKeys, map[string]any{"ciphers": []string{"aes192-ctr"}}, ""},
	} {
		for form, c := range stored(t, connection(t, "ssh", s, row.extra)) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				atHome(t, s, row.known...)
				name, err := askSSH(t, c)
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, "app", name)
			})
		}
	}
	c := connection(t, "ssh", s, map[string]any{"host_key": s.HostKeys[0]})
	c.Password = connuri.NewSecret(password + "x")
	_, err := askSSH(t, c)
	require.ErrorContains(t, err, "unable to authenticate")
	noSecret(t, err)
}

func TestSSHKeys(t *testing.T) {
	private, public := sshKeys(t)
	s := servers.OpenSSH(t, password, public...)
	for name, key := range private {
		t.Run(name, func(t *testing.T) {
			extra := map[string]any{"host_key": s.HostKeys[0], "private_key": key}
			if strings.HasSuffix(name, "encrypted") {
				extra["private_key_passphrase"] = passphrase
			}
			c := connection(t, "ssh", s, extra)
			c.Password = connuri.Secret{}
			for _, c := range stored(t, c) {
				user, err := askSSH(t, c)
				require.NoError(t, err)
				assert.Equal(t, "app", user)
			}

			// A file is decrypted with the password of the connection.
			file := filepath.Join(t.TempDir(), "key")
			require.NoError(t, os.WriteFile(file, []byte(key), 0o600))
			c = connection(t, "sftp", s, map[string]any{"host_key": s.HostKeys[0], "key_file": file})
			c.Password = connuri.NewSecret(passphrase)
			user, err := askSSH(t, c)
			require.NoError(t, err)
			assert.Equal(t, "app", user)
		})
	}
	for _, row := range []struct {
		extra map[string]any
		wrong string
	}{
		{map[string]any{"private_key": private["OpenSSH RSA, encrypted"], "private_key_passphrase": password}, "passphrase is wrong"},
		{map[string]any{"private_key": private["RSA, encrypted"], "private_key_passphrase": password}, "does not decrypt the private_key"},
		{map[string]any{"key_file": "/nowhere/" + password}, "the private key file cannot be read"},
	} {
		_, err := askSSH(t, connection(t, "ssh", s, row.extra))
		require.ErrorContains(t, err, row.wrong)
		noSecret(t, err)
	}
}

func TestSFTP(t *testing.T) {
	s := servers.OpenSSH(t, password)
	client, err := openSSH(within(t), connection(t, "sftp", s, map[string]any{"host_key": s.HostKeys[0]}))
	require.NoError(t, err)
	defer func() { assert.NoError(t, client.Close()) }()
	files, err := sftp.NewClient(client)
	require.NoError(t, err)
	defer func() { assert.NoError(t, files.Close()) }()
	file, err := files.Create("report.csv")
	require.NoError(t, err)
	_, err = file.Write([]byte("a,b\n"))
	require.NoError(t, err)
	require.NoError(t, file.Close())
	listed, err := files.ReadDir(".")
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(listed, func(i os.FileInfo) bool { return i.Name() == "report.csv" && i.Size() == 4 }))
}

// TestSSHObeysContext checks that waiting for a silent server ends with the context.
func TestSSHObeysContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, _ = conn.Read(make([]byte, 1)) // the client has dialed and waits
		}
		cancel()
		accepted <- conn
	}()
	done := make(chan error, 1)
	go func() {
		_, err := openSSH(ctx, connuri.Connection{Type: "ssh", Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, Login: "app"})
		done <- err
	}()
	select {
	case err = <-done:
		assert.Error(t, err)
	case <-within(t).Done(): // before the time limit of the banner
		t.Error("openSSH goes on")
	}
	require.NoError(t, listener.Close())
	if conn := <-accepted; conn != nil {
		_ = conn.Close()
	}
}
