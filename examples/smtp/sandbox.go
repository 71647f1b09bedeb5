package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// sandbox is what the example needs of the world: a Secrets Manager in memory and
// a mail server on loopback, which share one login.
type sandbox struct {
	secrets *secretsmanagertest.Server
	mail    *mailServer
	roots   *x509.CertPool // vouches for the mail server
}

// The login is kept in both forms: as Airflow's connection smtp_default, and as a
// secret that is not Airflow's.
const (
	airflowSecret = "airflow/connections/smtp_default"
	bareSecret    = "my_smtp_secret"
)

func startSandbox() (*sandbox, error) {
	mail, roots, err := startMailServer()
	if err != nil {
		return nil, err
	}
	user, password := "reports@example.com", newPassword()
	mail.accept(user, password)
	secrets, err := secretsmanagertest.Start(secretsmanagertest.Options{Secrets: secretTexts(mail, user, password)})
	if err != nil {
		mail.close()
		return nil, err
	}
	return &sandbox{secrets, mail, roots}, nil
}

func (s *sandbox) close() {
	s.secrets.Close()
	s.mail.close()
}

// demonstrate sends a mail before and one after a rotation, with one and the same
// mailer.
func (s *sandbox) demonstrate(ctx context.Context, client *secretsmanager.Client, m mailer) error {
	if err := m.send(ctx, "Before the rotation"); err != nil {
		return err
	}
	s.mail.report(m.out)
	if err := s.rotate(ctx, client); err != nil {
		return err
	}
	fmt.Fprintf(m.out, "\nThe login is rotated: a new user and a new password, the old ones are refused from now on.\n\n")
	if err := m.send(ctx, "After the rotation"); err != nil {
		return err
	}
	s.mail.report(m.out)
	return nil
}

// rotate gives the mail server a new login and stores it, as a rotation function
// does on AWS.
func (s *sandbox) rotate(ctx context.Context, client *secretsmanager.Client) error {
	user, password := "reports-2@example.com", newPassword()
	s.mail.accept(user, password)
	for name, text := range secretTexts(s.mail, user, password) {
		_, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String(name), SecretString: aws.String(text)})
		if err != nil {
			return err
		}
	}
	return nil
}

// secretTexts are the secrets of a login, names to texts.
func secretTexts(server *mailServer, user, password string) map[string]string {
	host, port := server.address()
	c := connuri.Connection{Type: "smtp", Host: host, Port: port, Login: user, Password: connuri.NewSecret(password)}
	bare, err := json.Marshal(map[string]any{"host": host, "port": port, "username": user, "password": password})
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return map[string]string{airflowSecret: c.URI(), bareSecret: string(bare)}
}

// newPassword makes a password with what has to be quoted somewhere.
func newPassword() string { return strings.ToLower(rand.Text()) + `/@:%'"$` + "`" }
