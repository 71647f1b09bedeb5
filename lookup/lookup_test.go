package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestPlan(t *testing.T) {
	bad := lookup.MustCompile(`x`)
	for _, test := range []struct {
		name  string
		rule  lookup.Rule
		id    string
		team  string
		names []string
		skip  lookup.Reason
	}{
		{name: "default", id: "x", names: []string{"airflow/connections/x"}},
		{name: "variable", rule: lookup.Rule{Kind: lookup.KindVariable}, id: "x", names: []string{"airflow/variables/x"}},
		{name: "config", rule: lookup.Rule{Kind: lookup.KindConfig}, id: "x", names: []string{"airflow/config/x"}},
		{name: "sep is a set", rule: lookup.Rule{Prefix: "airflow/connections--", Sep: "-/"}, id: "x", names: []string{"airflow/connections-/x"}},
		{name: "sep takes all", rule: lookup.Rule{Prefix: "abcabc", Sep: "abc"}, id: "x", names: []string{"x"}},
		{name: "sep of runes", rule: lookup.Rule{Prefix: "aéé", Sep: "é"}, id: "x", names: []string{"aéx"}},
		{name: "slashes", rule: lookup.Rule{Prefix: "///"}, id: "x", team: "red", names: []string{"x"}},
		{name: "no prefix", rule: lookup.Rule{Prefix: lookup.NoPrefix, Sep: "--"}, id: "x", team: "red", names: []string{"x"}},
		{name: "no prefix, no id", rule: lookup.Rule{Prefix: lookup.NoPrefix}, names: []string{""}},
		{name: "no separator", rule: lookup.Rule{Prefix: "p/", Sep: lookup.NoSep}, id: "x", names: []string{"p/x"}},
		{name: "team", id: "x", team: "red", names: []string{"airflow/connections/red--x", "airflow/connections/x"}},
		{name: "team of config", rule: lookup.Rule{Kind: lookup.KindConfig}, id: "x", team: "red", names: []string{"airflow/config/x"}},
		{name: "hyphen in id", rule: lookup.Rule{MultiTeam: true}, id: "-x", team: "red", names: []string{"airflow/connections/red---x", "airflow/connections/-x"}},
		{name: "foreign team", rule: lookup.Rule{MultiTeam: true}, id: "blue--x", team: "red", skip: lookup.SkippedTeam},
		{name: "foreign team of config", rule: lookup.Rule{MultiTeam: true, Kind: lookup.KindConfig}, id: "a--b", skip: lookup.SkippedTeam},
		{name: "one team", id: "blue--x", names: []string{"airflow/connections/blue--x"}},
		{name: "disabled comes first", rule: lookup.Rule{Prefix: lookup.Disabled, MultiTeam: true, Pattern: bad}, id: "a--b", skip: lookup.SkippedDisabled},
		{name: "team comes second", rule: lookup.Rule{MultiTeam: true, Pattern: bad}, id: "a--b", skip: lookup.SkippedTeam},
		{name: "pattern", rule: lookup.Rule{Pattern: bad}, id: "a", skip: lookup.SkippedPattern},
		{name: "pattern sees the bare id", rule: lookup.Rule{Pattern: lookup.MustCompile("airflow/")}, id: "a", skip: lookup.SkippedPattern},
		{name: "pattern sees no team", rule: lookup.Rule{Pattern: lookup.MustCompile("red")}, id: "a", team: "red", skip: lookup.SkippedPattern},
		{name: "empty pattern", rule: lookup.Rule{Pattern: lookup.MustCompile("")}, id: "a", names: []string{"airflow/connections/a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, err := test.rule.Plan(test.id, test.team)
			require.NoError(t, err)
			assert.Equal(t, lookup.Plan{Names: test.names, Skip: test.skip}, plan)
		})
	}
}

