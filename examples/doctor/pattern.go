package main

import (
	"errors"
	"strconv"

	kwarg "github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// kinds of ids, with what backend_kwargs call theirs.
var kinds = []struct {
	kind  lookup.Kind
	kwarg string
}{
	{lookup.KindConnection, kwarg.Stem(lookup.KindConnection)},
	{lookup.KindVariable, kwarg.Stem(lookup.KindVariable)},
	{lookup.KindConfig, kwarg.Stem(lookup.KindConfig)},
}

// rule is the rule of a kind; the pattern is left out where it does not compile,
// which is the error.
func (d *doctor) rule(kind lookup.Kind) (lookup.Rule, error) {
	rule, err := d.settings.Backend.Rule(kind)
	if !d.knowsPatterns() {
		rule.Pattern, err = nil, nil
	}
	return rule, err
}

// bare is a rule without what may keep an id from being asked for.
func bare(rule lookup.Rule) lookup.Rule {
	return lookup.Rule{Kind: rule.Kind, Prefix: rule.Prefix, Sep: rule.Sep}
}

// name is the name of the secret of an id, skipped or not; "" where the kind is
// disabled.
func name(rule lookup.Rule, id string) string {
	if rule.Prefix == lookup.Disabled {
		return ""
	}
	return rule.Path() + id
}

func (d *doctor) checkPatterns() {
	var found []finding
	patterned := 0
	for _, k := range kinds {
		kwarg := k.kwarg + "_lookup_pattern"
		rule, err := d.rule(k.kind)
		if err != nil {
			what := "it is no regular expression of Python's"
			if wrong, ok := errors.AsType[*lookup.PatternError](err); ok { // without the text, which may be anything
				what = wrong.What + " at position " + strconv.Itoa(wrong.Offset)
			}
			found = append(found, finding{Failed, kwarg + " does not compile: " + what,
				"correct it: until then every lookup of a " + k.kind.String() + " fails"})
			continue
		}
		if rule.Pattern.String() != "" {
			patterned++
		}
		for _, f := range rule.Lint() {
			found = append(found, finding{Warning, kwarg + ": " + f.Problem, "write " + f.Instead})
		}
	}
	if patterned == 0 {
		d.setAll(patterns, found, "none, so every id is asked for")
		return
	}
	d.setAll(patterns, found, count(patterned, "lookup pattern, and it compiles", "lookup patterns, and all compile"))
}
