package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func manyIDs(n int) string {
	var ids strings.Builder
	for i := range n {
		fmt.Fprintf(&ids, `id_%d\n`, i)
	}
	return ids.String()
}

// ask sends a question to the handler.
func ask(t *testing.T, q question) (a answer, text string) {
	t.Helper()
	if q.Kind == "" {
		q.Kind = "connection"
	}
	if q.Per == "" {
		q.Per, q.Lookups = "month", 1000
	}
	body, err := json.Marshal(q)
	require.NoError(t, err)
	w := post(t, string(body), nil)
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	return a, w.Body.String()
}

// usualFields are those that the page begins with, but for the pattern.
func usualFields(pattern string) fields {
	return fields{Pattern: pattern, Prefix: "airflow/connections", Sep: "/"}
}

func TestAnswer(t *testing.T) {
	a, _ := ask(t, question{Fields: usualFields(lookup.MWAAPattern), IDs: "aws_default\n pg \r\n\npg\nsmtp_default"})
	assert.Equal(t, []row{
		{ID: "aws_default", State: skipped, Why: "the lookup pattern does not match the id"},
		{ID: "pg", State: asked, Names: []string{"airflow/connections/pg"}},
		{ID: "smtp_default", State: asked, Names: []string{"airflow/connections/smtp_default"}},
	}, a.Shown.Rows)
	assert.Equal(t, []int{3, 1, 2, 1, 0}, []int{a.IDs, a.Repeated, a.Reached, a.Skipped, a.Failed})
	assert.Empty(t, a.Findings)
	assert.Nil(t, a.PatternError)
	assert.Nil(t, a.Fields)
	assert.Equal(t, []cost{
		{Name: "No pattern", Asked: 3, Calls: 3000, Dollars: 0.015},
		{Name: "This pattern", Asked: 2, Calls: 2000, Dollars: 0.01},
	}, a.Costs)
}

func TestAnswerFindsTheSlip(t *testing.T) {
	a, _ := ask(t, question{Fields: usualFields(`^(?!aws-default).*`), IDs: "aws_default\npg"})
	assert.Equal(t, []finding{{"hyphen", "the pattern does not skip aws_default, which is how Airflow spells it", "aws_default"}}, a.Findings)
	assert.Equal(t, 2, a.Reached)
}

func TestAnswerShowsWhatHangsAirflow(t *testing.T) {
	a, _ := ask(t, question{Fields: usualFields(`^([a-z]+_?)*$`), IDs: "aws_default\npg2"})
	require.Len(t, a.Findings, 1)
	assert.Equal(t, "runaway", a.Findings[0].Rule)
	assert.Equal(t, `^(?:[a-z]+(?:_[a-z]+)*_?)?$`, a.Findings[0].Instead)
}

func TestAnswerForTeams(t *testing.T) {
	q := question{Fields: usualFields(""), IDs: "pg\nred--pg", Team: "red", MultiTeam: true}
	a, _ := ask(t, q)
	assert.Equal(t, []row{
		{ID: "pg", State: asked, Names: []string{"airflow/connections/red--pg", "airflow/connections/pg"}},
		{ID: "red--pg", State: skipped, Why: lookup.SkippedTeam.String()},
	}, a.Shown.Rows)
	assert.True(t, a.AtMost)
	assert.EqualValues(t, 2000, a.Costs[1].Calls)

	q.Fields.Never = true
	a, _ = ask(t, q)
	assert.Equal(t, lookup.SkippedDisabled.String(), a.Shown.Rows[0].Why)
	assert.Equal(t, `{"connections_prefix": null}`, pasted(t, a, ""))
}

