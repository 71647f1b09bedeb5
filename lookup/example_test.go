package lookup_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func Example() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
	for _, id := range []string{"smtp_default", "aws_default"} {
		plan, err := rule.Plan(id, "")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %v\n", id, plan)
	}
	// Output:
	// smtp_default: asks airflow/connections/smtp_default
	// aws_default: skipped: the lookup pattern does not match the id
}

func ExampleCompile() {
	for _, expr := range []string{`^(prod|stg)_`, `^(prod|stg`, `prod\z`, `(?<=a+)b`, `\N{BULLET}`} {
		_, err := lookup.Compile(expr)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// lookup pattern "^(prod|stg": missing ), unterminated subpattern at position 1
	// lookup pattern "prod\\z": bad escape \z at position 4
	// lookup pattern "(?<=a+)b": look-behind requires fixed-width pattern at position 0
	// lookup pattern "\\N{BULLET}": \N{NAME} is not supported; write the character itself or \uXXXX at position 0
}

func ExampleMustCompile() {
	fmt.Println(lookup.MustCompile(`.*_smtp$`))
	// Output:
	// .*_smtp$
}

func ExamplePatternError() {
	_, err := lookup.Compile("^*")
	if e, ok := errors.AsType[*lookup.PatternError](err); ok {
		fmt.Println(e.Offset, e.What)
	}
	// Output:
	// 1 nothing to repeat
}

func ExamplePattern_Match() {
	p := lookup.MustCompile(`test`)
	for _, id := range []string{"test", "TESTING", "my_test"} {
		ok, err := p.Match(id)
		fmt.Println(id, ok, err)
	}
	// Output:
	// test true <nil>
	// TESTING true <nil>
	// my_test false <nil>
}

func ExamplePattern_String() {
	var p *lookup.Pattern // matches everything
	fmt.Printf("%q\n", p.String())
	// Output:
	// ""
}

func ExampleBudgetError() {
	p := lookup.MustCompile(`(a*)*(a*)*\1\2b`)
	_, err := p.Match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	if _, ok := errors.AsType[*lookup.BudgetError](err); ok {
		fmt.Println(err)
	}
	// Output:
	// lookup pattern "(a*)*(a*)*\\1\\2b" takes too many steps on an id
}

func ExamplePattern_Within() {
	p := lookup.MustCompile(`(a*)*(a*)*\1\2b`).Within(context.Background(), 1)
	hostile := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, id := range []string{"ab", hostile, "ab"} {
		ok, err := p.Match(id)
		if e, failed := errors.AsType[*lookup.BudgetError](err); failed {
			fmt.Println("no answer, all is spent:", e.Spent)
			continue
		}
		fmt.Println(ok)
	}
	// Output:
	// true
	// no answer, all is spent: true
	// no answer, all is spent: true
}

func ExampleKind() {
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable, lookup.KindConfig} {
		plan, _ := lookup.Rule{Kind: kind}.Plan("x", "")
		fmt.Println(kind, plan)
	}
	// Output:
	// connection asks airflow/connections/x
	// variable asks airflow/variables/x
	// config asks airflow/config/x
}

func ExamplePrefix() {
	for _, prefix := range []lookup.Prefix{"", "prod/conns/", lookup.NoPrefix, lookup.Disabled} {
		plan, _ := lookup.Rule{Prefix: prefix}.Plan("pg", "")
		fmt.Println(plan)
	}
	// Output:
	// asks airflow/connections/pg
	// asks prod/conns/pg
	// asks pg
	// skipped: lookups of this kind are disabled: the prefix is null
}

func ExampleSep() {
	rule := lookup.Rule{Prefix: "airflow/connections--"}
	for _, sep := range []lookup.Sep{"", "--", "-/", lookup.NoSep} {
		rule.Sep = sep
		plan, _ := rule.Plan("pg", "")
		fmt.Println(plan)
	}
	// Output:
	// asks airflow/connections--/pg
	// asks airflow/connections--pg
	// asks airflow/connections-/pg
	// asks airflow/connections--pg
}

