package lookuptest_test

import (
	"fmt"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/lookuptest"
)

// t replaces the *testing.T of a test, and prints what that would report.
var t testing.TB = printer{}

type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// The pattern that Amazon MWAA comes with: all but aws_default.
func Example() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
	lookuptest.Reaches(t, rule, "smtp_default", "aws_default_eu")
	lookuptest.Skips(t, rule, "aws_default", "AWS_DEFAULT")
	fmt.Println("ok")
	// Output:
	// ok
}

// A pattern found in many a blog, which does not do what it is there for.
func ExampleSkips() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(`^(?!aws-default).*`)}
	lookuptest.Skips(t, rule, "aws_default")
	// Output:
	// connection "aws_default" is looked up: it asks airflow/connections/aws_default (^(?!aws-default).*)
	// 	hyphen: the pattern does not skip aws_default, which is how Airflow spells it; write aws_default
}

func ExampleReaches() {
	rule := lookup.Rule{Kind: lookup.KindVariable, Pattern: lookup.MustCompile(`prod_`)}
	lookuptest.Reaches(t, rule, "prod_key", "my_prod_key")
	// Output:
	// variable "my_prod_key" is not looked up: the lookup pattern does not match the id (prod_)
}

func ExampleNames() {
	rule := lookup.Rule{Prefix: "prod/connections--", Sep: "-/"}
	lookuptest.Names(t, rule, "pg", "red", "prod/connections-/red--pg", "prod/connections-/pg")
	lookuptest.Names(t, rule, "pg", "", "prod/connections--pg")
	// Output:
	// connection "pg": the lookup asks prod/connections-/pg; want asks prod/connections--pg
	// 	separator: the prefix "prod/connections--" becomes "prod/connections", since it loses every character of the separator "-/" at its end; write a prefix that ends in none of its characters
}

// A pattern that hangs every Airflow worker which looks up such an id.
func ExampleReaches_runaway() {
	rule := lookup.Rule{Pattern: lookup.MustCompile(`^(\w+_?)+$`)}
	lookuptest.Reaches(t, rule, "smtp_default")
	// Output:
	// connection (^(\w+_?)+$): runaway: Python's matching takes more than a second, and maybe years, on ids such as "a______________________________________________________________-": each worker that looks one up hangs; write ^\w+$
}
