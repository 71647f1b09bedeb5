package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// printReport prints a table of the ids, the sums, and notes on the kwargs and the pattern.
func printReport(w io.Writer, rule lookup.Rule, o options, warnings []string) error {
	width := cli.Width(w)
	report := rule.Report(o.ids, o.team)
	var b strings.Builder
	printTable(&b, report.Rows, width)
	sums := fmt.Sprintf("%s: %d reached, %d skipped, %d failed; %s at most, %.2f per lookup",
		cli.Count(len(report.Rows), "id"), report.Reached, report.Skipped, report.Failed,
		cli.Count(report.Calls, "call"), report.CallsPerLookup())
	fmt.Fprintln(&b, cli.Wrap(sums, width, "  "))
	for _, warning := range warnings {
		fmt.Fprintln(&b, cli.Fit("note: "+warning, width, "  "))
	}
	for _, f := range rule.Lint(o.ids...) {
		fmt.Fprintln(&b, cli.Fit("note: "+f.String(), width, "  "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printTable prints one id per row. Ids that are too long for width are shortened, and plans
// go on in the lines below.
func printTable(w io.Writer, rows []lookup.Row, width int) {
	ids, plans := make([]string, len(rows)), make([]string, len(rows))
	idWidth, planWidth := len("ID"), 0
	for i, row := range rows {
		ids[i], plans[i] = shownID(row.ID), planOf(row)
		idWidth = max(idWidth, utf8.RuneCountInString(ids[i]))
		planWidth = max(planWidth, utf8.RuneCountInString(plans[i]))
	}
	const calls = len("  CALLS  ")
	if idWidth+calls+planWidth > width {
		idWidth = min(idWidth, max(width*2/5, len("ID")))
	}
	indent := strings.Repeat(" ", idWidth+calls)
	fmt.Fprintf(w, "%-*s  CALLS  PLAN\n", idWidth, "ID")
	for i, row := range rows {
		id := cli.Shorten(ids[i], idWidth)
		plan := strings.TrimLeft(cli.Fit(indent+plans[i], width, indent), " ")
		fmt.Fprintf(w, "%-*s  %-5d  %s\n", idWidth, id, len(row.Plan.Names), plan)
	}
}

func planOf(row lookup.Row) string {
	if row.Err != nil {
		return "fails: " + row.Err.Error()
	}
	return row.Plan.String()
}

// shownID returns an id as plans show names: quoted if a terminal would obey it, redacted if
// it may be a misplaced connection string.
func shownID(id string) string {
	return strings.TrimPrefix(lookup.Plan{Names: []string{id}}.String(), "asks ")
}

// printJSON prints one object for each id.
func printJSON(w io.Writer, report lookup.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, row := range report.Rows {
		line := struct {
			ID      string   `json:"id"`
			Names   []string `json:"names,omitempty"`
			Skipped string   `json:"skipped,omitempty"`
			Error   string   `json:"error,omitempty"`
		}{ID: shownID(row.ID)}
		switch {
		case row.Err != nil:
			line.Error = row.Err.Error()
		case row.Plan.Skip != lookup.Asked:
			line.Skipped = row.Plan.Skip.String()
		default:
			for _, name := range row.Plan.Names {
				line.Names = append(line.Names, shownID(name))
			}
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
