package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// source is where the login is kept.
type source struct {
	backend *backend.Backend
	conn    string // the id of an Airflow connection …
	secret  string // … or, where it is not "", the name of a secret
}

// login is how to reach a mail server, and as whom.
type login struct {
	name           string // of the secret, and its version: what can be told of a login
	version        string
	host           string
	port           int
	user, from     string
	password       connuri.Secret
	security       security
	skipVerify     bool // the certificate may be anybody's
	connectTimeout time.Duration
}

// login looks the secret up, anew each time: a rotation is seen by the next mail.
// For many mails a second, look it up once a minute.
func (s source) login(ctx context.Context) (login, error) {
	answer, err := s.find(ctx)
	if err != nil {
		return login{}, err
	}
	l, err := newLogin(answer.Connection)
	if err != nil {
		return login{}, fmt.Errorf("secret %q: %w", answer.Name, err)
	}
	l.name, l.version = answer.Name, answer.VersionID
	return l, nil
}

func (s source) find(ctx context.Context) (backend.Answer, error) {
	if s.secret == "" {
		return s.backend.Lookup(ctx, backend.Query{ID: s.conn}) // the zero Kind is a connection
	}
	answer, err := s.backend.Secret(ctx, s.secret)
	if err != nil {
		return answer, err
	}
	// Secret reads JSON alone and keeps quiet where it cannot; this takes a URI
	// too, and says what is wrong without quoting it.
	answer.Connection, err = connuri.Words(nil).Parse(connuri.TaskSDK, answer.Text.Reveal())
	if err != nil {
		return answer, fmt.Errorf("secret %q: %w", answer.Name, err)
	}
	return answer, nil
}

// extra is what Airflow's smtp provider reads from the extra of a connection.
// Where all is text, as in a URI, "false" is false; Airflow takes every text for
// true, which would turn TLS off by disable_tls=false.
type extra struct {
	FromEmail  string `json:"from_email"`
	DisableSSL bool   `json:"disable_ssl"`
	DisableTLS bool   `json:"disable_tls"`
	SSLContext string `json:"ssl_context"`
	Timeout    int    `json:"timeout"`
}

// newLogin reads a connection as Airflow's smtp provider does.
func newLogin(c connuri.Connection) (login, error) {
	if c.Host == "" {
		return login{}, errors.New("names no host")
	}
	var x extra
	if err := c.Extra.Decode(&x); err != nil {
		return login{}, err
	}
	if x.SSLContext != "" && x.SSLContext != "default" && x.SSLContext != "none" {
		return login{}, errors.New("ssl_context in the extra is neither default nor none")
	}
	security, port := secure(c.Host, c.Port, x)
	return login{
		host: c.Host, port: port,
		user: c.Login, from: cmp.Or(x.FromEmail, c.Login), password: c.Password,
		security: security, skipVerify: x.SSLContext == "none",
		connectTimeout: time.Duration(cmp.Or(x.Timeout, 30)) * time.Second,
	}, nil
}

// authenticates tells whether to log in. Airflow does with both a user and a
// password, and else takes the server for a relay.
func (l login) authenticates() bool { return l.user != "" && l.password.Reveal() != "" }

// who is the user, to be printed. A lone one may be a token in the wrong place.
func (l login) who() string {
	if !l.authenticates() {
		return "without a login"
	}
	return l.user
}

// security is how a connection to a mail server is kept from being read.
type security string

const (
	implicitTLS security = "TLS from the start"
	startTLS    security = "STARTTLS required"
	maybeTLS    security = "STARTTLS if offered" // on loopback
	plain       security = "no TLS"
)

// secure decides about TLS, and about the port where none is given.
//
//	disable_ssl  disable_tls  port         security
//	                          465 or none  TLS from the start
//	                          other        STARTTLS required; on loopback if offered
//	             yes          any          TLS from the start
//	yes                       any          STARTTLS required; on loopback if offered
//	yes          yes          any          no TLS
//
// Airflow's provider does the same where one or both are set, but for loopback.
// With neither set it wants both kinds of TLS at once, which no server offers, so
// the port decides here. A missing port is that of Python's smtplib.
func secure(host string, port int, x extra) (security, int) {
	switch {
	case x.DisableSSL && x.DisableTLS:
		return plain, cmp.Or(port, 25)
	case x.DisableTLS, !x.DisableSSL && (port == 465 || port == 0):
		return implicitTLS, cmp.Or(port, 465)
	case isLoopback(host):
		return maybeTLS, cmp.Or(port, 25)
	}
	return startTLS, cmp.Or(port, 25)
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
