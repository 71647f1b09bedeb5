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

# Prefixes

Without -kwargs the prefixes are Airflow's own. Where most names are under none of
them, tune guesses the prefixes from the names, says so with the -kwargs to pass, and
goes on with the guess. It guesses no prefix that -kwargs gives.

# A time

-since and -until bound the calls that are counted: days in UTC, both counted, or times
in RFC 3339. The rows of a query's result count whole days, so for these give days; a
bound within the calls of a row is an error. What a month costs is extrapolated from the time between the first call
and the last, and not at all from less than an hour, unless -days says how long it was.

# The policy that fits

-policy prints the IAM policy that allows one caller to read the secrets that it found,
and nothing else: the documents on standard output, and what each resource opens on
standard error. Half of a query's result makes no policy, and a note says where an input
could not be read in full. With more than one role among the calls, -user says which. Prefixes open
no secret that -exists names and the caller does not use:

	tune -user mwaa-execution -policy fit -exists names.txt trail > policy.json

# Secrets that nobody asks for

-unused N lists those of -exists, names or ARNs, that no caller at all asked for in N
days before the last call, and what they cost: 40 cents a month each. The calls have to
go back so many days.

# JSON

-json prints one object. Its keys: from, to, days, calls, found, not_found, denied,
failed, dollars, dollars_a_month (of all calls), not_found_dollars_a_month (both 0 if
a month is not known); unreadable_times, unknown_ids, foreign, broken, batches, other_users, other_ids; ids, principals,
user_agents, sources, by_day, outside, each a list of objects with the same counts;
patterns, with kind, of (in force, given, deny, allow), pattern, saved_calls,
saved_dollars_a_month, left_calls, hidden, doubt, failed, runaway; backend_kwargs, with the
deny lists in it, and partial, which is true if these are to be put into your own,
for others of them may hold a key; and notes on the kwargs and guesses. Also other_times
(calls outside of -since and -until), extrapolated_from_hours (0 if a month is not known),
denied_patterns (as patterns, which refuse what was only ever denied too),
nothing_to_suggest (why there are no patterns), guessed_prefixes; policy, with documents,
grants (resource, used, opens, says) and notes; unused, with days, dollars_a_month and
secrets (name, last).

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
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
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
	since, until                    string
	unused, policySize              int
	policy, region, account         string
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
		complain(stderr, err)
		return 2
	}
	if o.query.engine != "" {
		return t.printQuery(o.query, stdout, stderr)
	}

	if err := t.readLists(o.exists, o.ids); err != nil {
		complain(stderr, err)
		return 1
	}
	code := 0
	for _, err := range t.read(ctx, o, stdin, stderr) {
		complain(stderr, err)
		code = 1
	}
	if ctx.Err() != nil {
		return 1
	}
	if err := t.show(o, code == 0, stdout, stderr); err != nil {
		complain(stderr, err)
		return 1
	}
	return code
}

// complain prints an error, whose lines may quote a file's name, so that no terminal obeys it.
func complain(stderr io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(stderr, "tune:", term.Printable(line))
	}
}

// show prints the answer. Where the inputs hold no event, the error says what they
// seem to be instead.
func (t *tuner) show(o options, isWhole bool, stdout, stderr io.Writer) error {
	none := t.noEvents(t.log.Report())
	isNothing := none != nil || !isWhole && t.log.Report().Total.Calls == 0
	if isNothing && !o.json && len(t.ids) == 0 {
		return none
	}
	t.guess()
	t.countLists()
	if err := t.lacks(o, isWhole); err != nil {
		return err
	}
	a := t.answer()
	var err error
	if a.policy, err = t.policy(o, a.Report); err != nil {
		return err
	}
	if a.idle, err = t.idle(o.unused); err != nil {
		return err
	}
	a.unused = o.unused
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
	flags.Func("since", "count calls from a `day` on, in UTC, or from a time in RFC 3339", func(text string) (err error) {
		o.since, err = when(text, false)
		return err
	})
	flags.Func("until", "count calls to the end of a `day` in UTC, or before a time in RFC 3339", func(text string) (err error) {
		o.until, err = when(text, true)
		return err
	})
	flags.IntVar(&o.unused, "unused", 0, "show the secrets of -exists that nobody asked for in so many `days` before the last call")
	flags.StringVar(&o.policy, "policy", "", "print the IAM policy for the caller, by `form`: names, prefixes, or fit (names if one document has room)")
	flags.IntVar(&o.policySize, "policy-size", policy.Managed, "`characters` of a document of -policy; inline policies of a user have 2048 together")
	flags.StringVar(&o.region, "region", "", "AWS `region` of the secrets, for -policy, where the calls do not tell")
	flags.StringVar(&o.account, "account", "", "AWS `account` of the secrets, for -policy, where the calls do not tell")
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
	}
	if err == nil {
		err = o.check()
	}
	if err != nil {
		fmt.Fprintln(stderr, "tune:", err)
	}
	return o, err
}

// check says what is wrong with the flags that depend on others.
func (o options) check() error {
	isForm := o.policy == "" || slices.Contains([]policy.Form{policy.Fit, policy.Names, policy.Prefixes}, policy.Form(o.policy))
	switch {
	case o.since != "" && o.until != "" && o.since >= o.until:
		return errors.New("-until is before -since; write the later day there")
	case o.unused < 0, o.unused > 0 && o.exists == "":
		return errors.New("-unused is a number of days, and needs -exists: a file with the names of the secrets that are there")
	case !isForm:
		return errors.New("-policy is names, prefixes or fit")
	case o.policySize < policy.InlineUser:
		return errors.New("-policy-size is 2,048 at least")
	}
	return nil
}

// A tuner has what was asked for, and the calls.
type tuner struct {
	log      *tune.Usage
	doc      []byte // the kwargs, nil if none are given
	warnings []string
	inForce  [3]*lookup.Pattern // by kind
	kind     lookup.Kind        // of what follows
	given    *lookup.Pattern

	multiTeam   bool
	rules       []lookup.Rule // by kind
	guesses     []tune.Guess  // that the rules have
	exists, ids []string      // lines of -exists and -ids
	inputs      []string      // that were read
	stdin       head
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
	cfg := tune.Config{User: o.user, Days: o.days, Longest: o.longest, Since: o.since, Until: o.until}
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
	t.log, t.rules, t.multiTeam = tune.New(cfg), cfg.Rules, o.multiTeam
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
	if trial := t.log.Try(lookup.KindConnection, pattern); len(trial.Skipped)+len(trial.Hidden)+len(trial.Doubt) > 0 {
		return false
	}
	t.inForce[lookup.KindConnection] = pattern
	return true
}
