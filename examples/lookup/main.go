// Command lookup says which secrets a list of Airflow ids reaches under a lookup pattern or a whole set of backend_kwargs, and why the
// others reach none. It asks nobody: no AWS account, no Airflow.
//
//	go run ./examples/lookup -pattern '^(?!aws-default).*' aws_default smtp_default
//	go run ./examples/lookup -kwargs @kwargs.json -kind variable < ids.txt
//
// The exit code is 0, or 2 for a pattern that does not compile and for wrong usage.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("lookup", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		pattern *string
		kwargs  = flags.String("kwargs", "", "backend_kwargs: JSON, or @ and a `file` that holds it")
		kind    = flags.String("kind", "connection", "`kind` of the ids: connection, variable or config")
		team    = flags.String("team", "", "`team` that asks")
		multi   = flags.Bool("multi-team", false, "core.multi_team is on")
	)
	flags.Func("pattern", "lookup `pattern`; wins over the one in -kwargs, also if it is empty", func(expr string) error {
		pattern = &expr
		return nil
	})
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: lookup [flags] [ID…]   (without an ID, one per line from standard input)")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}

	rule, warnings, err := readRule(*kwargs, *kind, pattern)
	ids := flags.Args()
	if err == nil && len(ids) == 0 {
		ids, err = readLines(stdin)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	rule.MultiTeam = *multi
	fmt.Fprint(stdout, rule.Report(ids, *team))
	for _, warning := range warnings {
		fmt.Fprintln(stdout, "note:", warning)
	}
	for _, f := range rule.Lint(ids...) {
		if f.Rule == lookup.RunawayRule {
			continue // the report ends with it
		}
		fmt.Fprintln(stdout, "note:", f)
	}
	return 0
}

func readLines(r io.Reader) ([]string, error) {
	var all []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if lines.Text() != "" {
			all = append(all, lines.Text())
		}
	}
	return all, lines.Err()
}
