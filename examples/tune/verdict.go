package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// noEvents is the error of inputs that are all empty.
func (t *tuner) noEvents(r tune.Report) error {
	events := r.Total.Calls + r.OtherUsers + r.OtherTimes + r.Batches + r.Foreign + r.Broken
	if len(t.inputs) == 0 || events > 0 {
		return nil
	}
	var names []string
	for _, name := range t.inputs {
		if is := t.seems(name); is != "empty" && is != gone {
			return nil
		}
		names = append(names, inputName(name))
	}
	return fmt.Errorf("%s: empty, without an event of CloudTrail; name a file that has some",
		several(names))
}

// gone describes a pipe, which cannot be read again. One without an error was empty.
const gone = "a pipe with something else"

// seems says what kind of file an input without events seems to be.
func (t *tuner) seems(name string) string {
	h, ok := t.stdin, true
	if name != "-" {
		h, ok = headOf(name)
	}
	if !ok {
		return gone
	}
	return h.seems()
}

func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return term.Printable(name)
}

// guess continues with the prefixes that the names seem to have, and notes them.
func (t *tuner) guess() {
	t.guesses = t.log.Guess()
	if len(t.guesses) == 0 {
		return
	}
	r := t.log.Report()
	t.log.Adopt(t.guesses)
	calls, prefixes, under := 0, map[string]any{}, []string{}
	for _, g := range t.guesses {
		calls += g.Calls
		prefixes[kwargs.Stem(g.Kind)+"_prefix"] = string(g.Prefix)
		under = append(under, term.Printable(string(g.Prefix)))
		t.rules[g.Kind].Prefix = g.Prefix
	}
	note := fmt.Sprintf("%s of %s %s for names under %s, so %s. Pass -kwargs '%s'.",
		commas(calls), many(r.Total.Calls, "call"), choose(calls, "is", "are"),
		strings.Join(under, " and "),
		choose(len(under), "tune takes this for the prefix", "tune takes these for the prefixes"),
		shellQuoted(encode(prefixes)))
	hasTeams := slices.ContainsFunc(t.guesses, func(g tune.Guess) bool { return g.Teams })
	if hasTeams && !t.multiTeam {
		note += " Some names look like TEAM--ID: pass -multi-team if core.multi_team is on."
	}
	t.warnings = append(t.warnings, note)
}

// shellQuoted is text to put between single quotes.
func shellQuoted(text []byte) string {
	return strings.ReplaceAll(string(text), "'", `'\''`)
}

// outside says which path the names under no prefix share, if most names are under none and no
// prefix could be guessed.
func (a answer) outside() string {
	calls := 0
	for _, row := range a.Outside {
		calls += row.Calls
	}
	if 2*calls <= a.Total.Calls-a.Unknown.Calls {
		return ""
	}
	text := fmt.Sprintf("%s of %s %s for names under no prefix",
		commas(calls), many(a.Total.Calls, "call"), choose(calls, "is", "are"))
	isFound := func(id tune.ID) bool { return id.Found > 0 }
	if a.path == "" && slices.ContainsFunc(a.IDs, isFound) {
		return "" // the prefixes are right, and other programs have the other names
	}
	if a.path == "" {
		return text + ". Pass the prefixes of this environment with -kwargs."
	}
	return fmt.Sprintf("%s, %s of these under %s. %s.", text, commas(a.pathCalls),
		term.Printable(a.path), a.passPath())
}

// passPath says how to pass the path that names under no prefix share.
func (a answer) passPath() string {
	kinds := kwargs.Stem(kindOf(a.path))
	return fmt.Sprintf("If these are %s, pass -kwargs '%s'",
		strings.Replace(kinds, "config", "configuration options", 1),
		shellQuoted(encode(map[string]string{kinds + "_prefix": a.path})))
}

// lacksPrefix says that what is to be pasted may lack a prefix, or returns "". A caller that is
// known to be Airflow has at least a quarter of all calls under one path. The kind that the path seems
// to be for has Airflow's default prefix, and no id that was found.
func (t *tuner) lacksPrefix(a answer) string {
	isFound := func(id tune.ID) bool { return id.Found > 0 }
	isKnown := slices.ContainsFunc(a.IDs, isFound) || byMWAA(a.Report)
	kind := kindOf(a.path)
	isRight := t.rules[kind].Prefix != "" || slices.ContainsFunc(a.IDs, func(id tune.ID) bool {
		return isFound(id) && id.Kind == kind
	})
	if a.paste == nil || a.path == "" || !isKnown || isRight || 4*a.pathCalls < a.Total.Calls {
		return ""
	}
	return fmt.Sprintf("%s of %s %s for names under %s, and what is to be pasted does not set this "+
		"prefix. %s, or merge this into your own.", commas(a.pathCalls),
		many(a.Total.Calls, "call"), choose(a.pathCalls, "is", "are"), term.Printable(a.path),
		a.passPath())
}