// TestAnswerShowsThePlace counts characters, as Python does.
func TestAnswerShowsThePlace(t *testing.T) {
	for _, test := range []struct {
		pattern string
		offset  int
		what    string
	}{
		{`^(?!aws_default$.*`, 1, "missing ), unterminated subpattern"},
		{`^(a|*b)`, 4, "nothing to repeat"},
		{`😀é[b`, 2, "unterminated character set"},
		{`a\`, 1, "bad escape (end of pattern)"},
	} {
		a, _ := ask(t, question{Fields: usualFields(test.pattern), IDs: "pg\naws_default"})
		require.NotNil(t, a.PatternError, test.pattern)
		assert.Equal(t, patternError{test.offset, test.what}, *a.PatternError)
		assert.LessOrEqual(t, a.PatternError.Offset, utf8.RuneCountInString(test.pattern))
		assert.Equal(t, 2, a.Failed)
		assert.Equal(t, "the pattern does not compile, so the lookup fails", a.Shown.Rows[0].Why)
		assert.Equal(t, cost{Name: "This pattern", Fails: true}, a.Costs[1])
		assert.Empty(t, a.Stopped)
	}
	// As in Airflow, an id that is skipped before the pattern is tried does not fail.
	a, _ := ask(t, question{Fields: usualFields("("), IDs: "pg\nred--pg", MultiTeam: true})
	assert.Equal(t, []int{1, 1}, []int{a.Failed, a.Skipped})
}

func TestAnswerGivesUp(t *testing.T) {
	var ids strings.Builder
	for n := range 200 {
		fmt.Fprintln(&ids, strings.Repeat("a", 60+n))
	}
	a, _ := ask(t, question{Fields: usualFields(`(a+)+\1?b`), IDs: ids.String()})
	assert.Equal(t, "steps", a.Stopped)
	assert.Equal(t, mostGivenUp, a.Failed)
	assert.Equal(t, 200, a.Failed+a.Untried)
	assert.Equal(t, "the pattern takes too many steps on this id", a.Shown.Rows[0].Why)
	assert.True(t, a.Costs[1].Unknown)
}

// TestAnswerIsBounded has a pattern that takes nearly all of a match's steps on each of many ids,
// and is given up on none.
func TestAnswerIsBounded(t *testing.T) {
	var ids strings.Builder
	for n := range mostIDs {
		fmt.Fprintf(&ids, "%saa%d\n", strings.Repeat("a", 14), n)
	}
	slow := usualFields(`(a+)+\1?b`)
	a, _ := ask(t, question{Fields: slow, Kwargs: `{"connections_lookup_pattern": "(a+)+\\1?c"}`, IDs: ids.String()})
	assert.Equal(t, "work", a.Stopped)
	assert.Zero(t, a.Failed)
	tried := a.Skipped
	assert.Equal(t, mostIDs, tried+a.Untried)
	assert.Greater(t, tried, 2*mostWork, "no match takes half of what one may")
	assert.Less(t, tried, mostIDs/10)
	require.Len(t, a.Costs, 3)
	assert.True(t, a.Costs[1].Unknown)
	assert.True(t, a.Costs[2].Unknown)
}

// A leavingContext ends after it was asked a number of times.
type leavingContext struct {
	context.Context
	asked, after int
}

func (c *leavingContext) Err() error {
	if c.asked++; c.asked > c.after {
		return context.Canceled
	}
	return nil
}

// TestAnswerIsCanceled: no match begins after the page has canceled its question.
func TestAnswerIsCanceled(t *testing.T) {
	for _, after := range []int{0, 1, 7} {
		q := question{Kind: "connection", Per: "day", Fields: usualFields("x"), IDs: strings.ReplaceAll(manyIDs(100), `\n`, "\n")}
		a, err := q.answer(&leavingContext{Context: t.Context(), after: 2 * after}) // before an id and before its match
		require.NoError(t, err)
		assert.Equal(t, "work", a.Stopped)
		assert.Equal(t, after, a.Skipped)
		assert.Equal(t, 100-after, a.Untried)

		q.Fields = usualFields("")
		a, err = q.answer(&leavingContext{Context: t.Context(), after: after})
		require.NoError(t, err)
		assert.Equal(t, after, a.Reached)
		assert.Equal(t, 100-after, a.Untried)
	}
}

// TestAnswerIsSmall: what would make names longer than AWS takes them is refused.
func TestAnswerIsSmall(t *testing.T) {
	long := strings.Repeat("p", mostName+1)
	for _, q := range []question{
		{Fields: fields{Prefix: long}}, {Fields: fields{Sep: long}}, {Team: long},
		{Kwargs: `{"connections_prefix": "` + long + `"}`}, {Kwargs: `{"sep": "` + long + `"}`},
	} {
		q.Kind, q.Per, q.IDs = "connection", "day", "pg"
		_, err := q.answer(t.Context())
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "ppp")
	}
}

func TestAnswerShortensWarnings(t *testing.T) {
	var kwargs strings.Builder
	for n := range mostFindings + 5 {
		fmt.Fprintf(&kwargs, `, "unknown_%d": 1`, n)
	}
	a, _ := ask(t, question{Kwargs: "{" + kwargs.String()[1:] + "}", Fields: usualFields(""), IDs: "pg"})
	require.Len(t, a.Kwargs.Warnings, mostFindings+1)
	assert.Equal(t, "and 5 more", a.Kwargs.Warnings[mostFindings])
}

const someKwargs = `{"connections_prefix": "prod/conns", "connections_lookup_pattern": "^(?!aws_default$)", "variables_prefix": "", "config_prefix": null,
	"sep": "", "variable_lookup_pattern": "x", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "hunter2"}`

func TestAnswerReadsKwargs(t *testing.T) {
	a, text := ask(t, question{Kwargs: someKwargs, FromKwargs: true, Fields: usualFields("^x"), IDs: "aws_default\npg"})
	assert.Equal(t, &fields{Pattern: "^(?!aws_default$)", Prefix: "prod/conns"}, a.Fields)
	assert.Equal(t, "prod/connspg", a.Shown.Rows[1].Names[0])
	require.Len(t, a.Kwargs.Warnings, 1)
	assert.Contains(t, a.Kwargs.Warnings[0], "variables_lookup_pattern")
	assert.Len(t, a.Costs, 2, "the pattern is theirs")
	assert.NotContains(t, text, "hunter2")
	assert.NotContains(t, text, "AKIDEXAMPLE")

	a, _ = ask(t, question{Kind: "variable", Kwargs: someKwargs, FromKwargs: true, IDs: "pg"})
	assert.Equal(t, &fields{}, a.Fields)
	assert.Equal(t, "pg", a.Shown.Rows[0].Names[0])
	a, _ = ask(t, question{Kind: "config", Kwargs: someKwargs, FromKwargs: true, IDs: "pg"})
	assert.Equal(t, &fields{Prefix: "airflow/config", Never: true}, a.Fields)
	a, _ = ask(t, question{Kwargs: ` {} `, FromKwargs: true, IDs: "pg"})
	assert.Equal(t, &fields{Prefix: "airflow/connections", Sep: "/"}, a.Fields)

	// Fields that were changed since are priced together with the kwargs.
	a, _ = ask(t, question{Kwargs: someKwargs, Fields: usualFields("^x"), IDs: "aws_default\npg\nx"})
	assert.Nil(t, a.Fields)
	assert.Equal(t, []cost{
		{Name: "No pattern", Asked: 3, Calls: 3000, Dollars: 0.015},
		{Name: "In the kwargs", Asked: 2, Calls: 2000, Dollars: 0.01},
		{Name: "This pattern", Asked: 1, Calls: 1000, Dollars: 0.005},
	}, a.Costs)
}

func TestAnswerSaysWhatIsWrongWithKwargs(t *testing.T) {
	for kwargs, want := range map[string]string{
		`{"sep": 5, "aws_secret_access_key": "hunter2"}`: "sep must be a string",
		`{"aws_secret_access_key": "hunter2"`:            "not JSON",
		`["hunter2"]`:                                    "not an object",
	} {
		a, text := ask(t, question{Kwargs: kwargs, FromKwargs: true, Fields: usualFields("^pg"), IDs: "pg"})
		assert.Contains(t, a.Kwargs.Error, want)
		assert.Equal(t, 1, a.Reached, "the fields count")
		assert.NotContains(t, text, "hunter2")
	}
	a, _ := ask(t, question{Kwargs: `{"connections_lookup_pattern": "(a"}`, FromKwargs: true, IDs: "pg"})
	assert.Equal(t, 0, a.PatternError.Offset)
	assert.Contains(t, a.Kwargs.Warnings[0], "does not compile")
}

// TestAnswerRedacts compares what the page shows with the library's report: it shows no more.
func TestAnswerRedacts(t *testing.T) {
	ids := []string{"postgres://app:hunter2@db/x", "app:hunter2@db", `{"password": "hunter2"}`, "tab\there", "arn:aws:x@y", "pg"}
	a, text := ask(t, question{Fields: usualFields(""), IDs: strings.Join(ids, "\n"), Team: "red"})
	assert.NotContains(t, text, "hunter2")
	report := lookup.Rule{}.Report(ids, "red").String()
	for i, line := range strings.Split(report, "\n")[1 : 1+len(ids)] {
		assert.True(t, strings.HasPrefix(line, a.Shown.Rows[i].ID+" "), line)
		assert.True(t, strings.HasSuffix(line, " asks "+strings.Join(a.Shown.Rows[i].Names, ", then ")), line)
	}
}

func TestPerMonth(t *testing.T) {
	for per, want := range map[string]float64{"month": 10, "day": 300, "hour": 7200} {
		got, err := perMonth(10, per)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

// A month of a billion lookups an hour has more calls than 32 bits can count.
func TestPriceOfManyCalls(t *testing.T) {
	got := price("This pattern", trial{reached: 5000, calls: 5000}, mostLookups*720)
	assert.Equal(t, int64(3_600_000_000_000_000), got.Calls)
	assert.InDelta(t, 18e9, got.Dollars, 1)
}
