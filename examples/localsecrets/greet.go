package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/envfile"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// mostNames is how many names of a seed are shown.
const mostNames = 10

// greet prints what was seeded and how programs find the server.
func greet(w io.Writer, o options, seeds []secretFile, url string) {
	width := cli.Width(w)
	for _, seed := range seeds {
		fmt.Fprintln(w, cli.Wrap(file(seed.path, width)+": "+seed.String(), width, "  "))
		names := slices.Sorted(maps.Keys(seed.secrets))
		for _, name := range names[:min(len(names), mostNames)] {
			fmt.Fprintln(w, "  "+cli.Shorten(term.Printable(name), width-2))
		}
		if more := len(names) - mostNames; more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
		if note := envfile.Note(seed.envFiles); note != "" {
			fmt.Fprintln(w, cli.Fit("  note: "+note, width, "    "))
		}
	}
	if o.state != "" {
		text := "State: " + file(o.state, width)
		if len(seeds) > 0 {
			text += "; a name that was seeded before keeps what the state has"
		}
		fmt.Fprintln(w, cli.Wrap(text, width, "  "))
	}
	if o.public {
		text := "Warning: every machine that reaches " + o.addr + " can read and change the secrets. " +
			"On another machine, write the name of this one into the URL."
		fmt.Fprintln(w, cli.Wrap(text, width, "  "))
	}
	fmt.Fprint(w, exports(o, url))
	if term.IsTerminal(os.Stdin) {
		fmt.Fprintln(w, "\nCtrl-C stops it.")
	}
}

// file shortens a path so that a few words fit on the same line.
func file(path string, width int) string { return cli.Shorten(term.Printable(path), width-20) }

// exports returns lines to paste into a shell, for AWS SDKs and for Airflow. With the default
// prefixes none is wider than 80 columns: long values have their own line, which a backslash
// joins to the name.
func exports(o options, url string) string {
	for _, every := range []string{"//[::]:", "//0.0.0.0:"} {
		url = strings.Replace(url, every, "//127.0.0.1:", 1)
	}
	return "\nPaste into the shell of the program that reads them:\n\n" +
		"export AWS_ENDPOINT_URL_SECRETS_MANAGER=" + url + "\n" +
		"export AWS_REGION=" + o.region + " AWS_DEFAULT_REGION=" + o.region + "\n" +
		"export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n" +
		"\nand for Airflow, also:\n\n" +
		"export AIRFLOW__SECRETS__BACKEND=\\\n" +
		"airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend\n" +
		"export AIRFLOW__SECRETS__BACKEND_KWARGS=\\\n" +
		"'" + backendKwargs(o.to) + "'\n"
}

// backendKwargs returns the kwargs for prefixes that are not Airflow's defaults, for use between
// single quotes in a shell.
func backendKwargs(to prefixes) string {
	changed := map[string]any{}
	for key, prefix := range map[string][2]string{
		"connections_prefix": {to.connections, "airflow/connections"},
		"variables_prefix":   {to.variables, "airflow/variables"},
	} {
		if prefix[0] != prefix[1] {
			changed[key] = prefix[0]
		}
	}
	return strings.ReplaceAll(kwargs.Text(changed), "'", `'\''`)
}

// kinds are the nouns for the secrets of a seed, singular and plural.
var kinds = map[export.Kind][2]string{
	secrets:            {"secret", "secrets"},
	export.Connections: {"connection", "connections"},
	export.Variables:   {"variable", "variables"},
}

// String returns what a seed is, as in "2 variables under airflow/variables/".
func (s secretFile) String() string {
	n := len(s.secrets)
	noun := kinds[s.kind][1]
	if n == 1 {
		noun = kinds[s.kind][0]
	}
	text := fmt.Sprintf("%d %s", n, noun)
	if s.under != "" {
		text += " under " + term.Printable(s.under)
	}
	switch s.leftOut {
	case 0:
		return text
	case 1:
		return text + "; 1 other environment variable is left out"
	}
	return text + fmt.Sprintf("; %d other environment variables are left out", s.leftOut)
}
