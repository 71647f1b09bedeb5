package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// source is where the login is kept: in an Airflow connection, or in any secret.
type source struct {
	backend *backend.Backend
	conn    string // id of the Airflow connection
	secret  string // name of the secret; if it is not "", conn is not used
}

// login holds the settings of a mail server and the user to log in as.
type login struct {
	name     string // of the secret
	version  string // of the secret
	from     string // sender of messages
	settings hook.SMTPConfig
}

// login looks the secret up each time, so that the next mail sees a rotation. A program that
// sends many mails per second should look it up once a minute.
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

// find returns the secret with its connection.
func (s source) find(ctx context.Context) (backend.Answer, error) {
	if s.secret == "" {
		return s.backend.Lookup(ctx, backend.Query{ID: s.conn}) // the zero Kind is a connection
	}
	answer, err := s.backend.Secret(ctx, s.secret)
	if err != nil {
		return answer, err
	}
	// Secret reads only JSON and reports no error. ConnWords reads a URI too, and its error
	// says what is wrong without quoting the secret.
	answer.Connection, err = connuri.ConnWords(nil).Parse(connuri.TaskSDK, answer.Text.Reveal())
	if err != nil {
		return answer, fmt.Errorf("secret %q: %w", answer.Name, err)
	}
	return answer, nil
}

// newLogin reads a connection as Airflow's smtp provider does, with one exception. If neither
// disable_ssl nor disable_tls is set, the provider asks for TLS from the start and for STARTTLS
// over it, which no server offers. A secret that was not made for Airflow sets neither, so the
// port decides: 465 (the default) is TLS from the start, any other is STARTTLS.
func newLogin(c connuri.Connection) (login, error) {
	s, err := hook.SMTP(c)
	if errors.Is(err, hook.ErrUnsupported) && s.StartTLSToo && s.Timeout > 0 && s.RetryLimit >= 0 {
		err = nil
		if s.Port != 465 {
			s.Mode = hook.SMTPStartTLS
		}
	}
	switch {
	case err != nil:
		return login{}, err
	case s.Host == "":
		return login{}, errors.New("the connection has no host; set one")
	case s.XOAUTH2 != nil:
		return login{}, errors.New("the connection asks for XOAUTH2, which this program does not support; " +
			"see examples/clients")
	}
	return login{from: cmp.Or(s.FromEmail, s.User), settings: s}, nil
}

// who returns the user to print.
func (l login) who() string { return cmp.Or(l.settings.User, "without a login") }
