package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A state is what becomes of an id, as the page calls it.
type state string

const (
	asked   state = "asked"
	refused state = "refused" // asked for by a name that AWS refuses
	skipped state = "skipped"
	fails   state = "fails"
)

// An outcome is what a rule does to one id. It leaves out the names, which are long.
type outcome struct {
	id    string
	state state
	why   string // it is refused, skipped or fails
	noted bool   // the library has a finding about the id itself
}

// A trial is a rule tried on the ids.
type trial struct {
	outcomes                        []outcome
	reached, skipped, failed, calls int
	untried                         int  // ids that were not tried, because the others took too much
	badPattern                      bool // the pattern does not compile, so Airflow makes no call
}

// Limits on the work for one question. The ids that are left then are not tried.
const (
	mostGivenUp    = 3 // matches that were given up
	mostWork       = 6 // budget of Pattern.Within for the pattern, its findings included
	mostWorkBefore = 2 // budget for the pattern in the kwargs
)

// try applies a rule to one id at a time, so that it can stop between two.
func (q question) try(
	ctx context.Context, rule lookup.Rule, patternErr *lookup.PatternError, ids []string,
) trial {
	t := trial{badPattern: patternErr != nil}
	for i, id := range ids {
		if ctx.Err() != nil { // the page has asked something newer
			t.untried = len(ids) - i
			break
		}
		plan, err := rule.Plan(id, q.Team)
		if e, ok := errors.AsType[*lookup.BudgetError](err); ok && e.Spent {
			t.untried = len(ids) - i
			break
		}
		if patternErr != nil && len(plan.Names) > 0 { // the lookup gets as far as the pattern
			plan, err = lookup.Plan{}, patternErr
		}
		t.add(id, plan, err)
		if !t.badPattern && t.failed == mostGivenUp {
			t.untried = len(ids) - i - 1
			break
		}
	}
	return t
}

func (t *trial) add(id string, plan lookup.Plan, err error) {
	o := outcome{id: id}
	switch {
	case err != nil:
		t.failed++
		o.state, o.why = fails, "the pattern takes too many steps on this id"
		if t.badPattern {
			o.why = "the pattern does not compile, so the lookup fails"
		}
	case plan.Skip != lookup.Asked:
		t.skipped++
		o.state, o.why = skipped, plan.Skip.String()
	default:
		t.reached++
		t.calls += len(plan.Names)
		o.state = asked
		for _, name := range plan.Names {
			if why := refusal(name); why != "" {
				o.state, o.why = refused, why
			}
		}
	}
	t.outcomes = append(t.outcomes, o)
}

// stopped returns why not all ids were tried: "steps" if matches were given up, "work" if
// they took too much together, "" if all were.
func (t trial) stopped() string {
	switch {
	case t.badPattern:
		return ""
	case t.failed > 0:
		return "steps"
	case t.untried > 0:
		return "work"
	}
	return ""
}

// note lints the ids, each by itself.
func (t *trial) note(rule lookup.Rule) {
	linter := newIDLinter(rule)
	for i := range t.outcomes {
		o := &t.outcomes[i]
		o.noted = len(linter.findings(o.id)) > 0
	}
}

// refusal returns why AWS refuses a secret's name, or "".
func refusal(name string) string {
	const signs = "/_+=.@!-"
	switch {
	case name == "":
		return "AWS refuses an empty name"
	case strings.HasPrefix(name, "arn:aws"): // is taken in place of a name
		return ""
	case len(name) > mostName:
		return fmt.Sprintf("the name of a secret has at most %d characters", mostName)
	}
	for _, c := range name {
		isPlain := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !isPlain && !strings.ContainsRune(signs, c) {
			return fmt.Sprintf("AWS refuses %q in a name", c)
		}
	}
	return ""
}

// An idLinter lints ids, apart from the rule that they are looked up by.
type idLinter struct {
	rule    lookup.Rule // without its pattern
	general int         // findings that do not depend on the id
}

func newIDLinter(rule lookup.Rule) idLinter {
	rule.Pattern = nil
	return idLinter{rule, len(rule.Lint())}
}

// findings are those about the id alone.
func (l idLinter) findings(id string) []finding {
	var found []finding
	for _, f := range l.rule.Lint(id)[l.general:] {
		found = append(found, finding{f.Rule, f.Problem, f.Instead})
	}
	return found
}
