/*
Smtp sends mail with a login that is kept in AWS Secrets Manager, and shows that a
rotation of the secret needs no restart.

	smtp [-conn ID | -secret NAME] [-endpoint URL] [-to ADDRESS]
	smtp [-conn ID | -secret NAME] [-endpoint URL] -env
	smtp [-conn ID | -secret NAME] [-endpoint URL] -exec COMMAND [ARGUMENT]...

Without flags it needs neither an AWS account nor a mail server: it starts a Secrets
Manager in memory and an SMTP server on loopback, which requires TLS and a login. It
sends a message, rotates the login and sends another. With -endpoint it looks the
secret up at that URL, such as that of examples/localsecrets, and sends one message
through the server that the secret names.

-conn is the id of an Airflow connection. -secret is the whole name of a secret that
holds a connection as JSON (host, port, username, password …) or as a URI.

For programs that take their login from the environment, -exec runs one with
SMTP_HOST, SMTP_PORT, SMTP_USER and SMTP_PASSWORD set, and -env prints the lines
that set them in a POSIX shell. Prefer -exec, which prints nothing:

	smtp -endpoint URL -exec ./report --daily
	login=$(smtp -endpoint URL -env) && eval "$login"

Only -env prints the password.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	o, code, done := parse(os.Args[1:], os.Stdout, os.Stderr)
	if done {
		os.Exit(code)
	}
	if len(o.command) == 0 {
		cli.ExitOnInterrupt()
	}
	// A command gets SIGTERM when this program is interrupted or terminated, and is waited for.
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	interrupted, stopToo := signal.NotifyContext(terminated, os.Interrupt)
	code = o.run(interrupted, os.Stdout, os.Stderr)
	if interrupted.Err() != nil && terminated.Err() == nil {
		code = cli.Interrupted
	}
	stopToo()
	stop()
	os.Exit(code)
}

// run does what the command line asks for and returns the exit code.
func (o options) run(ctx context.Context, stdout, stderr io.Writer) int {
	err := o.send(ctx, stdout)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(failed.ExitCode(), cli.Failed) // the command has said why
	}
	if err != nil {
		fmt.Fprintln(stderr, cli.Fit("smtp: "+err.Error(), cli.Width(stderr), "  "))
		return cli.Failed
	}
	return 0
}

// send sends mail, or hands the login to a shell or a command.
func (o options) send(ctx context.Context, stdout io.Writer) error {
	var local *sandbox
	if o.endpoint == "" {
		var err error
		if local, err = startSandbox(); err != nil {
			return err
		}
		defer local.close()
		o.endpoint = local.secrets.URL()
	}
	client := newClient(o.endpoint)
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		return err
	}
	from := source{backend: b, conn: o.conn, secret: o.secret}
	switch {
	case o.env, len(o.command) > 0:
		l, err := from.login(ctx)
		if err != nil {
			return err
		}
		if o.env {
			return exportLines(stdout, l)
		}
		return execute(ctx, l, o.command)
	case local == nil:
		return mailer{from: from, to: o.to, out: stdout}.send(ctx, "Sent with a login from Secrets Manager")
	}
	return local.demonstrate(ctx, client, mailer{from: from, to: o.to, out: stdout, roots: local.mail.Roots})
}

// newClient returns a client of a Secrets Manager that does not check credentials.
func newClient(endpoint string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}
