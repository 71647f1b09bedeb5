/*
Smtp sends mail with a login that is kept in AWS Secrets Manager, and shows that
a rotation of the secret needs no restart.

	smtp [-conn smtp_default | -secret NAME] [-endpoint URL] [-to ADDRESS]
	smtp [-conn …] [-endpoint URL] -env
	smtp [-conn …] [-endpoint URL] -exec COMMAND [ARGUMENT]...

Left to itself it needs neither an account nor a mail server: it starts a Secrets
Manager in memory and an SMTP server on loopback, which asks for TLS and a login,
sends a message, rotates the login and sends another. With -endpoint it looks the
secret up there (examples/localsecrets is such an endpoint) and sends one message
through the server that the secret names.

-conn is the id of an Airflow connection, -secret the whole name of a secret that
holds a connection as JSON (host, port, username, password …) or as a URI.

For programs that take their login from the environment, -exec runs one with
SMTP_HOST, SMTP_PORT, SMTP_USER and SMTP_PASSWORD set, and -env prints the lines
that set them in a POSIX shell. -exec is the better one, since nothing is printed:

	smtp -endpoint URL -exec ./report --daily
	login=$(smtp -endpoint URL -env) && eval "$login"

The rest never prints the password.
*/
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch failed, ranAndFailed := errors.AsType[*exec.ExitError](err); {
	case ranAndFailed:
		os.Exit(max(failed.ExitCode(), 1)) // the command has said why
	case errors.Is(err, errUsage):
		os.Exit(2) // the flag package has said why
	case err != nil:
		fmt.Fprintln(os.Stderr, "smtp:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong command line")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("smtp", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var from source
	flags.StringVar(&from.conn, "conn", "smtp_default", "the `ID` of the Airflow connection to log in with")
	flags.StringVar(&from.secret, "secret", "", "the whole `NAME` of a secret to log in with instead")
	endpoint := flags.String("endpoint", "", "the `URL` of a local Secrets Manager, asked with made-up credentials; else one in memory")
	to := flags.String("to", "you@example.com", "the `ADDRESS` to send to")
	printEnv := flags.Bool("env", false, "print export lines for a POSIX shell, and send nothing")
	runCommand := flags.Bool("exec", false, "run the command that follows with the login in its environment, and send nothing")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: smtp [flags]                            send mail with a login from Secrets Manager\n"+
			"       smtp [flags] -env                       print the login for a shell\n"+
			"       smtp [flags] -exec COMMAND [ARGUMENT]   run a command with the login in its environment")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return errUsage
	case *runCommand != (flags.NArg() > 0), *runCommand && *printEnv:
		fmt.Fprintln(stderr, "smtp: -exec wants a command after it; nothing else does, -env neither")
		return errUsage
	}

	var local *sandbox
	if *endpoint == "" {
		var err error
		if local, err = startSandbox(); err != nil {
			return err
		}
		defer local.close()
		*endpoint = local.secrets.URL()
	}
	client := newClient(*endpoint)
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		return err
	}
	from.backend = b

	switch {
	case *printEnv, *runCommand:
		l, err := from.login(ctx)
		if err != nil {
			return err
		}
		if *printEnv {
			return exportLines(stdout, l)
		}
		return execute(ctx, l, flags.Args())
	case local == nil:
		return mailer{from: from, to: *to, out: stdout}.send(ctx, "Sent with a login from Secrets Manager")
	}
	return local.demonstrate(ctx, client, mailer{from: from, to: *to, out: stdout, roots: local.mail.Roots})
}

// newClient is a client of a Secrets Manager that asks for no real credentials.
func newClient(endpoint string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
}
