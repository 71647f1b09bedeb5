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
	p.idle(a)
	for _, warning := range a.warnings {
		p.line("")
		p.prose("", "note: %s", warning)
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

// columns is how wide a line of prose or a table is.
const columns = 80

// prose writes text on lines that fit, the first one without the indent that the
// others have besides.
func (p *printer) prose(indent, format string, args ...any) {
	p.painted(func(s string) string { return s }, indent, format, args...)
}

func (p *printer) painted(paint func(string) string, indent, format string, args ...any) {
	line := ""
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		if line != "" && utf8.RuneCountInString(indent+line)+1+utf8.RuneCountInString(word) > columns {
			p.line("%s%s", indent, paint(line))
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.line("%s%s", indent, paint(line))
}

func (p *printer) totals(a answer) {
	switch {
	case a.Total.First != "" && a.Days > 0:
		p.line("%s to %s: %s", a.Total.First, a.Total.Last, span(a.Hours))
	case a.Total.First != "":
		p.line("%s to %s, by the times that can be read", a.Total.First, a.Total.Last)
	}
	p.line("%s of GetSecretValue, %v%s", p.out.Bold(many(a.Total.Calls, "call")), tune.Price(a.Total.Calls), a.month(a.Total.Calls))
	part := func(n int, what string) {
		if n > 0 {
			p.line("%10s %3.0f%%  %s", commas(n), 100*float64(n)/float64(a.Total.Calls), what)
		}
	}
	part(a.Total.Found, "found")
	part(a.Total.NotFound, p.out.Red("found no secret"+a.month(a.Total.NotFound)))
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
	aside(a.OtherTimes, "more calls at other times than -since and -until ask for")
	aside(a.Batches, "calls of BatchGetSecretValue; each secret in them is among the calls")
	aside(a.Foreign, "other events")
	aside(a.Broken, "broken events, passed over")
	if basis := a.basis(); basis != "" {
		p.painted(p.out.Dim, "", "%s", basis)
	}
}

// untimed tells of calls whose times cannot be read.
func (p *printer) untimed(a answer) {
	if a.Untimed > 0 {
		p.line("%s", p.out.Yellow(fmt.Sprintf("%s of %s times cannot be read", commas(a.Untimed), commas(a.Total.Calls))))
	}
}

// How wide the bar of an id is, and the columns of a table besides the name.
const (
	barWidth = 20
	counters = 31
	states   = counters + 11
)

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
	width = min(width, columns-states)
	longest := min(barWidth, columns-states-1-width)
	p.line("")
	p.head(width, "WORST IDS")
	for i, id := range rows {
		color, state := p.out.Yellow, "not known"
		switch {
		case id.Missing:
			color, state = p.out.Red, "missing"
		case id.Exists:
			color, state = p.out.Green, "there"
		}
		if longest < 3 {
			p.line("%s  %s", p.counters(width, names[i], id.Counts), color(state))
			continue
		}
		bar := strings.Repeat("█", max(1, id.Calls*longest/most))
		p.line("%s  %s %s", p.counters(width, names[i], id.Counts), color(fmt.Sprintf("%-9s", state)), color(bar))
	}
	p.more(len(a.IDs))
}

// rows is a table of anything else.
func (p *printer) rows(title string, all []tune.Row) {
	if len(all) == 0 {
		return
	}
	rows, width := all[:min(p.top, len(all))], len(title)
	names := make([]string, len(rows))
	for i, row := range rows {
		if names[i] = term.Printable(row.Name); row.Name == "" {
			names[i] = "(not known)"
		}
		width = max(width, utf8.RuneCountInString(names[i]))
	}
	width = min(width, columns-counters)
	p.line("")
	p.head(width, title)
	for i, row := range rows {
		p.line("%s", p.counters(width, names[i], row.Counts))
	}
	p.more(len(all))
}

func (p *printer) head(width int, title string) {
	p.line("%s", p.out.Bold(fmt.Sprintf("%-*s %10s %10s %8s", width, title, "CALLS", "NOT FOUND", "DENIED")))
}

// counters is a row of a table. A name that is too long for its column has a line of
// its own.
func (p *printer) counters(width int, name string, c tune.Counts) string {
	if utf8.RuneCountInString(name) > width {
		name += "\n"
	}
	tail := name[strings.LastIndexByte(name, '\n')+1:]
	pad := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(tail)))
	return fmt.Sprintf("%s%s %10s %10s %8s", name, pad, commas(c.Calls), commas(c.NotFound), commas(c.Denied))
}

