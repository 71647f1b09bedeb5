package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// upgrade is one from a version of Airflow to another.
type upgrade struct {
	from, to      string // as given
	before, after connuri.Dialect
}

// newestRecorded is the release whose answers were recorded last. A later one is taken to
// read connections as this one does.
const newestRecorded = "3.3.2"

// setUpgrade reads -upgrade, and what there is to compare.
func (d *doctor) setUpgrade(o options) (err error) {
	if o.upgrade == "" {
		if o.file != "" {
			return errors.New("-file: it is for -upgrade alone; add -upgrade FROM:TO")
		}
		return nil
	}
	if d.upgrade, err = parseUpgrade(o.upgrade); err != nil {
		return err
	}
	others := func(i id) bool { return i.kind != lookup.KindConnection }
	switch {
	case slices.ContainsFunc(d.ids, others):
		return errors.New("-upgrade: a variable or a configuration option is its text in every version; give ids of connections alone")
	case o.demo && (o.file != "" || len(d.ids) > 0):
		return errors.New("-demo: it brings its own connections; give neither IDs nor -file")
	case o.file != "" && (o.all || len(d.ids) > 0):
		return errors.New("-file: it cannot be combined with IDs or -all")
	case o.file == "-" && o.mwaa == "-":
		return errors.New("-file and -mwaa: only one of them can be standard input")
	case o.file == "" && !o.all && !o.demo && len(d.ids) == 0:
		return errors.New("-upgrade: which connections? give IDs, -all for every one that is listed, or -file")
	}
	return nil
}

// parseUpgrade reads FROM:TO. No error holds the text, which may be anything.
func parseUpgrade(text string) (*upgrade, error) {
	from, to, found := strings.Cut(text, ":")
	if !found {
		return nil, errors.New("-upgrade: it is not two versions; write FROM:TO, such as 2.10.3:3.0.6")
	}
	u := &upgrade{from: plainVersion(from), to: plainVersion(to)}
	var err error
	if u.before, err = connuri.DialectOf(u.from); err != nil {
		return nil, versionError("the version before the colon", u.from, err)
	}
	if u.after, err = connuri.DialectOf(u.to); err != nil {
		return nil, versionError("the version after the colon", u.to, err)
	}
	return u, nil
}

// plainVersion is a version without the v that tags begin with.
func plainVersion(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimPrefix(strings.TrimPrefix(text, "v"), "V")
}

func versionError(which, version string, err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return errors.New("-upgrade: " + which + ": what 3.1 reads is not recorded; it is like 3.2 for JSON and like 3.0 for a URI, so compare with a release of 3.0 and one of 3.2")
	}
	if version == "3" {
		return errors.New("-upgrade: " + which + " has no minor number, and 3.0 reads connections as no later one does; write it, as in 3.0.6")
	}
	return errors.New("-upgrade: " + which + " is not a version of Airflow; write a number such as 2.10.3 or 3.0.6")
}

// numbers are the numbers of a version, 0.0.0 at least.
func numbers(version string) []int {
	all := []int{0, 0, 0}
	parts := strings.FieldsFunc(version, func(r rune) bool { return !unicode.IsDigit(r) })
	for i := range min(len(parts), len(all)) {
		all[i], _ = strconv.Atoi(parts[i]) // one beyond an int is the largest
	}
	return all
}

// check warns of a pair of versions that is probably not what was meant.
func (u *upgrade) check() []Check {
	switch {
	case slices.Compare(numbers(u.from), numbers(u.to)) > 0:
		return []Check{{Name: versions, Status: Warning, Seen: u.to + " is older than " + u.from + ", so this tells of a downgrade",
			Do: "for the upgrade, write -upgrade " + u.to + ":" + u.from}}
	case slices.Compare(numbers(u.to), numbers(newestRecorded)) > 0:
		return []Check{{Name: versions, Status: Warning, Seen: u.to + " is later than what was recorded, and is taken to read as " + newestRecorded + " does",
			Do: "read its release notes as well"}}
	}
	return nil
}

// compare reads the connections, and tells what the upgrade does to them. It ends with
// ctx, or when the timeout is over.
func (d *doctor) compare(ctx context.Context) *Upgrade {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	r := newUpgradeReport(d.upgrade)
	r.Checks = append(r.Checks, d.checkEnvironment()...)
	d.prepare()
	if d.file != nil {
		if _, err := d.load(forced{}); errors.Is(err, setup.ErrNoBackend) {
			d.source = given{nil, "Airflow's defaults"}
			r.Notes = append(r.Notes, "No secrets backend is configured here, so the prefix is Airflow's default.")
		}
	}
	if d.configure() && d.checkDecoding() {
		d.checkPatterns()
		r.readBy(d.readings())
		switch {
		case d.file != nil:
			d.compareFile(r)
		case d.open(ctx) && !d.failed(credential):
			d.compareSecrets(ctx, r)
		}
	}
	r.Checks = append(r.Checks, d.troubles()...)
	r.Calls, r.which = d.tap.calls()
	r.finish()
	return r
}

