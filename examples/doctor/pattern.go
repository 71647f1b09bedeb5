package main

import (
	"errors"
	"strconv"

	kwarg "github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// kinds of ids, with the beginning of the names of their kwargs.
var kinds = []struct {
	kind  lookup.Kind
	kwarg string
}{
	{lookup.KindConnection, kwarg.Stem(lookup.KindConnection)},
	{lookup.KindVariable, kwarg.Stem(lookup.KindVariable)},
	{lookup.KindConfig, kwarg.Stem(lookup.KindConfig)},
}

// rule returns the rule of a kind. If its pattern does not compile, that is the error, and the
// rule has no pattern.
func (d *doctor) rule(kind lookup.Kind) (lookup.Rule, error) {
	rule, err := d.settings.Backend.Rule(kind)
	if !d.knowsPatterns() {
		rule.Pattern, err = nil, nil
	}
	return rule, err
}

// whySkipped returns why Airflow does not ask for an id of a kind.
func whySkipped(kind lookup.Kind, skip lookup.Reason) string {
	if skip == lookup.SkippedDisabled {
		return kind.String() + " lookups are disabled: " + kwarg.Stem(kind) + "_prefix is null"
	}
	return skip.String()
}

// bare returns a rule without the parts that may skip an id.
func bare(rule lookup.Rule) lookup.Rule {
	return lookup.Rule{Kind: rule.Kind, Prefix: rule.Prefix, Sep: rule.Sep}
}

// name returns the name of the secret of an id, whether or not it is skipped, and "" if the kind
// is disabled.
func name(rule lookup.Rule, id string) string {
	if rule.Prefix == lookup.Disabled {
		return ""
	}
	return rule.Path() + id
}

func (d *doctor) checkPatterns() {
	var found []Finding
	patterned := 0
	for _, k := range kinds {
		kwarg := k.kwarg + "_lookup_pattern"
		rule, err := d.rule(k.kind)
		if err != nil {
			what := "it is not a regular expression of Python"
			if wrong, ok := errors.AsType[*lookup.PatternError](err); ok { // the text may be anything
				what = wrong.What + " at position " + strconv.Itoa(wrong.Offset)
			}
			found = append(found, Finding{Failed, kwarg + " does not compile: " + what,
				"correct it: until then every lookup of a " + k.kind.String() + " fails"})
			continue
		}
		if rule.Pattern.String() != "" {
			patterned++
		}
		for _, f := range rule.Lint() {
			found = append(found, Finding{Warning, kwarg + ": " + f.Problem, "write " + f.Instead})
		}
	}
	if patterned == 0 {
		d.setAll(patterns, found, "not set, so every id is asked for")
		return
	}
	d.setAll(patterns, found, count(patterned, "lookup pattern compiles", "lookup patterns compile"))
}
