package main

import (
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// options are the command line.
type options struct {
	dsn                string
	rotations, workers int
	apart, budget      time.Duration
}

// parse reads the command line; dsn is that of the environment. If done is true, the program
// exits with code.
func parse(args []string, dsn string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("postgres")
	p.Purpose = "Postgres rotates the password of a PostgreSQL role while a pool queries, and loses no query."
	p.Usage = "[flags]"
	p.Examples = []string{
		"go run -C examples/postgres .",
		"go run -C examples/postgres . -rotations 20 -apart 500ms",
	}
	p.ExitCodes = []string{
		"0: no query was lost",
		"1: a query was lost, or the server failed",
		"2: the command line is wrong, or there is no PostgreSQL to start",
		"130: interrupted or terminated",
	}
	p.Flags.StringVar(&o.dsn, "dsn", "",
		"`DSN` of a superuser of a running server; default: POSTGRES_DSN, or a server that it starts")
	p.Flags.IntVar(&o.rotations, "rotations", 4, "`NUMBER` of rotations")
	p.Flags.IntVar(&o.workers, "workers", 8, "`NUMBER` of workers that query at the same time, 1 to 50")
	p.Flags.DurationVar(&o.apart, "apart", 2*time.Second,
		"`DURATION` between the two changes of a rotation")
	p.Flags.DurationVar(&o.budget, "budget", 15*time.Second,
		"`DURATION` that a query may take, together with its logins and repetitions")
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	err := o.check()
	if n := p.Flags.NArg(); n > 0 {
		err = errors.New(cli.Count(n, "argument") + " too many; postgres takes none")
	}
	if err != nil {
		return o, p.Wrong(stderr, err.Error()), true
	}
	o.dsn = cmp.Or(o.dsn, dsn)
	return o, 0, false
}

func (o options) check() error {
	switch {
	case o.rotations < 1:
		return errors.New("-rotations: want at least 1")
	case o.workers < 1, o.workers > 50:
		return errors.New("-workers: want 1 to 50")
	case o.apart < 0:
		return errors.New("-apart: must not be negative; want a duration such as 2s")
	case o.budget <= 0:
		return errors.New("-budget: must be positive; want a duration such as 15s")
	}
	return nil
}
