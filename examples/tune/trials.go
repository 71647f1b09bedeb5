package main

import (
	"fmt"
	"slices"
)

// titles says what a pattern does, by its origin.
var titles = map[string]string{
	inForce:  "the pattern in force",
	given:    "the pattern given",
	"deny":   "refuse what is missing",
	"allow":  "ask only for what begins like an id that exists",
	isDenied: "also refuse what was only denied",
}

// leaves says why a pattern leaves calls.
var leaves = map[string]string{
	"deny": ": -longest has no room for them, or refusing them would hide an id that exists, because " +
		"case does not count",
}

// trials shows what patterns would do.
func (p *printer) trials(a answer) {
	p.line("")
	switch {
	case len(a.trials)+len(a.denied) == 0:
		p.prose("", "Nothing to suggest: %s", a.nothing())
	case len(a.trials) == 0:
		p.line("%s", p.out.Bold("LOOKUP PATTERNS"))
		p.prose("", "There is none for what is missing: %s", a.nothing())
	default:
		p.line("%s", p.out.Bold("LOOKUP PATTERNS"))
	}
	for _, t := range slices.Concat(a.trials, a.denied) {
		p.trial(a, t)
	}
	if a.mwaa && len(a.trials) > 0 {
		p.painted(p.out.Dim, "",
			"MWAA refuses aws_default only while you set no backend_kwargs, so these "+
				"patterns refuse it too.")
	}
	if a.paste == nil {
		return
	}
	p.line("")
	title := "BACKEND_KWARGS TO PASTE"
	if a.partial {
		title = "TO PUT INTO YOUR BACKEND_KWARGS, which may hold a key and are not printed"
	}
	p.line("%s", p.out.Bold(title))
	p.line("%s", a.paste)
}

func (p *printer) trial(a answer, t trial) {
	what, between := fmt.Sprintf("%ss, %s:", t.Kind, titles[t.of]), " "
	saves := "saves " + many(t.Saved, "call") + a.month(t.Saved)
	if len(what)+len(saves) >= columns {
		between = "\n  "
	}
	p.line("%s%s%s", what, between, p.out.Green(saves))
	p.line("  %s", encode(map[string]string{patternKey(t.Kind): t.Pattern.String()}))
	if t.Left > 0 {
		p.painted(p.out.Dim, "  ", "leaves %s for missing ids%s", many(t.Left, "call"),
			leaves[t.of])
	}
	switch t.of {
	case "allow":
		p.painted(p.out.Dim, "  ", "It also refuses all other ids that somebody may use later.")
	case isDenied:
		p.painted(p.out.Yellow, "  ",
			"Only denied: %s. Use this pattern if the caller should not read them.",
			p.list(t.Doubt))
		return
	}
	if t.Runaway != nil {
		p.painted(p.out.Red, "  ", "hangs Airflow: %s; write %s",
			t.Runaway.Problem, t.Runaway.Instead)
	}
	if len(t.Hidden) > 0 {
		p.painted(p.out.Red, "  ", "hides secrets that exist: %s", p.list(t.Hidden))
	}
	if len(t.Doubt) > 0 {
		p.painted(p.out.Yellow, "  ", "hides what may exist: %s", p.list(t.Doubt))
	}
	if len(t.Failed) > 0 {
		p.painted(p.out.Red, "  ", "takes too many steps, so the lookup fails: %s",
			p.list(t.Failed))
	}
}
