package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	cli.ExitOnInterrupt()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	program, o := commandLine()
	if code, done := program.Parse(args, stdout, stderr); done {
		return code
	}
	d, err := newDoctor(ctx, program.Flags, o, environ, stdin)
	switch {
	case ctx.Err() != nil:
		return interrupted(stderr)
	case err != nil:
		return program.Wrong(stderr, err.Error())
	case o.demo && d.upgrade == nil:
		return runDemo(ctx, newPage(stdout), stderr)
	case o.demo:
		if err := d.onStage(); err != nil {
			return failed(stderr, err)
		}
	}
	defer d.close()
	r := d.result(ctx)
	if ctx.Err() != nil {
		return interrupted(stderr)
	}
	if o.json {
		err = writeJSON(stdout, r)
	} else {
		err = r.write(newPage(stdout))
	}
	if err != nil {
		return failed(stderr, err)
	}
	return r.code()
}

// result makes the report.
func (d *doctor) result(ctx context.Context) interface {
	write(page) error
	code() int
} {
	if d.upgrade != nil {
		return d.compare(ctx)
	}
	d.examine(ctx)
	return d.report()
}

// interrupted ends the program without a report, in which a step that was given up would look
// like one that failed.
func interrupted(stderr io.Writer) int {
	fmt.Fprintln(stderr, "doctor: interrupted")
	return cli.Interrupted
}

func failed(stderr io.Writer, err error) int {
	fmt.Fprintln(stderr, cli.Wrap("doctor: "+err.Error(), cli.Width(stderr), "  "))
	return cli.Failed
}
