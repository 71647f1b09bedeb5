package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	debug.SetGCPercent(50)       // the heap is small, so frequent collections are cheap
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. The result is the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	var t tuner
	if err := t.configure(o); err != nil {
		complain(stderr, err)
		return cli.Usage
	}
	if o.query.engine != "" {
		return t.printQuery(o.query, stdout, stderr)
	}
	if err := t.readLists(o.exists, o.ids); err != nil {
		complain(stderr, err)
		return cli.Failed
	}
	for _, err := range t.read(ctx, o, stdin, stderr) {
		complain(stderr, err)
		code = cli.Failed
	}
	if ctx.Err() != nil {
		return cli.Failed
	}
	if err := t.show(o, code == 0, stdout, stderr); err != nil {
		complain(stderr, err)
		return cli.Failed
	}
	return code
}

// complain prints an error, each line of it in a paragraph. An error may quote the name of a file,
// so control characters in it are quoted.
func complain(stderr io.Writer, err error) {
	text := strings.TrimPrefix(err.Error(), "tune: ")
	text = strings.ReplaceAll(text, ": tune: ", ": ")
	text = strings.ReplaceAll(text, ": policy: ", ": ")
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(stderr, cli.Wrap("tune: "+term.Printable(line), columns, "  "))
	}
}

// show prints the answer. If the inputs hold no event, the error says what they seem to be
// instead.
func (t *tuner) show(o options, isWhole bool, stdout, stderr io.Writer) error {
	none := t.noEvents(t.log.Report())
	isNothing := none != nil || !isWhole && t.log.Report().Total.Calls == 0
	if isNothing && !o.json && len(t.ids) == 0 {
		return none
	}
	t.guess()
	t.countLists()
	if err := t.checkWhole(o, isWhole); err != nil {
		return err
	}
	a := t.answer(o)
	var err error
	if a.policy, err = t.policy(o); err != nil {
		return err
	}
	if a.unused, err = t.unused(o.unused); err != nil {
		return err
	}
	switch {
	case o.json:
		err = a.writeJSON(stdout)
	case a.policy != nil:
		err = a.printPolicy(stdout, stderr, o.top)
	default:
		err = a.print(term.New(stdout), o.top)
	}
	return errors.Join(none, err)
}
