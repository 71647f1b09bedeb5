package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// Report is what an examination came to.
type Report struct {
	Caller Caller  `json:"caller"`
	Checks []Check `json:"checks"`
	Calls  int     `json:"calls"` // of Secrets Manager

	which string
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

// printable quotes what a terminal would obey rather than show.
func printable(all []Check) {
	for i := range all {
		c := &all[i]
		c.Seen, c.Do = term.Printable(c.Seen), term.Printable(c.Do)
		for j, f := range c.Findings {
			c.Findings[j].Seen, c.Findings[j].Do = term.Printable(f.Seen), term.Printable(f.Do)
		}
	}
}

func (r Report) count(status Status) (n int) {
	for _, c := range r.Checks {
		if c.Status == status {
			n++
		}
	}
	return n
}

// names are the checks of a status, in brackets.
func (r Report) names(status Status) string {
	var names []string
	for _, c := range r.Checks {
		if c.Status == status {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

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

// dollars is the price of 10,000 calls.
const dollars = 0.05

func (r Report) write(out term.Output) error {
	var s strings.Builder
	r.Caller.write(&s, out)
	for _, c := range r.Checks {
		c.write(&s, out)
	}
	fmt.Fprintf(&s, "\n%d ok, %s%s, %d failed%s, %d skipped; calls of Secrets Manager: %s ($%.6f)\n", r.count(OK),
		count(r.count(Warning), "warning", "warnings"), r.names(Warning), r.count(Failed), r.names(Failed), r.count(Skipped),
		r.which, float64(r.Calls)*dollars/10_000)
	_, err := io.WriteString(out, s.String())
	return err
}

// routes in words.
var routes = map[string]string{
	private:  "private: an interface endpoint, or an address inside this network",
	public:   "public: through NAT or an internet gateway",
	mixed:    "private and public addresses under one name",
	viaProxy: "a proxy, which goes on from there",
	loopback: "this machine itself: a stand-in for AWS, or a tunnel that ends here",
}

// staticBuild makes a binary that needs no library of the machine that it runs on.
const staticBuild = "CGO_ENABLED=0 go build ./examples/doctor, with GOOS=linux GOARCH=amd64 before it on any other machine"

// write says who asks and from where, and what that is worth.
func (c Caller) write(s *strings.Builder, out term.Output) {
	line := func(name, text string) {
		if text == "" {
			text = "not known"
		}
		fmt.Fprintf(s, "%s %s\n", out.Bold(fmt.Sprintf("%-9s", name)), text)
	}
	line("principal", c.Principal)
	line("account", c.Account)
	line("region", c.Region)
	at := c.Endpoint
	if c.Route != "" {
		at += " at " + joined(c.Addresses, ", ", 4) + " (" + routes[c.Route] + ")"
	}
	line("endpoint", at)
	where := "For MWAA: build it static (" + staticBuild + "), and run it in the environment's subnets under its execution role, from a BashOperator."
	if c.MWAA {
		where = "It looks like an MWAA environment (AIRFLOW_ENV_NAME or MWAA__… is set)."
	}
	fmt.Fprintf(s, "%s\n\n", out.Dim("This is what this principal sees from this network. "+where))
}

// write shows a check. Of several findings each has a line of its own.
func (c Check) write(s *strings.Builder, out term.Output) {
	if len(c.Findings) == 0 {
		c.line(s, out, c.Status, c.Seen, c.Do)
	}
	for _, f := range c.Findings {
		c.line(s, out, f.Status, f.Seen, f.Do)
	}
}

func (c Check) line(s *strings.Builder, out term.Output, of Status, seen, do string) {
	fmt.Fprintf(s, "%s %-14s  %s\n", of.painted(out), c.Name, seen)
	if do != "" {
		fmt.Fprintf(s, "%-23s  %s %s\n", "", out.Bold("do:"), do)
	}
}

// painted is a status in its color, eight columns wide.
func (s Status) painted(out term.Output) string {
	text := fmt.Sprintf("%-8s", s)
	switch s {
	case OK:
		return out.Green(text)
	case Warning:
		return out.Yellow(text)
	case Failed:
		return out.Red(text)
	}
	return out.Dim(text)
}
