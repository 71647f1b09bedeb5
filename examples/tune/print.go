package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// print writes the answer for people.
func (a answer) print(out term.Output, top int) error {
	p := printer{out: out, top: top}
	p.totals(a)
	p.ids(a)
	p.rows("CALLERS", a.Principals)
	p.rows("NAMES UNDER NO PREFIX", a.Outside)
	p.trials(a)
	for _, warning := range a.warnings {
		p.line("")
		p.line("note: %s", warning)
	}
	_, err := io.WriteString(out, p.text.String())
	return err
}

type printer struct {
	out  term.Output
	text strings.Builder
	top  int
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *printer) totals(a answer) {
	switch {
	case a.Total.First == "":
	case a.Days <= 0:
		p.line("%s to %s", a.Total.First, a.Total.Last)
	default:
		p.line("%s to %s: %.1f days", a.Total.First, a.Total.Last, a.Days)
	}
	p.line("%s of GetSecretValue, %v%s", p.out.Bold(many(a.Total.Calls, "call")), tune.Price(a.Total.Calls), a.aMonth(a.Total.Calls))
	part := func(n int, what string) {
		if n > 0 {
			p.line("%10s %3.0f%%  %s", commas(n), 100*float64(n)/float64(a.Total.Calls), what)
		}
	}
	part(a.Total.Found, "found")
	part(a.Total.NotFound, p.out.Red("found no secret"+a.aMonth(a.Total.NotFound)))
	part(a.Total.Denied, "denied")
	part(a.Total.Failed, "failed, or the outcome is not known")
	aside := func(n int, what string) {
		if n > 0 {
			p.line("%10s %s", commas(n), p.out.Dim(what))
		}
	}
	p.untimed(a)
	aside(a.Unknown.Calls, "of them do not say what was asked for")
	aside(a.Others.Calls, "of them are for more ids than can be told apart")
	aside(a.OtherUsers, "more calls by others")
	aside(a.Batches, "calls of BatchGetSecretValue; each secret in them is among the calls")
	aside(a.Foreign, "other events")
	aside(a.Broken, "broken events, passed over")
}

// aMonth is what calls cost in a month, if that is known.
func (a answer) aMonth(calls int) string {
	if a.Days <= 0 && a.Total.Calls > 0 {
		return ""
	}
	return fmt.Sprintf(", %v a month", a.Month(calls))
}

// untimed tells of calls whose times cannot be read.
func (p *printer) untimed(a answer) {
	if a.Untimed == 0 {
		return
	}
	what := ""
	if a.Days <= 0 {
		what = ", so the cost of a month is not known: give -days"
	}
	p.line("%s of %s times cannot be read%s", commas(a.Untimed), commas(a.Total.Calls), p.out.Yellow(what))
}

const barWidth = 20

// ids is the table of the ids, the worst first.
func (p *printer) ids(a answer) {
	if len(a.IDs) == 0 {
		return
	}
	rows, most, width := a.IDs[:min(p.top, len(a.IDs))], 1, 2
	names := make([]string, len(rows))
	for i, id := range rows {
		names[i] = id.Kind.String() + " " + term.Printable(id.ID)
		most, width = max(most, id.Calls), max(width, utf8.RuneCountInString(names[i]))
	}
	p.line("")
	p.line("%s", p.out.Bold(fmt.Sprintf("%-*s %10s %10s %8s", width, "WORST IDS", "CALLS", "NOT FOUND", "DENIED")))
	for i, id := range rows {
		color, state := p.out.Yellow, "not known"
		switch {
		case id.Missing:
			color, state = p.out.Red, "missing"
		case id.Exists:
			color, state = p.out.Green, "there"
		}
		bar := strings.Repeat("█", max(1, id.Calls*barWidth/most))
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(names[i]))
		p.line("%s%s %10s %10s %8s  %s %s", names[i], pad, commas(id.Calls), commas(id.NotFound), commas(id.Denied),
			color(fmt.Sprintf("%-9s", state)), color(bar))
	}
	p.more(len(a.IDs))
}

