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

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// A queryOptions is the part of the command line that asks for a query.
type queryOptions struct {
	engine string // "" if none is asked for
	tune.Query
}

func (q *queryOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&q.engine, "sql", "",
		"print the SQL query that counts calls in this `ENGINE`, athena or "+
			"lake (CloudTrail Lake), and exit; tune reads the query's result")
	flags.StringVar(&q.Table, "table", "",
		"with -sql: `NAME` of the table, such as DATABASE.TABLE "+
			"(default cloudtrail_logs), or the ID of Lake's event data store")
	flags.StringVar(&q.From, "from", "",
		"with -sql: first `DAY` in UTC, such as 2026-11-01 (default: 29 days before -to)")
	flags.StringVar(&q.To, "to", "",
		"with -sql: last `DAY` in UTC, inclusive (default: yesterday)")
	flags.StringVar(&q.Partition, "partition", "",
		"with -sql athena: SQL `EXPRESSION` for a partition's day in the form 2026/11/01, "+
			"or none for a table without partitions (default \"timestamp\", in double quotes)")
}

// Flags that go with -sql, and flags that need it. -user applies when the result is read, because
// what others found counts as well.
var (
	withQuery = []string{
		"sql", "table", "from", "to", "partition", "kwargs", "multi-team", "user", "version",
	}
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
			err = fmt.Errorf("-%s is for reading; leave it out with -sql, and pass it when you read the result",
				f.Name)
		}
	})
	if q.engine != "" && flags.NArg() > 0 {
		err = errors.New("-sql reads no input; leave out the files, or read them without -sql")
	}
	return err
}

// print writes the query. Days that are not given count back from now.
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

// printQuery does what -sql asks for. The result is the exit code.
func (t *tuner) printQuery(q queryOptions, stdout, stderr io.Writer) int {
	for _, note := range t.warnings {
		fmt.Fprintln(stderr, cli.Wrap("tune: note: "+term.Printable(note), columns, "  "))
	}
	q.Rules = t.rules
	err := q.print(stdout, time.Now())
	if wrong, ok := errors.AsType[*tune.QueryError](err); ok {
		complain(stderr, fmt.Errorf("-%s %s", strings.ToLower(wrong.Field), wrong.Problem))
		return cli.Usage
	}
	if err != nil {
		complain(stderr, err)
		return cli.Failed
	}
	return 0
}
