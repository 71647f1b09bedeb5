package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// A queryOptions is the part of the command line that asks for a query.
type queryOptions struct {
	engine string // "" if none is asked for
	tune.Query
}

func (q *queryOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&q.engine, "sql", "", "print the query that counts calls in an `engine`, athena or lake (CloudTrail Lake), and exit; its result is an input")
	flags.StringVar(&q.Table, "table", "", "with -sql: `name` of the table, such as DATABASE.TABLE (default cloudtrail_logs), or the ID of Lake's event data store")
	flags.StringVar(&q.From, "from", "", "with -sql: first `day` in UTC, such as 2026-11-01 (default: 30 days up to -to)")
	flags.StringVar(&q.To, "to", "", "with -sql: last `day` in UTC, which counts too (default: yesterday)")
	flags.StringVar(&q.Partition, "partition", "", "with -sql athena: SQL `expression` that gives a partition's day as 2026/11/01, or none (default \"timestamp\", in double quotes)")
}

// Flags that go with -sql, and those that go with nothing else. -user is for reading
// the result: what others found counts as well.
var (
	withQuery = []string{"sql", "table", "from", "to", "partition", "kwargs", "multi-team", "user"}
	queryOnly = []string{"table", "from", "to", "partition"}
)

// check refuses flags that would do nothing.
func (q *queryOptions) check(flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		switch {
		case f.Name == "sql" && q.engine != "athena" && q.engine != "lake":
			err = errors.New("-sql is not the name of an engine; write athena or lake")
		case q.engine == "" && slices.Contains(queryOnly, f.Name):
			err = fmt.Errorf("-%s is for a query; add -sql athena or -sql lake", f.Name)
		case q.engine != "" && !slices.Contains(withQuery, f.Name):
			err = fmt.Errorf("-%s is for reading; leave it out with -sql, and pass it with the result", f.Name)
		}
	})
	if q.engine != "" && flags.NArg() > 0 {
		err = errors.New("-sql reads no input; leave out the files, or read them without -sql")
	}
	return err
}

// print writes the query, with the days that are not given taken from now.
func (q queryOptions) print(w io.Writer, now time.Time) error {
	q.To = cmp.Or(q.To, now.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
	if last, err := time.Parse(time.DateOnly, q.To); err == nil && q.From == "" {
		q.From = last.AddDate(0, 0, -29).Format(time.DateOnly)
	}
	text, err := q.Athena()
	if q.engine == "lake" {
		text, err = q.Lake()
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

// printQuery does all that -sql asks for. The result is the exit code.
func (t *tuner) printQuery(q queryOptions, stdout, stderr io.Writer) int {
	for _, note := range t.warnings {
		fmt.Fprintln(stderr, "tune: note:", term.Printable(note))
	}
	q.Rules = t.rules
	err := q.print(stdout, time.Now())
	if wrong, ok := errors.AsType[*tune.QueryError](err); ok {
		fmt.Fprintf(stderr, "tune: -%s %s\n", strings.ToLower(wrong.Field), wrong.Problem)
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, "tune:", err)
		return 1
	}
	return 0
}
