package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Names of the files with the certificate of a server and its key, in its folder.
const certFile, keyFile = "server.pem", "server.key"

// certificates writes the certificate of a server and returns the file of its CA.
func certificates(dir string) (caFile string, err error) {
	ca, caKey, err := issue(nil, nil)
	if err != nil {
		return "", err
	}
	certificate, key, err := issue(ca, caKey)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	caFile = filepath.Join(dir, "ca.pem")
	return caFile, errors.Join(
		writePEM(caFile, "CERTIFICATE", ca.Raw),
		writePEM(filepath.Join(dir, certFile), "CERTIFICATE", certificate.Raw),
		writePEM(filepath.Join(dir, keyFile), "PRIVATE KEY", der),
	)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// Certificate makes a certificate for 127.0.0.1 and localhost, for a server in the test itself,
// and the file of its CA.
func Certificate(t testing.TB) (certificate tls.Certificate, caFile string) {
	t.Helper()
	dir := t.TempDir()
	caFile, err := certificates(dir)
	if err == nil {
		certificate, err = tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
	}
	if err != nil {
		t.Fatal(err)
	}
	return certificate, caFile
}

// issue makes a CA if ca is nil, otherwise a certificate signed by ca.
func issue(ca *x509.Certificate, caKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
	}
	if ca == nil {
		template.Subject, template.IsCA, template.KeyUsage = pkix.Name{CommonName: "CA of a test"}, true, x509.KeyUsageCertSign
		ca, caKey = template, key
	} else {
		template.Subject = pkix.Name{CommonName: "server of a test"}
		template.DNSNames, template.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}
