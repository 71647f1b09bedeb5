/*
Localsecrets serves AWS Secrets Manager in memory, to develop against with any AWS
SDK or with Airflow itself, without an AWS account.

	localsecrets [-addr HOST:PORT] [-seed FILE]... [-state FILE] [flags]

Install it with

	go install github.com/airflowsecrets/airflowsecrets/examples/localsecrets@latest

It prints its URL to standard output as soon as it answers. To standard error it prints
what was seeded, and the exports that point AWS SDKs and Airflow to it:

	$ go run ./examples/localsecrets -addr 127.0.0.1:4566 -seed secrets.json
	http://127.0.0.1:4566
	secrets.json: 2 connections under airflow/connections/
	  airflow/connections/mail
	  airflow/connections/pg

	Paste into the shell of the program that reads them:

	export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:4566
	…

# What a seed is

A JSON or YAML object, of one of three kinds, told apart by its values, or the lines
of ID=URI that airflow connections export writes to an .env file:

  - each a string: the names of secrets and their texts;
  - each an object with conn_type: what airflow connections export writes. A
    connection becomes the secret airflow/connections/ID, as JSON, with what
    airflow connections import would store;
  - anything else: what airflow variables export writes. A variable becomes the
    secret airflow/variables/KEY, with the text that airflow variables import
    would store. An object counts as a value with its description only where it
    has both and no more, as in an export.

An .env file or a Compose file that sets AIRFLOW_CONN_ID and AIRFLOW_VAR_KEY is a
seed too; the other variables of it are left out. A file that a Compose file names in
env_file is a seed of its own. A name that AWS forbids is an error.

Variables that are all strings look like the first kind: -as variables says what
they are. -as secrets and -as connections exist too; with the latter, a connection
may be a URI in a string. A connection among other values is an error unless -as says
what all of them are. -seed can be repeated, with files of several kinds; if two files
have the same name, the later one counts. -connections-prefix and -variables-prefix
are the backend_kwargs of these names; "" turns the prefix off.

# State

With -state FILE the secrets outlive the program. It writes every change to the file
before it answers, and replaces the file atomically, so that nothing that was answered
is lost, even if the program is killed. A seed is applied once for each name: what was
changed or deleted later is left alone. The file holds the secrets in plain text, and
only its owner may read it. Only one program at a time may use it: on Linux, macOS and
FreeBSD, a lock on FILE.lock keeps another localsecrets from it.

# Who may ask

It listens on loopback, and rejects requests whose Host is not a loopback address or
localhost, and requests from another site, so that no web page can read the secrets,
not even by DNS rebinding. With -unsafe-public it accepts every Host, and rejects the
requests of web pages instead; /log then needs an IP address or localhost as the Host.
The header of a request must arrive within 10 seconds and its body within 30.

GET /health answers 200 with {"status": "ok"}. GET /log returns the latest 1,000
requests, one per line: the time, the operation, the names, and the error code or ok.
-log writes the same lines to standard error as requests arrive. Neither holds a
credential, a token or a value. An operation that is not implemented answers with an
error that says so.

# When it stops

It stops on SIGINT and SIGTERM. If its standard input is a pipe, it also stops when the
other end closes, so that it does not outlive the program that started it. A terminal,
a file and /dev/null do not stop it. The exit code is 130 after SIGINT and otherwise 0;
it is 1 if the program cannot start, and 2 if the command line is wrong.

It asks for no password and does not verify signatures: do not give it real secrets.
*/
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cli.ExitOnInterrupt() // what was answered is saved already
	if isPipe(os.Stdin) {
		ctx = untilClosed(ctx, os.Stdin)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	seeds, err := readSeeds(o.files, o.kind, o.to)
	if err != nil {
		return failed(stderr, err)
	}
	lock, err := lockState(o.state)
	if err != nil {
		return failed(stderr, err)
	}
	defer func() { _ = lock.Close() }()
	srv, err := startServer(o, seeds, stderr)
	if err != nil {
		return failed(stderr, err)
	}
	defer srv.Close()
	if _, err := fmt.Fprintln(stdout, srv.URL()); err != nil {
		return failed(stderr, err) // otherwise nobody could find the server
	}
	greet(stderr, o, seeds, srv.URL())
	<-ctx.Done()
	return 0
}

func failed(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, cli.Fit("localsecrets: "+err.Error(), cli.Width(stderr), "  "))
	return cli.Failed
}

// isPipe reports whether a file is a pipe, whose other end can close.
func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// untilClosed returns a context that ends with ctx, or at the end of in.
func untilClosed(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in) // an error is an end too
	}()
	return ctx
}
