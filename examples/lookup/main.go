/*
Lookup shows which secrets a list of Airflow ids reaches under a lookup pattern or a whole
set of backend_kwargs, and why the others reach none. It needs neither AWS nor Airflow.

	go run ./examples/lookup -pattern '^(?!aws-default).*' aws_default smtp_default
	go run ./examples/lookup -kwargs kwargs.json -kind variable < ids.txt
*/
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

func main() {
	cli.ExitOnInterrupt()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	kwargs, kind, team string
	pattern            *string // nil leaves the pattern of the kwargs
	multiTeam, json    bool
	ids                []string
}

// parse reads the command line. If done is true, the program exits with code.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("lookup")
	p.Purpose = "Lookup shows which secrets Airflow ids reach, and why the others reach none, without AWS."
	p.Usage = "[flags] [ID...]"
	p.Examples = []string{
		"lookup -pattern '^(?!aws-default).*' aws_default smtp_default",
		"lookup -kwargs kwargs.json -kind variable < ids.txt",
	}
	p.ExitCodes = []string{
		"0: the ids are shown, reached or not",
		"1: the ids cannot be read",
		"2: the command line is wrong, which includes the pattern and the kwargs",
		"130: interrupted",
	}
	p.Flags.StringVar(&o.kwargs, "kwargs", "",
		"backend_kwargs as `JSON, FILE or -` (standard input)")
	p.Flags.StringVar(&o.kind, "kind", "connection", "`KIND` of the ids: connection, variable or config")
	p.Flags.StringVar(&o.team, "team", "", "look up as this `TEAM`")
	p.Flags.BoolVar(&o.multiTeam, "multi-team", false, "look up as if core.multi_team were on")
	p.Flags.BoolVar(&o.json, "json", false, "print one JSON object for each id, in full")
	usage := "lookup `PATTERN` in place of the one in -kwargs; with \"\", every id is looked up"
	p.Flags.Func("pattern", usage, func(expr string) error {
		o.pattern = &expr
		return nil
	})
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	o.ids = p.Flags.Args()
	if o.kwargs == "-" && len(o.ids) == 0 {
		return o, p.Wrong(stderr, "-kwargs - leaves no standard input for the ids: write the ids as arguments"), true
	}
	return o, 0, false
}

// run returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	rule, warnings, err := o.rule()
	if err != nil {
		return failed(stderr, cli.Usage, err)
	}
	if len(o.ids) == 0 {
		if f, ok := stdin.(*os.File); ok && term.IsTerminal(f) {
			fmt.Fprintln(stderr, "Type one id per line. Ctrl-D ends the list.")
		}
		if o.ids, err = readLines(stdin); err != nil {
			return failed(stderr, cli.Failed, fmt.Errorf("standard input: %w", err))
		}
	}
	if o.json {
		err = printJSON(stdout, rule.Report(o.ids, o.team))
	} else {
		err = printReport(stdout, rule, o, warnings)
	}
	if err != nil {
		return failed(stderr, cli.Failed, err)
	}
	return 0
}

func failed(stderr io.Writer, code int, err error) int {
	fmt.Fprintln(stderr, cli.Fit("lookup: "+err.Error(), cli.Width(stderr), "  "))
	return code
}

// readLines returns the lines that are not empty.
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
