/*
Quickstart shows what this library does on one screen: an id and its secret, the typed
connection that comes out, what a Go driver gets from it, an id that the lookup pattern
skips, and what the error says of a secret that is missing or stored wrong.

	go run ./examples/quickstart

It needs no AWS account and no network: it starts a Secrets Manager in memory, stores
a few secrets as Airflow users have them, and looks them up as Airflow does.

	go run ./examples/quickstart -aws postgres_default

looks up the given ids in the real Secrets Manager instead. It reads the configuration
that Airflow would read here: the environment variables and airflow.cfg. No password or
extra is printed.

The exit code is 1 if a lookup fails, 2 for a wrong command line, and 130 after Ctrl-C.
*/
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	cli.ExitOnInterrupt()
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	program := cli.New("quickstart")
	program.Purpose = "Quickstart looks up connections and variables as Airflow does: " +
		"a few samples in a Secrets Manager in memory or, with -aws, your own in AWS."
	program.Usage = "[-aws ID...]"
	program.Examples = []string{"quickstart", "quickstart -aws postgres_default"}
	program.ExitCodes = []string{
		"0: every lookup did what was expected of it",
		"1: a lookup failed, or the configuration cannot be used",
		"2: the command line is wrong",
		"130: interrupted",
	}
	aws := program.Flags.Bool("aws", false,
		"look up the connection ids in AWS, with the configuration that Airflow would read here")
	if code, done := program.Parse(args, stdout, stderr); done {
		return code
	}
	ids := program.Flags.Args()
	switch {
	case !*aws && len(ids) > 0:
		return program.Wrong(stderr, "arguments need -aws: write quickstart -aws ID")
	case *aws && len(ids) == 0:
		return program.Wrong(stderr, "-aws needs the ids to look up: write quickstart -aws ID")
	}

	p := newPage(stdout)
	var err error
	if *aws {
		err = lookUpInAWS(ctx, p, environ, ids)
	} else {
		err = demo(ctx, p)
	}
	if _, writeErr := io.WriteString(stdout, p.text.String()); err == nil {
		err = writeErr
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") { // one for each id that failed
			fmt.Fprintln(stderr, cli.Wrap("quickstart: "+line, cli.Width(stderr), "  "))
		}
		return cli.Failed
	}
	return 0
}
