package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// fields are the kwargs of one kind, as they are written in backend_kwargs: an empty prefix
// means that there is none.
type fields struct {
	Pattern string `json:"pattern"`
	Prefix  string `json:"prefix"`
	Never   bool   `json:"never"` // the prefix is null
	Sep     string `json:"sep"`
}

// rule returns the rule, and why its pattern does not compile. The rule then has none.
func (f fields) rule(kind lookup.Kind) (lookup.Rule, *lookup.PatternError) {
	rule := lookup.Rule{Kind: kind, Prefix: lookup.Prefix(f.Prefix), Sep: lookup.Sep(f.Sep)}
	if f.Prefix == "" {
		rule.Prefix = lookup.NoPrefix
	}
	if f.Never {
		rule.Prefix = lookup.Disabled
	}
	if f.Sep == "" {
		rule.Sep = lookup.NoSep
	}
	pattern, err := lookup.Compile(f.Pattern)
	if refused, ok := errors.AsType[*lookup.PatternError](err); ok {
		return rule, refused
	}
	rule.Pattern = pattern
	return rule, nil
}

// kwargsNotes are the error and the warnings of the kwargs that were pasted. They hold no
// value.
type kwargsNotes struct {
	Error    string   `json:"error,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// readKwargs returns the fields of a kind, nil if there are no kwargs or they cannot be read.
func readKwargs(doc string, kind lookup.Kind) (*fields, kwargsNotes) {
	doc = strings.TrimSpace(doc)
	if doc == "" {
		return nil, kwargsNotes{}
	}
	settings, err := setup.ParseKwargs([]byte(doc))
	if err != nil {
		return nil, kwargsNotes{Error: strings.TrimPrefix(err.Error(), "setup: ")}
	}
	rule, err := settings.Backend.Rule(kind)
	f := fields{Pattern: rule.Pattern.String(), Sep: string(rule.Sep)}
	if refused, ok := errors.AsType[*lookup.PatternError](err); ok {
		f.Pattern = refused.Expr
	}
	switch rule.Prefix {
	case "":
		f.Prefix = defaultPrefix(kind)
	case lookup.NoPrefix:
	case lookup.Disabled:
		f.Prefix, f.Never = defaultPrefix(kind), true
	default:
		f.Prefix = string(rule.Prefix)
	}
	switch rule.Sep {
	case "":
		f.Sep = "/"
	case lookup.NoSep:
		f.Sep = ""
	}
	notes := kwargsNotes{Warnings: kwargs.Texts(settings.Warnings)}
	if more := len(notes.Warnings) - mostFindings; more > 0 {
		notes.Warnings = append(notes.Warnings[:mostFindings:mostFindings], fmt.Sprintf("and %d more", more))
	}
	return &f, notes
}

// defaultPrefix returns Airflow's prefix for a kind whose prefix is not set.
func defaultPrefix(kind lookup.Kind) string {
	return strings.TrimSuffix(lookup.Rule{Kind: kind}.Path(), "/")
}
