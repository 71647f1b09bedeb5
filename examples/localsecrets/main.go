/*
Localsecrets is AWS Secrets Manager in memory, as a program: for developing
against with any AWS SDK, or with Airflow itself, and without an account.

	localsecrets [-addr HOST:PORT] [-seed FILE]... [-state FILE] [flags]

Install it with

	go install github.com/airflowsecrets/airflowsecrets/examples/localsecrets@latest

It prints its URL on standard output once it answers, and on standard error what
was seeded and the exports that point AWS SDKs and Airflow to it:

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
    connection becomes the secret airflow/connections/ID, as JSON;
  - anything else: what airflow variables export writes. A variable becomes the
    secret airflow/variables/KEY, with the text that airflow variables import
    would store. An object counts as a value with its description only where it
    has both and no more, as in an export.

An .env file or a Compose file that sets AIRFLOW_CONN_ID and AIRFLOW_VAR_KEY is a
seed too; the other variables of it are left out.

Variables that are all strings look like the first kind: -as variables says what
they are. -as secrets and -as connections exist too; a connection may then be a
URI in a string. A connection among values that are none is an error unless -as
says what they all are. -seed can be given several times, of several kinds; a
later one wins. -connections-prefix and -variables-prefix are the backend_kwargs
of these names; "" is no prefix.

# State

With -state FILE the secrets outlive the program. Every change is in the file,
which is replaced atomically, before it is answered, so nothing that was answered
is lost, even when the program is killed. A seed is applied once for each name:
what was changed or deleted since stays so. The file holds the secrets in plain
text, readable by its owner only. One program at a time may use it.

# Who may ask

It listens on loopback unless -unsafe-public says otherwise, and lets in requests
whose Host is a loopback address or localhost, and that no other site makes: a web
page cannot read the secrets, not even by DNS rebinding. With -unsafe-public every
Host is let in and everything that a browser sends is refused. The header of a
request must arrive within 10 seconds and its body within 30.

GET /health answers 200 with {"status": "ok"}. GET /log has the latest 1,000
requests, one a line: when, the operation, the names, and the error code or ok.
-log writes the same lines to standard error as they come. Neither holds a
credential, a token or a value. The operations that are missing say so.

# When it stops

On SIGINT and SIGTERM. Also when its standard input is a pipe whose other end
closes, so that it does not outlive a program that started it; a terminal, a file
and /dev/null are no such pipe. The exit code is 130 after SIGINT and otherwise 0;
it is 1 when it cannot start, and 2 for a wrong command line.

Nobody is asked for a password and signatures are not verified: keep real secrets
out of it.
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

// run serves until ctx ends. The result is the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	seeds, err := readSeeds(o.files, o.kind, o.to)
	if err != nil {
		return failed(stderr, err)
	}
	srv, err := startServer(o, seeds, stderr)
	if err != nil {
		return failed(stderr, err)
	}
	defer srv.Close()
	if _, err := fmt.Fprintln(stdout, srv.URL()); err != nil {
		return failed(stderr, err) // nobody would find it
	}
	greet(stderr, o, seeds, srv.URL())
	<-ctx.Done()
	return 0
}

func failed(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, cli.Wrap("localsecrets: "+err.Error(), cli.Width(stderr), "  "))
	return cli.Failed
}

// isPipe reports whether a file is a pipe, whose other end can close.
func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// untilClosed is a context that ends with ctx, or when in has no more to read.
func untilClosed(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in) // however it ends, it has ended
	}()
	return ctx
}
