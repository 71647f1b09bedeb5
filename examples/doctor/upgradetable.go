package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// headline is the result in one sentence.
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

// counts says how many connections stop, change, start and stay the same.
func (r *Upgrade) counts() string {
	line := fmt.Sprintf("%s to %s: %s, %s, %s to work, %s the same", r.From, r.To,
		count(r.Stop, "stops", "stop"), count(r.Change, "changes", "change"),
		count(r.Start, "starts", "start"), count(r.Same, "stays", "stay"))
	if r.Neither > 0 {
		line += fmt.Sprintf(", %d read by neither version", r.Neither)
	}
	if n := len(r.Python); n > 0 {
		line += "; " + count(n, "depends", "depend") + " on Python"
	}
	return line
}

func (r *Upgrade) write(p page) error {
	s := &strings.Builder{}
	for _, c := range r.Checks {
		c.write(s, p)
	}
	if len(r.Checks) > 0 {
		fmt.Fprintln(s)
	}
	if r.Compared > 0 || r.unknown() > 0 {
		fmt.Fprintln(s, p.Bold(p.indented(0, r.headline())))
		fmt.Fprintln(s, p.indented(0, r.counts()))
	} else {
		fmt.Fprintln(s, p.Bold("no connection was compared"))
	}
	if len(r.Connections) > 0 {
		writeTable(s, p, r.Connections, "EFFECT")
	}
	if len(r.Unreadable) > 0 {
		writeTable(s, p, r.Unreadable, "NEITHER")
	}
	r.writeRules(s, p)
	r.writePython(s, p)
	r.writeUnread(s, p)
	fmt.Fprintln(s)
	for _, note := range r.Notes {
		fmt.Fprintln(s, p.Dim(p.indented(0, note)))
	}
	fmt.Fprintln(s, p.indented(0, costs(r.Calls, r.which)))
	_, err := io.WriteString(p, s.String())
	return err
}

// The widths of the columns of a table, with the space after them. The longest field is
// conn_type.
const (
	effectColumn = 9
	ruleColumn   = 20
	fieldColumn  = 9
)

// writeTable writes a line for each finding, with what to do below it.
func writeTable(s *strings.Builder, p page, all []Affected, title string) {
	widest := p.width - effectColumn - ruleColumn - fieldColumn - 2
	width := 2
	for _, a := range all {
		if n := cli.Cells(a.ID); n <= widest {
			width = max(width, n)
		}
	}
	row := func(id, rule, field string) string {
		return cli.Pad(id, width) + "  " + fmt.Sprintf("%-*s%s", ruleColumn, rule, field)
	}
	none := strings.Repeat(" ", effectColumn)
	fmt.Fprintf(s, "\n%s\n", p.Bold(fmt.Sprintf("%-*s", effectColumn, title)+row("ID", "RULE", "FIELD")))
	colors := map[connuri.Effect]func(string) string{
		connuri.Same: p.Dim, connuri.Stops: p.Red, connuri.Changes: p.Yellow, connuri.Starts: p.Green,
	}
	for _, a := range all {
		effect, id := colors[a.Effect](fmt.Sprintf("%-*s", effectColumn, a.Effect)), a.ID
		if cli.Cells(id) > width { // it is not shortened, so that it can be copied
			fmt.Fprintln(s, effect+id)
			effect, id = none, ""
		}
		for _, reason := range a.Reasons {
			fmt.Fprintln(s, effect+row(id, reason.Rule, reason.Field))
			fmt.Fprintln(s, p.advice(effectColumn+2, reason.Do))
			effect, id = none, ""
		}
	}
}

// writeRules explains each rule once.
func (r *Upgrade) writeRules(s *strings.Builder, p page) {
	var explained []string
	for _, a := range slices.Concat(r.Connections, r.Unreadable) {
		for _, reason := range a.Reasons {
			head := fmt.Sprintf("  %-*s", ruleColumn, reason.Rule)
			text := p.beside(head, ruleColumn+2, reason.Problem)
			if !slices.Contains(explained, text) {
				explained = append(explained, text)
			}
		}
	}
	if len(explained) > 0 {
		slices.Sort(explained)
		fmt.Fprintf(s, "\n%s\n%s\n", p.Bold("RULES"), strings.Join(explained, "\n"))
	}
}

// writePython names the connections whose brackets only some releases of Python accept.
func (r *Upgrade) writePython(s *strings.Builder, p page) {
	if len(r.Python) == 0 {
		return
	}
	fmt.Fprintf(s, "\n%s\n", p.Bold("DEPENDS ON PYTHON"))
	for _, id := range r.Python {
		fmt.Fprintf(s, "  %s\n", id)
	}
	fmt.Fprintln(s, p.indented(2, "Not every release of Python accepts their square brackets. The effects "+
		"shown are those with Python 3.12.10 or later, before and after the upgrade."))
	fmt.Fprintln(s, p.advice(2, "write %5B and %5D for brackets that are not around an IPv6 host"))
}

// writeUnread names the connections that were not compared, by reason.
func (r *Upgrade) writeUnread(s *strings.Builder, p page) {
	if len(r.NotCompared) == 0 {
		return
	}
	fmt.Fprintf(s, "\n%s\n", p.Bold("NOT COMPARED"))
	for _, left := range r.NotCompared {
		text := left.Reason + ": " + joined(left.IDs, ", ", 5)
		fmt.Fprintln(s, p.beside(fmt.Sprintf("  %5d  ", left.Count), 9, text))
		if left.Do != "" {
			fmt.Fprintln(s, p.advice(9, left.Do))
		}
	}
}
