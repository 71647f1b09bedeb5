package hook_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// issued is a certificate with its key, made in a test.
type issued struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate from template. A nil issuer signs itself.
func issue(t *testing.T, issuer *issued, template x509.Certificate) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore = time.Now().Add(-2 * time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	template.BasicConstraintsValid = true
	parent, signer := &template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &issued{certificate, key}
}

func issueCA(t *testing.T, issuer *issued, name string) *issued {
	return issue(t, issuer, x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign})
}

func (i *issued) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
}

func (i *issued) keyPEM(t *testing.T) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// pair is what a server shows: the certificate and those between it and its root.
func (i *issued) pair(between ...*issued) tls.Certificate {
	chain := [][]byte{i.certificate.Raw}
	for _, b := range between {
		chain = append(chain, b.certificate.Raw)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: i.key}
}

// serve answers each client that it accepts with "hello", and returns its address.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = conn.Write([]byte("hello")) // shakes hands first
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

// greet connects with what settings say and reads the greeting.
func greet(t *testing.T, settings hook.TLS, files map[string][]byte, addr string) error {
	t.Helper()
	config, err := settings.Config(reader(files))
	require.NoError(t, err)
	require.NotNil(t, config)
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", addr, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	got, err := io.ReadAll(conn)
	if err == nil {
		assert.Equal(t, "hello", string(got))
	}
	return err
}

// reader is a readFile that knows some files.
func reader(files map[string][]byte) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return text, nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

func TestTLSConfigVerifies(t *testing.T) {
	root, other := issueCA(t, nil, "root"), issueCA(t, nil, "other")
	between := issueCA(t, root, "between")
	leaf := func(change func(*x509.Certificate)) tls.Certificate {
		template := x509.Certificate{
			Subject: pkix.Name{CommonName: "server"}, DNSNames: []string{"db.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		change(&template)
		return issue(t, between, template).pair(between)
	}
	good := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(func(*x509.Certificate) {})}})
	expired := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })}})
	forClients := serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	})}})
	files := map[string][]byte{"root.pem": root.pem(), "other.pem": other.pem()}

	for _, row := range []struct {
		what, addr                       string
		ca, name                         string
		unverified, verifyCA, verifyFull bool // whether each mode accepts the server
	}{
		{"right CA, right name", good, "root.pem", "db.example.com", true, true, true},
		{"right CA, wrong name", good, "root.pem", "elsewhere.example.com", true, true, false},
		{"wrong CA, right name", good, "other.pem", "db.example.com", true, false, false},
		{"wrong CA, wrong name", good, "other.pem", "elsewhere.example.com", true, false, false},
		{"CAs of the system", good, "", "db.example.com", true, false, false},
		{"the name from the dialer", good, "root.pem", "", true, true, true},
		{"expired", expired, "root.pem", "db.example.com", true, false, false},
		{"a certificate for clients", forClients, "root.pem", "db.example.com", true, false, false},
	} {
		for mode, accepts := range map[hook.TLSMode]bool{
			hook.TLSUnverified: row.unverified, hook.TLSVerifyCA: row.verifyCA, hook.TLSVerifyFull: row.verifyFull,
		} {
			t.Run(row.what+"/"+mode.String(), func(t *testing.T) {
				err := greet(t, hook.TLS{Mode: mode, ServerName: row.name, CAFile: row.ca}, files, row.addr)
				if accepts {
					assert.NoError(t, err)
				} else {
					assert.Error(t, err)
				}
			})
		}
	}
}

