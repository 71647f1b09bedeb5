package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// Report is the result of an examination.
type Report struct {
	Caller Caller  `json:"caller"`
	Checks []Check `json:"checks"`
	Calls  int     `json:"calls"` // of Secrets Manager

	which string // the calls in words
}

func (d *doctor) report() Report {
	r := Report{Caller: d.caller, Checks: d.checks.list()}
	if r.Caller.Addresses == nil {
		r.Caller.Addresses = []string{}
	}
	r.Calls, r.which = d.tap.calls()
	printable(r.Checks)
	return r
}

// printable quotes texts that a terminal would obey rather than show.
func printable(all []Check) {
	for i := range all {
		c := &all[i]
		c.Seen, c.Do = term.Printable(c.Seen), term.Printable(c.Do)
		for j, f := range c.Findings {
			c.Findings[j].Seen, c.Findings[j].Do = term.Printable(f.Seen), term.Printable(f.Do)
		}
	}
}

// names are the names of the checks that have a status.
func (r Report) names(status Status) (names []string) {
	for _, c := range r.Checks {
		if c.Status == status {
			names = append(names, c.Name)
		}
	}
	return names
}

func (r Report) count(status Status) int { return len(r.names(status)) }

// code is the exit code.
func (r Report) code() int {
	if r.count(Failed) > 0 {
		return 1
	}
	return 0
}

// writeJSON writes one JSON object.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

func (r Report) write(p page) error {
	var s strings.Builder
	r.Caller.write(&s, p)
	for _, c := range r.Checks {
		c.write(&s, p)
	}
	inBrackets := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return " (" + strings.Join(names, ", ") + ")"
	}
	warned, failed := r.names(Warning), r.names(Failed)
	fmt.Fprintf(&s, "\n%s\n%s\n",
		p.indented(0, fmt.Sprintf("%d ok, %s%s, %d failed%s, %d skipped",
			r.count(OK), count(len(warned), "warning", "warnings"), inBrackets(warned),
			len(failed), inBrackets(failed), r.count(Skipped))),
		p.indented(0, costs(r.Calls, r.which)))
	_, err := io.WriteString(p, s.String())
	return err
}

// costs says how many calls were made, which, and what they cost.
func costs(calls int, which string) string {
	if calls == 0 {
		return "no calls to Secrets Manager"
	}
	return fmt.Sprintf("%s to Secrets Manager: %s ($%.6f)",
		count(calls, "call", "calls"), which, float64(tune.Price(calls)))
}

// write shows a check. Each of several findings starts a line of its own.
func (c Check) write(s *strings.Builder, p page) {
	found := c.Findings
	if len(found) == 0 {
		found = []Finding{{c.Status, c.Seen, c.Do}}
	}
	for _, f := range found {
		head, indent := fmt.Sprintf("%s %-14s  ", f.Status.painted(p), c.Name), 25
		if p.width >= wide {
			fmt.Fprintln(s, p.beside(head, indent, f.Seen))
		} else {
			indent = 2
			fmt.Fprintf(s, "%s\n%s\n", strings.TrimRight(head, " "), p.indented(indent, f.Seen))
		}
		if f.Do != "" {
			fmt.Fprintln(s, p.advice(indent, f.Do))
		}
	}
}

// painted is a status in its color, eight columns wide.
func (s Status) painted(p page) string {
	text := fmt.Sprintf("%-8s", s)
	switch s {
	case OK:
		return p.Green(text)
	case Warning:
		return p.Yellow(text)
	case Failed:
		return p.Red(text)
	}
	return p.Dim(text)
}
