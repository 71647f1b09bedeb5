package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// An answer is what is printed, for people or as JSON.
type answer struct {
	tune.Report
	warnings []string
	mwaa     bool    // MWAA's default pattern is assumed to be in force
	trials   []trial // of the patterns in force, the pattern given, and the suggestions
	denied   []trial // suggestions that also refuse what was only denied
	paste    []byte  // backend_kwargs with the deny lists in them, nil without any
	guesses  []tune.Guess
	partial  bool // paste has the patterns only

	path      string // that names under no prefix share
	pathCalls int

	filter, period string // the calls that flags choose, and the flags of these for a time

	policy *policy.Policy // nil unless asked for
	unused *unused        // nil unless asked for
}

// isDenied is the origin of a pattern that also refuses what was only denied.
const isDenied = "denied"

// A trial is a pattern that was tried, and its origin.
type trial struct {
	of string
	tune.Trial
}

// Origins of patterns. The origin of a suggestion is its form.
const (
	inForce = "in force"
	given   = "given"
)

func (t *tuner) answer(o options) answer {
	a := answer{
		Report: t.log.Report(), warnings: t.warnings, guesses: t.guesses,
		filter: o.filter(), period: o.period(),
	}
	a.path, a.pathCalls = t.log.CommonPath()
	a.mwaa = t.assumeMWAA(a.Report)
	patterns := map[string]any{}
	for n, pattern := range t.inForce {
		kind := lookup.Kind(n)
		if pattern != nil && !a.mwaa {
			a.trials = append(a.trials, trial{inForce, t.log.Try(kind, pattern)})
		}
		if t.given != nil && t.kind == kind {
			a.trials = append(a.trials, trial{given, t.log.Try(kind, t.given)})
		}
		for _, s := range t.log.Suggest(kind, pattern) {
			a.trials = append(a.trials, trial{s.Form, s})
			if s.Form == "deny" {
				patterns[patternKey(kind)] = s.Pattern.String()
			}
		}
		if s, ok := t.log.SuggestDenied(kind, pattern); ok {
			a.denied = append(a.denied, trial{isDenied, s})
		}
	}
	if len(patterns) > 0 {
		a.paste, a.partial = t.merge(patterns)
	}
	if note := t.lacksPrefix(a); note != "" {
		a.warnings = append(slices.Clone(a.warnings), note)
	}
	return a
}

// patternKey is the name of a kind's pattern in backend_kwargs.
func patternKey(kind lookup.Kind) string {
	return kwargs.Stem(kind) + "_lookup_pattern"
}

// harmless are the kwargs that may be printed. Others may hold a key or a token.
var harmless = map[string]bool{
	"connections_prefix": true, "variables_prefix": true, "config_prefix": true,
	"connections_lookup_pattern": true, "variables_lookup_pattern": true,
	"config_lookup_pattern": true, "sep": true, "extra_conn_words": true, "region_name": true,
}

// merge puts patterns into the kwargs, to be pasted as a whole. It does not print kwargs that may
// hold a secret: then it gives the patterns alone.
func (t *tuner) merge(patterns map[string]any) (doc []byte, partial bool) {
	merged := map[string]any{}
	if t.doc != nil && json.Unmarshal(t.doc, &merged) != nil {
		merged, partial = map[string]any{}, true
	}
	for key := range merged {
		partial = partial || !harmless[key]
	}
	if partial || merged == nil { // null is {}
		merged = map[string]any{}
	}
	for key, pattern := range patterns {
		merged[key] = pattern
	}
	for _, g := range t.guesses {
		merged[kwargs.Stem(g.Kind)+"_prefix"] = string(g.Prefix)
	}
	return encode(merged), partial
}

// encode writes JSON on one line.
func encode(v any) []byte {
	b, _ := encoded(v, "") // text and decoded JSON cannot fail
	return bytes.TrimSpace(b)
}

// encoded writes JSON with < and > as they are, because patterns hold them. It writes as \u what a
// terminal would obey, such as a mark that turns the direction of text.
func encoded(v any, indent string) ([]byte, error) {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	var b []byte
	for _, r := range plain.String() {
		if unicode.IsPrint(r) || r == '\n' {
			b = utf8.AppendRune(b, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			b = fmt.Appendf(b, `\u%04x`, unit)
		}
	}
	return b, nil
}
