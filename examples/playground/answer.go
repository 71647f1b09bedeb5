package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A question is what the page asks at each keystroke: everything in its fields.
type question struct {
	Kind       string  `json:"kind"`       // connection, variable or config
	Fields     fields  `json:"fields"`     // the rule as it stands in them
	Kwargs     string  `json:"kwargs"`     // backend_kwargs, or nothing
	FromKwargs bool    `json:"fromKwargs"` // the kwargs say what the fields are
	MultiTeam  bool    `json:"multiTeam"`  // core.multi_team
	Team       string  `json:"team"`       // who asks
	IDs        string  `json:"ids"`        // one a line
	Lookups    float64 `json:"lookups"`    // of each id
	Per        string  `json:"per"`        // month, day or hour
}

// An answer is what the page shows.
type answer struct {
	Fields       *fields       `json:"fields,omitempty"` // from the kwargs
	Kwargs       kwargsNotes   `json:"kwargs"`
	PatternError *patternError `json:"patternError,omitempty"`
	Stopped      string        `json:"stopped,omitempty"` // the pattern was given up on an id (steps), or takes too much on all (work)
	Untried      int           `json:"untried"`           // ids that were left then
	IDs          int           `json:"ids"`
	Repeated     int           `json:"repeated"` // lines that named an id again
	Reached      int           `json:"reached"`
	Skipped      int           `json:"skipped"`
	Failed       int           `json:"failed"`
	AtMost       bool          `json:"atMost"` // a second name is asked only if the first is not there
	Rows         []row         `json:"rows"`   // the first of them
	Findings     []finding     `json:"findings"`
	Unsaid       int           `json:"unsaid"` // findings beyond those
	Costs        []cost        `json:"costs"`
	Paste        string        `json:"paste"` // for backend_kwargs
}

// A patternError is the place that Python stops at.
type patternError struct {
	Offset int    `json:"offset"` // in characters, not in the units of UTF-16 that a browser counts
	What   string `json:"what"`
}

type row struct {
	ID    string   `json:"id"`
	Names []string `json:"names,omitempty"`
	Skip  string   `json:"skip,omitempty"`
	Fails string   `json:"fails,omitempty"`
}

type finding struct {
	Rule    string `json:"rule"`
	Problem string `json:"problem"`
	Instead string `json:"instead"`
}

const (
	mostIDs      = 5000
	mostRows     = 400 // that are shown; all are counted
	mostFindings = 40
	mostPattern  = 64 << 10
	mostName     = 512 // bytes of a prefix, a separator or a team: AWS takes no longer name
)

// answer makes the rule, asks the library for its report and its findings, and puts a price to it. The error is for a question
// that has none, and quotes nothing.
func (q question) answer(ctx context.Context) (answer, error) {
	kind, err := lookup.ParseKind(q.Kind)
	if err != nil {
		return answer{}, errors.New("kind: want connection, variable or config")
	}
	lookups, err := perMonth(q.Lookups, q.Per)
	if err != nil {
		return answer{}, err
	}
	ids, repeated := splitIDs(q.IDs)
	if len(ids) > mostIDs {
		return answer{}, fmt.Errorf("%d ids are too many for a page, which takes %d: go run ./examples/lookup reads any number", len(ids), mostIDs)
	}
	a := answer{IDs: len(ids), Repeated: repeated}

	kept, notes := readKwargs(q.Kwargs, kind)
	a.Kwargs = notes
	if q.FromKwargs && kept != nil {
		q.Fields, a.Fields = *kept, kept
	}
	if err := q.tooLong(kept); err != nil {
		return answer{}, err
	}
	rule, patternErr := q.Fields.rule(kind)
	rule.MultiTeam = q.MultiTeam
	if patternErr != nil {
		a.PatternError = &patternError{patternErr.Offset, patternErr.What}
	}

	rule.Pattern = rule.Pattern.Within(ctx, mostWork)
	t := q.try(ctx, rule, patternErr, ids)
	a.count(t)
	a.lint(rule, ids, t)
	a.Paste = q.Fields.kwargs(kind)

	bare := rule
	bare.Pattern = nil
	a.Costs = append(a.Costs, price("No pattern", q.try(ctx, bare, nil, ids), lookups))
	if kept != nil && a.Fields == nil {
		before, beforeErr := kept.rule(kind)
		before.MultiTeam = q.MultiTeam
		before.Pattern = before.Pattern.Within(ctx, mostWorkBefore)
		a.Costs = append(a.Costs, price("In the kwargs", q.try(ctx, before, beforeErr, ids), lookups))
	}
	a.Costs = append(a.Costs, price("This pattern", t, lookups))
	return a, nil
}

