/*
Migrate moves connections and variables between Airflow and AWS Secrets Manager. It
reads what airflow connections export and airflow variables export write, what the
import commands read, and .env and Compose files, and creates the secrets that
SecretsManagerBackend looks for. With -out it goes the other way: it writes what the
import commands read from the secrets that exist.

	airflow connections export connections.json
	airflow variables export variables.json
	migrate connections.json variables.json
	migrate -apply connections.json variables.json

Install it with

	go install github.com/airflowsecrets/airflowsecrets/examples/migrate@latest

Without -apply it changes nothing and prints what it would do: the secret, whether it
exists, which fields differ from those of the file, what connuri.Lint finds in the text
and hook.Lint in how a hook reads it, and what the text would lose. With -apply it
creates the secrets that are missing. It changes an existing secret only with -update,
and never prints a value.

-demo uses a Secrets Manager in memory, without an account; -endpoint another local
one, such as examples/localsecrets.

# Files

Package connuri/export describes what is read: JSON, YAML, lines of ID=VALUE, .env files
and Compose files with AIRFLOW_CONN_ID and AIRFLOW_VAR_KEY. The other variables of these
are left out, and a note has ten of their names; it also names the files of env_file, which
are not read. What Airflow's own reader refuses is refused, with the reason. The output of
airflow connections get -o json and of the list commands is refused as well: it has numbers
and booleans of an extra as text, or no values at all. So is a file of more than 64 MiB.

Lines of ID=VALUE are connections, as Airflow exports them. If no line is certainly a
connection, such as a list of web addresses, say what they are with -kind.

# Which names

The prefixes, the separator and extra_conn_words are those of Airflow's own
configuration: the environment and airflow.cfg, or -kwargs. -connections-prefix and
-variables-prefix take precedence over both. An id that the lookup pattern would
skip is created with a warning, since nobody would read it.

# Which text

A connection from an object becomes a secret in JSON with its seven fields. Its
description, which SecretsManagerBackend does not read, becomes the description of the
secret. A URI stays the URI that it is; -as json and -as uri choose one form for all.
Before anything is created, each text is read as Airflow would read it, and refused if a
field comes back different.

A variable becomes the text that airflow variables import would store. An export of
Airflow 2 does not show everything: it has no descriptions of variables, and no quotes
around one that is a JSON string. A variable that is an object with a value and a
description looks there like a variable that has a description. Check these variables
by hand.

# Writing an export

	migrate -out connections.json -kind connections
	migrate -out variables.yaml -kind variables

writes the secrets under the prefix in the format of the file's name, or of -format:
json as Airflow exports it, yaml, or env. The description of a secret becomes that of the
connection or variable. What a lookup would not ask for is left out. What Airflow's import
would refuse, or read back as something different, is refused with the reason, and the
rest is written, with notes on what connuri.Lint and hook.Lint find. The file must not exist
yet; only its owner can read it.

# Permissions

-apply needs secretsmanager:CreateSecret, and secretsmanager:GetSecretValue for a secret
that exists; -update also needs secretsmanager:PutSecretValue. Without -apply,
secretsmanager:GetSecretValue shows whether a secret exists with the same value, or
secretsmanager:DescribeSecret whether it exists. -out needs secretsmanager:ListSecrets,
GetSecretValue and, to save calls, BatchGetSecretValue.

The exit code is 0, also if secrets exist already; 1 if one was refused or a call failed;
2 for a wrong command line or a file that cannot be read; and 130 after an interrupt, which
ends it at once. What was created before stays; run it again to see it.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

func main() {
	cli.ExitOnInterrupt() // what was created stays, and a file is written in one go
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends what does not end by itself
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. The result is the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	settings, err := o.from.settings(environ, stderr)
	if err != nil {
		say(stderr, "migrate: "+err.Error())
		return cli.Usage
	}
	if o.out != "" {
		err = leave(ctx, o, settings, stdout, stderr)
	} else {
		code, err = migrateFiles(ctx, o, settings, stdin, stdout, stderr)
	}
	if ctx.Err() != nil {
		return cli.Interrupted
	}
	if err != nil {
		if !errors.Is(err, errSaid) {
			say(stderr, "migrate: "+err.Error())
		}
		return max(code, cli.Failed)
	}
	return code
}

// errSaid ends the program after its output has said why.
var errSaid = errors.New("some of it failed")

// say writes a message that wraps at the width of the terminal.
func say(w io.Writer, text string) {
	fmt.Fprintln(w, cli.Fit(term.Escape(text), cli.Width(w), "  "))
}

// shown is the name of a file as it may be printed: a connection may be in its place.
func shown(name string) string {
	if looksLikeSecret(name) {
		return "[redacted, not a file]"
	}
	return term.Printable(name)
}

// migrateFiles goes from files to secrets. The error is for the caller to print.
func migrateFiles(ctx context.Context, o options, settings setup.Settings, stdin io.Reader,
	stdout, stderr io.Writer,
) (code int, err error) {
	p, err := newPlanner(settings.Backend, o.as)
	if err != nil {
		return cli.Usage, err
	}
	for _, name := range o.files {
		doc, err := readFile(ctx, name, stdin)
		if err != nil {
			return cli.Usage, fmt.Errorf("%s: %w", shown(name), err)
		}
		file, err := export.Read(doc)
		if err == nil {
			err = p.add(name, file, o.kind)
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", shown(name), err)
		}
		noteFile(stderr, name, file, o.kind)
	}
	if !o.target.offline {
		s, err := o.target.open(ctx, settings)
		if err != nil {
			return 0, err
		}
		defer s.close()
		s.goThrough(ctx, p.secrets, o.mode())
	}
	if o.json {
		err = writeJSON(stdout, p.secrets)
	} else {
		err = writeTable(stdout, p.secrets, o.mode())
	}
	if err != nil {
		return 0, err
	}
	for _, s := range p.secrets {
		if s.Action.bad() {
			return cli.Failed, nil
		}
	}
	return 0, nil
}

func readFile(ctx context.Context, name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return readAll(ctx, stdin)
	}
	doc, err := cli.ReadFile(name)
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		err = failed.Err // the caller names the file
	}
	return doc, err
}

// readAll reads to the end, or until ctx ends, which a read from a terminal does not notice.
func readAll(ctx context.Context, from io.Reader) ([]byte, error) {
	type result struct {
		doc []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		doc, err := cli.ReadAll(from)
		done <- result{doc, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case all := <-done:
		return all.doc, all.err
	}
}
