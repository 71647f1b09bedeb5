package tune_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// TestHalfResultIsAnError checks that a part of a result is an error, and that what was read is
// kept.
func TestHalfResultIsAnError(t *testing.T) {
	one, two := sample(t, "result-lake-1.json"), sample(t, "result-lake-2.json")
	athena := sample(t, "result-athena.csv")
	pageOne := strings.TrimSuffix(strings.TrimSpace(form(t, "result-athena-api.json")), "}") +
		`, "NextToken": "x"}`
	rows := strings.SplitAfter(athena, "\n")
	for name, test := range map[string]struct {
		in   []string
		want string
	}{
		"the first page":  {[]string{one}, "20 of 33 rows"},
		"the second page": {[]string{two}, "13 of 33 rows"},
		"a page twice":    {[]string{one, two, two}, "46 of 33 rows"},
		"a last page twice": {[]string{strings.Replace(one, `"NextToken"`, `"Token"`, 1), two},
			"some are another result's"},
		"all pages twice": {[]string{one, two, one, two}, "a page was read twice"},
		"pages of two queries": {[]string{one, strings.Replace(two, "1048576", "1048577", 1)},
			"20 of 33 rows"},
		"a page beside another": {[]string{pageOne, sample(t, "result-athena-api.json")},
			"the page with NextToken is not the last"},
		"a status to obey": {[]string{strings.Replace(one+two, "FINISHED", `\u001b[31m`, 1)},
			"a query's status is not FINISHED"},
		"a query that timed": {[]string{strings.Replace(one+two, "FINISHED", "TIMED_OUT", 1)},
			"TIMED_OUT, not FINISHED"},
		"a query that runs": {[]string{`{"QueryStatus": "RUNNING", "QueryResultRows": []}`},
			"RUNNING"},
		"Insights that runs": {[]string{strings.Replace(form(t, "insights-results.json"), "Complete",
			"Running", 1) + athena}, "RUNNING"},
		"a page of Athena": {[]string{strings.TrimSuffix(strings.TrimSpace(sample(t,
			"result-athena-api.json")), "}") + `, "NextToken": "x"}`}, "the page with NextToken is not " +
			"the last"},
		"rows of several days": {[]string{strings.Replace(athena, `"2026-11-02T`, `"2026-11-01T`, 1)},
			"group by the day"},
		"a count that is none": {[]string{rows[0] + strings.Replace(rows[1], `","2026-`, `x","2026-`,
			1) + rows[2]}, "cannot be read"},
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

// TestBoundWithinRowIsAnError checks that a bound between the first and the last call of a row is
// an error, since the row does not say how many calls were before it.
func TestBoundWithinRowIsAnError(t *testing.T) {
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

// TestMissingColumnRefused checks that each form of a result is refused without the column
// errorMessage or errorCode. A result without errors may leave out both, since NULL may be left
// out.
func TestMissingColumnRefused(t *testing.T) {
	lake := sample(t, "result-lake-1.json") + sample(t, "result-lake-2.json")
	without := func(key, text string) string {
		return regexp.MustCompile(`(?s)\{\s*"`+key+`":[^}]*\},\s*`).ReplaceAllString(text, "")
	}
	lines := func(rows ...string) string { return strings.Join(rows, "\n") + "\n" }
	const found = `{"eventname": "GetSecretValue", "secretid": "airflow/connections/a", "calls": 3` +
		`, "firsttime": "2026-11-01T10:20:30Z", "lasttime": "2026-11-01T10:20:30Z"}`
	denied := strings.Replace(found, `"secretid"`, `"errorcode": "AccessDenied", "secretid"`, 1)
	withNull := strings.Replace(found, `"secretid"`,
		`"invokedby": null, "errorcode": null, "secretid"`, 1)
	csv := sample(t, "result-athena.csv")
	header, rows, _ := strings.Cut(csv, "\n")
	for name, test := range map[string]struct{ in, want string }{
		"CSV, no message": {strings.Replace(header, `"errormessage"`, `"x"`, 1) + "\n" + rows,
			"columns errorMessage"},
		"CSV, no code": {strings.Replace(header, `"errorcode"`, `"x"`, 1) + "\n" + rows,
			"columns errorCode"},
		"CSV, no times": {strings.NewReplacer(`"firsttime"`, `"x"`, `"lasttime"`,
			`"y"`).Replace(header) + "\n" + rows, "columns firsttime, lasttime"},
		"Athena, pages, no message": {strings.Replace(sample(t, "result-athena-api.json"),
			`"errormessage"`, `"x"`, 1), "columns errorMessage"},
		"Lake, no message": {without("errormessage", lake), "column errorMessage"},
		"Lake, no code":    {without("errorcode", lake), "column errorCode"},
		"Lake rows, no message": {without("errorMessage", form(t, "lake-rows.json")),
			"column errorMessage"},
		"lines, no message":  {lines(found, denied), "column errorMessage"},
		"lines with NULL":    {lines(withNull), "column errorMessage"},
		"an array with NULL": {"[" + withNull + "," + withNull + "]", "column errorMessage"},
		"lines, no code": {lines(strings.Replace(found, `"secretid"`,
			`"errormessage": "x", "secretid"`, 1)), "column errorCode"},
		"lines without an error": {lines(found, found), ""},
		"lines with a message": {lines(found,
			strings.Replace(denied, `"secretid"`, `"errormessage": "x", "secretid"`, 1)), ""},
		"Lake": {lake, ""},
	} {
		log, err := logIn(test.in)
		if test.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, tune.ErrIncomplete, name)
		require.ErrorContains(t, err, test.want, name)
		assert.Contains(t, log.Report().Incomplete, test.want, name)
	}
}

// TestRowWithoutNumberOfCallsIsBroken checks that a row whose calls are not a number is broken, and
// makes its result incomplete.
func TestRowWithoutNumberOfCallsIsBroken(t *testing.T) {
	for calls, want := range map[string]int{
		"1": 1, "3.0": 3, "1099511627776": 1 << 40,
		"": 0, "NULL": 0, "0": 0, "-1": 0, "1.5": 0, "x": 0, "1e3": 0, "1099511627777": 0,
		"9223372036854775807": 0, "9223372036854775808": 0, "99999999999999999999999": 0,
	} {
		values := []string{"GetSecretValue", "airflow/connections/a", "", "", calls,
			"2026-11-01T10:20:30Z", "2026-11-01T10:20:30Z"}
		keys := []string{"eventname", "secretid", "errorcode", "errormessage", "calls", "firsttime",
			"lasttime"}
		object, cells, row := map[string]any{}, []map[string]string{}, []map[string]string{}
		for i, key := range keys {
			object[key] = values[i]
			cells = append(cells, map[string]string{key: values[i]})
			row = append(row, map[string]string{"VarCharValue": values[i]})
		}
		header := []map[string]string{}
		for _, key := range keys {
			header = append(header, map[string]string{"VarCharValue": key})
		}
		text := func(v any) string {
			b, err := json.Marshal(v)
			require.NoError(t, err)
			return string(b)
		}
		forms := map[string]string{
			"CSV":    strings.Join(keys, ",") + "\n" + strings.Join(values, ",") + "\n",
			"TSV":    strings.Join(keys, "\t") + "\n" + strings.Join(values, "\t") + "\n",
			"quotes": `"` + strings.Join(keys, `","`) + "\"\n\"" + strings.Join(values, `","`) + "\"\n",
			"object": text(object),
			"Lake":   text(map[string]any{"QueryStatus": "FINISHED", "QueryResultRows": []any{cells}}),
			"Athena": text(map[string]any{"ResultSet": map[string]any{"Rows": []any{
				map[string]any{"Data": header}, map[string]any{"Data": row},
			}}}),
		}
		if calls == "" {
			forms["null"] = strings.Replace(text(object), `"calls":""`, `"calls":null`, 1)
		}
		for form, in := range forms {
			log, err := logIn(in)
			r := log.Report()
			assert.Equal(t, want, r.Total.Calls, "%s: %q", form, calls)
			if want > 0 {
				require.NoError(t, err, "%s: %q", form, calls)
				continue
			}
			require.ErrorIs(t, err, tune.ErrIncomplete, "%s: %q", form, calls)
			assert.Equal(t, 1, r.Broken, "%s: %q", form, calls)
			assert.NotContains(t, err.Error(), "99999999", "the error has no value")
		}
	}
}
