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

// upgrade is an upgrade from one version of Airflow to another.
type upgrade struct {
	from, to      string // as they are given
	before, after connuri.Dialect
}

// newestRecorded is the newest release whose answers were recorded. Later ones are assumed to
// read connections in the same way.
const newestRecorded = "3.3.2"

// setUpgrade reads -upgrade, and checks that it has something to compare.
func (d *doctor) setUpgrade(o *options) (err error) {
	if o.upgrade == "" {
		if o.file != "" {
			return errors.New("-file needs -upgrade; add -upgrade FROM:TO")
		}
		return nil
	}
	if d.upgrade, err = parseUpgrade(o.upgrade); err != nil {
		return err
	}
	others := func(i id) bool { return i.kind != lookup.KindConnection }
	switch {
	case slices.ContainsFunc(d.ids, others):
		return errors.New("-upgrade compares connections only, since variables and options are the " +
			"same in every version; give ids of connections")
	case o.file != "" && (o.all || len(d.ids) > 0):
		return errors.New("-file cannot be combined with IDs or -all")
	case o.file == "" && !o.all && !o.demo && len(d.ids) == 0:
		return errors.New("-upgrade needs connections to compare; give IDs, -all for every connection " +
			"that is listed, or -file")
	}
	return nil
}

// parseUpgrade reads FROM:TO. Its errors do not hold the text, which may be anything.
func parseUpgrade(text string) (*upgrade, error) {
	from, to, found := strings.Cut(text, ":")
	if !found {
		return nil, errors.New("-upgrade must be two versions; write FROM:TO, such as 2.10.3:3.0.6")
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

// plainVersion returns a version without the v that tags begin with.
func plainVersion(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimPrefix(strings.TrimPrefix(text, "v"), "V")
}

func versionError(which, version string, err error) error {
	if errors.Is(err, errors.ErrUnsupported) {
		return errors.New("-upgrade: " + which + ": how 3.1 reads connections is not recorded; it reads JSON " +
			"like 3.2 and URIs like 3.0, so compare with a release of each")
	}
	if version == "3" {
		return errors.New("-upgrade: " + which + " has no minor number, and 3.0 reads connections " +
			"differently from later releases; write it, as in 3.0.6")
	}
	return errors.New("-upgrade: " + which + " is not a version of Airflow; " +
		"write a number such as 2.10.3 or 3.0.6")
}

// numbers returns the three numbers of a version, 0 for those that are missing.
func numbers(version string) []int {
	all := []int{0, 0, 0}
	parts := strings.FieldsFunc(version, func(r rune) bool { return !unicode.IsDigit(r) })
	for i := range min(len(parts), len(all)) {
		all[i], _ = strconv.Atoi(parts[i]) // the largest int if it is larger
	}
	return all
}

// check warns about a pair of versions that is probably not what was meant.
func (u *upgrade) check() []Check {
	switch {
	case slices.Compare(numbers(u.from), numbers(u.to)) > 0:
		return []Check{{Name: versions, Status: Warning,
			Seen: u.to + " is older than " + u.from + ", so this report is about a downgrade",
			Do:   "for the upgrade, write -upgrade " + u.to + ":" + u.from}}
	case slices.Compare(numbers(u.to), numbers(newestRecorded)) > 0:
		return []Check{{Name: versions, Status: Warning,
			Seen: u.to + " is later than the newest release that was recorded, and is assumed to read " +
				"connections like " + newestRecorded,
			Do: "read its release notes as well"}}
	}
	return nil
}

// compare reads the connections and reports what the upgrade does to them. It ends when ctx does,
// or at the timeout.
func (d *doctor) compare(ctx context.Context) *Upgrade {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	r := newUpgradeReport(d.upgrade)
	r.Checks = append(r.Checks, d.checkEnvironment()...)
	d.prepare()
	if d.file != nil {
		if _, err := d.load(forced{}); errors.Is(err, setup.ErrNoBackend) {
			d.source = given{nil, "Airflow's defaults"}
			r.Notes = append(r.Notes, "No secrets backend is configured, so the prefix is Airflow's default.")
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
	r.Checks = append(r.Checks, d.worrying()...)
	r.Calls, r.which = d.tap.calls()
	r.finish()
	return r
}

// worrying returns the checks that warn or fail.
func (c *checks) worrying() (found []Check) {
	for _, name := range order {
		if check := c.made[name]; check.Status == Failed || check.Status == Warning {
			found = append(found, check)
		}
	}
	return found
}

// compareSecrets compares the connections of the ids given, and with -all every connection that is
// listed.
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
			why := failed.Reason.String()
			if failed.Reason == backend.Disabled {
				why = whySkipped(lookup.KindConnection, lookup.SkippedDisabled)
			}
			d.set(prefixes, Failed, "not all connections could be listed: "+why, listAdvice(failed))
		case len(there.listed) == 0:
			rule, _ := d.rule(lookup.KindConnection)
			d.set(prefixes, Warning, "nothing is under "+strconv.Quote(rule.Path()),
				"check the prefix, sep, region and account")
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
	return "run doctor without -upgrade to find out why"
}

// compareIDs compares the connections that Airflow asks for. It reads them in batches if that is
// allowed.
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
		case a.err == nil: // does not happen: the tap keeps every text
			r.leave(ids[n], omission{"its text is not known", "try again", true})
		default:
			r.leave(ids[n], omission{a.err.Reason.String(), a.err.Hint(), !settled(a.err.Reason)})
		}
		n++
	}
}

// settled reports whether Airflow cannot read the connection either, before or after the upgrade.
func settled(reason backend.Reason) bool {
	switch reason {
	case backend.BinaryOnly, backend.DeletionScheduled, backend.Skipped, backend.Disabled, backend.RefusedID:
		return true
	}
	return false
}

// skips reports whether Airflow does not ask for an id, and then counts the id as left out.
func (d *doctor) skips(r *Upgrade, text string) bool {
	skip := d.skipOf(id{lookup.KindConnection, text})
	if skip == lookup.Asked {
		return false
	}
	r.leave(text, omission{why: "Airflow does not ask for it: " + whySkipped(lookup.KindConnection, skip)})
	return true
}

// compareFile compares the connections of a file. It makes no call.
func (d *doctor) compareFile(r *Upgrade) {
	d.checkFile()
	rule, _ := d.rule(lookup.KindConnection)
	path := rule.Path()
	underPath := func(e entry) bool { return strings.HasPrefix(e.id, path) }
	named := path != "" && slices.ContainsFunc(d.file.entries, underPath)
	for _, e := range d.file.entries {
		text, under := strings.CutPrefix(e.id, path)
		switch {
		case named && !under:
			r.leave(e.id, omission{why: "it is not under connections_prefix"})
		case text == "":
			r.leave(text, omission{why: "the id is empty", do: "write the id that Airflow asks for"})
		case d.skips(r, text):
		case e.why != "":
			r.leave(text, omission{e.why, "write the text of the secret as a string, or its JSON object; " +
				"in an .env file, in single quotes", true})
		default:
			r.take(text, e.text)
		}
	}
}
