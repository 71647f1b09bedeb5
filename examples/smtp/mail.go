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
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// mailer sends mail. It looks the login up for each message.
type mailer struct {
	from  source
	to    string
	out   io.Writer
	roots *x509.CertPool // CAs of the server; nil is those of the system
}

// send looks the login up and sends one message.
func (m mailer) send(ctx context.Context, subject string) error {
	l, err := m.from.login(ctx)
	if err != nil {
		return err
	}
	m.printf("%s, version %.8s: %s at %s, %s", l.name, l.version, l.who(), l.settings.Addr(), l.settings.Mode)
	if err := m.deliver(ctx, l, subject); err != nil {
		return err
	}
	m.printf("  sent %q from %s to %s", subject, l.from, m.to)
	return nil
}

// printf prints a line, or as many as the width of the output needs.
func (m mailer) printf(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	indent := strings.Repeat(" ", len(text)-len(strings.TrimLeft(text, " "))+2)
	fmt.Fprintln(m.out, cli.Fit(text, cli.Width(m.out), indent))
}

// deliver sends one message with a login.
func (m mailer) deliver(ctx context.Context, l login, subject string) error {
	message := mail.NewMsg()
	if err := message.From(l.from); err != nil {
		// The error of go-mail quotes the username, which may be an access key.
		return errors.New("the sender is not a mail address: set from_email in the extra, " +
			"or a mail address as the username")
	}
	if err := message.To(m.to); err != nil {
		return errors.New("-to: want a mail address, such as you@example.com")
	}
	message.Subject(subject)
	message.SetBodyString(mail.TypeTextPlain, "The login of this mail came from Secrets Manager when it was sent.\n")

	options, err := m.options(l.settings)
	if err != nil {
		return err
	}
	// An IPv6 address keeps its brackets, since go-mail appends the port to the host.
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

// options returns a login as go-mail's options.
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
	case hook.SMTPPlain: // the password may be sent in plain text
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
		auth = mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
			mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc)
	}
	if s.User != "" { // otherwise the server relays without a login
		options = append(options, auth, mail.WithUsername(s.User), mail.WithPassword(s.Password.Reveal()))
	}
	return options, nil
}