// rows is a table of anything else.
func (p *printer) rows(title string, all []tune.Row) {
	if len(all) == 0 {
		return
	}
	rows, width := all[:min(p.top, len(all))], len(title)
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(term.Printable(row.Name)))
	}
	p.line("")
	p.line("%s", p.out.Bold(fmt.Sprintf("%-*s %10s %10s %8s", width, title, "CALLS", "NOT FOUND", "DENIED")))
	for _, row := range rows {
		name := term.Printable(row.Name)
		if name == "" {
			name = "(not known)"
		}
		p.line("%s%s %10s %10s %8s", name, strings.Repeat(" ", max(0, width-utf8.RuneCountInString(name))), commas(row.Calls), commas(row.NotFound), commas(row.Denied))
	}
	p.more(len(all))
}

func (p *printer) more(all int) {
	if all > p.top {
		p.line("%s", p.out.Dim(fmt.Sprintf("and %s more", commas(all-p.top))))
	}
}

var titles = map[string]string{
	inForce: "the pattern in force", given: "the pattern given", "deny": "refuse what is missing", "allow": "ask only for what begins like what is there",
}

// more tells what to do about calls that a pattern leaves.
var more = map[string]string{"deny": ": no room within -longest, or refusing them would hide what is there, for case does not count"}

// trials shows what patterns would do.
func (p *printer) trials(a answer) {
	if len(a.trials) == 0 {
		p.line("")
		why := "no id was only ever missing."
		if slices.ContainsFunc(a.IDs, func(id tune.ID) bool { return id.Missing }) {
			why = "no pattern for what is missing is safe and short enough. Case does not count in one, and -longest says how long it may be."
		}
		p.line("Nothing to suggest: %s", why)
		return
	}
	p.line("")
	p.line("%s", p.out.Bold("LOOKUP PATTERNS"))
	for _, t := range a.trials {
		p.line("%ss, %s: %s", t.Kind, titles[t.of], p.out.Green("saves "+many(t.Saved, "call")+a.aMonth(t.Saved)))
		p.line("  %s", encode(map[string]string{patternKey(t.Kind): t.Pattern.String()}))
		if t.Left > 0 {
			p.line("  %s", p.out.Dim("leaves "+many(t.Left, "call")+" for ids that are missing"+more[t.of]))
		}
		if t.of == "allow" {
			p.line("  %s", p.out.Dim("It also refuses all other ids that somebody may think of later."))
		}
		if t.Runaway != nil {
			p.line("  %s", p.out.Red("hangs Airflow: "+t.Runaway.Problem+"; write "+t.Runaway.Instead))
		}
		if len(t.Hidden) > 0 {
			p.line("  %s", p.out.Red("hides secrets that are there: "+p.list(t.Hidden)))
		}
		if len(t.Doubt) > 0 {
			p.line("  %s", p.out.Yellow("hides what may be there: "+p.list(t.Doubt)))
		}
		if len(t.Failed) > 0 {
			p.line("  %s", p.out.Red("takes too many steps, so that the lookup fails: "+p.list(t.Failed)))
		}
	}
	if a.mwaa {
		p.line("%s", p.out.Dim("MWAA refuses aws_default only while there are no backend_kwargs of yours, so these patterns do."))
	}
	if a.paste == nil {
		return
	}
	p.line("")
	title := "BACKEND_KWARGS TO PASTE"
	if a.partial {
		title = "TO PUT INTO YOUR BACKEND_KWARGS, which are not printed, for they may hold a key"
	}
	p.line("%s", p.out.Bold(title))
	p.line("%s", a.paste)
}

// list is a few ids.
func (p *printer) list(ids []string) string {
	few := make([]string, 0, p.top+1)
	for _, id := range ids[:min(p.top, len(ids))] {
		few = append(few, term.Printable(id))
	}
	if more := len(ids) - len(few); more > 0 {
		few = append(few, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(few, ", ")
}

func many(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return commas(n) + " " + what
}

// commas writes 1234567 as 1,234,567.
func commas(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
