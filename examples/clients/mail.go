package main

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openMail makes a client, which connects when it sends. Set the sender of messages to
// hook.SMTPConfig.FromEmail, which is from_email of the extra.
func openMail(c connuri.Connection) (*mail.Client, error) {
	m, err := hook.SMTP(c)
	if err != nil {
		return nil, err
	}
	options := []mail.Option{mail.WithPort(m.Port), mail.WithTimeout(m.Timeout)}
	switch tlsConfig, err := m.TLS.Config(os.ReadFile); {
	case err != nil:
		return nil, err
	case m.Mode == hook.SMTPImplicitTLS:
		options = append(options, mail.WithSSL(), mail.WithTLSConfig(tlsConfig))
	case m.Mode == hook.SMTPStartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTLSConfig(tlsConfig))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	login, err := mailLogin(m)
	if err != nil {
		return nil, err
	}
	host := strings.TrimSuffix(m.Addr(), ":"+strconv.Itoa(m.Port)) // keeps the brackets of an IPv6 address
	return mail.NewClient(host, append(options, login...)...)
}

// mailLogin returns the options of the login. Without TLS the password is sent in plain text, as
// smtplib does.
func mailLogin(m hook.SMTPConfig) ([]mail.Option, error) {
	switch {
	case m.XOAUTH2 != nil && m.XOAUTH2.AccessToken.IsZero():
		return nil, errors.New("smtp: the connection asks for an access token, which this program does not fetch; " +
			"store it in the extra")
	case m.XOAUTH2 != nil:
		return []mail.Option{mail.WithSMTPAuth(mail.SMTPAuthXOAUTH2),
			mail.WithUsername(m.XOAUTH2.User), mail.WithPassword(m.XOAUTH2.AccessToken.Reveal())}, nil
	case m.User == "":
		return nil, nil
	}
	auth := mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover)
	if m.Mode == hook.SMTPPlain {
		auth = mail.WithOpportunisticSMTPAuth(mail.SMTPAuthCramMD5, mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc)
	}
	return []mail.Option{auth, mail.WithUsername(m.User), mail.WithPassword(m.Password.Reveal())}, nil
}

func showMail(c connuri.Connection, client *mail.Client) ([]string, error) {
	m, err := hook.SMTP(c) // a client does not show all its settings
	return []string{
		"server    " + client.ServerAddr() + ", " + m.Mode.String() + ", " + m.Timeout.String() + " for each answer",
		"login     " + shownLogin(m.User, m.Password.Reveal()),
		"TLS       " + m.TLS.Mode.String(),
		"sender    " + m.FromEmail,
	}, err
}