func (p *printer) more(all int) {
	if all > p.top {
		p.line("%s", p.out.Dim(fmt.Sprintf("and %s more", commas(all-p.top))))
	}
}

var titles = map[string]string{
	inForce: "the pattern in force", given: "the pattern given", "deny": "refuse what is missing", "allow": "ask only for what begins like what is there",
	isDenied: "refuse what was only ever denied, too",
}

// more tells what to do about calls that a pattern leaves.
var more = map[string]string{"deny": ": no room within -longest, or refusing them would hide what is there, for case does not count"}

// trials shows what patterns would do.
func (p *printer) trials(a answer) {
	p.line("")
	if len(a.trials) == 0 {
		p.prose("", "Nothing to suggest: %s", a.nothing())
	} else {
		p.line("%s", p.out.Bold("LOOKUP PATTERNS"))
	}
	for _, t := range slices.Concat(a.trials, a.denied) {
		p.trial(a, t)
	}
	if a.mwaa && len(a.trials) > 0 {
		p.painted(p.out.Dim, "", "MWAA refuses aws_default only while there are no backend_kwargs of yours, so these patterns do.")
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

func (p *printer) trial(a answer, t trial) {
	what, saves, between := fmt.Sprintf("%ss, %s:", t.Kind, titles[t.of]), "saves "+many(t.Saved, "call")+a.month(t.Saved), " "
	if len(what)+len(saves) >= columns {
		between = "\n  "
	}
	p.line("%s%s%s", what, between, p.out.Green(saves))
	p.line("  %s", encode(map[string]string{patternKey(t.Kind): t.Pattern.String()}))
	if t.Left > 0 {
		p.painted(p.out.Dim, "  ", "leaves %s for ids that are missing%s", many(t.Left, "call"), more[t.of])
	}
	switch t.of {
	case "allow":
		p.painted(p.out.Dim, "  ", "It also refuses all other ids that somebody may think of later.")
	case isDenied:
		p.painted(p.out.Yellow, "  ", "Only ever denied: %s. Take it if this caller is not to read them.", p.list(t.Doubt))
		return
	}
	if t.Runaway != nil {
		p.painted(p.out.Red, "  ", "hangs Airflow: %s; write %s", t.Runaway.Problem, t.Runaway.Instead)
	}
	if len(t.Hidden) > 0 {
		p.painted(p.out.Red, "  ", "hides secrets that are there: %s", p.list(t.Hidden))
	}
	if len(t.Doubt) > 0 {
		p.painted(p.out.Yellow, "  ", "hides what may be there: %s", p.list(t.Doubt))
	}
	if len(t.Failed) > 0 {
		p.painted(p.out.Red, "  ", "takes too many steps, so that the lookup fails: %s", p.list(t.Failed))
	}
}

// idle shows the secrets that nobody asks for.
func (p *printer) idle(a answer) {
	if a.unused == 0 {
		return
	}
	p.line("")
	p.line("%s", p.out.Bold("SECRETS NOT ASKED FOR IN "+strings.ToUpper(many(a.unused, "day"))))
	p.line("%s of %s, %v a month", commas(len(a.idle)), many(a.listed, "secret"), tune.IdlePrice(len(a.idle)))
	for _, i := range a.idle[:min(p.top, len(a.idle))] {
		last := "never in these calls"
		if i.Last != "" {
			last = "last " + i.Last
		}
		p.line("  %s", term.Printable(i.Name))
		p.line("    %s", p.out.Dim(last))
	}
	p.more(len(a.idle))
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