// kindOf is what names under a path seem to be for, by its last part: variables for prod/vars.
func kindOf(path string) lookup.Kind {
	part := strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])
	for end, kind := range map[string]lookup.Kind{
		"var": lookup.KindVariable, "vars": lookup.KindVariable, "variable": lookup.KindVariable,
		"variables": lookup.KindVariable, "config": lookup.KindConfig, "configs": lookup.KindConfig,
	} {
		head, ok := strings.CutSuffix(part, end)
		if ok && (head == "" || strings.ContainsAny(head[len(head)-1:], "-_.")) {
			return kind
		}
	}
	return lookup.KindConnection
}

// filter says which calls -user, -since and -until choose.
func (o options) filter() string {
	var parts []string
	if o.user != "" {
		parts = append(parts, "by -user")
	}
	switch {
	case o.since != "" && o.until != "":
		parts = append(parts, "between -since and -until")
	case o.since != "":
		parts = append(parts, "after -since")
	case o.until != "":
		parts = append(parts, "before -until")
	}
	return strings.Join(parts, " ")
}

// period names those of -since and -until that are given.
func (o options) period() string {
	var given []string
	if o.since != "" {
		given = append(given, "-since")
	}
	if o.until != "" {
		given = append(given, "-until")
	}
	return strings.Join(given, " and ")
}

// nothing says why there is no suggestion.
func (a answer) nothing() string {
	others := a.OtherUsers + a.OtherTimes
	switch text := a.outside(); {
	case a.Total.Calls == 0 && others == 1:
		return "the only call is not " + a.filter + "."
	case a.Total.Calls == 0 && others > 0:
		return fmt.Sprintf("none of the %s is %s.", many(others, "call"), a.filter)
	case a.Total.Calls == 0:
		return "no event is a call of GetSecretValue. Check account, region and days, and that the trail " +
			"logs read events."
	case len(a.IDs) == 0 && text == "":
		return "no call says which id was asked for."
	case text != "": // one stray id says nothing about the others
		return text
	case a.Others.Calls > 0:
		return "there are more ids than can be told apart."
	}
	return a.nothingForIDs()
}

// nothingForIDs says why there is no suggestion for the ids that were asked for.
func (a answer) nothingForIDs() string {
	is := func(id func(tune.ID) bool) bool { return slices.ContainsFunc(a.IDs, id) }
	hasAll := len(a.IDs) > 0 && !is(func(id tune.ID) bool { return !id.Exists })
	switch {
	case hasAll:
		return "every id that was asked for exists."
	case a.inForceRefuses():
		return "the pattern in force refuses every missing id."
	case is(func(id tune.ID) bool { return id.Missing }):
		return "no pattern for what is missing is safe and short enough. Case does not count in one, and " +
			"-longest bounds its length."
	case is(func(id tune.ID) bool { return id.Denied > 0 && !id.Exists }):
		return "every id that was asked for exists or was denied."
	case a.Total.Failed > 0:
		return "it is not known whether the ids exist. Name those that do with -exists."
	}
	return "every id that was asked for existed once."
}

// inForceRefuses reports whether the patterns in force refuse all that is missing.
func (a answer) inForceRefuses() bool {
	missing := map[lookup.Kind]bool{}
	for _, id := range a.IDs {
		if id.Missing {
			missing[id.Kind] = true
		}
	}
	for _, t := range a.trials {
		if t.of == inForce && t.Left == 0 {
			delete(missing, t.Kind)
		}
	}
	isMissing := func(id tune.ID) bool { return id.Missing }
	return len(missing) == 0 && slices.ContainsFunc(a.IDs, isMissing)
}

// month is what calls cost in a month, after a comma. It is "" if that is not known.
func (a answer) month(calls int) string {
	if a.Month(1) == 0 {
		return ""
	}
	return ", " + a.Month(calls).String() + " a month"
}

// basis says what a month is extrapolated from, or why it is not.
func (a answer) basis() string {
	switch {
	case a.Total.Calls == 0:
		return ""
	case a.Month(1) > 0:
		return "A month is extrapolated from " + span(a.Hours) + "."
	case a.Total.First == "":
		return "The cost of a month is not known, because no call has a time. Pass -days."
	case a.Days == 0:
		return "The cost of a month is not known, because more than a twentieth of the times cannot be " +
			"read. Pass -days."
	}
	return "The cost of a month is not known: the calls span " + span(a.Hours) +
		", which is less than an hour. Pass -days, or more of the trail."
}

// span is a time in words.
func span(hours float64) string {
	d := time.Duration(hours * float64(time.Hour))
	switch {
	case d < 90*time.Second:
		return many(int(d.Round(time.Second).Seconds()), "second")
	case d < 90*time.Minute:
		return many(int(d.Round(time.Minute).Minutes()), "minute")
	case d < 23*time.Hour+30*time.Minute:
		return fmt.Sprintf("%.1f hours", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}
