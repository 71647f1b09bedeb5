package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// headline is what everybody wants to know.
func (r *Upgrade) headline() string {
	noun, verb := "connections", "stop"
	if r.Compared == 1 {
		noun = "connection"
	}
	if r.Stop == 1 || r.Compared == 1 {
		verb = "stops"
	}
	line := fmt.Sprintf("%d of %d %s %s working on %s", r.Stop, r.Compared, noun, verb, r.To)
	if n := r.unknown(); n > 0 {
		line += fmt.Sprintf("; %d could not be read", n)
	}
	return line
}

// counts is what becomes of how many.
func (r *Upgrade) counts() string {
	line := fmt.Sprintf("%s to %s: %s, %s, %s to work, %s the same", r.From, r.To, count(r.Stop, "stops", "stop"),
		count(r.Change, "changes", "change"), count(r.Start, "starts", "start"), count(r.Same, "stays", "stay"))
	if r.Neither > 0 {
		line += fmt.Sprintf(", %d read by neither version", r.Neither)
	}
	if n := len(r.Python); n > 0 {
		line += "; " + count(n, "depends", "depend") + " on Python"
	}
	return line
}

func (r *Upgrade) write(out term.Output) error {
	s := &strings.Builder{}
	for _, c := range r.Checks {
		r.writeCheck(s, out, c)
	}
	if len(r.Checks) > 0 {
		fmt.Fprintln(s)
	}
	if r.Compared > 0 || r.unknown() > 0 {
		fmt.Fprintln(s, out.Bold(wrap(r.headline(), 0)))
		fmt.Fprintln(s, wrap(r.counts(), 0))
	} else {
		fmt.Fprintln(s, out.Bold("no connection was compared"))
	}
	if len(r.Connections) > 0 {
		writeTable(s, out, r.Connections, "EFFECT")
	}
	if len(r.Unreadable) > 0 {
		writeTable(s, out, r.Unreadable, "NEITHER")
	}
	r.writeRules(s, out)
	r.writePython(s, out)
	r.writeUnread(s, out)
	fmt.Fprintln(s)
	for _, note := range r.Notes {
		fmt.Fprintln(s, out.Dim(wrap(note, 0)))
	}
	fmt.Fprintln(s, wrap(fmt.Sprintf("calls of Secrets Manager: %s ($%.6f)", r.which, float64(r.Calls)*dollars/10_000), 0))
	_, err := io.WriteString(out, s.String())
	return err
}

func (r *Upgrade) writeCheck(s *strings.Builder, out term.Output, c Check) {
	found := c.Findings
	if len(found) == 0 {
		found = []Finding{{c.Status, c.Seen, c.Do}}
	}
	for _, f := range found {
		fmt.Fprintf(s, "%s %s\n  %s\n", f.Status.painted(out), c.Name, wrap(f.Seen, 2))
		if f.Do != "" {
			fmt.Fprintf(s, "  %s\n", wrap("do: "+f.Do, 2))
		}
	}
}

// writeTable has a line for each finding, with what to do under it.
func writeTable(s *strings.Builder, out term.Output, all []Affected, title string) {
	const widest = 40 // for an id, so that a line has 80 columns
	width := 2
	for _, a := range all {
		if n := utf8.RuneCountInString(a.ID); n <= widest {
			width = max(width, n)
		}
	}
	line := func(id, rule, field string) string {
		return fmt.Sprintf("%-*s  %-18s  %s", width, id, rule, field)
	}
	fmt.Fprintf(s, "\n%s\n", out.Bold(fmt.Sprintf("%-9s", title)+line("ID", "RULE", "FIELD")))
	colors := map[connuri.Effect]func(string) string{connuri.Same: out.Dim, connuri.Stops: out.Red, connuri.Changes: out.Yellow, connuri.Starts: out.Green}
	for _, a := range all {
		effect, id := colors[a.Effect](fmt.Sprintf("%-9s", a.Effect)), a.ID
		if utf8.RuneCountInString(id) > width { // it is not cut, so that it can be copied
			fmt.Fprintln(s, effect+id)
			effect, id = strings.Repeat(" ", 9), ""
		}
		for _, reason := range a.Reasons {
			fmt.Fprintf(s, "%s%s\n", effect, line(id, reason.Rule, reason.Field))
			fmt.Fprintf(s, "           %s\n", wrap("do: "+reason.Do, 11))
			effect, id = strings.Repeat(" ", 9), ""
		}
	}
}

// writeRules explains each rule once.
func (r *Upgrade) writeRules(s *strings.Builder, out term.Output) {
	var told []string
	for _, a := range slices.Concat(r.Connections, r.Unreadable) {
		for _, reason := range a.Reasons {
			text := fmt.Sprintf("  %-18s  %s", reason.Rule, wrap(reason.Problem, 22))
			if !slices.Contains(told, text) {
				told = append(told, text)
			}
		}
	}
	if len(told) > 0 {
		slices.Sort(told)
		fmt.Fprintf(s, "\n%s\n%s\n", out.Bold("RULES"), strings.Join(told, "\n"))
	}
}

// writePython names the connections whose brackets only some releases accept.
func (r *Upgrade) writePython(s *strings.Builder, out term.Output) {
	if len(r.Python) == 0 {
		return
	}
	fmt.Fprintf(s, "\n%s\n", out.Bold("DEPENDS ON PYTHON"))
	for _, id := range r.Python {
		fmt.Fprintf(s, "  %s\n", id)
	}
	fmt.Fprintf(s, "  %s\n", wrap("Not every release of Python accepts their square brackets. The effects here are those with 3.12.10 or later, before and after.", 2))
	fmt.Fprintf(s, "  %s\n", wrap("do: write %5B and %5D for brackets that are not around an IPv6 host", 2))
}

func (r *Upgrade) writeUnread(s *strings.Builder, out term.Output) {
	if len(r.NotCompared) == 0 {
		return
	}
	fmt.Fprintf(s, "\n%s\n", out.Bold("NOT COMPARED"))
	for _, left := range r.NotCompared {
		fmt.Fprintf(s, "  %5d  %s\n", left.Count, wrap(left.Reason+": "+joined(left.IDs, ", ", 5), 9))
		if left.Do != "" {
			fmt.Fprintf(s, "         %s\n", wrap("do: "+left.Do, 9))
		}
	}
}

// wrap breaks text between words into lines of 80 columns, each after the first indented.
// A word that is longer than a line has a line of its own.
func wrap(text string, indent int) string {
	const columns = 80
	var s strings.Builder
	at := indent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > columns:
			s.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			s.WriteByte(' ')
			at++
		}
		s.WriteString(word)
		at += n
	}
	return s.String()
}
