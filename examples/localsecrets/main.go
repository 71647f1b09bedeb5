/*
Localsecrets is AWS Secrets Manager in memory, as a program: for developing
against with any AWS SDK, or with Airflow itself, and without an account.

	localsecrets [-addr 127.0.0.1:0] [-seed FILE]... [-as KIND]

It prints one line, its URL, once it answers:

	$ go run ./examples/localsecrets -addr 127.0.0.1:4566 -seed secrets.json
	http://127.0.0.1:4566

Every AWS SDK finds it there, with a region and any credentials:

	export AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:4566
	export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any

So does Airflow, with endpoint_url in its backend_kwargs.

# What a seed is

A JSON object, of one of three kinds, told apart by its values, or the lines of
ID=URI that airflow connections export writes to an .env file:

  - each a string: the names of secrets and their texts;
  - each an object with conn_type: what airflow connections export writes. A
    connection becomes the secret airflow/connections/ID, as JSON;
  - anything else: what airflow variables export writes. A variable becomes the
    secret airflow/variables/KEY, with the text that airflow variables import
    would store. An object counts as a value with its description only where it
    has both and no more, as in an export.

Variables that are all strings look like the first kind: -as variables says what
they are. -as secrets and -as connections exist too; a connection may then be a
URI in a string. -seed can be given several times, of several kinds; a later one
wins. -connections-prefix and -variables-prefix are the backend_kwargs of these
names; "" is no prefix.

# When it stops

On SIGINT and SIGTERM. Also when its standard input is a pipe whose other end
closes, so that it does not outlive a program that started it; a terminal, a file
and /dev/null are no such pipe. The exit code is then 0; it is 1 when it cannot
start, and 2 for a wrong command line.

Nobody is asked for a password and signatures are not verified: keep it on
loopback, and real secrets out of it.
*/
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if isPipe(os.Stdin) {
		ctx = untilClosed(ctx, os.Stdin)
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until ctx ends. The result is the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("localsecrets", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:0", "listen on `HOST:PORT`; port 0 is any free one")
	as := flags.String("as", "", "what the seeds are: secrets, connections or variables; else told by their shape")
	var to prefixes
	flags.StringVar(&to.connections, "connections-prefix", "airflow/connections", "of the secrets that connections become")
	flags.StringVar(&to.variables, "variables-prefix", "airflow/variables", "of the secrets that variables become")
	var files []string
	flags.Func("seed", "`FILE` with secrets to begin with; may be given again", func(file string) error {
		files = append(files, file)
		return nil
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "localsecrets: %d arguments too many; a file of secrets is given with -seed\n", flags.NArg())
		return 2
	}
	kind, err := kindNamed(*as)
	if err != nil {
		fmt.Fprintln(stderr, "localsecrets: -as:", err)
		return 2
	}

	secrets := map[string]string{} // :: name → text
	for _, file := range files {
		more, err := readSeed(file, kind, to)
		if err != nil {
			fmt.Fprintln(stderr, "localsecrets:", err)
			return 1
		}
		maps.Copy(secrets, more)
	}
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{Addr: *addr, Secrets: secrets})
	if err != nil {
		fmt.Fprintln(stderr, "localsecrets:", err)
		return 1
	}
	defer srv.Close()
	if _, err := fmt.Fprintln(stdout, srv.URL()); err != nil {
		fmt.Fprintln(stderr, "localsecrets:", err) // nobody would find it
		return 1
	}
	<-ctx.Done()
	return 0
}

// isPipe tells whether a file is a pipe, whose other end can close.
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
