package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// A check has its text beside its name, or below it on a narrow page.
func TestCheckOnPages(t *testing.T) {
	long := "a " + strings.Repeat("b", 77) + " c"
	check := Check{
		Name: "tls", Status: Failed, Seen: "first; second", Do: "the first",
		Findings: []Finding{{Failed, "first " + long, "the first"}, {Warning, "second", ""}},
	}
	for width, want := range map[int]string{
		80: "failed   tls\n  first a\n  " + strings.Repeat("b", 77) + "\n  c\n  do: the first\nwarning  tls\n  second\n",
		105: "failed   tls             first a\n" + space(25) + strings.Repeat("b", 77) + " c\n" +
			space(25) + "do: the first\nwarning  tls             second\n",
		// A word that is longer than a line is not cut.
		40: "failed   tls\n  first a\n  " + strings.Repeat("b", 77) + "\n  c\n  do: the first\nwarning  tls\n  second\n",
	} {
		var s strings.Builder
		check.write(&s, page{term.New(&s), width})
		assert.Equal(t, want, s.String(), width)
	}
}

func space(n int) string { return strings.Repeat(" ", n) }

// A page that is too narrow for anything is not a reason to panic.
func TestNarrowPage(t *testing.T) {
	s := set(t)
	report := s.examine(t)
	upgrade := s.compare(t, "2.10.3:3.0.6", nil)
	for width := range 40 {
		var one, two strings.Builder
		assert.NoError(t, report.write(page{term.New(&one), width}))
		assert.NoError(t, upgrade.write(page{term.New(&two), width}))
		assert.Contains(t, oneLine(one.String()), "0 failed")
		assert.Contains(t, oneLine(two.String()), "0 of 1 connection stops working")
	}
}

func TestCosts(t *testing.T) {
	assert.Equal(t, "no calls to Secrets Manager", costs(0, "none"))
	assert.Equal(t, "1 call to Secrets Manager: 1 ListSecrets ($0.000005)", costs(1, "1 ListSecrets"))
	assert.Equal(t, "2 calls to Secrets Manager: 2 ListSecrets ($0.000010)", costs(2, "2 ListSecrets"))
}
