package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openSSH connects and logs in. For files, pass the client to sftp.NewClient of
// github.com/pkg/sftp. Limit each command to hook.SSHConfig.CmdTimeout.
func openSSH(ctx context.Context, c connuri.Connection) (*ssh.Client, error) {
	s, err := hook.SSH(c)
	if err != nil {
		return nil, err
	}
	config, err := sshConfig(s)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: s.ConnectTimeout, KeepAlive: s.KeepaliveInterval}
	conn, err := dialer.DialContext(ctx, "tcp", s.Addr())
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(s.BannerTimeout)) // for the login too, which has the same limit in paramiko
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	client, channels, requests, err := ssh.NewClientConn(conn, s.Addr(), config)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(client, channels, requests), nil
}

// sshConfig returns the settings of a connection for x/crypto/ssh.
func sshConfig(s hook.SSHConfig) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: s.User, Config: ssh.Config{Ciphers: s.Ciphers}}
	var err error
	if config.Auth, err = sshLogin(s); err != nil {
		return nil, err
	}
	if config.HostKeyCallback, config.HostKeyAlgorithms, err = sshHosts(s); err != nil {
		return nil, err
	}
	if s.User == "" {
		self, err := user.Current()
		if err != nil {
			return nil, err
		}
		config.User = self.Username
	}
	return config, nil
}

// sshLogin returns the ways to log in: the private key, then the password. paramiko also tries
// the agent and the keys in ~/.ssh, which no connection names.
func sshLogin(s hook.SSHConfig) (methods []ssh.AuthMethod, err error) {
	key, passphrase, err := s.Key(os.ReadFile)
	if err != nil {
		return nil, err
	}
	if key != nil {
		signer, err := ssh.ParsePrivateKey(key)
		if _, isLocked := errors.AsType[*ssh.PassphraseMissingError](err); isLocked {
			signer, err = ssh.ParsePrivateKeyWithPassphrase(key, passphrase)
		}
		if err != nil {
			return nil, errors.New("ssh: the private key or its passphrase is wrong")
		}
		methods = append(methods, ssh.PublicKeys(signer))
	}
	if password := s.Password.Reveal(); password != "" {
		answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
			return slices.Repeat([]string{password}, len(questions)), nil
		}
		methods = append(methods, ssh.Password(password), ssh.KeyboardInteractive(answer))
	}
	return methods, nil
}

// sshHosts returns the check of the server's key, and the algorithms to ask the server for.
// Those are the ones of its known keys, since a server has several keys and shows one.
func sshHosts(s hook.SSHConfig) (ssh.HostKeyCallback, []string, error) {
	listed, err := knownHosts(s)
	if err != nil {
		return nil, nil, err
	}
	check := func(host string, addr net.Addr, key ssh.PublicKey) error {
		err := listed(host, addr, key)
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
		switch e, ok := errors.AsType[*knownhosts.KeyError](err); {
		case !ok || len(e.Want) > 0: // the host is listed, with this key or with another one
			return err
		case s.HostKey == line, s.HostKey == "" && s.AcceptsUnknownHosts():
			return nil
		case s.HostKey != "":
			return errors.New("ssh: the key of the server is not the connection's host_key")
		}
		return err
	}
	return check, sshAlgorithms(s, listed), nil
}

// knownHosts returns the check of ~/.ssh/known_hosts. It knows no server if the connection does
// not read that file.
func knownHosts(s hook.SSHConfig) (ssh.HostKeyCallback, error) {
	home, err := os.UserHomeDir()
	file := filepath.Join(home, ".ssh", "known_hosts")
	if _, statErr := os.Stat(file); err != nil || statErr != nil || !s.ReadsKnownHosts() {
		return knownhosts.New()
	}
	return knownhosts.New(file)
}

// sshAlgorithms returns the algorithms of the server's known keys, none if no key is known.
func sshAlgorithms(s hook.SSHConfig, listed ssh.HostKeyCallback) (algorithms []string) {
	kind, _, _ := strings.Cut(s.HostKey, " ")
	kinds := []string{kind}
	nobodys, err := ssh.NewPublicKey(ed25519.PublicKey(make([]byte, ed25519.PublicKeySize)))
	if err != nil {
		return nil
	}
	e, ok := errors.AsType[*knownhosts.KeyError](listed(s.Addr(), &net.TCPAddr{}, nobodys))
	if ok && len(e.Want) > 0 {
		kinds = nil
		for _, known := range e.Want {
			kinds = append(kinds, known.Key.Type())
		}
	}
	for _, kind := range kinds {
		switch kind {
		case "":
		case ssh.KeyAlgoRSA:
			algorithms = append(algorithms, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		default:
			algorithms = append(algorithms, kind)
		}
	}
	return algorithms
}

func showSSH(s hook.SSHConfig, config *ssh.ClientConfig) []string {
	key := "none"
	if !s.PrivateKey.IsZero() || s.KeyFile != "" {
		key = "one"
	}
	hosts := strings.Join(config.HostKeyAlgorithms, ", ")
	if hosts == "" {
		hosts = "of any type"
	}
	return []string{
		fmt.Sprintf("server    %s, %v to log in", s.Addr(), s.BannerTimeout),
		"login     " + shownLogin(config.User, s.Password.Reveal()),
		"key       " + key,
		"host key  " + hosts,
	}
}
