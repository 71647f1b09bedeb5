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

// login is a role of the database together with the secret that holds its password.
type login struct {
	admin   *pgx.Conn
	secrets *secretsmanager.Client
	name    string             // of the secret
	conn    connuri.Connection // text of the secret
}

// createLogin creates the secret and a role that may only log in.
func createLogin(
	ctx context.Context, admin *pgx.Conn, secrets *secretsmanager.Client, name string, c connuri.Connection,
) (*login, error) {
	l := &login{admin, secrets, name, c}
	if err := l.role(ctx, "CREATE", c.Password); err != nil {
		return nil, err
	}
	text := c.JSON()
	_, err := secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text})
	return l, err
}

// inDatabase sets the password of the role.
func (l *login) inDatabase(ctx context.Context, password connuri.Secret) error {
	return l.role(ctx, "ALTER", password)
}

// role creates or alters the role. Name and password cannot be parameters of the statement.
// The server's error may quote the statement, so only its code is returned.
func (l *login) role(ctx context.Context, verb string, password connuri.Secret) error {
	quoted, err := l.admin.PgConn().EscapeString(password.Reveal())
	if err != nil {
		return errors.New("the password cannot be quoted")
	}
	name := pgx.Identifier{l.conn.Login}.Sanitize()
	_, err = l.admin.Exec(ctx, fmt.Sprintf("%s ROLE %s LOGIN PASSWORD '%s'", verb, name, quoted))
	if err != nil {
		return fmt.Errorf("the server cannot %s the role: SQLSTATE %s", strings.ToLower(verb), sqlState(err))
	}
	return nil
}

// inSecret stores a password in the secret.
func (l *login) inSecret(ctx context.Context, password connuri.Secret) error {
	l.conn.Password = password
	text := l.conn.JSON()
	input := &secretsmanager.PutSecretValueInput{SecretId: &l.name, SecretString: &text}
	_, err := l.secrets.PutSecretValue(ctx, input)
	return err
}

// cut ends every session of the role, busy or idle, so that the pool has to log in again. It
// adds their number to sum.
func (l *login) cut(ctx context.Context, sum *int) error {
	var n int
	const query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1"
	err := l.admin.QueryRow(ctx, query, l.conn.Login).Scan(&n)
	*sum += n
	return err
}

// drop drops the role. It gives up if the server does not answer.
func (l *login) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := l.admin.Exec(ctx, "DROP ROLE "+pgx.Identifier{l.conn.Login}.Sanitize())
	return err
}

// newPassword makes a password with characters that URIs, JSON and SQL have to quote.
func newPassword() string { return strings.ToLower(rand.Text()) + `/@:%'"\$` + "`" }
