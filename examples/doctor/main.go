/*
Doctor finds out why an environment cannot read its secrets: the runbook as a
list of checks, each ok, warning, failed or skipped, with what was seen and one
thing to do.

	doctor [flags] [ID…]

Before an upgrade of Airflow it finds the connections that stop working: see below.
It examines the configuration that Airflow would have here, its environment
variables and airflow.cfg, or what -kwargs or -mwaa gives: the class, the kwargs,
the patterns; then the way to the very address that the SDK would use, by name,
connection and handshake; then who asks, and what that one may read.

	go run ./examples/doctor -demo
	go run ./examples/doctor postgres_default variable:environment
	aws mwaa get-environment --name prod | go run ./examples/doctor -mwaa - postgres_default

With localsecrets for AWS, give that -as connections for a seed of {id: uri}: by itself
it takes the keys for the names of secrets, and nothing is under airflow/connections/.

What it tells is what this principal sees from this network. To see what an MWAA
environment sees, build it static and run it in the environment's subnets under its
execution role, from a BashOperator:

	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build ./examples/doctor

# IDs

An ID is a conn_id; variable:KEY and config:KEY are the others. Give one that
exists: only with one can it be told whether its secret may be read and decrypted.
Without one a missing name is asked for under each prefix.

# What it costs

A call of GetSecretValue for each ID, one for aws_default where it is asked for,
and a list or more of each kind; the last line counts them, and names the checks that
warn or fail. -all reads every secret that is listed, those that a pattern hides too:
each costs, and CloudTrail records each. What was read is looked through by
connuri.Lint and hook.Lint, which cost nothing.

# What an upgrade does

-upgrade FROM:TO examines nothing. It reads connections and reports which of them an
upgrade of Airflow stops, starts or changes, by connuri.Reading: the id, the rule, the
field, and what to write so that both versions read the same.

	go run ./examples/doctor -upgrade 2.10.3:3.0.6 -all
	go run ./examples/doctor -upgrade 2.10.3:3.0.6 pg_default smtp_default
	go run ./examples/doctor -upgrade 2.10.3:3.0.6 -file connections.json
	go run ./examples/doctor -upgrade 2.10.1:2.11.0 -mwaa environment.json -all
	go run ./examples/doctor -demo -upgrade 2.10.3:3.0.6

It compares the connections of the IDs given; with -all every one that is listed under
connections_prefix, without a limit; or those of a file, without asking AWS. A file is a
JSON or YAML object, or lines of ID=URI or ID={JSON}, as airflow connections export writes
them, or an .env or Compose file that sets AIRFLOW_CONN_ID. A value is the text of a secret,
or an object that is its JSON; a key is an id. If a key begins with connections_prefix and
sep, all keys are names of secrets, and those elsewhere are left out. Quotes around the value
of a line are removed as a shell does. The JSON of a single secret is refused, since its keys
are not ids. What comes out of Airflow's database is reported as if it were stored in secrets
as it is. Prefix, sep, lookup pattern and extra_conn_words are those of the configuration that
would be examined; for a file there need not be one.

Run it once for each step of an upgrade: 2.10.3 to 3.0.6 to 3.3.1 is
-upgrade 2.10.3:3.0.6, and then -upgrade 3.0.6:3.3.1, since a connection may stop at the
first step and start again at the second.

The provider counts as well: where are_secret_values_urlencoded is on, one before 9.0
decodes the values of JSON secrets and a later one does not. With -mwaa the images of both
versions say which provider each has. -provider is the one before the upgrade, and needed
where that kwarg is on in Airflow 2 and -mwaa is not given; the one after is then the newest.

Texts that neither version gives to a task, such as broken JSON, are counted and listed
apart: the upgrade does nothing to them, and the exit code is 0 unless all are such. Python
counts for some URIs with square brackets; their ids are listed, and change no count.

Secrets that are binary, are scheduled for deletion, or are never asked for, since the
lookup pattern skips their ids, are counted by reason. So are those that could not be
read; they may stop, too, which is why the exit code is then 1.

-timeout is for all of it: give thousands of connections more than the usual minute.
Batches of twenty cost one call, where secretsmanager:BatchGetSecretValue is allowed,
and single calls are made otherwise.

# What it prints

No value of a secret or a kwarg but prefixes, patterns, regions and endpoints.
With -json one object:

	{"caller": {"principal", "account", "assumed_role", "region", "endpoint", "addresses", "route", "mwaa"},
	 "checks": [{"name", "status", "seen", "do", "findings": [{"status", "seen", "do"}]}], "calls": N}

With -upgrade and -json one object:

	{"from", "to", "compared": N, "stop": N, "change": N, "start": N, "same": N, "neither": N,
	 "connections": [{"id", "effect": "stops", "reasons": [{"rule", "field", "problem", "do"}]}],
	 "unreadable": [as above, without effect], "depends_on_python": [ids],
	 "not_compared": [{"reason", "do", "unknown": false, "count": N, "ids"}],
	 "notes", "checks": [as above], "calls": N}

The exit code is 0; 1 where a check failed, and with -upgrade where a connection stops or
could not be read, or where neither version reads any; and 2 for a wrong command line.
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
	"strings"
	"syscall"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	ids                               []string
	kind, kwargs, mwaa, upgrade, file string
	worker, json, demo, all           bool
	provider                          version
	timeout                           time.Duration
}

// run is the program. The result is the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseArgs(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	d := &doctor{environ: environ, all: o.all, timeout: o.timeout, provider: o.provider}
	err = d.setUp(ctx, o, stdin)
	if ctx.Err() != nil {
		return interrupted(stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "doctor:", err)
		return 2
	}
	switch {
	case o.demo && d.upgrade != nil:
		err = d.onStage()
	case o.demo:
		return runDemo(ctx, term.New(stdout), stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "doctor:", err)
		return 1
	}
	defer d.close()
	r := d.result(ctx)
	if ctx.Err() != nil {
		return interrupted(stderr)
	}
	if o.json {
		err = writeJSON(stdout, r)
	} else {
		err = r.write(term.New(stdout))
	}
	if err != nil {
		fmt.Fprintln(stderr, "doctor:", err)
		return 1
	}
	return r.code()
}

// result is what the program prints.
func (d *doctor) result(ctx context.Context) interface {
	write(term.Output) error
	code() int
} {
	if d.upgrade != nil {
		return d.compare(ctx)
	}
	d.examine(ctx)
	return d.report()
}

func parseArgs(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.kind, "kind", "connection", "`kind` of the IDs that name none: connection, variable or config")
	flags.StringVar(&o.kwargs, "kwargs", "", "examine these backend_kwargs: `JSON`, or @ and a file that holds it")
	flags.StringVar(&o.mwaa, "mwaa", "", "examine what aws mwaa get-environment printed into this `FILE`; - is standard input")
	flags.BoolVar(&o.worker, "worker", false, "ask as an Airflow worker does: [workers] secrets_backend comes first")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	flags.BoolVar(&o.demo, "demo", false, "make each trouble of the runbook against a Secrets Manager in memory, and examine it; with -upgrade, compare sample connections there")
	flags.Func("id", "look this `ID` up; may be given again", func(text string) error {
		o.ids = append(o.ids, text)
		return nil
	})
	flags.Func("provider", "`VERSION` of apache-airflow-providers-amazon that Airflow runs, before an -upgrade (default with -mwaa: that of the image)", func(text string) (err error) {
		o.provider, err = parseVersion(text)
		return err
	})
	flags.BoolVar(&o.all, "all", false, "read every secret that is listed, hidden ones too, and look for what is wrong with it; with -upgrade, compare every connection that is listed")
	flags.StringVar(&o.upgrade, "upgrade", "", "report which connections an upgrade stops, starts or changes: `FROM:TO`, such as 2.10.3:3.0.6, one step at a time; with IDs, -all or -file")
	flags.StringVar(&o.file, "file", "", "with -upgrade, compare the connections of this `FILE` and ask AWS nothing; - is standard input")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long all of it may take; each step gets a sixth, 5s at most")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: doctor [flags] [ID…]")
		flags.PrintDefaults()
		fmt.Fprintln(stderr, "Exit code: 0; 1 if a check failed or a connection stops or could not be read; 2 for a wrong command line.")
		fmt.Fprintln(stderr, "To run it elsewhere, build it static: "+staticBuild)
	}
	err = flags.Parse(args)
	o.ids = append(o.ids, flags.Args()...)
	return o, err
}

// setUp takes over the command line.
func (d *doctor) setUp(ctx context.Context, o options, stdin io.Reader) error {
	if err := d.setIDs(o.kind, o.ids); err != nil {
		return err
	}
	if err := d.setUpgrade(o); err != nil {
		return err
	}
	if err := d.setSource(ctx, o.kwargs, o.mwaa, o.worker, stdin); err != nil {
		return err
	}
	switch {
	case o.demo && o.json && d.upgrade == nil:
		return errors.New("-demo prints no JSON")
	case o.timeout <= 0:
		return errors.New("-timeout: it must be more than nothing")
	case o.file == "":
		return nil
	}
	var err error
	d.file, err = readEntries(ctx, o.file, stdin)
	return err
}

// interrupted ends without a report: what was given up looks like what failed.
func interrupted(stderr io.Writer) int {
	fmt.Fprintln(stderr, "doctor: interrupted")
	return 1
}

// setIDs reads the IDs. What looks like a connection string is not even shown.
func (d *doctor) setIDs(kind string, texts []string) error {
	for _, text := range texts {
		i, err := parseID(kind, text)
		if err != nil {
			return err
		}
		if !slices.Contains(d.ids, i) {
			d.ids = append(d.ids, i)
		}
	}
	_, err := parseID(kind, "x")
	return err
}

func parseID(kind, text string) (id, error) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(text, k.kind.String()+":"); ok {
			return parseID(k.kind.String(), rest)
		}
	}
	if cannotBeID(text) {
		return id{}, errors.New("an ID is empty, or is none: it looks like a connection string")
	}
	k, err := lookup.ParseKind(kind)
	if err != nil {
		return id{}, errors.New("-kind: want connection, variable or config")
	}
	return id{k, text}, nil
}

// cannotBeID reports whether a text must not be shown: it may be a misplaced connection
// string.
func cannotBeID(text string) bool {
	isURI := strings.Contains(text, "://") || strings.Contains(text, "@") && strings.Contains(text, ":")
	return isURI || text == "" || term.Printable(text) != text || strings.ContainsAny(text, "{}\"")
}

func (d *doctor) setSource(ctx context.Context, kwargs, environment string, worker bool, stdin io.Reader) (err error) {
	switch {
	case kwargs != "" && environment != "":
		return errors.New("-kwargs and -mwaa: only one of them can be examined")
	case kwargs != "":
		doc, at, err := readDoc(kwargs)
		d.source = given{doc, at}
		return err
	case environment == "-":
		doc, err := readAll(ctx, stdin)
		d.source = mwaa{doc}
		return err
	case environment != "":
		doc, err := os.ReadFile(environment)
		d.source = mwaa{doc}
		return err
	}
	process := setup.Server
	if worker {
		process = setup.Worker
	}
	d.source = airflow{d.environ, process}
	return nil
}

// readAll reads to the end, or until ctx ends, which a terminal does not notice.
func readAll(ctx context.Context, from io.Reader) ([]byte, error) {
	done := make(chan struct{})
	var all []byte
	var failed error
	go func() {
		all, failed = io.ReadAll(from)
		close(done)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-done:
		return all, failed
	}
}
