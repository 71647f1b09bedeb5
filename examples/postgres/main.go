/*
Postgres queries a real PostgreSQL through a pool whose login comes from AWS Secrets
Manager, while the password is rotated again and again, and loses no query.

	go run -C examples/postgres .
	go run -C examples/postgres . -dsn postgres://postgres@db.example.com/postgres

It starts a PostgreSQL of its own in a temporary folder where one is installed
(apt-get install postgresql; the server of the system is left alone), and a Secrets
Manager in memory. With -dsn, or POSTGRES_DSN, it uses the server named there, as a
superuser: it creates a role, rotates its password and drops it again.

# What it shows

The pool is rotation.Pool of examples/clients: a pgx pool whose settings connuri/hook
reads as Airflow's PostgresHook does. Each new session logs in with the secret of that
moment. A login that the server refuses is tried again by backend.UseConnection with
what AWS has now, until the database and AWS agree.

A rotation changes the password in two places, and they disagree in between, for
-apart here. Every second one changes the secret first. All sessions are cut in
between and once more at the end, so that every worker has to log in while the two
disagree.

# The budget

A query that is cut off with its session is run again: these only read. Logging in,
waiting for a rotation and running again share the budget of the query (-budget).
What is not answered by then is lost; the exit code is 1 if any is. It is 2 for a
wrong command line, and where there is no server.
*/
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv("POSTGRES_DSN"), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the command line.
type options struct {
	dsn                string
	rotations, workers int
	apart, budget      time.Duration
}

func run(ctx context.Context, args []string, dsn string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("postgres", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	flags.StringVar(&o.dsn, "dsn", "", "the `DSN` of a superuser of a server that runs; else POSTGRES_DSN, else one is started")
	flags.IntVar(&o.rotations, "rotations", 4, "rotate the password so often")
	flags.IntVar(&o.workers, "workers", 8, "query with so many workers at a time")
	flags.DurationVar(&o.apart, "apart", 2*time.Second, "the time between the two changes of a rotation")
	flags.DurationVar(&o.budget, "budget", 15*time.Second, "the time that a query may take, logins and repetitions together")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0, o.rotations < 1, o.workers < 1, o.workers > 50, o.apart < 0, o.budget <= 0:
		fmt.Fprintln(stderr, "postgres: no arguments; 1 to 50 workers, at least one rotation, a budget")
		return 2
	}
	o.dsn = cmp.Or(o.dsn, dsn)
	lost, err := demonstrate(ctx, o, stdout)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "postgres: interrupted")
		return 1
	case errors.Is(err, errNoServer):
		fmt.Fprintln(stderr, "postgres:", err)
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "postgres:", err)
		return 1
	case lost > 0:
		return 1
	}
	return 0
}
