// Package lookuptest checks a lookup rule in a test, in one line and without AWS:
//
//	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
//	lookuptest.Reaches(t, rule, "smtp_default", "pg")
//	lookuptest.Skips(t, rule, "aws_default")
//	lookuptest.Names(t, rule, "pg", "red", "airflow/connections/red--pg", "airflow/connections/pg")
//
// A failure says why, and adds the findings of lookup's Lint. Each function also fails for a
// pattern that hangs Airflow. Airflow has no counterpart: there, only production shows what a
// pattern does.
package lookuptest

import (
	"slices"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Reaches fails the test for each id that is not looked up, and for a pattern that hangs Airflow.
// In Airflow, get_conn_value, get_variable or get_config makes a call for these ids.
func Reaches(t testing.TB, rule lookup.Rule, ids ...string) {
	t.Helper()
	ends(t, rule)
	for _, id := range ids {
		switch plan, err := rule.Plan(id, ""); {
		case err != nil:
			t.Errorf("%s %q: %v", rule.Kind, id, err)
		case plan.Skip != lookup.Asked:
			t.Errorf("%s %q is not looked up: %v%s%s", rule.Kind, id, plan.Skip, pattern(rule), findings(rule, id))
		}
	}
}

// Skips fails the test for each id that is looked up, and for a pattern that hangs Airflow. Airflow
// returns None for these ids without a call.
func Skips(t testing.TB, rule lookup.Rule, ids ...string) {
	t.Helper()
	ends(t, rule)
	for _, id := range ids {
		switch plan, err := rule.Plan(id, ""); {
		case err != nil:
			t.Errorf("%s %q: %v", rule.Kind, id, err)
		case plan.Skip == lookup.Asked:
			t.Errorf("%s %q is looked up: it %v%s%s", rule.Kind, id, plan, pattern(rule), findings(rule, id))
		}
	}
}

// Names fails the test unless the lookup of id by team ("" for none) asks for exactly these names
// in this order, which are the SecretIds of Airflow's calls. It also fails for a pattern that hangs
// Airflow.
func Names(t testing.TB, rule lookup.Rule, id, team string, names ...string) {
	t.Helper()
	ends(t, rule)
	switch plan, err := rule.Plan(id, team); {
	case err != nil:
		t.Errorf("%s %q: %v", rule.Kind, id, err)
	case !slices.Equal(plan.Names, names):
		t.Errorf("%s %q: the lookup %s; want %s%s", rule.Kind, id, plan, lookup.Plan{Names: names}, findings(rule, id))
	}
}

// ends fails the test if Airflow's matching would not end.
func ends(t testing.TB, rule lookup.Rule) {
	t.Helper()
	if f := rule.Report(nil, "").Runaway; f != nil {
		t.Errorf("%s%s: %v", rule.Kind, pattern(rule), f)
	}
}

func pattern(rule lookup.Rule) string {
	if rule.Pattern == nil {
		return ""
	}
	return " (" + rule.Pattern.String() + ")"
}

func findings(rule lookup.Rule, id string) string {
	var s strings.Builder
	for _, f := range rule.Lint(id) {
		if f.Rule == lookup.RunawayRule {
			continue // it has failed the test already
		}
		s.WriteString("\n\t" + f.String())
	}
	return s.String()
}