// Over its budget a pattern gives an error that operators may read: the pattern, never the id.
func TestBudgetError(t *testing.T) {
	p := lookup.MustCompile(`(a*)*(a*)*\1\2b`)
	id := strings.Repeat("a", 500) + "hunter2"
	_, err := p.Match(id)
	var budget *lookup.BudgetError
	require.ErrorAs(t, err, &budget)
	assert.Equal(t, p.String(), budget.Expr)
	assert.NotContains(t, err.Error(), "hunter2")

	plan, err := lookup.Rule{Pattern: p}.Plan(id, "")
	assert.ErrorAs(t, err, &budget)
	assert.Zero(t, plan)

	report := lookup.Rule{Pattern: p}.Report([]string{id, "b"}, "")
	assert.Equal(t, []int{1, 0, 1, 1}, []int{report.Reached, report.Skipped, report.Failed, report.Calls})
}

func TestPatternError(t *testing.T) {
	_, err := lookup.Compile(strings.Repeat("é", 300) + "**")
	e, ok := errors.AsType[*lookup.PatternError](err)
	require.True(t, ok)
	assert.Equal(t, 301, e.Offset, "in characters, as in Python")
	assert.Equal(t, "multiple repeat", e.What)
	assert.Less(t, len(err.Error()), 600, "a long pattern is cut short")
	assert.Panics(t, func() { lookup.MustCompile("(") })

	_, err = lookup.Compile(strings.Repeat("é", 40_000))
	e, _ = errors.AsType[*lookup.PatternError](err)
	assert.Equal(t, 32768, e.Offset)
	assert.Contains(t, e.What, "a pattern of 80000 bytes, more than 65536")
	assert.Less(t, len(err.Error()), 600)
}

func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools at random")
	}
	long := strings.Repeat("warehouse_", 51)
	for _, expr := range []string{
		``, lookup.MWAAPattern, `^(?!aws-default).*`, `^(prod|stg)_.*`, `.*_smtp$`, `^[a-z]+_(?P<env>dev|prod)$`,
		`^((?!aws).)*$`, `(?:[a-z]+_)+$`, `(\w+)_\1`, `(a)?(?(1)b|.*)x`, `(?:\w{1,5}_?)+é`,
	} {
		p := lookup.MustCompile(expr)
		for _, id := range []string{"aws_default", "prod_warehouse_reader", long, long + "é"} {
			_, _ = p.Match(id)
			assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Match(id) }), "%s on %d bytes", expr, len(id))
		}
	}
	for name, rule := range map[string]lookup.Rule{
		"pattern":  {Pattern: lookup.MustCompile(lookup.MWAAPattern)},
		"disabled": {Prefix: lookup.Disabled},
		"team":     {MultiTeam: true},
	} {
		id := "aws_default"
		if name == "team" {
			id = "red--x"
		}
		assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = rule.Plan(id, "red") }), name)
	}
}

func TestConcurrentUse(t *testing.T) {
	p := lookup.MustCompile(`^((?!aws)(\w|-))*$`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				for id, want := range map[string]bool{strings.Repeat("smtp-", 20): true, strings.Repeat("smtp-", 20) + "aws": false} {
					got, err := p.Match(id)
					assert.NoError(t, err)
					assert.Equal(t, want, got)
				}
			}
		})
	}
	wg.Wait()
}

