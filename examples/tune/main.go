/*
Tune says which Airflow ids burn calls of Secrets Manager, what that costs, and
which lookup pattern would stop it without hiding a secret that is there.

	tune [flags] [FILE|FOLDER|-]...

It reads what CloudTrail has written, and asks nobody: files, folders of them and
standard input, plain or gzip. An event may stand anywhere in JSON, or be a row of a
table: log files, JSON Lines, what the AWS CLI prints, EventBridge, CloudWatch Logs,
Logs Insights, Athena, CloudTrail Lake, and others. Files are read at the same time,
one for each core. In a folder, what its name shows to be no events is passed over,
such as digests and signatures, and so is what holds none.

	aws s3 cp --recursive s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail/REGION/2026/11 trail
	go run ./examples/tune -kwargs @kwargs.json -user AmazonMWAA-airflow trail

	aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue |
		go run ./examples/tune

# Trails that are too large to read

With -sql it prints a query that Athena or CloudTrail Lake can answer, and reads
nothing. The rows of its result count as the calls that they stand for:

	tune -sql athena -table security.cloudtrail_logs -from 2026-11-01 -to 2026-11-30 > query.sql
	tune -kwargs @kwargs.json -user AmazonMWAA-airflow result.csv

	tune -sql lake -table 01234567-89ab-cdef-0123-456789abcdef -from 2026-11-01 -to 2026-11-30 > query.sql
	aws cloudtrail start-query --query-statement "$(cat query.sql)" --delivery-s3-uri s3://BUCKET

Give all of the result: QUERYID.csv of Athena, result_1.csv.gz and those that follow
of Lake, or all pages that the AWS CLI prints. Half of a result is an error. Pass
-kwargs with -sql as well: a comment in the query can then leave out the names that
are no ids. What a query costs, how its rows grow, and which column to drop if they
are too many, is said at Query of package lookup/tune: Athena bills about $5 for each
TB of compressed files, so give -partition for a table with other partitions.

# No input

Without any input, at a terminal, or with -demo, it reads a day of an environment
that it makes up.

# What is known to be there

A suggestion hides no id that CloudTrail has seen found or denied. It knows of
more with -exists, a file with an id or the name of a secret on each line:

	aws secretsmanager list-secrets --query 'SecretList[].[Name]' --output text > names.txt
	go run ./examples/tune -exists names.txt trail

-ids is for ids without a CloudTrail, such as those from Airflow's own log: a file
with an id on each line, as often as it was asked for. What -exists does not name
counts as missing then.

# JSON

-json prints one object. Its keys: from, to, days, calls, found, not_found, denied,
failed, dollars, dollars_a_month (of all calls), not_found_dollars_a_month (both 0 if
no time can be read); unreadable_times, unknown_ids, foreign, broken, batches, other_users, other_ids; ids, principals,
user_agents, sources, by_day, outside, each a list of objects with the same counts;
patterns, with kind, of (in force, given, deny, allow), pattern, saved_calls,
saved_dollars_a_month, left_calls, hidden, doubt, failed, runaway; backend_kwargs, with the
deny lists in it, and partial, which is true if these are to be put into your own,
for others of them may hold a key; and notes on the kwargs.

The exit code is 0; 1 if an input could not be read to its end, holds no event, or is
half of a query's result, and what was read is shown all the same; 2 for a wrong
command line.
*/
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends what takes no context
	debug.SetGCPercent(50)       // little is kept, so that to collect it often costs little
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// options are the command line.
type options struct {
	kwargs, user, kind, exists, ids string
	pattern                         *string
	multiTeam, json, demo           bool
	days                            float64
	top, longest                    int
	inputs                          []string
	query                           queryOptions
}

