package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// options are the values of the flags.
type options struct {
	ids                               []string
	kind, kwargs, mwaa, upgrade, file string
	worker, json, demo, all           bool
	provider                          version
	timeout                           time.Duration
}

// commandLine returns the program and the options that parsing it fills.
func commandLine() (*cli.Program, *options) {
	p, o := cli.New("doctor"), &options{}
	p.Purpose = "Doctor finds out why an Airflow environment cannot read its secrets from AWS " +
		"Secrets Manager, and which connections an upgrade of Airflow stops."
	p.Usage = "[flags] [ID]..."
	p.Examples = []string{
		"aws mwaa get-environment --name prod | doctor -mwaa - postgres_default",
		"doctor -upgrade 2.10.3:3.0.6 -all",
	}
	p.ExitCodes = []string{
		"0: no check failed; with -upgrade, no connection stops working",
		"1: a check failed; with -upgrade, a connection stops working or could not be read, " +
			"or neither version reads any",
		"2: the command line is wrong, or a file that it names cannot be read",
		"130: interrupted",
	}
	f := p.Flags
	f.StringVar(&o.kind, "kind", "connection",
		"`KIND` of the IDs that do not name theirs: connection, variable or config")
	f.StringVar(&o.kwargs, "kwargs", "",
		"check these backend_kwargs, given as `JSON, FILE or -` (standard input)")
	f.StringVar(&o.mwaa, "mwaa", "",
		"check what aws mwaa get-environment printed into this `FILE`; - is standard input")
	f.BoolVar(&o.worker, "worker", false,
		"read the configuration as a worker does: [workers] secrets_backend comes first")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	f.BoolVar(&o.demo, "demo", false,
		"show which check finds each known problem, using a Secrets Manager in memory; with "+
			"-upgrade, compare sample connections")
	f.Func("id", "look up this `ID`; can be repeated", func(text string) error {
		o.ids = append(o.ids, text)
		return nil
	})
	f.Func("provider", "`VERSION` of apache-airflow-providers-amazon that Airflow runs, with "+
		"-upgrade the one before it (default with -mwaa: the version in its image)", func(text string) (err error) {
		o.provider, err = parseVersion(text)
		return err
	})
	f.BoolVar(&o.all, "all", false,
		"read and check every secret that is listed, even those that a pattern hides; with "+
			"-upgrade, compare every connection that is listed")
	f.StringVar(&o.upgrade, "upgrade", "",
		"report which connections an upgrade stops, starts or changes: `FROM:TO`, such as "+
			"2.10.3:3.0.6, one step at a time; with IDs, -all or -file")
	f.StringVar(&o.file, "file", "",
		"with -upgrade, compare the connections of this `FILE` without asking AWS; - is standard input")
	f.DurationVar(&o.timeout, "timeout", time.Minute,
		"stop after this `DURATION`; each step on the network has a limit of its own, 5s, or "+
			"DURATION / 6 if that is shorter")
	return p, o
}

// newDoctor returns a doctor for a command line. It reads the files that the flags name.
func newDoctor(ctx context.Context, flags *flag.FlagSet, o *options, environ []string, stdin io.Reader,
) (*doctor, error) {
	d := &doctor{environ: environ, all: o.all, timeout: o.timeout, provider: o.provider}
	if slices.ContainsFunc(flags.Args(), func(arg string) bool { return strings.HasPrefix(arg, "-") }) {
		return nil, errors.New("flags come before IDs; write -id for an ID that begins with a hyphen")
	}
	if err := d.setIDs(o.kind, slices.Concat(o.ids, flags.Args())); err != nil {
		return nil, err
	}
	if err := d.setUpgrade(o); err != nil {
		return nil, err
	}
	if err := o.check(givenFlags(flags), len(d.ids)); err != nil {
		return nil, err
	}
	read := func() ([]byte, error) { return readAll(ctx, stdin) }
	if err := d.setSource(o, read); err != nil || o.file == "" {
		return d, err
	}
	var err error
	d.file, err = readConnections(ctx, o.file, stdin)
	return d, err
}

// givenFlags are the names of the flags on a command line.
func givenFlags(flags *flag.FlagSet) (names []string) {
	flags.Visit(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// check rejects flags that would have no effect.
func (o *options) check(given []string, ids int) error {
	has := func(name string) bool { return slices.Contains(given, name) }
	switch {
	case o.timeout <= 0:
		return errors.New("-timeout must be more than 0s, such as 5m")
	case o.demo && ids > 0:
		return errors.New("-demo brings its own connections; leave the IDs out")
	case has("kind") && ids == 0:
		return errors.New("-kind is for IDs; give one")
	case o.kwargs != "" && o.mwaa != "":
		return errors.New("-kwargs and -mwaa: give only one of them")
	case o.worker && (o.kwargs != "" || o.mwaa != ""):
		return errors.New("-worker is for the configuration of this machine; " +
			"leave it out with -kwargs and -mwaa")
	}
	var fromStdin []string
	for _, f := range [][2]string{{"-file", o.file}, {"-kwargs", o.kwargs}, {"-mwaa", o.mwaa}} {
		if f[1] == "-" {
			fromStdin = append(fromStdin, f[0])
		}
	}
	if len(fromStdin) > 1 {
		return errors.New(strings.Join(fromStdin, " and ") + ": only one of them can be standard input")
	}
	if !o.demo {
		return nil
	}
	usable, without := []string{"demo"}, " without -upgrade"
	if o.upgrade != "" {
		usable, without = []string{"demo", "upgrade", "json", "all", "provider", "timeout"}, ""
	}
	for _, name := range given {
		if !slices.Contains(usable, name) {
			return errors.New("-" + name + " has no effect on -demo" + without + "; leave it out")
		}
	}
	return nil
}