func TestLint(t *testing.T) {
	for _, test := range []struct {
		name string
		rule lookup.Rule
		expr string
		ids  []string
		want []string // the findings' beginnings
	}{
		{name: "nothing to say", expr: lookup.MWAAPattern, ids: []string{"aws_default", "pg"}},
		{name: "no pattern", ids: []string{"pg", "smtp"}},
		{name: "a prefix is meant", expr: `^(prod|stg)_`, ids: []string{"prod_db", "pg"}},
		{name: "everything", expr: `^.*`, want: []string{"matches-everything: the pattern matches every id"}},
		{name: "everything given", expr: `^(prod|stg)_`, ids: []string{"prod_a", "stg_b"}, want: []string{"matches-everything: the pattern matches all 2 ids given"}},
		{name: "nothing given", expr: `_smtp$`, ids: []string{"my_smtp", "other_smtp"}, want: []string{"matches-nothing: the pattern matches none of the 2 ids given"}},
		{name: "hyphen skips nothing", expr: `^(?!aws-default$).*`, want: []string{"hyphen: the pattern does not skip aws_default"}},
		{name: "hyphen matches nothing", expr: `aws\-default$`, want: []string{"hyphen: the pattern does not match aws_default"}},
		{name: "hyphen and underscore", expr: `aws[-_]default$`},
		{name: "open", expr: `test`, want: []string{"open-end: the pattern matches longer ids too"}},
		{name: "open group", expr: `^(dev|prod)`, want: []string{"open-end: the pattern matches longer ids too"}},
		{name: "open, but no such id", expr: `test`, ids: []string{"test", "pg"}},
		{name: "open, with such an id", expr: `test`, ids: []string{"test", "testing", "pg"}, want: []string{"open-end: the pattern matches only the beginning of testing; write test$"}},
		{name: "a beginning and the word alone", expr: `^test`, ids: []string{"test", "test_pg", "other"}},
		{name: "open look", expr: `^(?=(a+)b)`},
		{name: "open look behind", expr: `^.*(?<=(?:a|b))`},
		{name: "open after a look", expr: `^(?=a)(ab)`, want: []string{"open-end: the pattern matches longer ids too"}},
		{name: "capitals", expr: `^[A-Z]+_`, want: []string{"case: case is ignored, so [A-Z] matches small letters too; write (?-i:^[A-Z]+_)"}},
		{name: "capitals in ids", expr: `^[A-Z]+_`, ids: []string{"PG_X", "1"}},
		{name: "small letters in ids", expr: `^[A-Z0-9_]+_PROD$`, ids: []string{"pg_prod", "x"}, want: []string{"case: "}},
		{name: "both cases", expr: `^[A-Za-z]+_`},
		{name: "case that counts", expr: `^(?-i:[A-Z]+)_`},
		{name: "runaway", expr: `^(\w+_?)+$`, want: []string{"runaway: Python's matching takes more than a second"}},
		{name: "a beginning is meant", expr: `prod`, ids: []string{"prod_pg", "prod_api", "dev_pg"}},
		{name: "alternatives", expr: `sftp|s3`, want: []string{"open-end: the pattern matches longer ids too: a match need not reach the end of the id; write (?:sftp|s3)$"}},
		{name: "precedence", expr: `^smtp_default|slack_default$`, want: []string{"precedence: the $ belongs to the last alternative alone; write (?:smtp_default|slack_default)$"}},
		{name: "an escaped bar", expr: `pg\|my$`},
		{name: "an escaped bar and one that is not", expr: `pg\|my|x$`, want: []string{`precedence: the $ belongs to the last alternative alone; write (?:pg\|my|x)$`}},
		{name: "an escaped dollar", expr: `pg|x_\$`},
		{name: "in a comment", expr: `(?#a.b|aws-default c_* [x)^pg$`},
		{name: "in a comment at the end", expr: `^pg$(?#or my)`},
		{name: "in a verbose comment", expr: "(?x)^pg$ # a.b, aws-default\n"},
		{name: "a comment in a class", expr: `^[(?#]a.b$`, want: []string{`dot: the dot after "^[(?#]a" matches`}},
		{name: "a dot after a class with a bracket", expr: `^[].a.b]$`},
		{name: "small letters beside", expr: `^([A-Z]|[a-z]|\d|_)+$`, ids: []string{"ab", "!"}},
		{name: "small letters beside, as groups", expr: `^(?:([A-Z])|([a-z]))$`},
		{name: "small letters beside, in words", expr: `^(?:[A-Z]+|[a-z]+)+$`, want: []string{"runaway: "}},
		{name: "small letters elsewhere", expr: `^[A-Z]+_[a-z]+$`, want: []string{"case: "}},
		{name: "words of one case", expr: `^(?:[A-Z]+|[a-z]+)$`, want: []string{"case: "}},
		{name: "capitals and a class", expr: `^[A-Z\d]+_`, want: []string{"case: "}},
		{name: "capitals in a comment", expr: `^pg_(?#[A-Z])`},
		{name: "capitals that hang", expr: `^(?:[A-Z][a-z]+)+$`, ids: []string{"MyDb", "OtherDb", "x1"}, want: []string{"runaway: "}},
		{name: "glob", expr: `prod_*`, want: []string{"glob: the * repeats the \"_\" before it"}},
		{name: "delimiters", expr: `/^prod_/`, want: []string{"delimiters: the signs around the pattern"}},
		{name: "open look-ahead", expr: `^(?!aws_default).*$`, want: []string{"open-end: the pattern skips longer ids too, such as aws_default_eu; write (?!aws_default$)"}},
		{name: "class at the end", expr: `^prod_\d`},
		{name: "dot", expr: `^smtp.default$`, want: []string{`dot: the dot after "^smtp" matches any character; write ^smtp\.default$`}},
		{name: "dots that are meant", expr: `^.*[a.b]\.x.*$`, ids: []string{"a.x", "b"}},
		{name: "prefix in pattern", expr: `^airflow/connections/prod_`, want: []string{`prefix: the pattern contains the prefix "airflow/connections/"`}},
		{name: "prefix of another kind", rule: lookup.Rule{Kind: lookup.KindVariable}, expr: `^airflow/connections/prod_`},
		{name: "prefix in id", ids: []string{"airflow/connections/pg"}, want: []string{"prefix: the id airflow/connections/pg begins with the prefix"}},
		{name: "no prefix in id", rule: lookup.Rule{Prefix: lookup.NoPrefix}, ids: []string{"airflow/connections/pg"}},
		{name: "hyphen in id", ids: []string{"aws-default"}, want: []string{"hyphen: the id aws-default has a hyphen"}},
		{name: "forbidden", ids: []string{"my conn", "ok_/+=.@-!"}, want: []string{`forbidden-character: the id my conn contains " "`}},
		{name: "separator", rule: lookup.Rule{Prefix: "a-/b/-", Sep: "-/"}, want: []string{`separator: the prefix "a-/b/-" becomes "a-/b"`}},
		{name: "separator at the end", rule: lookup.Rule{Prefix: "a----", Sep: "--"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.expr != "" {
				test.rule.Pattern = lookup.MustCompile(test.expr)
			}
			got := test.rule.Lint(test.ids...)
			for i, f := range got {
				assert.NotEmpty(t, f.Instead)
				if i < len(test.want) {
					assert.True(t, strings.HasPrefix(f.String(), test.want[i]), "%s\nwant %s", f, test.want[i])
				}
			}
			assert.Len(t, got, len(test.want), "%v", got)
		})
	}
}