func ExampleRule_Plan() {
	rule := lookup.Rule{MultiTeam: true}
	for _, id := range []string{"pg", "blue--pg"} {
		plan, _ := rule.Plan(id, "red")
		fmt.Println(plan)
	}
	// Output:
	// asks airflow/connections/red--pg, then airflow/connections/pg
	// skipped: the id contains "--", which multi_team reserves for the secrets of teams
}

func ExampleReason() {
	plan, _ := lookup.Rule{Prefix: lookup.Disabled}.Plan("pg", "")
	fmt.Println(plan.Skip == lookup.SkippedDisabled, plan.Skip)
	// Output:
	// true lookups of this kind are disabled: the prefix is null
}

func ExampleRule_Lint() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(`^(?!aws-default).*`)}
	for _, f := range rule.Lint() {
		fmt.Println(f)
	}
	rule.Pattern = lookup.MustCompile(`smtp.default`)
	for _, f := range rule.Lint("smtp_default", "smtp_default_eu", "pg") {
		fmt.Println(f)
	}
	for _, f := range (lookup.Rule{}).Lint("airflow/connections/pg") {
		fmt.Println(f)
	}
	// Output:
	// hyphen: the pattern does not skip aws_default, which is how Airflow spells it; write aws_default
	// open-end: the pattern matches only the beginning of smtp_default_eu; write smtp.default$
	// dot: the dot after "smtp" matches any character; write smtp\.default
	// prefix: the id airflow/connections/pg begins with the prefix, which Airflow puts before it again; write pg
}

func ExampleRule_Report() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
	report := rule.Report([]string{"smtp_default", "aws_default", "two\nlines"}, "red")
	fmt.Println(report.Reached, report.Skipped, report.Calls)
	fmt.Print(report)
	// Output:
	// 1 2 2
	// ID            CALLS  PLAN
	// smtp_default  2      asks airflow/connections/red--smtp_default, then airflow/connections/smtp_default
	// aws_default   0      skipped: the lookup pattern does not match the id
	// "two\nlines"  0      skipped: the lookup pattern does not match the id
	// 3 ids: 1 reached, 2 skipped, 0 failed; 2 calls at most, 0.67 per lookup
}

func ExampleReport_CallsPerLookup() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(`^prod_`)}
	report := rule.Report([]string{"prod_db", "aws_default", "smtp_default", "slack_default"}, "red")
	for _, row := range report.Rows {
		if row.Plan.Skip == lookup.Asked {
			fmt.Println(row.ID, len(row.Plan.Names))
		}
	}
	fmt.Println(report.CallsPerLookup())
	// Output:
	// prod_db 2
	// 0.5
}

func ExamplePlan_String() {
	fmt.Println(lookup.Plan{Names: []string{"airflow/variables/x"}})
	fmt.Println(lookup.Plan{Skip: lookup.SkippedPattern})
	// Output:
	// asks airflow/variables/x
	// skipped: the lookup pattern does not match the id
}

func ExampleParseKind() {
	fmt.Println(lookup.ParseKind("variables"))
	fmt.Println(lookup.ParseKind("pool"))
	// Output:
	// variable <nil>
	// connection lookup: a kind is connection, variable or config
}

func ExampleRule_Path() {
	fmt.Println(lookup.Rule{}.Path())
	fmt.Println(lookup.Rule{Kind: lookup.KindVariable, Prefix: "prod/vars/", Sep: "-"}.Path())
	fmt.Printf("%q\n", lookup.Rule{Prefix: lookup.NoPrefix}.Path())
	// Output:
	// airflow/connections/
	// prod/vars/-
	// ""
}
func ExampleShownID() {
	fmt.Println(lookup.ShownID("postgres_default"))
	fmt.Println(lookup.ShownID("postgres://u:hunter2@h/db"))
	// Output:
	// postgres_default
	// [redacted, not an id]
}
