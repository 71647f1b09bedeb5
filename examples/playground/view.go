package main

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A view says which ids to show, and in what order. The zero view shows the first page of
// all ids as they were listed.
type view struct {
	Show string `json:"show"` // a state, noted, or "" for all
	Find string `json:"find"` // text that the id contains, in any letter case
	Sort string `json:"sort"` // skipped, noted, name, or "" for as listed
	Page int    `json:"page"` // from 0; the last one if there are fewer
}

// shown is one page of ids.
type shown struct {
	Rows  []row `json:"rows"`
	Count int   `json:"count"` // ids on all pages
	First int   `json:"first"` // position of the first row, from 0
	Page  int   `json:"page"`
	Pages int   `json:"pages"` // at least 1
}

type row struct {
	ID    string    `json:"id"`
	State state     `json:"state"`
	Names []string  `json:"names,omitempty"`
	Why   string    `json:"why,omitempty"`
	Notes []finding `json:"notes,omitempty"`
}

const pageRows = 25

func (v view) check() error {
	switch {
	case !slices.Contains([]string{"", "noted", "asked", "refused", "skipped", "fails"}, v.Show):
		return errors.New("view.show must be asked, refused, skipped, fails, noted or empty")
	case !slices.Contains([]string{"", "skipped", "noted", "name"}, v.Sort):
		return errors.New("view.sort must be skipped, noted, name or empty")
	case v.Page < 0:
		return errors.New("view.page must not be negative")
	}
	return nil
}

// of picks the rows of the page from what a rule did to the ids.
func (v view) of(t trial, rule lookup.Rule, team string) shown {
	picked := v.order(v.pick(t.outcomes))
	s := shown{Rows: []row{}, Count: len(picked), Pages: max(1, (len(picked)+pageRows-1)/pageRows)}
	s.Page = min(v.Page, s.Pages-1)
	s.First = s.Page * pageRows
	linter := newIDLinter(rule)
	for _, o := range picked[s.First:min(s.First+pageRows, len(picked))] {
		r := row{ID: printable(o.id), State: o.state, Why: o.why, Notes: linter.findings(o.id)}
		if o.state == asked || o.state == refused {
			plan, _ := linter.rule.Plan(o.id, team) // without a pattern it cannot fail
			for _, name := range plan.Names {
				r.Names = append(r.Names, printable(name))
			}
		}
		s.Rows = append(s.Rows, r)
	}
	return s
}

// pick filters the outcomes.
func (v view) pick(all []outcome) []outcome {
	find := strings.ToLower(strings.TrimSpace(v.Find))
	var picked []outcome
	for _, o := range all {
		isShown := v.Show == "" || v.Show == string(o.state) || v.Show == "noted" && o.noted
		if isShown && strings.Contains(strings.ToLower(printable(o.id)), find) {
			picked = append(picked, o)
		}
	}
	return picked
}

// order sorts the outcomes. Equal ones stay as they were listed.
func (v view) order(picked []outcome) []outcome {
	first := func(isFirst func(outcome) bool) func(a, b outcome) int {
		return func(a, b outcome) int {
			switch isA, isB := isFirst(a), isFirst(b); {
			case isA == isB:
				return 0
			case isA:
				return -1
			}
			return 1
		}
	}
	switch v.Sort {
	case "skipped":
		slices.SortStableFunc(picked, first(func(o outcome) bool { return o.state == skipped }))
	case "noted":
		slices.SortStableFunc(picked, first(func(o outcome) bool {
			return o.noted || o.state == refused || o.state == fails
		}))
	case "name":
		slices.SortStableFunc(picked, func(a, b outcome) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.id), strings.ToLower(b.id)), cmp.Compare(a.id, b.id))
		})
	}
	return picked
}

// printable returns an id or a name as the library's reports show it: quoted if it would
// spoil a line, redacted if it looks like a connection string.
func printable(name string) string {
	return strings.TrimPrefix(lookup.Plan{Names: []string{name}}.String(), "asks ")
}