// TestLintGivesUp looks at a pattern that names 600 ids, each of which takes the match beyond its
// budget: after three of them no more are begun.
func TestLintGivesUp(t *testing.T) {
	var expr strings.Builder
	expr.WriteString(`(\w+)+\1?!`)
	for n := range 600 {
		name := fmt.Sprint(strings.Repeat("a", 40), n)
		fmt.Fprintf(&expr, "|%s-default|(?!%s_x)", name, name)
	}
	ctx := &countingContext{Context: t.Context()}
	long := strings.Repeat("a", 60)
	findings := lookup.Rule{Pattern: lookup.MustCompile(expr.String()).Within(ctx, 100)}.Lint(long, long+"b")
	assert.Empty(t, withoutRunaway(findings), "nothing is said of what was not tried")
	assert.Equal(t, 3, ctx.asked)

	// One of two that are compared is given up, and would match.
	name := strings.Repeat("a", 60)
	p := lookup.MustCompile(`(?=a*-)(a+)+\1?!|` + name + `-default|a*_default$`)
	assert.Empty(t, withoutRunaway(lookup.Rule{Pattern: p}.Lint()))
}

// withoutRunaway leaves out the finding that needs no ids.
func withoutRunaway(findings []lookup.Finding) []lookup.Finding {
	return slices.DeleteFunc(findings, func(f lookup.Finding) bool { return f.Rule == lookup.RunawayRule })
}

