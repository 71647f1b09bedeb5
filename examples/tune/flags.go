package main

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

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

// program describes the command line for -h.
func program(o *options) *cli.Program {
	p := cli.New("tune")
	p.MaxWidth = columns
	p.Purpose = "Tune reads CloudTrail and reports which Airflow ids cause needless calls to Secrets Manager, " +
		"what those calls cost, and which lookup pattern would stop them."
	p.Usage = "[flags] [FILE|FOLDER|-]...   or   tune -sql athena|lake [flags]"
	p.Examples = []string{
		"tune -demo",
		"tune -kwargs @kwargs.json -user AmazonMWAA-airflow trail",
		"tune -user mwaa-execution -policy fit trail > policy.json",
		"tune -sql athena -table security.cloudtrail_logs > query.sql",
	}
	p.ExitCodes = []string{
		"0: success",
		"1: an input could not be read to its end, has no event, or is only part of a result, or " +
			"-policy or -unused has no answer",
		"2: the command line is wrong",
	}
	o.register(p.Flags)
	o.query.register(p.Flags)
	return p
}

func (o *options) register(flags *flag.FlagSet) {
	flags.StringVar(&o.kwargs, "kwargs", "",
		"the backend_kwargs in force: JSON or a `FILE` that holds it; - is standard input")
	flags.StringVar(&o.user, "user", "",
		"count only the calls of one `CALLER`: a session name, ROLE, "+
			"ROLE/SESSION or a user name, after ACCOUNT/ if two accounts have it; on MWAA, pass "+
			tune.MWAASession)
	flags.StringVar(&o.kind, "kind", "connection",
		"`KIND` of -pattern and of the ids in -ids and -exists: connection, variable or config")
	flags.StringVar(&o.exists, "exists", "",
		"`FILE` with the ids or secrets that exist, one on each line")
	flags.StringVar(&o.ids, "ids", "",
		"`FILE` with the ids that were asked for, one on each line")
	flags.BoolVar(&o.multiTeam, "multi-team", false, "read TEAM--ID as ID, because core.multi_team is on")
	flags.BoolVar(&o.json, "json", false, "print JSON, with all ids")
	flags.BoolVar(&o.demo, "demo", false, "read one day of made-up events")
	flags.Float64Var(&o.days, "days", 0,
		"`DAYS` that the calls cover (default: from the first call to the last, at least 1)")
	flags.IntVar(&o.top, "top", 10, "print at most `N` rows of each table")
	flags.IntVar(&o.longest, "longest", 2000, "maximum length of a suggested pattern in `BYTES`")
	flags.Func("pattern", "show what this lookup `PATTERN` would save and hide", func(expr string) error {
		o.pattern = &expr
		return nil
	})
	flags.Func("since", "count calls from the start of a `DAY` in UTC, or from a time in RFC 3339",
		func(text string) (err error) {
			o.since, err = when(text, false)
			return err
		})
	flags.Func("until", "count calls until the end of a `DAY` in UTC, or until a time in RFC 3339",
		func(text string) (err error) {
			o.until, err = when(text, true)
			return err
		})
	flags.IntVar(&o.unused, "unused", 0,
		"list the secrets of -exists that nobody asked for in the `DAYS` before the last call")
	flags.StringVar(&o.policy, "policy", "",
		"print an IAM policy for the caller that has its secrets in this `FORM`: names, "+
			"prefixes, or fit (names if they fit in one document, otherwise prefixes)")
	flags.IntVar(&o.policySize, "policy-size", policy.Managed,
		"with -policy: maximum `CHARACTERS` of a document; pass 2048 for a user's inline policies")
	flags.StringVar(&o.region, "region", "",
		"with -policy: AWS `REGION` of the secrets whose region is not in the calls")
	flags.StringVar(&o.account, "account", "",
		"with -policy: AWS `ACCOUNT` of the secrets whose account is not in the calls")
}

// parse reads the command line. If done, the program ends with code.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := program(&o)
	if code, done = p.Parse(flagsFirst(p.Flags, args), stdout, stderr); done {
		return o, code, true
	}
	o.inputs = p.Flags.Args()
	err := o.query.check(p.Flags)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return o, p.Wrong(stderr, err.Error()), true
	}
	return o, 0, false
}

// flagsFirst moves flags before the names of files, as package flag reads them.
func flagsFirst(flags *flag.FlagSet, args []string) []string {
	var first, inputs []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			inputs = append(inputs, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' { // - is standard input
			inputs = append(inputs, arg)
			continue
		}
		first = append(first, arg)
		if !takesValue(flags, arg) {
			continue
		}
		if len(args) == 0 {
			return first // package flag says that the value is missing
		}
		first, args = append(first, args[0]), args[1:]
	}
	return append(append(first, "--"), inputs...)
}

// takesValue reports whether the argument after a flag is its value.
func takesValue(flags *flag.FlagSet, arg string) bool {
	f := flags.Lookup(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"))
	if f == nil { // -name=value, or no such flag
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// check says what is wrong with the values of flags, and with flags that depend on others.
func (o options) check() error {
	isDays := o.days == 0 || 1e-5 <= o.days && o.days <= 1e5 // not NaN; a day has 86,400 seconds
	forms := []policy.Form{policy.Fit, policy.Names, policy.Prefixes}
	switch {
	case !isDays:
		return errors.New("-days is out of range; write 0, or a number from 0.00001 to 100,000")
	case o.top < 0:
		return errors.New("-top is negative; write 0 or more")
	case o.longest < 1:
		return errors.New("-longest is less than 1; write the bytes that a pattern may have")
	case o.demo && len(o.inputs) > 0:
		return errors.New("-demo reads no input; leave out the files, or -demo")
	case o.since != "" && o.until != "" && o.since >= o.until:
		return errors.New("-until is before -since; write the later day in -until")
	case o.unused < 0:
		return errors.New("-unused is negative; write a number of days")
	case o.unused > 0 && o.exists == "":
		return errors.New("-unused needs -exists; pass a file with the names of the secrets that exist")
	case o.policy != "" && !slices.Contains(forms, policy.Form(o.policy)):
		return errors.New("-policy is not a form; write names, prefixes or fit")
	case o.policySize < policy.InlineUser:
		return errors.New("-policy-size is too small; write at least 2048")
	}
	return nil
}

// when reads a day in UTC, or a time. As an end, a day counts to its own end.
func when(text string, isEnd bool) (string, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err == nil && isEnd {
		at = at.AddDate(0, 0, 1)
	}
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return "", errors.New("not a day or a time; write 2026-11-30 or 2026-11-30T12:00:00Z")
	}
	return at.UTC().Format(time.RFC3339), nil
}
