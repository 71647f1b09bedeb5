/*
Migrate moves connections and variables out of Airflow's database into AWS Secrets
Manager: it reads what airflow connections export and airflow variables export
write, and creates the secrets that SecretsManagerBackend looks for.

	airflow connections export connections.json
	airflow variables export variables.json
	go run ./examples/migrate connections.json variables.json
	go run ./examples/migrate -apply connections.json variables.json

Without -apply it changes nothing and prints what it would do: the secret, whether
it is there already, what connuri.Lint finds in the text and hook.Lint in how a hook
reads it, and what the text would lose. With -apply it creates the secrets that are
not there. It never changes one that is, and never prints a value.

-demo does either against a Secrets Manager in memory, without an account;
-endpoint against another local one, such as examples/localsecrets.

# Which names

The prefixes, the separator and extra_conn_words are those of Airflow's own
configuration: the environment and airflow.cfg, or -kwargs. -connections-prefix and
-variables-prefix win over both. An id that the lookup pattern would skip is
created with a warning, since nobody would read it.

# Which text

A connection from JSON becomes a secret in JSON with its seven fields. Its
description, which SecretsManagerBackend would not read, becomes the description
of the secret. One from an .env file stays the URI that it is; -as json and -as uri
say otherwise. Before anything is created each text is read as Airflow would read
it, and refused where a field came back different.

A variable becomes the text that airflow variables import would store. Airflow 2
exports neither the descriptions of variables nor the quotes of one that is a JSON
string, and one that is an object of a value and a description it exports like a
variable that has a description; look at those yourself.

YAML is not read. The output of airflow connections get -o json and of the list
commands is refused: it has numbers and booleans of an extra as text, or no values
at all.

# Permissions

-apply wants secretsmanager:CreateSecret, and reads a secret only where it is there
already. Without -apply secretsmanager:GetSecretValue reports whether it is there with
the same text; else secretsmanager:DescribeSecret reports whether it is there.

The exit code is 0, also where secrets were there already; 1 where one was refused
or a call failed; 2 for a wrong command line.
*/
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/export"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	files       []string
	apply, json bool
	kind        export.Kind // "" is told by the file
	as          form
	from        source
	target      target
}

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseArgs(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2 // the flag package has said why
	}
	settings, err := o.from.settings(environ, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", err)
		return 2
	}
	p, err := newPlanner(settings.Backend, o.as)
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", err)
		return 2
	}
	for _, name := range o.files {
		file, err := readFile(name, stdin)
		if slices.ContainsFunc(file.Entries, func(e export.Entry) bool { return file.Env && e.Value[0] == '"' }) {
			fmt.Fprintf(stderr, "note: %s: lines of ID=URI have lost descriptions and capitals; airflow connections export to a .json file keeps them\n", name)
		}
		if err == nil {
			err = p.add(name, file, o.kind)
		}
		if err != nil {
			fmt.Fprintf(stderr, "migrate: %s: %v\n", name, err)
			return 1
		}
	}

	if !o.target.offline {
		s, err := o.target.open(ctx, settings)
		if err != nil {
			fmt.Fprintln(stderr, "migrate:", err)
			return 1
		}
		defer s.close()
		s.goThrough(ctx, p.secrets, o.apply)
	}
	if o.json {
		err = writeJSON(stdout, p.secrets)
	} else {
		err = writeTable(stdout, p.secrets, o.apply)
	}
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", err)
		return 1
	}
	for _, s := range p.secrets {
		if s.Action.bad() {
			return 1
		}
	}
	return 0
}

func parseArgs(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.apply, "apply", false, "create the secrets; without it nothing is changed")
	flags.BoolVar(&o.json, "json", false, "print a JSON list instead of the table")
	flags.Func("kind", "`KIND` of what the files hold, connections or variables; else told by their shape", func(name string) error {
		o.kind = export.Kind(name)
		if o.kind != export.Connections && o.kind != export.Variables {
			return errors.New("want connections or variables")
		}
		return nil
	})
	flags.Func("as", "the `FORM` of connections, json or uri; else as the file has them", func(name string) error {
		o.as = form(name)
		if o.as != asJSON && o.as != asURI {
			return errors.New("want json or uri")
		}
		return nil
	})
	flags.StringVar(&o.from.kwargs, "kwargs", "", "backend_kwargs: `JSON`, or @ and a file that holds it; else Airflow's configuration here")
	flags.Func("connections-prefix", "`PREFIX` of connections; empty is none", o.from.prefix(&o.from.connections))
	flags.Func("variables-prefix", "`PREFIX` of variables; empty is none", o.from.prefix(&o.from.variables))
	flags.StringVar(&o.target.endpoint, "endpoint", "", "the `URL` of a local Secrets Manager, asked with made-up credentials")
	flags.BoolVar(&o.target.demo, "demo", false, "use a Secrets Manager in memory")
	flags.BoolVar(&o.target.offline, "offline", false, "ask nobody whether a secret is there")
	flags.StringVar(&o.target.kmsKey, "kms-key-id", "", "the KMS `KEY` to encrypt with; else that of the account")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: migrate [flags] FILE…   (- is standard input)")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.files = flags.Args()
	switch {
	case len(o.files) == 0:
		err = errors.New("which files? give what airflow connections export and airflow variables export wrote")
	case o.apply && o.target.offline:
		err = errors.New("-apply cannot be -offline")
	case o.target.demo && o.target.endpoint != "":
		err = errors.New("-demo brings its own endpoint")
	}
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", err)
	}
	return o, err
}

func readFile(name string, stdin io.Reader) (export.File, error) {
	var doc []byte
	var err error
	if name == "-" {
		doc, err = io.ReadAll(stdin)
	} else {
		doc, err = os.ReadFile(name)
	}
	if err != nil {
		if failed, ok := errors.AsType[*os.PathError](err); ok {
			err = failed.Err // the caller names the file
		}
		return export.File{}, err
	}
	return export.Read(doc)
}
