package main

import (
	"fmt"
	"io"
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
	p.unused(a.unused)
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

// prose writes a paragraph on lines that fit, each after an indent.
func (p *printer) prose(indent, format string, args ...any) {
	p.painted(func(s string) string { return s }, indent, format, args...)
}

func (p *printer) painted(paint func(string) string, indent, format string, args ...any) {
	line := ""
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		width := utf8.RuneCountInString(indent + line + " " + word)
		if line != "" && width > columns {
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
	calls := p.out.Bold(many(a.Total.Calls, "call"))
	p.line("%s of GetSecretValue, %v%s", calls, tune.Price(a.Total.Calls), a.month(a.Total.Calls))
	part := func(n int, what string) {
		if n > 0 {
			p.line("%10s %3.0f%%  %s", commas(n), 100*float64(n)/float64(a.Total.Calls), what)
		}
	}
	part(a.Total.Found, "found")
	part(a.Total.NotFound, p.out.Red("found no secret"+a.month(a.Total.NotFound)))
	part(a.Total.Denied, "denied")
	part(a.Total.Failed, "failed, or the outcome is not known")
	if a.Untimed > 0 {
		times := commas(a.Untimed) + " of " + many(a.Total.Calls, "time")
		p.line("%s", p.out.Yellow(times+" cannot be read"))
	}
	p.asides(a)
	if basis := a.basis(); basis != "" {
		p.painted(p.out.Dim, "", "%s", basis)
	}
}

// asides counts what the totals have apart, and what they do not have.
func (p *printer) asides(a answer) {
	for _, aside := range []struct {
		n         int
		one, many string
	}{
		{a.Unknown.Calls, "of them does not say what was asked for",
			"of them do not say what was asked for"},
		{a.Others.Calls, "of them is for an id beyond those that can be told apart",
			"of them are for ids beyond those that can be told apart"},
		{a.OtherUsers, "more call by others", "more calls by others"},
		{a.OtherTimes, "more call outside " + a.period, "more calls outside " + a.period},
		{a.Batches, "call of BatchGetSecretValue; each secret in it is among the calls",
			"calls of BatchGetSecretValue; each secret in them is among the calls"},
		{a.Foreign, "other event", "other events"},
		{a.Broken, "broken event, skipped", "broken events, skipped"},
	} {
		if aside.n > 0 {
			p.line("%10s %s", commas(aside.n), p.out.Dim(choose(aside.n, aside.one, aside.many)))
		}
	}
}

// How wide the bar of an id is, and a table without the names.
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
			color, state = p.out.Green, "exists"
		}
		if longest < 3 {
			p.line("%s  %s", p.counters(width, names[i], id.Counts), color(state))
			continue
		}
		bar := strings.Repeat("█", max(1, id.Calls*longest/most))
		state = color(fmt.Sprintf("%-9s", state))
		p.line("%s  %s %s", p.counters(width, names[i], id.Counts), state, color(bar))
	}
	p.more(len(a.IDs))
}

// rows prints a table of callers or names.
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
	head := fmt.Sprintf("%-*s %10s %10s %8s", width, title, "CALLS", "NOT FOUND", "DENIED")
	p.line("%s", p.out.Bold(head))
}

// counters is a row of a table. A name that is too long for its column has a line of its own.
func (p *printer) counters(width int, name string, c tune.Counts) string {
	if utf8.RuneCountInString(name) > width {
		name += "\n"
	}
	tail := name[strings.LastIndexByte(name, '\n')+1:]
	pad := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(tail)))
	calls, notFound, denied := commas(c.Calls), commas(c.NotFound), commas(c.Denied)
	return fmt.Sprintf("%s%s %10s %10s %8s", name, pad, calls, notFound, denied)
}

func (p *printer) more(all int) {
	if all > p.top {
		p.line("%s", p.out.Dim(fmt.Sprintf("and %s more", commas(all-p.top))))
	}
}

// list names a few ids.
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

// many is a count with its noun: 1 call, 2 calls.
func many(n int, what string) string {
	return commas(n) + " " + choose(n, what, what+"s")
}

// choose gives the word for one, or for another number.
func choose(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// commas writes 1234567 as 1,234,567.
func commas(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
