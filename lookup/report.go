package lookup

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A Report says what a rule does to a list of ids. Airflow has no counterpart.
type Report struct {
	Rows    []Row
	Reached int // ids that are looked up
	Skipped int // ids that are not
	Failed  int // ids whose lookup fails before the first call
	Calls   int // GetSecretValue calls, at most: the global secret is asked only if the team has none

	Runaway *Finding // set if the pattern hangs Airflow
}

// A Row is one id in a Report.
type Row struct {
	ID   string
	Plan Plan
	Err  error // from Rule.Plan
}

// Report plans the lookup of each id for a team, "" for none.
func (r Rule) Report(ids []string, team string) Report {
	report := Report{Runaway: r.Pattern.runaway()}
	for _, id := range ids {
		plan, err := r.Plan(id, team)
		report.Rows = append(report.Rows, Row{id, plan, err})
		report.Calls += len(plan.Names)
		switch {
		case err != nil:
			report.Failed++
		case plan.Skip != Asked:
			report.Skipped++
		default:
			report.Reached++
		}
	}
	return report
}

// CallsPerLookup returns the average number of calls per id, at most.
func (r Report) CallsPerLookup() float64 {
	if len(r.Rows) == 0 {
		return 0
	}
	return float64(r.Calls) / float64(len(r.Rows))
}

// String returns the report as a table for people.
func (r Report) String() string {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tCALLS\tPLAN")
	for _, row := range r.Rows {
		text := row.Plan.String()
		if row.Err != nil {
			text = "fails: " + row.Err.Error()
		}
		fmt.Fprintf(w, "%s\t%d\t%s\n", shown.Printable(row.ID), len(row.Plan.Names), text)
	}
	_ = w.Flush() // to a Builder, which does not fail
	fmt.Fprintf(&s, "%d ids: %d reached, %d skipped, %d failed; %d calls at most, %.2f per lookup\n",
		len(r.Rows), r.Reached, r.Skipped, r.Failed, r.Calls, r.CallsPerLookup())
	if r.Runaway != nil {
		fmt.Fprintln(&s, r.Runaway)
	}
	return s.String()
}
