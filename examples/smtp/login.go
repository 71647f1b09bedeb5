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

// source is where the login is kept.
type source struct {
	backend *backend.Backend
	conn    string // the id of an Airflow connection …
	secret  string // … or, where it is not "", the name of a secret
}

// login is how to reach a mail server, and as whom.
type login struct {
	name     string // of the secret, and its version: what can be told of a login
	version  string
	from     string // sender of messages
	settings hook.SMTPConfig
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
	answer.Connection, err = connuri.ConnWords(nil).Parse(connuri.TaskSDK, answer.Text.Reveal())
	if err != nil {
		return answer, fmt.Errorf("secret %q: %w", answer.Name, err)
	}
	return answer, nil
}

// newLogin reads a connection as Airflow's smtp provider does, but for one thing. Without
// disable_ssl and disable_tls the provider wants TLS from the start and STARTTLS over it,
// which no server offers. A secret that is not Airflow's has neither, so the port decides:
// 465 is TLS from the start, and so is none; any other is STARTTLS.
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
		return login{}, errors.New("names no host")
	case s.XOAUTH2 != nil:
		return login{}, errors.New("asks for XOAUTH2, which this program does not do; examples/clients does")
	}
	return login{from: cmp.Or(s.FromEmail, s.User), settings: s}, nil
}

// who is the user, to be printed.
func (l login) who() string { return cmp.Or(l.settings.User, "without a login") }