// run does it all. The result is the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	var t tuner
	if err := t.configure(o); err != nil {
		fmt.Fprintln(stderr, "tune:", err)
		return 2
	}
	if o.query.engine != "" {
		return t.printQuery(o.query, stdout, stderr)
	}

	if err := t.readLists(o.exists, o.ids); err != nil {
		fmt.Fprintln(stderr, "tune:", err)
		return 1
	}
	code := 0
	for _, err := range t.read(ctx, o, stdin, stderr) {
		fmt.Fprintln(stderr, "tune:", err)
		code = 1
	}
	if ctx.Err() != nil {
		return 1
	}
	a := t.answer()
	if o.json {
		err = a.writeJSON(stdout)
	} else {
		err = a.print(term.New(stdout), o.top)
	}
	if err != nil {
		fmt.Fprintln(stderr, "tune:", err)
		return 1
	}
	return code
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("tune", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.kwargs, "kwargs", "", "backend_kwargs in force: JSON, or @ and a `file` that holds it")
	flags.StringVar(&o.user, "user", "", "count the calls of one session `name`, role, ROLE/SESSION or user only; MWAA's is "+tune.MWAASession)
	flags.StringVar(&o.kind, "kind", "connection", "`kind` of -pattern, -ids and the ids of -exists: connection, variable or config")
	flags.StringVar(&o.exists, "exists", "", "`file` of ids or secret names that are there, one on a line")
	flags.StringVar(&o.ids, "ids", "", "`file` of ids that were asked for, one on a line")
	flags.BoolVar(&o.multiTeam, "multi-team", false, "core.multi_team is on")
	flags.BoolVar(&o.json, "json", false, "print JSON, with all ids")
	flags.BoolVar(&o.demo, "demo", false, "read a day that is made up")
	flags.Float64Var(&o.days, "days", 0, "`number` of days that the calls are of; else from the first to the last, and one at least")
	flags.IntVar(&o.top, "top", 10, "`number` of rows in each table")
	flags.IntVar(&o.longest, "longest", 2000, "`bytes` that a suggested pattern may have")
	flags.Func("pattern", "a lookup `pattern` to try", func(expr string) error {
		o.pattern = &expr
		return nil
	})
	o.query.register(flags)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: tune [flags] [FILE|FOLDER|-]...   (CloudTrail's events; - is standard input)")
		fmt.Fprintln(stderr, "       tune -sql athena|lake [flags]     (prints a query that counts them; its result is a FILE)")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.inputs = flags.Args()
	if err = o.query.check(flags); err != nil {
		fmt.Fprintln(stderr, "tune:", err)
		return o, err
	}
	isDays := o.days == 0 || 1e-5 <= o.days && o.days <= 1e5 // no NaN either; a day has 86,400 seconds
	if !isDays || o.top < 0 || o.longest < 1 || o.demo && len(o.inputs) > 0 {
		err = errors.New("-days is 0, or from 0.00001 to 100,000, -top and -longest are not negative, and -demo takes no input")
		fmt.Fprintln(stderr, "tune:", err)
	}
	return o, err
}

// A tuner has what was asked for, and the calls.
type tuner struct {
	log      *tune.Log
	rules    []lookup.Rule
	doc      []byte // the kwargs, nil if none are given
	warnings []string
	inForce  [3]*lookup.Pattern // by kind
	kind     lookup.Kind        // of what follows
	ofKind   *tune.Log          // counts nothing, and knows the names of that kind alone
	given    *lookup.Pattern
}

func (t *tuner) configure(o options) error {
	var err error
	if t.kind, err = lookup.ParseKind(o.kind); err != nil {
		return fmt.Errorf("-kind %q: want connection, variable or config", o.kind)
	}
	doc, settings, err := kwargs.Read(o.kwargs)
	if err != nil {
		return err
	}
	if o.kwargs != "" {
		t.doc = doc
	}
	t.warnings = kwargs.Texts(settings.Warnings)
	settings.Backend.MultiTeam = o.multiTeam
	cfg := tune.Config{User: o.user, Days: o.days, Longest: o.longest}
	for kind := range t.inForce {
		rule, err := settings.Backend.Rule(lookup.Kind(kind))
		if err != nil {
			return fmt.Errorf("-kwargs: %w", err)
		}
		if rule.Pattern.String() != "" {
			t.inForce[kind] = rule.Pattern
		}
		rule.Pattern = nil
		cfg.Rules = append(cfg.Rules, rule)
	}
	if o.pattern != nil {
		if t.given, err = lookup.Compile(*o.pattern); err != nil {
			return fmt.Errorf("-pattern: %w", err)
		}
	}
	t.warnings = append(t.warnings, alike(cfg.Rules)...)
	t.rules = cfg.Rules
	t.log = tune.New(cfg)
	t.ofKind = tune.New(tune.Config{Rules: cfg.Rules[t.kind : t.kind+1]})
	return nil
}

// alike tells of kinds whose names cannot be told apart.
func alike(rules []lookup.Rule) (notes []string) {
	for i, rule := range rules {
		for _, earlier := range rules[:i] {
			if earlier.Prefix != lookup.Disabled && rule.Prefix != lookup.Disabled && earlier.Path() == rule.Path() {
				notes = append(notes, fmt.Sprintf("a %s and a %s of one id have the same name: in CloudTrail they count as the first, and what is saved may be the other's", earlier.Kind, rule.Kind))
			}
		}
	}
	return notes
}

// assumeMWAA takes MWAA's default as the pattern in force where nothing else is
// known, so that a suggestion still refuses what it refuses: kwargs of one's own, such
// as those that are suggested here, replace it. If aws_default is asked for all the
// same, or exists, it is judged like any other id.
func (t *tuner) assumeMWAA(r tune.Report) bool {
	byMWAA := slices.ContainsFunc(r.Principals, func(p tune.Row) bool { return strings.HasSuffix(p.Name, tune.MWAASession) })
	if t.doc != nil || !byMWAA {
		return false
	}
	pattern := lookup.MustCompile(lookup.MWAAPattern)
	if trial := t.log.Try(lookup.Connection, pattern); len(trial.Skipped)+len(trial.Hidden)+len(trial.Doubt) > 0 {
		return false
	}
	t.inForce[lookup.Connection] = pattern
	return true
}
