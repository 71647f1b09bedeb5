/*
Doctor finds out why an environment cannot read its secrets: the runbook as a
list of checks, each ok, warning, failed or skipped, with what was seen and one
thing to do.

	doctor [flags] [ID…]

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

# What it prints

No value of a secret or a kwarg but prefixes, patterns, regions and endpoints.
With -json one object:

	{"caller": {"principal", "account", "assumed_role", "region", "endpoint", "addresses", "route", "mwaa"},
	 "checks": [{"name", "status", "seen", "do", "findings": [{"status", "seen", "do"}]}], "calls": N}

The exit code is 0, 1 where a check failed, and 2 for a wrong command line.
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

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. The result is the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		d      = &doctor{environ: environ}
		ids    []string
		kind   = flags.String("kind", "connection", "`kind` of the IDs that name none: connection, variable or config")
		doc    = flags.String("kwargs", "", "examine these backend_kwargs: `JSON`, or @ and a file that holds it")
		mwaa   = flags.String("mwaa", "", "examine what aws mwaa get-environment printed into this `FILE`; - is standard input")
		worker = flags.Bool("worker", false, "ask as an Airflow worker does: [workers] secrets_backend comes first")
		asJSON = flags.Bool("json", false, "print one JSON object")
		demo   = flags.Bool("demo", false, "make each trouble of the runbook against a Secrets Manager in memory, and examine it")
	)
	flags.Func("id", "look this `ID` up; may be given again", func(text string) error {
		ids = append(ids, text)
		return nil
	})
	flags.Func("provider", "`VERSION` of apache-airflow-providers-amazon that Airflow runs", func(text string) (err error) {
		d.provider, err = parseVersion(text)
		return err
	})
	flags.BoolVar(&d.all, "all", false, "read every secret that is listed, hidden ones too, and look for what is wrong with it")
	flags.DurationVar(&d.timeout, "timeout", time.Minute, "how long all of it may take; each step gets a sixth, 5s at most")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: doctor [flags] [ID…]")
		flags.PrintDefaults()
		fmt.Fprintln(stderr, "To run it elsewhere, build it static: "+staticBuild)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	err := d.setIDs(*kind, append(ids, flags.Args()...))
	if err == nil {
		err = d.setSource(ctx, *doc, *mwaa, *worker, stdin)
	}
	if err == nil && *demo && *asJSON {
		err = errors.New("-demo prints no JSON")
	}
	if err == nil && d.timeout <= 0 {
		err = errors.New("-timeout: it must be more than nothing")
	}
	if ctx.Err() != nil {
		return interrupted(stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "doctor:", err)
		return 2
	}

	if *demo {
		return runDemo(ctx, term.New(stdout), stderr)
	}
	d.examine(ctx)
	if ctx.Err() != nil {
		return interrupted(stderr)
	}
	r := d.report()
	if *asJSON {
		err = r.writeJSON(stdout)
	} else {
		err = r.write(term.New(stdout))
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "doctor:", err)
		return 1
	case r.count(Failed) > 0:
		return 1
	}
	return 0
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
	if text == "" || term.Printable(text) != text || strings.ContainsAny(text, "{}\"") || strings.Contains(text, "://") || strings.Contains(text, "@") && strings.Contains(text, ":") {
		return id{}, errors.New("an ID is empty, or is none: it looks like a connection string")
	}
	k, err := lookup.ParseKind(kind)
	if err != nil {
		return id{}, errors.New("-kind: want connection, variable or config")
	}
	return id{k, text}, nil
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
	d.source = airflow{d.environ, worker}
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
