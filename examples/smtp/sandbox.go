package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/smtp/smtptest"
)

// sandbox is a Secrets Manager in memory and a mail server on loopback, which share one login.
type sandbox struct {
	secrets *secretsmanagertest.Server
	mail    *smtptest.Server
	port    int // of the mail server
	told    int // how many of its mails report has printed
}

// The login is kept in two forms: as the Airflow connection smtp_default, and as a secret that
// was not made for Airflow.
const (
	airflowSecret = "airflow/connections/smtp_default"
	bareSecret    = "my_smtp_secret"
	mailHost      = "127.0.0.1"
)

// startSandbox starts both servers.
func startSandbox() (*sandbox, error) {
	server, err := smtptest.New()
	if err != nil {
		return nil, err
	}
	port, err := server.Listen(mailHost+":0", smtptest.StartTLS)
	if err != nil {
		return nil, err
	}
	user, password := "reports@example.com", newPassword()
	server.Accept(user, password)
	secrets, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secretTexts(port, user, password)})
	if err != nil {
		server.Close()
		return nil, err
	}
	return &sandbox{secrets: secrets, mail: server, port: port}, nil
}

func (s *sandbox) close() {
	s.secrets.Close()
	s.mail.Close()
}

// demonstrate sends one mail before a rotation and one after it, with the same mailer.
func (s *sandbox) demonstrate(ctx context.Context, client *secretsmanager.Client, m mailer) error {
	if err := m.send(ctx, "Before the rotation"); err != nil {
		return err
	}
	s.report(m)
	if err := s.rotate(ctx, client); err != nil {
		return err
	}
	fmt.Fprintln(m.out)
	m.printf("The login is rotated: there is a new user with a new password, and the server refuses the old login.")
	fmt.Fprintln(m.out)
	if err := m.send(ctx, "After the rotation"); err != nil {
		return err
	}
	s.report(m)
	return nil
}

// report prints the mails that arrived since the last report.
func (s *sandbox) report(m mailer) {
	for _, got := range s.mail.Mails()[s.told:] {
		s.told++
		security := "without TLS"
		if got.TLS {
			security = "over TLS"
		}
		m.printf("  the mail server received it from %s to %s, logged in as %s, %s", got.From, got.To, got.User, security)
	}
}

// rotate gives the mail server a new login and stores it, as a rotation function does on AWS.
func (s *sandbox) rotate(ctx context.Context, client *secretsmanager.Client) error {
	user, password := "reports-2@example.com", newPassword()
	s.mail.Accept(user, password)
	for name, text := range secretTexts(s.port, user, password) {
		_, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String(name), SecretString: aws.String(text)})
		if err != nil {
			return err
		}
	}
	return nil
}

// secretTexts returns the texts of the secrets that hold a login, by name.
func secretTexts(port int, user, password string) map[string]string {
	c := connuri.Connection{Type: "smtp", Host: mailHost, Port: port, Login: user, Password: connuri.NewSecret(password)}
	c.Extra = connuri.RawExtra(`{"disable_ssl": true}`) // STARTTLS
	bare, err := json.Marshal(map[string]any{"host": mailHost, "port": port, "username": user, "password": password})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return map[string]string{airflowSecret: c.URI(), bareSecret: string(bare)}
}

// newPassword makes a password with characters that URIs, JSON and shells have to quote.
func newPassword() string { return strings.ToLower(rand.Text()) + `/@:%'"$` + "`" }
