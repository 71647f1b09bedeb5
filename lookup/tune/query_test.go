package tune_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

var update = flag.Bool("update", false, "write testdata/queries again")

const store = "01234567-89ab-cdef-0123-456789abcdef"

// november is a query for a month.
func november(change func(*tune.Query)) tune.Query {
	q := tune.Query{From: "2026-11-01", To: "2026-11-30"}
	change(&q)
	return q
}

func lakeOf(change func(*tune.Query)) tune.Query {
	q := november(change)
	q.Table = store
	return q
}

func TestQueryMatchesTestdata(t *testing.T) {
	for _, test := range []struct {
		name  string
		query tune.Query
	}{
		{"athena", november(func(*tune.Query) {})},
		{"athena-quotes",
			november(func(q *tune.Query) { q.Table = `AwsDataCatalog.my"db.cloudtrail-logs; DROP` })},
		{"athena-none", november(func(q *tune.Query) { q.Partition = tune.NoPartition })},
		{"athena-expression", november(func(q *tune.Query) {
			q.Partition = `year || '/' || lpad(month, 2, '0') || '/' || "day" || ''';)--'`
			q.From, q.To = "2027-12-31", "2027-12-31"
		})},
		{"athena-prefixes", november(func(q *tune.Query) {
			q.Rules = []lookup.Rule{{Prefix: "prod/conns.eu+1"},
				{Kind: lookup.KindVariable, Prefix: inAccount + "vars"}, {Kind: lookup.KindConfig,
					Prefix: lookup.Disabled}}
		})},
		{"athena-bare",
			november(func(q *tune.Query) { q.Rules = []lookup.Rule{{Prefix: lookup.NoPrefix}} })},
		{"lake", lakeOf(func(*tune.Query) {})},
		{"lake-leap-day",
			lakeOf(func(q *tune.Query) { q.From, q.To = "2028-02-28", "2028-02-28" })},
		{"lake-no-name",
			lakeOf(func(q *tune.Query) { q.Rules = []lookup.Rule{{Prefix: "a*/ OR 1 /*"}} })},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.query.Athena()
			if strings.HasPrefix(test.name, "lake") {
				got, err = test.query.Lake()
			}
			require.NoError(t, err)
			file := filepath.Join("testdata", "queries", test.name+".sql")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

// TestLakeQueryStaysUnderLimit checks that a statement of Lake has less than 10,000 characters.
func TestLakeQueryStaysUnderLimit(t *testing.T) {
	for n := 1; n < 2200; n += 7 {
		rules := []lookup.Rule{{Prefix: lookup.Prefix(strings.Repeat(".", n))},
			{Kind: lookup.KindVariable,
				Prefix: lookup.Prefix(strings.Repeat("+",
					n))}, {Kind: lookup.KindConfig, Prefix: lookup.Prefix(strings.Repeat(".", n))}}
		text, err := lakeOf(func(q *tune.Query) { q.Rules = rules }).Lake()
		require.NoError(t, err)
		require.Less(t, len(text), 10_000)
	}
}

func TestQueryErrorsNameTheField(t *testing.T) {
	const astray = "hunter2"
	for name, test := range map[string]struct {
		change      func(*tune.Query)
		lake        bool
		field, want string
	}{
		"no day": {change: func(q *tune.Query) { q.From = "" }, field: "From",
			want: "write it as 2026-11-01"},
		"a time": {change: func(q *tune.Query) { q.To = "2026-11-30T00:00:00Z" },
			field: "To", want: "write it as 2026-11-01"},
		"a day of the partition": {change: func(q *tune.Query) { q.From = "2026/11/01" },
			field: "From", want: "is not a day"},
		"no such day": {change: func(q *tune.Query) { q.To = "2026-11-31" }, field: "To",
			want: "is not a day"},
		"no leap year": {change: func(q *tune.Query) { q.To = "2027-02-29" }, field: "To",
			want: "is not a day"},
		"SQL": {change: func(q *tune.Query) { q.From = "2026-11-0'" },
			field: "From", want: "is not a day"},
		"long ago": {change: func(q *tune.Query) { q.From = "1999-11-01" },
			field: "From", want: "is not a day"},
		"backwards": {change: func(q *tune.Query) { q.From = "2026-12-01" },
			field: "To", want: "is before From"},
		"four parts": {change: func(q *tune.Query) { q.Table = "a.b.c." + astray },
			field: "Table", want: "CATALOG.DATABASE.TABLE"},
		"an empty part": {change: func(q *tune.Query) { q.Table = astray + "." },
			field: "Table", want: "a part that is empty"},
		"a long part": {change: func(q *tune.Query) {
			q.Table = strings.Repeat("x",
				256)
		}, field: "Table", want: "255 bytes"},
		"two lines": {change: func(q *tune.Query) { q.Table = astray + "\n" },
			field: "Table", want: "one line"},
		"not UTF-8": {change: func(q *tune.Query) { q.Table = astray + "\xff" },
			field: "Table", want: "UTF-8"},
		"blank": {change: func(q *tune.Query) { q.Partition = " " },
			field: "Partition", want: "is blank"},
		"a line break": {change: func(q *tune.Query) { q.Partition = astray + "\n" },
			field: "Partition", want: "one line"},
		"a long expression": {change: func(q *tune.Query) {
			q.Partition = strings.Repeat("x",
				1001)
		}, field: "Partition", want: "1,000 bytes"},
		"a comment": {change: func(q *tune.Query) { q.Partition = astray + " -- " },
			field: "Partition", want: "a semicolon or a comment"},
		"another comment": {change: func(q *tune.Query) { q.Partition = astray + "/*" },
			field: "Partition", want: "a semicolon or a comment"},
		"two statements": {change: func(q *tune.Query) { q.Partition = astray + ";x" },
			field: "Partition", want: "a semicolon or a comment"},
		"an open quote": {change: func(q *tune.Query) { q.Partition = astray + "'a''" },
			field: "Partition", want: "a quote that is not closed"},
		"an open name": {change: func(q *tune.Query) { q.Partition = `"` + astray },
			field: "Partition", want: "a quote that is not closed"},
		"an open parenthesis": {change: func(q *tune.Query) { q.Partition = "(" + astray },
			field: "Partition", want: "opens a parenthesis"},
		"a closed parenthesis": {change: func(q *tune.Query) { q.Partition = astray + ") OR (x" },
			field: "Partition", want: "closes a parenthesis"},
		"no store": {lake: true, change: func(*tune.Query) {}, field: "Table",
			want: "what follows eventdatastore/"},
		"an ARN": {lake: true,
			change: func(q *tune.Query) {
				q.Table = "arn:aws:cloudtrail:eu-west-1:1:eventdatastore/" +
					store
			}, field: "Table", want: "what follows eventdatastore/"},
		"hyphens": {lake: true,
			change: func(q *tune.Query) { q.Table = strings.Repeat("-", 36) }, field: "Table",
			want: "is not the ID"},
		"no hyphens": {lake: true,
			change: func(q *tune.Query) { q.Table = strings.Repeat("0", 36) }, field: "Table",
			want: "is not the ID"},
		"capitals": {lake: true,
			change: func(q *tune.Query) { q.Table = strings.ToUpper(store) }, field: "Table",
			want: "is not the ID"},
		"a partition of Lake": {lake: true, change: func(q *tune.Query) {
			q.Table,
				q.Partition = store, "day"
		}, field: "Partition", want: "leave it out"},
		"no day of Lake": {lake: true, change: func(q *tune.Query) {
			q.Table, q.To = store,
				astray
		}, field: "To", want: "is not a day"},
	} {
		q := november(test.change)
		text, err := q.Athena()
		if test.lake {
			text, err = q.Lake()
		}
		assert.Empty(t, text, name)
		var wrong *tune.QueryError
		require.ErrorAs(t, err, &wrong, name)
		assert.Equal(t, test.field, wrong.Field, name)
		assert.Contains(t, wrong.Problem, test.want, name)
		assert.Equal(t, "tune: Query."+wrong.Field+" "+wrong.Problem, err.Error())
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, wrong), astray, name)
	}
}