// tooLong refuses what no name of AWS can hold, in the fields and in the kwargs.
func (q question) tooLong(kept *fields) error {
	all := []fields{q.Fields}
	if kept != nil {
		all = append(all, *kept)
	}
	for _, f := range all {
		switch {
		case len(f.Pattern) > mostPattern:
			return fmt.Errorf("the pattern is longer than %d bytes", mostPattern)
		case len(f.Prefix) > mostName, len(f.Sep) > mostName, len(q.Team) > mostName:
			return fmt.Errorf("a prefix, a separator or a team is longer than %d bytes, and so would each name be", mostName)
		}
	}
	return nil
}

// splitIDs gives the ids, each once, and how many lines named one again.
func splitIDs(text string) (ids []string, repeated int) {
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		id := strings.TrimSpace(line)
		switch {
		case id == "":
		case seen[id]:
			repeated++
		default:
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, repeated
}

// A trial is a rule tried on the ids.
type trial struct {
	lookup.Report
	untried int  // ids that were left, since the others took too much
	refused bool // the pattern does not compile, so Airflow makes no call
}

// How much a question may take before the rest of its ids is not tried: the matches that are given up, and the budgets of
// Pattern.Within.
const (
	mostGivenUp    = 3
	mostWork       = 6 // of the pattern on the ids, and of what is said about it
	mostWorkBefore = 2 // of the pattern in the kwargs
)

// try makes the report one id at a time, so that it can stop between them.
func (q question) try(ctx context.Context, rule lookup.Rule, patternErr *lookup.PatternError, ids []string) trial {
	t := trial{refused: patternErr != nil}
	for i, id := range ids {
		if ctx.Err() != nil { // nobody waits any more
			t.untried = len(ids) - i
			break
		}
		one := rule.Report([]string{id}, q.Team)
		if e, ok := errors.AsType[*lookup.BudgetError](one.Rows[0].Err); ok && e.Spent {
			t.untried = len(ids) - i
			break
		}
		if patternErr != nil && one.Reached > 0 { // Airflow comes as far as the pattern, and fails
			one = lookup.Report{Rows: []lookup.Row{{ID: id, Err: patternErr}}, Failed: 1}
		}
		if len(t.Rows) < mostRows { // the others are counted only
			t.Rows = append(t.Rows, one.Rows...)
		}
		t.Reached += one.Reached
		t.Skipped += one.Skipped
		t.Failed += one.Failed
		t.Calls += one.Calls
		if !t.refused && t.Failed == mostGivenUp {
			t.untried = len(ids) - i - 1
			break
		}
	}
	return t
}

// stopped says in a word why a rule was not tried to the end on all ids, "" if it was.
func (t trial) stopped() string {
	switch {
	case t.refused:
		return ""
	case t.Failed > 0:
		return "steps"
	case t.untried > 0:
		return "work"
	}
	return ""
}

func (a *answer) count(t trial) {
	a.Stopped, a.Untried = t.stopped(), t.untried
	a.Reached, a.Skipped, a.Failed = t.Reached, t.Skipped, t.Failed
	a.AtMost = t.Calls > t.Reached
	a.Rows = []row{}
	for _, r := range t.Rows {
		shown := row{ID: printable(r.ID)}
		for _, name := range r.Plan.Names {
			shown.Names = append(shown.Names, printable(name))
		}
		if r.Plan.Skip != lookup.Asked {
			shown.Skip = r.Plan.Skip.String()
		}
		if _, ok := errors.AsType[*lookup.PatternError](r.Err); ok {
			shown.Fails = "the pattern does not compile, so the lookup fails"
		} else if r.Err != nil {
			shown.Fails = "the pattern takes too many steps on this id"
		}
		a.Rows = append(a.Rows, shown)
	}
}

// printable is an id or a name as the library's own reports have it: what looks like a connection string is kept back, and what
// would spoil a line is quoted.
func printable(name string) string {
	return strings.TrimPrefix(lookup.Plan{Names: []string{name}}.String(), "asks ")
}

// lint leaves the ids out where they took too much already.
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
