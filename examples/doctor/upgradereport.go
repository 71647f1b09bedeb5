package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// Upgrade is what an upgrade of Airflow does to the connections.
type Upgrade struct {
	From        string     `json:"from"`
	To          string     `json:"to"`
	Compared    int        `json:"compared"` // connections
	Stop        int        `json:"stop"`     // of them
	Change      int        `json:"change"`
	Start       int        `json:"start"`
	Same        int        `json:"same"`
	Connections []Affected `json:"connections"`  // all but those that stay the same: by effect, by id
	NotCompared []Unread   `json:"not_compared"` // by reason
	Notes       []string   `json:"notes"`
	Checks      []Check    `json:"checks"` // that warn or fail
	Calls       int        `json:"calls"`  // of Secrets Manager

	upgrade *upgrade
	which   string
	unread  map[omission]int // :: reason → its place in NotCompared
}

// Affected is a connection that the upgrade does something to.
type Affected struct {
	ID      string         `json:"id"`
	Effect  connuri.Effect `json:"effect"`
	Reasons []Reason       `json:"reasons"`
}

// Reason is a finding of connuri.Compare.
type Reason struct {
	Rule    string `json:"rule"`
	Field   string `json:"field"`
	Problem string `json:"problem"`
	Do      string `json:"do"`
}

// Unread are connections that were not compared.
type Unread struct {
	Reason  string   `json:"reason"`
	Do      string   `json:"do,omitempty"`
	Unknown bool     `json:"unknown"` // the upgrade may do something to them
	Count   int      `json:"count"`
	IDs     []string `json:"ids"`
}

// omission is why a connection was not compared.
type omission struct {
	why, do string
	unknown bool
}

func newUpgradeReport(u *upgrade) *Upgrade {
	return &Upgrade{
		From: u.from, To: u.to, Connections: []Affected{}, NotCompared: []Unread{}, Checks: append([]Check{}, u.check()...),
		Notes: []string{
			"Only connections change: a variable or a configuration option is its text in every version.",
			"An upgrade of an image also brings another Python and another provider, which can matter: see the documentation of connuri.",
		},
		upgrade: u, which: "none", unread: map[omission]int{},
	}
}

// take compares a connection.
func (r *Upgrade) take(id string, text connuri.Secret, words connuri.Words) {
	r.Compared++
	effect, found := connuri.Compare(text.Reveal(), words, r.upgrade.before, r.upgrade.after)
	switch effect {
	case connuri.Same:
		r.Same++
		return
	case connuri.Stops:
		r.Stop++
	case connuri.Changes:
		r.Change++
	case connuri.Starts:
		r.Start++
	}
	a := Affected{ID: shownID(id), Effect: effect}
	for _, f := range found {
		a.Reasons = append(a.Reasons, Reason{f.Rule, f.Field, f.Problem, f.Instead})
	}
	r.Connections = append(r.Connections, a)
}

// leave counts a connection that is not compared.
func (r *Upgrade) leave(id string, reason omission) {
	key := omission{why: reason.why, unknown: reason.unknown}
	at, known := r.unread[key]
	if !known {
		at = len(r.NotCompared)
		r.unread[key] = at
		r.NotCompared = append(r.NotCompared, Unread{Reason: reason.why, Do: reason.do, Unknown: reason.unknown})
	}
	left := &r.NotCompared[at]
	left.Count++
	left.IDs = append(left.IDs, shownID(id))
}

// shownID is an id as it may be shown. Text that cannot be one is redacted: it may be a
// misplaced connection string.
func shownID(text string) string {
	if cannotBeID(text) {
		return "[redacted, no id]"
	}
	return text
}

// effects in the order in which they are shown.
var effects = []connuri.Effect{connuri.Stops, connuri.Changes, connuri.Starts}

// finish puts all in order.
func (r *Upgrade) finish() {
	slices.SortStableFunc(r.Connections, func(a, b Affected) int {
		return cmp.Or(cmp.Compare(slices.Index(effects, a.Effect), slices.Index(effects, b.Effect)), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(r.NotCompared, func(a, b Unread) int { return cmp.Compare(a.Reason, b.Reason) })
	for _, left := range r.NotCompared {
		slices.Sort(left.IDs)
	}
	printable(r.Checks)
}

// unknown is how many connections the upgrade may stop, for all that is known.
func (r *Upgrade) unknown() (n int) {
	for _, left := range r.NotCompared {
		if left.Unknown {
			n += left.Count
		}
	}
	return n
}

// code is the exit code: 0 promises that no connection stops.
func (r *Upgrade) code() int {
	failed := slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Status == Failed })
	if failed || r.Stop > 0 || r.unknown() > 0 {
		return 1
	}
	return 0
}

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

func (r *Upgrade) write(out term.Output) error {
	s := &strings.Builder{}
	for _, c := range r.Checks {
		r.writeCheck(s, out, c)
	}
	if len(r.Checks) > 0 {
		fmt.Fprintln(s)
	}
	if r.Compared > 0 || r.unknown() > 0 {
		fmt.Fprintln(s, out.Bold(r.headline()))
		fmt.Fprintln(s, wrap(fmt.Sprintf("%s to %s: %s, %s, %s to work, %s the same", r.From, r.To, count(r.Stop, "stops", "stop"),
			count(r.Change, "changes", "change"), count(r.Start, "starts", "start"), count(r.Same, "stays", "stay")), 0))
	} else {
		fmt.Fprintln(s, out.Bold("no connection was compared"))
	}
	if len(r.Connections) > 0 {
		r.writeTable(s, out)
		r.writeRules(s, out)
	}
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
func (r *Upgrade) writeTable(s *strings.Builder, out term.Output) {
	const widest = 40 // for an id, so that a line has 80 columns
	width := 2
	for _, a := range r.Connections {
		if n := utf8.RuneCountInString(a.ID); n <= widest {
			width = max(width, n)
		}
	}
	line := func(id, rule, field string) string {
		return fmt.Sprintf("%-*s  %-18s  %s", width, id, rule, field)
	}
	fmt.Fprintf(s, "\n%s\n", out.Bold("EFFECT   "+line("ID", "RULE", "FIELD")))
	colors := map[connuri.Effect]func(string) string{connuri.Stops: out.Red, connuri.Changes: out.Yellow, connuri.Starts: out.Green}
	for _, a := range r.Connections {
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
	fmt.Fprintf(s, "\n%s\n", out.Bold("RULES"))
	var told []string
	for _, a := range r.Connections {
		for _, reason := range a.Reasons {
			text := fmt.Sprintf("  %-18s  %s", reason.Rule, wrap(reason.Problem, 22))
			if !slices.Contains(told, text) {
				told = append(told, text)
			}
		}
	}
	slices.Sort(told)
	fmt.Fprintln(s, strings.Join(told, "\n"))
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
