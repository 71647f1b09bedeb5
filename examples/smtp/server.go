package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is an SMTP server on loopback that offers STARTTLS, takes mail from
// one login only and keeps it.
type mailServer struct {
	listener net.Listener
	server   *smtp.Server
	done     chan struct{} // closed when the server no longer listens

	mu             sync.Mutex
	user, password string
	received       []received
	told           int // of received, how many report has told of
}

// received is a mail as it arrived.
type received struct {
	user     string // who was logged in
	tls      bool
	from, to string // of the envelope
	text     string
}

// startMailServer starts one that accepts no login yet. The pool vouches for it.
func startMailServer() (*mailServer, *x509.CertPool, error) {
	certificate, roots, err := selfSigned()
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &mailServer{listener: listener, done: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.server.Domain = "localhost"
	s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	s.server.ReadTimeout, s.server.WriteTimeout = 10*time.Second, 10*time.Second
	s.server.MaxMessageBytes = 1 << 20
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listener) // ends with close
	}()
	return s, roots, nil
}

func (s *mailServer) close() {
	_ = s.server.Close()
	_ = s.listener.Close() // in case Serve had not begun
	<-s.done
}

func (s *mailServer) address() (host string, port int) {
	addr := s.listener.Addr().(*net.TCPAddr)
	return addr.IP.String(), addr.Port
}

// accept makes this the one login that is accepted.
func (s *mailServer) accept(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user, s.password = user, password
}

// mails returns what has been received so far.
func (s *mailServer) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received
}

// report tells of the mails that came since it last did.
func (s *mailServer) report(out io.Writer) {
	for _, m := range s.mails()[s.told:] {
		s.told++
		fmt.Fprintf(out, "  the mail server got one from %s to %s, logged in as %s, TLS %t\n", m.from, m.to, m.user, m.tls)
	}
}

// session is one connection to the server.
type session struct {
	server *mailServer
	conn   *smtp.Conn
	mail   received
}

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms is asked only where the password may be sent: after STARTTLS.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		if user != s.server.user || password != s.server.password {
			return smtp.ErrAuthFailed
		}
		s.mail.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.mail.user == "" {
		return smtp.ErrAuthRequired
	}
	_, s.mail.tls = s.conn.TLSConnectionState()
	s.mail.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	parsed, err := mail.ReadMessage(r)
	if err != nil {
		return errors.New("not a mail")
	}
	body, err := io.ReadAll(parsed.Body)
	if err != nil {
		return err
	}
	s.mail.text = parsed.Header.Get("Subject") + "\n" + string(body)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, s.mail)
	return nil
}

func (s *session) Reset()        { s.mail = received{user: s.mail.user} }
func (s *session) Logout() error { return nil }

// selfSigned makes a certificate for loopback, and the pool that vouches for it.
func selfSigned() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}
