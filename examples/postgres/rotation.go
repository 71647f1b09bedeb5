package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// login is a role of the database and the secret that has its password.
type login struct {
	admin   *pgx.Conn
	secrets *secretsmanager.Client
	name    string             // of the secret
	conn    connuri.Connection // what it holds
}

// createLogin makes a role that may log in and no more, and the secret.
func createLogin(ctx context.Context, admin *pgx.Conn, secrets *secretsmanager.Client, name string, c connuri.Connection) (*login, error) {
	l := &login{admin, secrets, name, c}
	if err := l.role(ctx, "CREATE", c.Password); err != nil {
		return nil, err
	}
	text := c.JSON()
	_, err := secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text})
	return l, err
}

// inDatabase makes a password the one that the server takes.
func (l *login) inDatabase(ctx context.Context, password connuri.Secret) error {
	return l.role(ctx, "ALTER", password)
}

// role creates or alters the role. Its name and password cannot be parameters of
// the statement, which is why an error of it is not passed on: the server might
// quote it.
func (l *login) role(ctx context.Context, verb string, password connuri.Secret) error {
	quoted, err := l.admin.PgConn().EscapeString(password.Reveal())
	if err != nil {
		return errors.New("the password cannot be quoted")
	}
	_, err = l.admin.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN PASSWORD '%s'", verb, pgx.Identifier{l.conn.Login}.Sanitize(), quoted))
	if err != nil {
		return fmt.Errorf("the server does not %s the role: SQLSTATE %s", strings.ToLower(verb), sqlState(err))
	}
	return nil
}

// inSecret makes a password the current one of the secret.
func (l *login) inSecret(ctx context.Context, password connuri.Secret) error {
	l.conn.Password = password
	text := l.conn.JSON()
	_, err := l.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &l.name, SecretString: &text})
	return err
}

// cut ends every session of the role, busy or idle, so that the pool has to log in
// again, and counts them.
func (l *login) cut(ctx context.Context, sum *int) error {
	var n int
	err := l.admin.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1", l.conn.Login).Scan(&n)
	*sum += n
	return err
}

// drop has to end where the server is stuck as well.
func (l *login) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := l.admin.Exec(ctx, "DROP ROLE "+pgx.Identifier{l.conn.Login}.Sanitize())
	return err
}

// newPassword makes a password with what has to be quoted somewhere.
func newPassword() string { return strings.ToLower(rand.Text()) + `/@:%'"\$` + "`" }
