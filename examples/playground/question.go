package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A question holds everything in the fields of the page, which asks it whenever the user types.
type question struct {
	Kind       string  `json:"kind"`       // connection, variable or config
	Fields     fields  `json:"fields"`     // the rule
	Kwargs     string  `json:"kwargs"`     // backend_kwargs, or ""
	FromKwargs bool    `json:"fromKwargs"` // the kwargs replace Fields
	MultiTeam  bool    `json:"multiTeam"`  // core.multi_team
	Team       string  `json:"team"`       // the team that asks
	IDs        string  `json:"ids"`        // one a line
	Lookups    float64 `json:"lookups"`    // of each id
	Per        string  `json:"per"`        // month, day or hour
	View       view    `json:"view"`       // which of the ids to show
}

// An answer is what the page shows.
type answer struct {
	Fields       *fields       `json:"fields,omitempty"` // read from the kwargs
	Kwargs       kwargsNotes   `json:"kwargs"`
	PatternError *patternError `json:"patternError,omitempty"`
	Stopped      string        `json:"stopped,omitempty"` // why not all ids were tried, see trial.stopped
	Untried      int           `json:"untried"`           // ids that were not tried
	IDs          int           `json:"ids"`
	Repeated     int           `json:"repeated"` // lines that repeat an id
	Reached      int           `json:"reached"`
	Refused      int           `json:"refused"` // of those reached, ids whose name AWS refuses
	Skipped      int           `json:"skipped"`
	Failed       int           `json:"failed"`
	Noted        int           `json:"noted"`  // ids with a finding of their own
	AtMost       bool          `json:"atMost"` // some ids have a second name, for when the first is missing
	Shown        shown         `json:"shown"`
	Findings     []finding     `json:"findings"`
	Unsaid       int           `json:"unsaid"` // findings that were left out
	Costs        []cost        `json:"costs"`
	Paste        []piece       `json:"paste"`  // for backend_kwargs
	Merged       bool          `json:"merged"` // Paste includes the kwargs that were given
}

// A patternError is where Python refuses the pattern, and why.
type patternError struct {
	Offset int    `json:"offset"` // in characters, not in UTF-16 units as a browser counts
	What   string `json:"what"`
}

type finding struct {
	Rule    string `json:"rule"`
	Problem string `json:"problem"`
	Instead string `json:"instead"`
}

const (
	mostIDs      = 5000
	mostFindings = 40
	mostPattern  = 64 << 10
	mostName     = 512 // bytes of a prefix, separator or team: a secret's name has no more
)

// answer makes the rule, tries it on the ids, lints it and prices it. The error is for a
// question that has no answer, and quotes nothing of it.
func (q question) answer(ctx context.Context) (answer, error) {
	kind, err := lookup.ParseKind(q.Kind)
	if err != nil {
		return answer{}, errors.New("kind must be connection, variable or config")
	}
	lookups, err := perMonth(q.Lookups, q.Per)
	if err != nil {
		return answer{}, err
	}
	if err := q.View.check(); err != nil {
		return answer{}, err
	}
	ids, repeated := splitIDs(q.IDs)
	if len(ids) > mostIDs {
		return answer{}, fmt.Errorf("%d ids are too many for this page, which takes %d: "+
			"use go run ./examples/lookup", len(ids), mostIDs)
	}
	a := answer{IDs: len(ids), Repeated: repeated}

	pasted, notes := readKwargs(q.Kwargs, kind)
	a.Kwargs = notes
	if q.FromKwargs && pasted != nil {
		q.Fields, a.Fields = *pasted, pasted
	}
	if err := q.checkLengths(pasted); err != nil {
		return answer{}, err
	}
	rule, patternErr := q.Fields.rule(kind)
	rule.MultiTeam = q.MultiTeam
	if patternErr != nil {
		a.PatternError = &patternError{patternErr.Offset, patternErr.What}
	}

	rule.Pattern = rule.Pattern.Within(ctx, mostWork)
	t := q.try(ctx, rule, patternErr, ids)
	t.note(rule)
	a.count(t)
	a.lint(rule, ids, t)
	a.Shown = q.View.of(t, rule, q.Team)
	a.Paste, a.Merged = q.Fields.paste(kind, q.Kwargs, pasted)

	bare := rule
	bare.Pattern = nil
	a.Costs = append(a.Costs, price("No pattern", q.try(ctx, bare, nil, ids), lookups))
	if pasted != nil && a.Fields == nil {
		before, beforeErr := pasted.rule(kind)
		before.MultiTeam = q.MultiTeam
		before.Pattern = before.Pattern.Within(ctx, mostWorkBefore)
		a.Costs = append(a.Costs, price("In the kwargs", q.try(ctx, before, beforeErr, ids), lookups))
	}
	a.Costs = append(a.Costs, price("This pattern", t, lookups))
	return a, nil
}

// checkLengths refuses what is too long for the name of a secret, in the fields and in the
// kwargs.
func (q question) checkLengths(pasted *fields) error {
	all := []fields{q.Fields}
	if pasted != nil {
		all = append(all, *pasted)
	}
	for _, f := range all {
		switch {
		case len(f.Pattern) > mostPattern:
			return fmt.Errorf("the pattern is longer than %d bytes", mostPattern)
		case len(f.Prefix) > mostName, len(f.Sep) > mostName, len(q.Team) > mostName:
			return fmt.Errorf("the prefix, the separator or the team is longer than %d bytes, "+
				"the longest name of a secret", mostName)
		}
	}
	return nil
}

// splitIDs returns each id once, and how many lines repeat one.
func splitIDs(text string) (ids []string, repeated int) {
	known := map[string]bool{}
	for line := range strings.Lines(text) {
		id := strings.TrimSpace(line)
		switch {
		case id == "":
		case known[id]:
			repeated++
		default:
			known[id] = true
			ids = append(ids, id)
		}
	}
	return ids, repeated
}

// count copies the numbers of a trial.
func (a *answer) count(t trial) {
	a.Stopped, a.Untried = t.stopped(), t.untried
	a.Reached, a.Skipped, a.Failed = t.reached, t.skipped, t.failed
	a.AtMost = t.calls > t.reached
	for _, o := range t.outcomes {
		if o.state == refused {
			a.Refused++
		}
		if o.noted {
			a.Noted++
		}
	}
}

// lint lists the findings. If the pattern took too much on the ids already, they are not
// tried again.
func (a *answer) lint(rule lookup.Rule, ids []string, t trial) {
	if t.stopped() != "" {
		ids = nil
	}
	all := rule.Lint(ids...)
	a.Findings = []finding{}
	for _, f := range all[:min(len(all), mostFindings)] {
		a.Findings = append(a.Findings, finding{f.Rule, f.Problem, f.Instead})
	}
	a.Unsaid = len(all) - len(a.Findings)
}