// troubles are the checks made that are not ok.
func (c *checks) troubles() (found []Check) {
	for _, name := range order {
		if check := c.made[name]; check.Status == Failed || check.Status == Warning {
			found = append(found, check)
		}
	}
	return found
}

// compareSecrets compares the connections of the ids given, and with -all of all that the
// list shows.
func (d *doctor) compareSecrets(ctx context.Context, r *Upgrade) {
	var ids []string
	for _, i := range d.ids {
		ids = append(ids, i.text)
	}
	if d.all {
		there := &inventory{}
		failed := d.listKind(ctx, lookup.KindConnection, there, -1)
		for _, l := range there.listed {
			if !slices.Contains(ids[:len(d.ids)], l.ID) {
				ids = append(ids, l.ID)
			}
		}
		switch {
		case failed != nil:
			d.set(prefixes, Failed, "the connections could not be listed to the end: "+failed.Reason.String(), listAdvice(failed))
		case len(there.listed) == 0:
			rule, _ := d.rule(lookup.KindConnection)
			d.set(prefixes, Warning, "nothing is under "+strconv.Quote(rule.Path()), "look at the prefix, sep, region and account")
		}
	}
	d.compareIDs(ctx, r, ids)
}

func listAdvice(failed *backend.LookupError) string {
	switch {
	case errors.Is(failed, errors.ErrUnsupported):
		return "give the ids: a prefix that is an ARN cannot be listed"
	case failed.Reason == backend.Denied:
		return "allow secretsmanager:ListSecrets, or give the ids"
	case failed.Reason == backend.Disabled:
		return "set connections_prefix, if Airflow should look connections up there"
	}
	return "run doctor without -upgrade, which finds out why"
}

// compareIDs reads the connections that Airflow asks for, in batches where that is allowed.
func (d *doctor) compareIDs(ctx context.Context, r *Upgrade, ids []string) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(text string) bool { return d.skips(r, text) })
	rule, _ := d.rule(lookup.KindConnection)
	n := 0
	for _, err := range d.backend.LookupAll(ctx, lookup.KindConnection, ids) {
		a := answer{}
		a.err, _ = errors.AsType[*backend.LookupError](err)
		text, there := d.tap.text(name(rule, ids[n]))
		switch {
		case a.came() && there:
			r.take(ids[n], text)
		case a.err == nil: // cannot be: what came is tapped
			r.leave(ids[n], omission{"its text is not known", "try again", true})
		default:
			r.leave(ids[n], omission{a.err.Reason.String(), a.err.Hint(), !settled(a.err.Reason)})
		}
		n++
	}
}

// settled reports whether a connection that was not read is none for Airflow either,
// before the upgrade and after it.
func settled(reason backend.Reason) bool {
	switch reason {
	case backend.BinaryOnly, backend.DeletionScheduled, backend.Skipped, backend.Disabled, backend.RefusedID:
		return true
	}
	return false
}

// skips leaves out an id that Airflow does not ask for.
func (d *doctor) skips(r *Upgrade, text string) bool {
	skip := d.skipOf(id{lookup.KindConnection, text})
	if skip == lookup.Asked {
		return false
	}
	r.leave(text, omission{why: "Airflow does not ask for it: " + skip.String()})
	return true
}

// compareFile compares the connections of a file, without a call.
func (d *doctor) compareFile(r *Upgrade) {
	if len(d.file) == 0 {
		d.set(secrets, Warning, "the file has no connections", "give what airflow connections export writes")
	}
	rule, _ := d.rule(lookup.KindConnection)
	path := rule.Path()
	named := path != "" && slices.ContainsFunc(d.file, func(e entry) bool { return strings.HasPrefix(e.id, path) })
	for _, e := range d.file {
		text, under := strings.CutPrefix(e.id, path)
		switch {
		case named && !under:
			r.leave(e.id, omission{why: "it is not under connections_prefix"})
		case d.skips(r, text):
		case e.why != "":
			r.leave(text, omission{e.why, "write the text of the secret as a string, or its JSON object; in an .env file, in single quotes", true})
		default:
			r.take(text, e.text)
		}
	}
}
