package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/smtp/smtptest"
)

// sandbox is what the example needs of the world: a Secrets Manager in memory and
// a mail server on loopback, which share one login.
type sandbox struct {
	secrets *secretsmanagertest.Server
	mail    *smtptest.Server
	port    int // of the mail server
	told    int // of its mails, how many report has told of
}

// The login is kept in both forms: as Airflow's connection smtp_default, and as a
// secret that is not Airflow's.
const (
	airflowSecret = "airflow/connections/smtp_default"
	bareSecret    = "my_smtp_secret"
	mailHost      = "127.0.0.1"
)

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

// demonstrate sends a mail before and one after a rotation, with one and the same
// mailer.
func (s *sandbox) demonstrate(ctx context.Context, client *secretsmanager.Client, m mailer) error {
	if err := m.send(ctx, "Before the rotation"); err != nil {
		return err
	}
	s.report(m.out)
	if err := s.rotate(ctx, client); err != nil {
		return err
	}
	fmt.Fprintf(m.out, "\nThe login is rotated: a new user and a new password, the old ones are refused from now on.\n\n")
	if err := m.send(ctx, "After the rotation"); err != nil {
		return err
	}
	s.report(m.out)
	return nil
}

// report tells of the mails that came since it last did.
func (s *sandbox) report(out io.Writer) {
	for _, m := range s.mail.Mails()[s.told:] {
		s.told++
		fmt.Fprintf(out, "  the mail server got one from %s to %s, logged in as %s, TLS %t\n", m.From, m.To, m.User, m.TLS)
	}
}

// rotate gives the mail server a new login and stores it, as a rotation function
// does on AWS.
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

// secretTexts are the secrets of a login, names to texts.
func secretTexts(port int, user, password string) map[string]string {
	c := connuri.Connection{Type: "smtp", Host: mailHost, Port: port, Login: user, Password: connuri.NewSecret(password)}
	c.Extra = connuri.RawExtra(`{"disable_ssl": true}`) // STARTTLS
	bare, err := json.Marshal(map[string]any{"host": mailHost, "port": port, "username": user, "password": password})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return map[string]string{airflowSecret: c.URI(), bareSecret: string(bare)}
}

// newPassword makes a password with what has to be quoted somewhere.
func newPassword() string { return strings.ToLower(rand.Text()) + `/@:%'"$` + "`" }