// FuzzQuery checks that a query has one statement with the conditions on time and partition, for
// any fields.
func FuzzQuery(f *testing.F) {
	f.Add("cloudtrail_logs", "2026-11-01", "2026-11-30", `"timestamp"`, "airflow/connections")
	f.Add(`a"b.c`, "2028-02-29", "2028-02-29", `year || '/' || "day"`, "a*/b'")
	f.Fuzz(func(t *testing.T, table, from, to, partition, prefix string) {
		q := tune.Query{Table: table, From: from, To: to, Partition: partition,
			Rules: []lookup.Rule{{Prefix: lookup.Prefix(prefix)}}}
		if text, err := q.Athena(); err == nil {
			assert.Contains(t, text, "\n  AND eventtime >= '"+from+"T00:00:00Z' AND eventtime < '2")
			plain := masked(text, "--", "\n")
			assert.Contains(t, plain, "\n  AND eventtime >= '' AND eventtime < ''\n")
			assert.True(t, strings.HasSuffix(plain,
				"GROUP BY 2, 7, 14, 13, 6, 4, 3, 1, 5, 8, 9, 10, 11, 12, 15, substr(eventtime, 1, 10)\n"))
			assert.NotContains(t, plain, ";")
			before, _, has := strings.Cut(plain, " BETWEEN '' AND ''\n")
			assert.Equal(t, partition != tune.NoPartition, has)
			assert.Equal(t, strings.Count(before, "("), strings.Count(before, ")"),
				"it is one condition of many")
		}
		q.Table, q.Partition = store, ""
		if text, err := q.Lake(); err == nil {
			plain := masked(text, "/*", "*/")
			assert.Contains(t, plain,
				"FROM "+store+"\nWHERE eventtime >= TIMESTAMP '' AND eventtime < TIMESTAMP ''\n")
			assert.True(t, strings.HasSuffix(plain, ", date_trunc('', eventtime)\n"))
		}
	})
}

// masked removes comments, and the text in quotes, from SQL.
func masked(sql, open, end string) string {
	var b strings.Builder
	for sql != "" {
		switch c := sql[:1]; {
		case strings.HasPrefix(sql, open):
			_, sql, _ = strings.Cut(sql, end)
			if end == "\n" {
				b.WriteString(end)
			}
		case c == "'", c == `"`:
			_, sql, _ = strings.Cut(sql[1:], c)
			b.WriteString(c + c)
		default:
			b.WriteString(c)
			sql = sql[1:]
		}
	}
	return b.String()
}

func ExampleQuery() {
	sql, err := tune.Query{Table: "security.cloudtrail_logs", From: "2026-11-01",
		To: "2026-11-30"}.Athena()
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(sql) {
		if strings.HasPrefix(line, "FROM") || strings.Contains(line, "BETWEEN") {
			fmt.Print(line)
		}
	}
	// Output:
	// FROM "security"."cloudtrail_logs"
	//   AND "timestamp" BETWEEN '2026/11/01' AND '2026/12/01'
}
