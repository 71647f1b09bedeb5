package tune_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// TestHalfResult: what is not all there is, is an error, and what was read is kept.
func TestHalfResult(t *testing.T) {
	one, two := sample(t, "result-lake-1.json"), sample(t, "result-lake-2.json")
	athena := sample(t, "result-athena.csv")
	pageOne := strings.TrimSuffix(strings.TrimSpace(form(t, "result-athena-api.json")), "}") + `, "NextToken": "x"}`
	rows := strings.SplitAfter(athena, "\n")
	for name, test := range map[string]struct {
		in   []string
		want string
	}{
		"the first page":        {[]string{one}, "20 of 33 rows"},
		"the second page":       {[]string{two}, "13 of 33 rows"},
		"a page twice":          {[]string{one, two, two}, "46 of 33 rows"},
		"a last page twice":     {[]string{strings.Replace(one, `"NextToken"`, `"Token"`, 1), two}, "some are another result's"},
		"all pages twice":       {[]string{one, two, one, two}, "a page was read twice"},
		"pages of two queries":  {[]string{one, strings.Replace(two, "1048576", "1048577", 1)}, "20 of 33 rows"},
		"a page beside another": {[]string{pageOne, sample(t, "result-athena-api.json")}, "the page with NextToken is not the last"},
		"a status to obey":      {[]string{strings.Replace(one+two, "FINISHED", `\u001b[31m`, 1)}, "a query's status is not FINISHED"},
		"a query that timed":    {[]string{strings.Replace(one+two, "FINISHED", "TIMED_OUT", 1)}, "TIMED_OUT, not FINISHED"},
		"a query that runs":     {[]string{`{"QueryStatus": "RUNNING", "QueryResultRows": []}`}, "RUNNING"},
		"Insights that runs":    {[]string{strings.Replace(form(t, "insights-results.json"), "Complete", "Running", 1) + athena}, "RUNNING"},
		"a page of Athena":      {[]string{strings.TrimSuffix(strings.TrimSpace(sample(t, "result-athena-api.json")), "}") + `, "NextToken": "x"}`}, "the page with NextToken is not the last"},
		"rows of several days":  {[]string{strings.Replace(athena, `"2026-11-02T`, `"2026-11-01T`, 1)}, "group by the day"},
		"a count that is none":  {[]string{rows[0] + strings.Replace(rows[1], `","2026-`, `x","2026-`, 1) + rows[2]}, "cannot be read"},
	} {
		log, err := logIn(test.in...)
		require.ErrorIs(t, err, tune.ErrIncomplete, name)
		require.ErrorContains(t, err, test.want, name)
		assert.Contains(t, log.Report().Incomplete, test.want)
		if name != "a query that runs" {
			assert.Positive(t, log.Report().Total.Calls, name)
		}
	}
}

// TestBoundsWithinRows: a row knows when its first and last calls were, and not how many were before a bound.
func TestBoundsWithinRows(t *testing.T) {
	for bound, isHalf := range map[string]bool{
		"2026-11-02T00:00:00Z": false, "2026-11-02T12:00:00Z": true, "2026-10-02T12:00:00Z": false,
	} {
		for _, cfg := range []tune.Config{{Since: bound}, {Until: bound}} {
			log := tune.New(cfg)
			err := log.Read(context.Background(), strings.NewReader(sample(t, "result-athena.csv")))
			if !isHalf {
				require.NoError(t, err, bound)
				continue
			}
			require.ErrorIs(t, err, tune.ErrIncomplete, bound)
			require.ErrorContains(t, err, "bound the time by whole days")
		}
	}
}
