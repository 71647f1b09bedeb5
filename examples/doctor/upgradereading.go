package main

import (
	"errors"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// versionsOf returns the versions by whose rules the configuration is read. For an upgrade, they
// are those before it, -provider included.
func (d *doctor) versionsOf() setup.Versions {
	v := setup.Versions{Provider: d.provider.String()}
	if d.upgrade != nil {
		v.Airflow = plainNumbers(d.upgrade.from)
	}
	return v
}

// plainNumbers returns a version without a suffix, as in the table of MWAA's images.
func plainNumbers(text string) string { return version(numbers(text)).String() }

// readings returns how connections are read before and after the upgrade. With -mwaa, the images
// of the two versions say which provider each has. Otherwise the provider after the upgrade is
// assumed to be the newest.
func (d *doctor) readings() (before, after connuri.Reading) {
	words := d.settings.Backend.ExtraConnWords
	before = connuri.Reading{
		Dialect: d.upgrade.before, Words: words, URLEncoded: d.settings.Backend.URLEncoded,
	}
	after = connuri.Reading{Dialect: d.upgrade.after, Words: words}
	// An error that occurs only after the upgrade does not matter to how values are read.
	upgraded := setup.Versions{Airflow: plainNumbers(d.upgrade.to)}
	s, err := d.source.load(upgraded, forced{class: d.forcedClass})
	if err == nil {
		after.URLEncoded = s.Backend.URLEncoded
	}
	return before, after
}

// checkDecoding returns false if are_secret_values_urlencoded is on and the provider before the
// upgrade is not known. Whether values are decoded is then not known either: providers before 9.0
// decode them. Airflow 3 never ran with such a provider.
func (d *doctor) checkDecoding() bool {
	const kwarg = "are_secret_values_urlencoded"
	about := func(w setup.Warning) bool { return w.Kwarg == kwarg }
	if d.provider != nil || d.upgrade.before != connuri.Airflow2 ||
		!slices.ContainsFunc(d.settings.Warnings, about) {
		return true
	}
	last := setup.Versions{Airflow: plainNumbers(d.upgrade.from), Provider: lastDecoding}
	if s, err := d.source.load(last, forced{class: d.forcedClass}); err == nil && !s.Backend.URLEncoded {
		return true
	}
	d.set(provider, Failed, kwarg+" is on, and providers before 9.0 decode the values of JSON secrets; "+
		"the provider before the upgrade is not known", "give its version, as in -provider "+lastDecoding)
	return false
}

// lastDecoding is the newest provider whose decoding was recorded.
const lastDecoding = "8.28.0"

// checkEnvironment warns if the environment runs another version than the one before the upgrade.
func (d *doctor) checkEnvironment() (found []Check) {
	m, ok := d.source.(mwaa)
	if !ok {
		return nil
	}
	s, err := m.load(setup.Versions{}, forced{noKwargs: true})
	runs := s.Versions.Airflow
	unreadable := err != nil && !errors.Is(err, setup.ErrNoBackend)
	if unreadable || runs == "" || plainNumbers(runs) == plainNumbers(d.upgrade.from) {
		return nil
	}
	return []Check{{Name: versions, Status: Warning,
		Seen: "the environment of -mwaa runs Airflow " + runs + ", but the upgrade is from " + d.upgrade.from,
		Do:   "compare from the version that runs: -upgrade " + runs + ":" + d.upgrade.to}}
}