// TestLintIsBounded has a thousand ids that take a good part of a budget each, and none of them
// all: the work of all matches together has an end, with a bound of Lint's own and with the
// caller's.
func TestLintIsBounded(t *testing.T) {
	p := lookup.MustCompile(`(?:(a+)+\1?b|\w+)x`)
	var ids []string
	for n := range 1000 {
		ids = append(ids, fmt.Sprint(strings.Repeat("a", 14), n))
	}
	ctx := &countingContext{Context: t.Context()}
	assert.Empty(t, withoutRunaway(lookup.Rule{Pattern: p.Within(ctx, 1)}.Lint(ids...)), "not all were tried, so nothing matches none")
	assert.Less(t, ctx.asked, 100)
	if !raceDetector && !testing.Short() {
		assert.Empty(t, withoutRunaway(lookup.Rule{Pattern: p}.Lint(ids...)))
	}
}

// A countingContext counts the matches that ask whether it has ended, and ends after a number of
// them if there is one.
type countingContext struct {
	context.Context
	asked, after int
}

func (c *countingContext) Err() error {
	if c.asked++; c.after > 0 && c.asked > c.after {
		return context.Canceled
	}
	return nil
}

func TestWithin(t *testing.T) {
	var none *lookup.Pattern
	ok, err := none.Within(t.Context(), 0).Match("x")
	require.NoError(t, err)
	assert.True(t, ok)

	p := lookup.MustCompile(`(a+)+\1?b`)
	hostile := strings.Repeat("a", 60) + "hunter2"
	bounded := p.Within(t.Context(), 2).Within(t.Context(), 100)
	assert.Equal(t, p.String(), bounded.String())
	for _, spent := range []bool{false, false, true, true} {
		_, err := bounded.Match(hostile)
		var budget *lookup.BudgetError
		require.ErrorAs(t, err, &budget)
		assert.Equal(t, spent, budget.Spent)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err = bounded.Match("ab")
	assert.ErrorContains(t, err, "not matched to the end", "nothing is left")
	ok, err = p.Match("ab")
	require.NoError(t, err)
	assert.True(t, ok, "the pattern itself has no such bound")

	// What is left may be less than a match may take by itself.
	bounded = p.Within(t.Context(), 1)
	ok, err = bounded.Match("ab")
	require.NoError(t, err)
	assert.True(t, ok)
	_, err = bounded.Match(hostile)
	budget, _ := errors.AsType[*lookup.BudgetError](err)
	assert.True(t, budget.Spent, "it might have ended")

	bounded = p.Within(&countingContext{Context: t.Context(), after: 1}, 1)
	_, err = bounded.Match("ab")
	require.NoError(t, err)
	_, err = bounded.Match("ab")
	assert.ErrorContains(t, err, "the context has ended")
	assert.ErrorIs(t, err, context.Canceled)

	for n, spent := range map[int]bool{math.MaxInt: false, 1 << 40: false, 0: true, -1: true, math.MinInt: true, -(1 << 38) - 1: true} {
		_, err := p.Within(t.Context(), n).Match("ab")
		assert.Equal(t, spent, err != nil, n)
	}
}

// Matches at the same time share what Within allows.
func TestWithinAtTheSameTime(t *testing.T) {
	bounded := lookup.MustCompile(`(a+)+\1?b`).Within(t.Context(), 2)
	var whole atomic.Int32
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			_, err := bounded.Match(strings.Repeat("a", 60))
			if e, ok := errors.AsType[*lookup.BudgetError](err); ok && !e.Spent {
				whole.Add(1)
			}
		})
	}
	running.Wait()
	assert.EqualValues(t, 2, whole.Load())
}

func TestReport(t *testing.T) {
	empty := lookup.Rule{}.Report(nil, "")
	assert.Zero(t, empty.CallsPerLookup())
	assert.Equal(t, "ID  CALLS  PLAN\n0 ids: 0 reached, 0 skipped, 0 failed; 0 calls at most, 0.00 per lookup\n", empty.String())

	report := lookup.Rule{Pattern: lookup.MustCompile("p")}.Report([]string{"pg", "x"}, "red")
	assert.Equal(t, 1.0, report.CallsPerLookup())
	assert.Equal(t, "x", report.Rows[1].ID)
	assert.Equal(t, lookup.SkippedPattern, report.Rows[1].Plan.Skip)
}
