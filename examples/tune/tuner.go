package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// A tuner has the settings and the calls.
type tuner struct {
	log      *tune.Usage
	doc      []byte // the kwargs, nil if none are given
	warnings []string
	inForce  [3]*lookup.Pattern // by kind
	kind     lookup.Kind        // of given, ids and the ids among exists
	given    *lookup.Pattern

	multiTeam   bool
	rules       []lookup.Rule // by kind
	guesses     []tune.Guess  // that the rules have
	exists, ids []string      // lines of -exists and -ids
	header      string        // of -exists
	inputs      []string      // that were read
	stdin       head
}

// configure takes the settings from the command line.
func (t *tuner) configure(o options) error {
	var err error
	if t.kind, err = lookup.ParseKind(o.kind); err != nil {
		return errors.New("-kind is not a kind; write connection, variable or config")
	}
	doc, settings, err := kwargs.Read(o.kwargs)
	if err != nil {
		return fmt.Errorf("-kwargs: %w", err)
	}
	if o.kwargs != "" {
		t.doc = doc
	}
	t.warnings = kwargs.Texts(settings.Warnings)
	settings.Backend.MultiTeam = o.multiTeam
	cfg := tune.Config{
		User: o.user, Days: o.days, Longest: o.longest, Since: o.since, Until: o.until,
	}
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

// alike notes kinds whose names cannot be told apart.
func alike(rules []lookup.Rule) (notes []string) {
	for i, rule := range rules {
		for _, earlier := range rules[:i] {
			isOn := earlier.Prefix != lookup.Disabled && rule.Prefix != lookup.Disabled
			if isOn && earlier.Path() == rule.Path() {
				notes = append(notes,
					fmt.Sprintf("A %s and a %s of one id have the same secret name. "+
						"CloudTrail cannot tell them apart: both count as the %s.",
						earlier.Kind, rule.Kind, earlier.Kind))
			}
		}
	}
	return notes
}

// assumeMWAA takes MWAA's default as the pattern in force if nothing else is known, so that a
// suggestion also refuses what the default refuses: backend_kwargs of the user, such as those that
// tune suggests, replace it. If aws_default is asked for all the same, or exists, it is judged like
// any other id.
func (t *tuner) assumeMWAA(r tune.Report) bool {
	if t.doc != nil || !byMWAA(r) {
		return false
	}
	pattern := lookup.MustCompile(lookup.MWAAPattern)
	trial := t.log.Try(lookup.KindConnection, pattern)
	if len(trial.Skipped)+len(trial.Hidden)+len(trial.Doubt) > 0 {
		return false
	}
	t.inForce[lookup.KindConnection] = pattern
	return true
}

// byMWAA reports whether an environment of MWAA made some of the calls.
func byMWAA(r tune.Report) bool {
	return slices.ContainsFunc(r.Principals, func(p tune.Row) bool {
		return strings.HasSuffix(p.Name, tune.MWAASession)
	})
}
