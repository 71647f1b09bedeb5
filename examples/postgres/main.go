/*
Postgres queries a real PostgreSQL through a pool whose login comes from AWS Secrets
Manager. It rotates the password again and again meanwhile, and loses no query.

	go run -C examples/postgres .
	go run -C examples/postgres . -dsn postgres://postgres@db.example.com/postgres

It starts a PostgreSQL server in a temporary folder if PostgreSQL is installed
(apt-get install postgresql; the server of the system is left alone), and a Secrets
Manager in memory. With -dsn, or POSTGRES_DSN, it uses the server named there as a
superuser: it creates a role, rotates its password and drops the role at the end.

# What it shows

The pool is rotation.Pool of examples/clients: a pgx pool whose settings connuri/hook
reads as Airflow's PostgresHook does. Each new session logs in with the current
secret. If the server refuses a login, backend.UseConnection tries again with the
secret that AWS has now, until the database and AWS agree.

A rotation changes the password in two places. In between, for the time of -apart,
the two disagree. Every second rotation changes the secret first. All sessions are cut
in between and once more at the end, so that every worker has to log in while the two
disagree. The table has a line for each rotation: the sessions that were cut, the
logins of the pool and how many of them were refused, the calls to AWS, the queries,
how many of them ran again, how long the slowest took, and how many were lost.

# The budget

If a session is cut during a query, the query runs again, since it only reads. Logins,
waiting for a rotation and repetitions share the budget of the query (-budget). A query
that has no answer by then is lost, and the exit code is 1.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

func main() {
	// An interrupt ends the program once the server is stopped or the role is dropped, a second
	// one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, cli.ExitOnInterrupt)
	code := run(ctx, os.Args[1:], os.Getenv("POSTGRES_DSN"), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code.
func run(ctx context.Context, args []string, dsn string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, dsn, stdout, stderr)
	if done {
		return code
	}
	lost, err := demonstrate(ctx, o, stdout)
	switch {
	case ctx.Err() != nil:
		return failed(stderr, cli.Interrupted, errors.New("interrupted"))
	case errors.Is(err, errNoServer):
		return failed(stderr, cli.Usage, err)
	case err != nil:
		return failed(stderr, cli.Failed, err)
	case lost > 0:
		return cli.Failed
	}
	return 0
}

func failed(stderr io.Writer, code int, err error) int {
	fmt.Fprintln(stderr, cli.Fit("postgres: "+err.Error(), cli.Width(stderr), "  "))
	return code
}
