package hook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// TLSMode says whether a client encrypts its connections, and which servers it trusts.
type TLSMode uint8

// The modes of TLS.
const (
	TLSOff        TLSMode = iota // no TLS
	TLSUnverified                // encrypted, but any certificate is accepted: anyone on the network path can read along
	TLSVerifyCA                  // the certificate must come from the CA; the name in it does not matter
	TLSVerifyFull                // the certificate must come from the CA and hold the server's name
)

// String returns the name of the mode: off, unverified, verify-ca or verify-full.
func (m TLSMode) String() string {
	names := [...]string{"off", "unverified", "verify-ca", "verify-full"}
	if int(m) < len(names) {
		return names[m]
	}
	return "unknown"
}

// TLS says how a client encrypts its connections. The zero value is off.
type TLS struct {
	Mode       TLSMode
	ServerName string // the name that the certificate must hold; "": the client sets that of each server
	CAFile     string // path of a PEM file; "": the CAs of the system
	CertFile   string // path of the client's own certificate, PEM; "": none
	KeyFile    string // path of its key, PEM; "": it is in CertFile
}

// Config returns the crypto/tls configuration, nil for TLSOff. readFile, such as os.ReadFile, reads
// a file by its path in the connection; it is called for each of CAFile, CertFile and KeyFile that
// is set. The error names the setting and not the path.
func (t TLS) Config(readFile func(path string) ([]byte, error)) (*tls.Config, error) {
	if t.Mode == TLSOff {
		return nil, nil
	}
	config := &tls.Config{ServerName: t.ServerName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := readWith(readFile, t.CAFile)
		if err != nil {
			return nil, fileError("CA", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("hook: the CA file holds no certificate in PEM form")
		}
	}
	if t.CertFile == "" && t.KeyFile != "" {
		return nil, errors.New("hook: there is a client key without a client certificate")
	}
	if t.CertFile != "" {
		if err := t.addCertificate(config, readFile); err != nil {
			return nil, err
		}
	}
	switch t.Mode {
	case TLSUnverified:
		config.InsecureSkipVerify = true
	case TLSVerifyCA:
		roots := config.RootCAs
		config.InsecureSkipVerify = true // the name alone: the chain is verified here
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, roots) }
	case TLSVerifyFull:
	default:
		return nil, errors.New("hook: unknown mode of TLS")
	}
	return config, nil
}

// readWith reads a file. readFile may be nil.
func readWith(readFile func(path string) ([]byte, error), path string) ([]byte, error) {
	if readFile == nil {
		return readNothing(path)
	}
	return readFile(path)
}

// readNothing replaces a readFile that is nil.
func readNothing(string) ([]byte, error) { return nil, errors.New("nothing to read it with") }

func (t TLS) addCertificate(config *tls.Config, readFile func(path string) ([]byte, error)) error {
	certificate, err := readWith(readFile, t.CertFile)
	if err != nil {
		return fileError("client certificate", err)
	}
	key := certificate
	if t.KeyFile != "" {
		if key, err = readWith(readFile, t.KeyFile); err != nil {
			return fileError("client key", err)
		}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return errors.New("hook: the client certificate and its key do not fit together, or are not in PEM form")
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// verifyChain is verify-ca: the certificate must come from the CA, whatever name it holds.
func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

// fileError drops the path from an error of reading a file, because the path is in the connection.
func fileError(which string, err error) error {
	return &unreadable{which, func(target error) bool { return errors.Is(err, target) }}
}

// unreadable lets errors.Is find fs.ErrNotExist in the cause without holding the cause: fmt prints
// the fields of an error under verbs that are not for text.
type unreadable struct {
	which string
	is    func(target error) bool
}

func (e *unreadable) Error() string        { return "hook: the " + e.which + " file cannot be read" }
func (e *unreadable) Is(target error) bool { return e.is(target) }
