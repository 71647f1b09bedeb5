package tune

import (
	"cmp"
	_ "embed" // the text of the queries
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A Query makes the SQL that counts calls where the events are kept, in Athena or CloudTrail Lake.
// It is for trails that are too large to read: the engine counts, and [Usage.Read] gets the same
// counts from the rows of the result as from the events. Only the events show which KMS key
// decrypted a secret.
//
// # Cost
//
// Athena bills about $5 for each TB of compressed files that it reads, and at least 10 MB for a
// query. S3 bills the requests for these files, which are small and numerous. JSON has no columns
// to skip, so only partitions and fewer days make a query cheaper. A query that fails is free; a
// query that is canceled costs what it has read so far. Lake bills about $5 for each TB of the
// columns and days that the query scans. A Lake query may time out after an hour; if it does, ask
// for fewer days.
//
// # Rows
//
// The result has one row for each combination of day, secret, outcome, caller, user agent, address
// and region that occurs. If every process has its own session name, such as
// botocore-session-1793527200 on EKS, or every task its own address, as on Fargate, there are
// nearly as many rows as calls. If the result has millions of rows, blank out such a column, but
// keep its name and its number in GROUP BY. For the addresses, which the report then lacks, write
//
//	NULL AS sourceipaddress,
//
// For the session names, shorten the columns that hold them, and likewise errormessage inside its
// IF:
//
//	regexp_replace(useridentity.principalid, 'botocore-session-\d+', 'botocore-session') AS principalid,
//	regexp_replace(useridentity.arn, 'botocore-session-\d+', 'botocore-session') AS arn,
//
// If most calls are for other programs' secrets, use the condition that a comment in the query
// gives. It keeps only denied calls and names under the prefixes of Rules, by name or ARN. All
// counts are then of these calls only.
//
// Do not sample or limit the rows, do not change the case of names, and do not drop errorcode,
// errormessage or the day.
type Query struct {
	// Table is what to read. For Athena it is TABLE, DATABASE.TABLE or CATALOG.DATABASE.TABLE
	// without quotes, and "" is cloudtrail_logs. For Lake it is the ID of the event data store, the
	// last part of its ARN: 01234567-89ab-cdef-0123-456789abcdef.
	Table string

	From, To string // the first and the last day in UTC, both counted: 2026-11-01

	// Partition is an Athena SQL expression for the day of a partition in the form 2026/11/01, such
	// as year || '/' || month || '/' || day. "" stands for the column "timestamp" of a table with
	// partition projection, and NoPartition for a table without partitions.
	Partition string

	// Rules say which names are ids, as in Config. They affect only a comment in the query: all
	// names are counted.
	Rules []lookup.Rule
}

// NoPartition is the Partition of a table without partitions. Its query reads the whole table.
const NoPartition = "none"

// A QueryError says which field of a Query is wrong. It never holds the value of the field.
type QueryError struct {
	Field   string // Table, From, To or Partition
	Problem string // the rule and what to write: "is not a day; write it as 2026-11-01"
}

// Error names the field and says what to write.
func (e *QueryError) Error() string { return "tune: Query." + e.Field + " " + e.Problem }

//go:embed athena.sql
var athenaSQL string

//go:embed lake.sql
var lakeSQL string

// Athena returns the query in the SQL of Amazon Athena, for a table with the columns that AWS
// documents. It quotes the name of the table. The error is a [*QueryError].
func (q Query) Athena() (string, error) {
	end, err := q.days()
	if err != nil {
		return "", err
	}
	table, err := quotedName(cmp.Or(q.Table, "cloudtrail_logs"))
	if err != nil {
		return "", err
	}
	partition := "  -- no partition: the whole table is read, and billed\n"
	if q.Partition != NoPartition {
		column := `"timestamp"`
		if q.Partition != "" && q.Partition != column {
			if err := checkExpression(q.Partition); err != nil {
				return "", err
			}
			column = "(" + q.Partition + ")"
		}
		partition = fmt.Sprintf(`  -- Only these partitions are read, and billed. The last is a day later, because files are
  -- delivered late. If the column is missing, the query fails and is free: print it again with
  -- -partition EXPR, or -partition none.
  AND %s BETWEEN '%s' AND '%s'
`, column, slashed(q.From), slashed(end))
	}
	names := ""
	if condition := q.names("json_extract_scalar(requestparameters, '$.secretId')"); condition != "" {
		names = "  -- To count names under these prefixes only, remove the two hyphens. Calls that name no\n" +
			"  -- secret still count.\n  -- " + condition + "\n"
	}
	fields := strings.NewReplacer("{table}", table, "{from}", q.From, "{end}", end,
		"{partition}", partition, "{names}", names)
	return fields.Replace(athenaSQL), nil
}

// Lake returns the query in the SQL of CloudTrail Lake, where comments must have the form /* */. To
// run it in Athena on a federated event data store, write "aws:cloudtrail"."ID" after FROM. The
// error is a [*QueryError].
func (q Query) Lake() (string, error) {
	end, err := q.days()
	switch {
	case err != nil:
		return "", err
	case !isStoreID(q.Table):
		return "", &QueryError{"Table",
			"is not the ID of an event data store; write what follows " +
				"eventdatastore/ in its ARN, such as 01234567-89ab-cdef-0123-456789abcdef"}
	case q.Partition != "":
		return "", &QueryError{"Partition",
			"is for Athena; leave it out, because CloudTrail Lake has no partitions"}
	}
	names := ""
	if condition := q.names("element_at(requestparameters, 'secretId')"); condition != "" {
		names = "  /* To count names under these prefixes only, remove the comment marks. Calls that name\n" +
			"     no secret still count. */\n  /* " + condition + " */\n"
	}
	fields := strings.NewReplacer("{table}", q.Table, "{from}", q.From, "{end}", end, "{names}",
		names)
	return fields.Replace(lakeSQL), nil
}

// days checks From and To. end is the day after To.
func (q Query) days() (end string, err error) {
	const midnight = "T00:00:00Z"
	for _, day := range []struct{ field, text string }{{"To", q.To}, {"From", q.From}} {
		if len(day.text) != 10 || day.text[0] != '2' || !isClock(day.text+midnight) {
			return "", &QueryError{day.field, "is not a day in UTC; write it as 2026-11-01"}
		}
	}
	if q.To < q.From {
		return "", &QueryError{"To",
			"is before From; write the last day to count, such as the day of From for one day"}
	}
	return date(seconds(q.To+midnight) + 86400)[:10], nil
}

// slashed is a day as partitions name it.
func slashed(day string) string { return strings.ReplaceAll(day, "-", "/") }

// quotedName quotes each part of a table's name, so that none of it is read as SQL.
func quotedName(name string) (string, error) {
	parts := strings.Split(name, ".")
	if len(parts) > 3 {
		return "", &QueryError{"Table",
			"has more than three parts; write TABLE, DATABASE.TABLE or CATALOG.DATABASE.TABLE"}
	}
	for i, part := range parts {
		if part == "" || len(part) > 255 || !isLine(part) {
			return "", &QueryError{"Table",
				"has a part that is empty, longer than 255 bytes, or not " +
					"one line of UTF-8; write DATABASE.TABLE without quotes"}
		}
		parts[i] = `"` + strings.ReplaceAll(part, `"`, `""`) + `"`
	}
	return strings.Join(parts, "."), nil
}

// isLine reports whether text is printable and on one line.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// isStoreID reports whether text has the form of a UUID, in which no two hyphens begin a comment.
func isStoreID(s string) bool {
	const form = "00000000-0000-0000-0000-000000000000"
	if len(s) != len(form) {
		return false
	}
	for i, c := range []byte(s) {
		isHex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f'
		if form[i] == '-' && c != '-' || form[i] == '0' && !isHex {
			return false
		}
	}
	return true
}

// checkExpression refuses an expression that would end the condition on partitions: without this
// condition the whole table is read, and billed.
func checkExpression(s string) error {
	wrong := func(problem string) error {
		return &QueryError{"Partition", problem +
			`; write an SQL expression that gives 2026/11/01, or "none"`}
	}
	if strings.TrimSpace(s) == "" || len(s) > 1000 || !isLine(s) {
		return wrong("is blank, longer than 1,000 bytes, or not one line of UTF-8")
	}
	open := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return wrong("opens a quote that is not closed")
			}
			i += end + 1
		case c == '(':
			open++
		case c == ')' && open == 0:
			return wrong("closes a parenthesis that is not open")
		case c == ')':
			open--
		case c == ';', strings.HasPrefix(s[i:], "--"), strings.HasPrefix(s[i:], "/*"):
			return wrong("has a semicolon or a comment")
		}
	}
	if open > 0 {
		return wrong("opens a parenthesis that is not closed")
	}
	return nil
}

// names is the condition for names under the prefixes of Rules. It is "" if all names are under
// them, if no secret can have one of the prefixes, or if they are too long.
func (q Query) names(secret string) string {
	var prefixes []string
	for _, p := range New(Config{Rules: q.Rules}).paths {
		isName := len(p.text) <= maxSecret && !strings.ContainsFunc(p.text, isNotInNames)
		if p.text == "" || !isName {
			return ""
		}
		prefixes = append(prefixes, regexp.QuoteMeta(p.text))
	}
	if len(prefixes) == 0 {
		return ""
	}
	pattern := "^$|^(arn:.*:secret:)?(" + strings.Join(prefixes, "|") + ")"
	if len(pattern) > 4000 {
		return "" // a statement of Lake may have 10,000 characters
	}
	return "AND coalesce(regexp_like(" + secret + ", '" + pattern + "'), true)"
}

// isNotInNames reports whether neither the name nor the ARN of a secret can have a character.
func isNotInNames(r rune) bool {
	isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	isDigit := '0' <= r && r <= '9'
	return !isLetter && !isDigit && !strings.ContainsRune("/_+=.@-:", r)
}
