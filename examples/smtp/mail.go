package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// mailer sends mail with the login that is in force when it sends.
type mailer struct {
	from  source
	to    string
	out   io.Writer
	roots *x509.CertPool // who may vouch for the server; nil is the system's choice
}

// send looks the login up and sends one message.
func (m mailer) send(ctx context.Context, subject string) error {
	l, err := m.from.login(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.out, "%s, version %.8s: %s at %s, %s\n", l.name, l.version, l.who(), l.settings.Addr(), l.settings.Mode)
	if err := m.deliver(ctx, l, subject); err != nil {
		return err
	}
	fmt.Fprintf(m.out, "  sent %q from %s to %s\n", subject, l.from, m.to)
	return nil
}

// deliver sends one message with a login.
func (m mailer) deliver(ctx context.Context, l login, subject string) error {
	message := mail.NewMsg()
	if err := message.From(l.from); err != nil {
		// The library's own words would quote what may be an access key.
		return errors.New("the sender is no mail address: set from_email in the extra, or let the username be one")
	}
	if err := message.To(m.to); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	message.Subject(subject)
	message.SetBodyString(mail.TypeTextPlain, "The login of this mail came from Secrets Manager when it was sent.\n")

	options, err := m.options(l.settings)
	if err != nil {
		return err
	}
	// IPv6 addresses need brackets: the library puts the port right behind the host.
	host := strings.TrimSuffix(l.settings.Addr(), ":"+strconv.Itoa(l.settings.Port))
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("send through %s: %w", l.settings.Addr(), err)
	}
	return nil
}

// options are a login in the words of go-mail.
func (m mailer) options(s hook.SMTPConfig) ([]mail.Option, error) {
	options := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(s.Timeout)}
	config, err := s.TLS.Config(os.ReadFile)
	if err != nil {
		return nil, err
	}
	if config != nil {
		config.RootCAs = m.roots
		options = append(options, mail.WithTLSConfig(config))
	}
	auth := mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover)
	switch s.Mode {
	case hook.SMTPImplicitTLS:
		options = append(options, mail.WithSSL())
	case hook.SMTPStartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case hook.SMTPPlain: // the password may go as it is
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		auth = mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
			mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc)
	}
	if s.User != "" { // otherwise the server is a relay
		options = append(options, auth, mail.WithUsername(s.User), mail.WithPassword(s.Password.Reveal()))
	}
	return options, nil
}