func TestTLSConfigClientCertificate(t *testing.T) {
	root, other := issueCA(t, nil, "root"), issueCA(t, nil, "other")
	server := issue(t, root, x509.Certificate{DNSNames: []string{"db.example.com"}})
	forClient := x509.Certificate{Subject: pkix.Name{CommonName: "app"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	client, stranger := issue(t, root, forClient), issue(t, other, forClient)
	pool := x509.NewCertPool()
	pool.AddCert(root.certificate)
	addr := serve(t, &tls.Config{Certificates: []tls.Certificate{server.pair()}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool})
	files := map[string][]byte{
		"root.pem": root.pem(), "c.pem": client.pem(), "c.key": client.keyPEM(t), "both.pem": append(client.keyPEM(t), client.pem()...),
		"s.pem": stranger.pem(), "s.key": stranger.keyPEM(t),
	}
	for _, mode := range []hook.TLSMode{hook.TLSUnverified, hook.TLSVerifyCA, hook.TLSVerifyFull} {
		t.Run(mode.String(), func(t *testing.T) {
			settings := hook.TLS{Mode: mode, ServerName: "db.example.com", CAFile: "root.pem"}
			assert.Error(t, greet(t, settings, files, addr), "no certificate")
			settings.CertFile, settings.KeyFile = "c.pem", "c.key"
			assert.NoError(t, greet(t, settings, files, addr))
			settings.CertFile, settings.KeyFile = "both.pem", ""
			assert.NoError(t, greet(t, settings, files, addr), "both in one file")
			settings.CertFile, settings.KeyFile = "s.pem", "s.key"
			assert.Error(t, greet(t, settings, files, addr), "from another CA")
		})
	}
}

func TestTLSConfigErrors(t *testing.T) {
	root := issueCA(t, nil, "root")
	const secret = "/run/passwort-パス"
	files := map[string][]byte{
		"root.pem": root.pem(), "root.key": root.keyPEM(t), "other.key": issueCA(t, nil, "other").keyPEM(t), "no.pem": []byte("text"),
	}
	for _, row := range []struct {
		what     string
		settings hook.TLS
		notExist bool
		want     string
	}{
		{"no CA", hook.TLS{CAFile: secret}, true, "hook: the CA file cannot be read"},
		{"no certificate", hook.TLS{CertFile: secret, KeyFile: "root.key"}, true, "hook: the client certificate file cannot be read"},
		{"no key", hook.TLS{CertFile: "root.pem", KeyFile: secret}, true, "hook: the client key file cannot be read"},
		{"key alone", hook.TLS{KeyFile: secret}, false, "hook: there is a client key without a client certificate"},
		{"CA that is none", hook.TLS{CAFile: "no.pem"}, false, "hook: the CA file holds no certificate in PEM form"},
		{"key of another", hook.TLS{CertFile: "root.pem", KeyFile: "other.key"}, false, "hook: the client certificate and its key do not fit together, or are not in PEM form"},
		{"no key in the certificate", hook.TLS{CertFile: "root.pem"}, false, "hook: the client certificate and its key do not fit together, or are not in PEM form"},
	} {
		for _, mode := range []hook.TLSMode{hook.TLSUnverified, hook.TLSVerifyCA, hook.TLSVerifyFull} {
			t.Run(row.what+"/"+mode.String(), func(t *testing.T) {
				row.settings.Mode = mode
				config, err := row.settings.Config(reader(files))
				assert.Nil(t, config)
				require.EqualError(t, err, row.want)
				assert.Equal(t, row.notExist, errors.Is(err, fs.ErrNotExist))
				_, leaks := errors.AsType[*fs.PathError](err)
				assert.False(t, leaks, "the error leads to the path")
			})
		}
	}
	config, err := hook.TLS{Mode: hook.TLSVerifyFull, CAFile: "root.pem"}.Config(nil)
	assert.Nil(t, config)
	assert.EqualError(t, err, "hook: the CA file cannot be read")
	config, err = hook.TLS{Mode: hook.TLSVerifyFull + 1}.Config(nil)
	assert.Nil(t, config)
	assert.EqualError(t, err, "hook: unknown mode of TLS")
}

func TestTLSConfigOff(t *testing.T) {
	config, err := hook.TLS{CAFile: "ca.pem", CertFile: "c.pem", KeyFile: "c.key"}.Config(func(string) ([]byte, error) {
		t.Error("a file is read")
		return nil, nil
	})
	assert.Nil(t, config)
	assert.NoError(t, err)
}

func TestTLSConfigWithoutFiles(t *testing.T) {
	config, err := hook.TLS{Mode: hook.TLSVerifyFull, ServerName: "db.example.com"}.Config(nil)
	require.NoError(t, err)
	assert.Equal(t, "db.example.com", config.ServerName)
	assert.Equal(t, uint16(tls.VersionTLS12), config.MinVersion)
	assert.False(t, config.InsecureSkipVerify)
	assert.Nil(t, config.RootCAs, "the CAs of the system")
}

func TestTLSModeString(t *testing.T) {
	for mode, want := range map[hook.TLSMode]string{
		hook.TLSOff: "off", hook.TLSUnverified: "unverified", hook.TLSVerifyCA: "verify-ca", hook.TLSVerifyFull: "verify-full", 9: "unknown",
	} {
		assert.Equal(t, want, mode.String())
	}
}
