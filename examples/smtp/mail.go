package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wneessen/go-mail"
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
	fmt.Fprintf(m.out, "%s, version %.8s: %s at %s:%d, %s\n", l.name, l.version, l.who(), l.host, l.port, l.security)
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

	host := l.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // IPv6: the library puts the port right behind it
	}
	client, err := mail.NewClient(host, m.options(l)...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("send through %s:%d: %w", l.host, l.port, err)
	}
	return nil
}

// options are a login in the words of go-mail.
func (m mailer) options(l login) []mail.Option {
	options := []mail.Option{
		mail.WithPort(l.port),
		mail.WithTimeout(l.connectTimeout),
		mail.WithTLSConfig(&tls.Config{ServerName: l.host, RootCAs: m.roots, InsecureSkipVerify: l.skipVerify, MinVersion: tls.VersionTLS12}),
	}
	switch l.security {
	case implicitTLS:
		options = append(options, mail.WithSSL())
	case startTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case maybeTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if !l.authenticates() {
		return options
	}
	auth := mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover)
	if l.security == maybeTLS || l.security == plain { // the password may go as it is
		auth = mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthCramMD5,
			mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc)
	}
	return append(options, auth, mail.WithUsername(l.user), mail.WithPassword(l.password.Reveal()))
}
