// Package smtptest is an SMTP server on loopback, for programs and tests.
package smtptest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
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

// Mode says when TLS begins.
type Mode int

// The modes.
const (
	StartTLS    Mode = iota // on request, and no login before it
	ImplicitTLS             // from the start
	Plain                   // never
)

// Server accepts one login and keeps the mail that it receives.
type Server struct {
	CA    []byte         // PEM of the server's certificate, which signs itself
	Roots *x509.CertPool // holds CA

	certificate tls.Certificate
	running     []listening

	mu                    sync.Mutex
	user, password, token string
	mails                 []Mail
}

// listening is the server on one address.
type listening struct {
	listener net.Listener
	server   *smtp.Server
	done     chan struct{} // closed when the server no longer listens
}

// Mail is a message as it arrived.
type Mail struct {
	User      string // who was logged in
	Mechanism string // by which mechanism: PLAIN or XOAUTH2
	TLS       bool
	From, To  string // of the envelope
	Text      string // subject, line break, body
}

// New returns a server that does not listen yet and accepts no login.
func New() (*Server, error) {
	certificate, ca, err := selfSigned()
	if err != nil {
		return nil, err
	}
	s := &Server{CA: ca, Roots: x509.NewCertPool(), certificate: certificate}
	s.Roots.AppendCertsFromPEM(ca)
	return s, nil
}

// Listen serves an address such as 127.0.0.1:0, and returns its port.
func (s *Server) Listen(address string, mode Mode) (port int, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return 0, err
	}
	port = listener.Addr().(*net.TCPAddr).Port
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	config := &tls.Config{Certificates: []tls.Certificate{s.certificate}, MinVersion: tls.VersionTLS12}
	switch mode {
	case StartTLS:
		server.TLSConfig = config
	case ImplicitTLS:
		listener = tls.NewListener(listener, config)
	case Plain:
		server.AllowInsecureAuth = true
	}
	server.Domain = "localhost"
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	server.MaxMessageBytes = 1 << 20
	server.ErrorLog = log.New(io.Discard, "", 0)
	l := listening{listener, server, make(chan struct{})}
	s.running = append(s.running, l)
	go func() {
		defer close(l.done)
		_ = server.Serve(listener) // ends with Close
	}()
	return port, nil
}

// Close stops the server.
func (s *Server) Close() {
	for _, l := range s.running {
		_ = l.server.Close()
		_ = l.listener.Close() // in case Serve had not begun
		<-l.done
	}
}

// Accept sets the only login that the server accepts.
func (s *Server) Accept(user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user, s.password = user, password
}

// AcceptToken sets the only access token that the server accepts from the user, by XOAUTH2.
func (s *Server) AcceptToken(user, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user, s.token = user, token
}

// Mails returns what has been received so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// session is one connection to the server.
type session struct {
	server *Server
	conn   *smtp.Conn
	mail   Mail
}

var _ smtp.AuthSession = (*session)(nil)

const xoauth2 = "XOAUTH2"

// AuthMechanisms returns the mechanisms for logins. go-smtp calls it only where a password may
// be sent: after STARTTLS.
func (s *session) AuthMechanisms() []string {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	var mechanisms []string
	if s.server.password != "" {
		mechanisms = append(mechanisms, sasl.Plain)
	}
	if s.server.token != "" {
		mechanisms = append(mechanisms, xoauth2)
	}
	return mechanisms
}

// Auth starts a login.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == xoauth2 {
		return xoauth2Server{s}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		if s.server.password == "" || user != s.server.user || password != s.server.password {
			return smtp.ErrAuthFailed
		}
		s.mail.User, s.mail.Mechanism = user, mechanism
		return nil
	}), nil
}

// xoauth2Server reads user=USER^Aauth=Bearer TOKEN^A^A, where ^A is the byte 1.
type xoauth2Server struct{ s *session }

// Next compares the response with the token.
func (x xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	x.s.server.mu.Lock()
	defer x.s.server.mu.Unlock()
	want := "user=" + x.s.server.user + "\x01auth=Bearer " + x.s.server.token + "\x01\x01"
	if x.s.server.token == "" || !bytes.Equal(response, []byte(want)) {
		return nil, false, smtp.ErrAuthFailed
	}
	x.s.mail.User, x.s.mail.Mechanism = x.s.server.user, xoauth2
	return nil, true, nil
}

// Mail takes the sender of a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.mail.User == "" {
		return smtp.ErrAuthRequired
	}
	_, s.mail.TLS = s.conn.TLSConnectionState()
	s.mail.From = from
	return nil
}

// Rcpt takes a recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return nil
}

// Data takes the message itself.
func (s *session) Data(r io.Reader) error {
	parsed, err := mail.ReadMessage(r)
	if err != nil {
		return errors.New("not a mail message")
	}
	body, err := io.ReadAll(parsed.Body)
	if err != nil {
		return err
	}
	s.mail.Text = parsed.Header.Get("Subject") + "\n" + string(body)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}

// Reset forgets the message and keeps the login.
func (s *session) Reset() { s.mail = Mail{User: s.mail.User, Mechanism: s.mail.Mechanism} }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// selfSigned makes a self-signed certificate for loopback.
func selfSigned() (certificate tls.Certificate, ca []byte, err error) {
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
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, ca, nil
}
