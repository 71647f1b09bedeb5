package tune_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// The header of a table of events as an engine exports it, and the beginning of a row.
const (
	rawHeader = "eventtime,eventsource,eventname,useridentity,requestparameters,errorcode,errormessage"
	rawStart  = "2026-11-01T10:20:30Z,secretsmanager.amazonaws.com,GetSecretValue,"
)

// quotedJSON returns text as a string of JSON.
func quotedJSON(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	return string(quoted)
}

// inCSV returns text as a cell in quotes.
func inCSV(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// TestCellSpellings checks cells with JSON, JSON as a string of JSON, a row of Trino or a dict of
// Python, between commas or tabs, and several spellings of NULL.
func TestCellSpellings(t *testing.T) {
	const role = `{"type":"Role","arn":"arn:aws:sts::123456789012:assumed-role/mwaa/w"}`
	const asks = `{"secretId":"airflow/connections/pg"}`
	row := func(identity, parameters, code, message string) string {
		return rawHeader + "\n" + rawStart + strings.Join([]string{identity, parameters, code, message},
			",") + "\n"
	}
	tabs := func(cells ...string) string {
		return strings.ReplaceAll(rawHeader, ",", "\t") + "\n" + strings.ReplaceAll(rawStart, ",",
			"\t") + strings.Join(cells, "\t") + "\n"
	}
	for name, in := range map[string]string{
		"JSON":         row(inCSV(role), inCSV(asks), "", ""),
		"JSON in tabs": tabs(role, asks, "", ""),
		"two rows in tabs": tabs(role, asks, "", "") + strings.ReplaceAll(rawStart, ",", "\t") +
			strings.Join([]string{role, asks, "NULL", `\N`}, "\t"),
		"JSON in tabs, in quotes":  tabs(inCSV(role), inCSV(asks), "", ""),
		"JSON in tabs, of Windows": strings.ReplaceAll(tabs(role, asks, "", ""), "\n", "\r\n"),
		"JSON first in tabs": "requestparameters\tuseridentity\teventsource\teventname\terrorcode\t" +
			"errormessage\n" + asks + "\t" + role +
			"\tsecretsmanager.amazonaws.com\tGetSecretValue\t\t\n",
		"JSON twice":         row(inCSV(quotedJSON(t, role)), inCSV(quotedJSON(t, asks)), "", ""),
		"JSON twice in tabs": tabs(quotedJSON(t, role), quotedJSON(t, asks), "", ""),
		"JSON three times": row(inCSV(quotedJSON(t, quotedJSON(t, role))),
			inCSV(quotedJSON(t, quotedJSON(t, asks))), "", ""),
		"Trino": row("\"{type=Role, "+
			"arn=arn:aws:sts::123456789012:assumed-role/mwaa/w}\"", "{secretId=airflow/connections/pg}",
			"", ""),
		"Python": row(inCSV(`{'type': 'Role', 'arn': 'arn:aws:sts::123456789012:ass`+
			`umed-role/mwaa/w', 'x': None, 'y': [True, 1.5]}`), inCSV(`{'secretId': 'airflow/connections`+
			`/pg'}`), "", ""),
		"Python in double quotes": row(inCSV(`{'x': "it's", 'arn': 'arn:aws:sts::123456789012:assume`+
			`d-role/mwaa/w'}`), inCSV(`{'secretId': "airflow/connections/pg"}`), "", ""),
		"NULL":           row(inCSV(role), inCSV(asks), "NULL", "NULL"),
		"NULL of Hive":   row(inCSV(role), inCSV(asks), `\N`, `\N`),
		"NULL of Python": row(inCSV(role), inCSV(asks), "None", "nan"),
		"an index": "," + rawHeader + "\n0," + rawStart + inCSV(role) + "," +
			inCSV(asks) + ",,\n",
	} {
		r, err := read(t, in)
		require.NoError(t, err, name)
		calls := strings.Count(in, "GetSecretValue")
		assert.Equal(t, calls, r.Total.Found, name)
		assert.Equal(t, calls, r.Total.Calls, name)
		assert.Zero(t, r.Broken+r.Foreign, name)
		require.Len(t, r.IDs, 1, name)
		assert.Equal(t, "pg", r.IDs[0].ID, name)
		assert.Equal(t, "mwaa/w", r.Principals[0].Name, name)
	}
}

// TestNullIsNotAName checks that NULL in a row is not read as the name of a secret, but null is.
func TestNullIsNotAName(t *testing.T) {
	const header = "eventname,eventsource,secretid,errorcode,errormessage\n"
	for name, isKnown := range map[string]bool{"NULL": false, `\N`: false, "": false, "null": true,
		"None": false, "-": false, "nullable": true} {
		r, err := read(t, header+"GetSecretValue,secretsmanager.amazonaws.com,"+name+",,\n")
		require.NoError(t, err)
		assert.Equal(t, isKnown, r.Unknown.Calls == 0, name)
		r, err = read(t, `[[{"eventName": "GetSecretValue"}, {"eventSource": "secretsmanager.amazonaw`+
			`s.com"}, {"errorCode": "NULL"}, {"secretId": "`+strings.ReplaceAll(name, `\`,
			`\\`)+`"}, {"errorMessage": null}]]`)
		require.NoError(t, err)
		assert.Equal(t, isKnown, r.Unknown.Calls == 0, name)
		assert.Equal(t, 1, r.Total.Found, name)
	}
}

// TestEventAsTextInCells checks that an event as text is read in the same spellings in tables and
// in JSON.
func TestEventAsTextInCells(t *testing.T) {
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/pg"),
		"eventID": "1"})
	python := strings.NewReplacer(`"`, `'`, "null", "None").Replace(event)
	for name, text := range map[string]string{
		"as it is":           event,
		"as a string":        quotedJSON(t, event),
		"a string of that":   quotedJSON(t, quotedJSON(t, event)),
		"syslog":             "<134>Nov  1 10:20:30 host cloudtrail[7]: " + event,
		"syslog, braces":     "Nov 1 host {a} [b]: " + event + "\n",
		"Python":             python,
		"a list of Python":   "[" + python + "]",
		"an array":           "[" + event + "]",
		"syslog of an array": "host: [" + event + "]",
	} {
		for form, in := range map[string]string{
			"message": `{"@timestamp": "2026-11-01T10:20:30Z", "message": ` + quotedJSON(t, text) + `}`,
			"list":    `{"events": [{"message": ` + quotedJSON(t, text) + `}]}`,
			"CSV":     "@timestamp,@message\n2026-11-01 10:20:30.000," + inCSV(text) + "\n",
			"TSV":     "@timestamp\t@message\n2026-11-01 10:20:30.000\t" + inCSV(text) + "\n",
			"fields": `{"results": [[{"field": "@timestamp", "value": "x"}, {"field": "@message", "valu` +
				`e": ` + quotedJSON(t, text) + `}]]}`,
		} {
			r, err := read(t, in)
			require.NoError(t, err, "%s, %s", name, form)
			assert.Equal(t, 1, r.Total.Calls, "%s, %s", name, form)
			assert.Zero(t, r.Broken+r.Foreign, "%s, %s", name, form)
		}
	}
	for _, text := range []string{"filter { $.eventName = x }", "eventName {}", `{eventName}`} {
		r, err := read(t, event+"\n"+`{"message": `+quotedJSON(t, text)+`}`)
		require.NoError(t, err, text)
		assert.Equal(t, 1, r.Total.Calls, text)
		assert.LessOrEqual(t, r.Broken+r.Foreign, 1, text)
	}
}

// TestPythonRefused checks that text that only Python can read is not counted, and that the error
// says what to write instead.
func TestPythonRefused(t *testing.T) {
	for _, cell := range []string{
		`{'secretId': Name('airflow/connections/pg')}`, `{'secretId': 'airflow/connections/p` +
			`g`, `{'secretId': b'x'}`,
		`{'at': datetime.datetime(2026, 11, 1), 'secretId': 'x'` +
			`}`, `{'a': (1,)}`, `{'a'}`, `{'a': '\q'}`, `{'a': '\x4`, `{'a': '\U0011`,
	} {
		r, err := read(t, rawHeader+"\n"+rawStart+","+inCSV(cell)+",,\n")
		require.ErrorContains(t, err, "write it with json.dumps", cell)
		assert.Zero(t, r.Total.Calls+r.Foreign, cell)
	}
	r, err := read(t, "@timestamp,@message\nx,"+inCSV(`{'eventName': Name('x'), 'eventSource': 'y'`+
		`}`)+"\n"+"x,"+inCSV(made(t, map[string]any{"requestParameters": asking("x")}))+"\n")
	require.ErrorContains(t, err, "write it with json.dumps")
	assert.Equal(t, 1, r.Total.Calls, "the other row counts")
	assert.Equal(t, 1, r.Broken)
}

// TestSameEventInTwoPlacesCountsOnce checks that a document with one event in two places counts
// once, and that documents and the elements of an array are not taken for copies of each other.
func TestSameEventInTwoPlacesCountsOnce(t *testing.T) {
	event := func(id string) string {
		return made(t, map[string]any{"requestParameters": asking("airflow/connections/pg"),
			"eventID": id})
	}
	spaced := strings.ReplaceAll(event("1"), ",", ", ")
	str := func(text string) string { return quotedJSON(t, text) }
	elastic := `{"message": ` + str(event("1")) + `, "event": {"original": ` + str(event("1")) +
		`, "action": "x"}, "tags": [{"a": 1}]}`
	other := `{"message": ` + str(event("1")) + `, "event": {"original": ` + str(event("2")) + `}}`
	noID := made(t, map[string]any{"requestParameters": asking("airflow/connections/pg")})
	for name, test := range map[string]struct {
		in   string
		want int
	}{
		"Elastic": {elastic, 1},
		"event.original first": {`{"event": {"original": ` + str(event("1")) +
			`}, "list": [{"x": [1]}], "message": ` + str(event("1")) + `}`, 1},
		"with spaces": {`{"message": ` + str(spaced) + `, "event": {"original": ` +
			str(event("1")) + `}}`, 1},
		"syslog and original": {`{"message": ` + str("host: "+event("1")) +
			`, "event": {"original": ` + str(event("1")) + `}}`, 1},
		"without an ID": {`{"message": ` + str(noID) + `, "event": {"original": ` + str(noID) +
			`}}`, 1},
		"two documents":         {elastic + "\n" + elastic, 2},
		"an array of documents": {"[" + elastic + "," + elastic + "]", 2},
		"hits": {`{"hits": {"hits": [{"_source": ` + elastic + `}, {"_source": ` +
			elastic + `}]}}`, 2},
		"another event":   {other, 2},
		"object and text": {`{"detail": ` + event("1") + `, "raw": ` + str(event("1")) + `}`, 1},
		"text and object": {`{"raw": ` + str(event("1")) + `, "detail": ` + event("1") + `}`, 1},
		"log events": {`{"logEvents": [{"message": ` + str(noID) + `}, {"message": ` +
			str(noID) + `}]}`, 2},
		"strings":          {"[" + str(noID) + "," + str(noID) + "]", 2},
		"strings on lines": {str(noID) + "\n" + str(noID), 2},
		"two in one text":  {`{"message": ` + str("["+noID+","+noID+"]") + `}`, 2},
		"a table": {"message,event.original\n" + inCSV(event("1")) + "," +
			inCSV(event("1")) + "\n", 1},
		"two rows": {"message,event.original\n" +
			strings.Repeat(inCSV(event("1"))+","+inCSV(event("1"))+"\n", 2), 2},
		"after something broken": {`{"message": ` + str(event("1")) + `, "x": }` + "\n" + elastic, 2},
	} {
		log, _ := logIn(test.in)
		assert.Equal(t, test.want, log.Report().Total.Calls, name)
		assert.Zero(t, log.Report().Foreign, name)
	}
}

// TestLookupEventsWithNextTokenIsIncomplete checks that the output of lookup-events is incomplete
// while a NextToken is left, and without CloudTrailEvent.
func TestLookupEventsWithNextTokenIsIncomplete(t *testing.T) {
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/pg")})
	wrapped := `{"EventId": "1", "EventName": "GetSecretValue", "EventTime": 1793528430.0, "EventS` +
		`ource": "secretsmanager.amazonaws.com", "Username": "w", "Resources": [], "AccessKeyId": "AS` +
		`IAEXAMPLE"`
	whole, bare := wrapped+`, "CloudTrailEvent": `+quotedJSON(t, event)+"}", wrapped+"}"
	page := func(events, token string) string {
		return `{"Events": [` + events + `], "NextToken": ` +
			token + `}`
	}
	for name, test := range map[string]struct {
		in    []string
		calls int
		want  string
	}{
		"all":            {[]string{`{"Events": [` + whole + `]}`}, 1, ""},
		"no token":       {[]string{page(whole, "null")}, 1, ""},
		"an empty token": {[]string{page(whole, `""`)}, 1, ""},
		"a token":        {[]string{page(whole, `"x"`)}, 1, "read the pages that follow too"},
		"a token first": {[]string{`{"NextToken": "x", "Events": [` + whole + `]}`}, 1,
			"read the pages that follow too"},
		"filter-log-events": {[]string{`{"events": [{"message": ` + quotedJSON(t, event) +
			`}], "nextToken": "x"}`}, 1, "read the pages that follow too"},
		"the pages": {[]string{page(whole, `"x"`), page(whole, `"y"`),
			page(whole, "null")}, 3, ""},
		"the pages in one":          {[]string{page(whole, `"x"`) + "\n" + page(whole, "null")}, 2, ""},
		"the pages, last first":     {[]string{page(whole, "null"), page(whole, `"x"`)}, 2, ""},
		"an empty page and a token": {[]string{page("", `"x"`)}, 0, "read the pages that follow too"},
		"a token beside a result": {[]string{page(whole, `"x"`), sample(t, "result-athena-api.json")},
			2353, "read the pages that follow too"},
		"without the event": {[]string{page(bare, "null")}, 0, "events lack CloudTrailEvent"},
		"some without the event": {[]string{page(whole+","+bare, "null")}, 1,
			"events lack CloudTrailEvent"},
		"lines without the event": {[]string{bare + "\n" + bare}, 0, "events lack CloudTrailEvent"},
	} {
		log, err := logIn(test.in...)
		r := log.Report()
		assert.Equal(t, test.calls, r.Total.Calls, name)
		if test.want == "" {
			require.NoError(t, err, name)
			assert.Empty(t, r.Incomplete, name)
			continue
		}
		require.ErrorIs(t, err, tune.ErrIncomplete, name)
		require.ErrorContains(t, err, test.want, name)
		assert.Contains(t, r.Incomplete, test.want, name)
	}
}

// TestAccountIsThatOfUserIdentity checks that the account of userIdentity counts, wherever another
// stands.
func TestAccountIsThatOfUserIdentity(t *testing.T) {
	const identity = `"userIdentity": {"type": "AssumedRole", "accountId": "123456789012", "arn": ` +
		`"arn:aws:sts::123456789012:assumed-role/mwaa/w", "principalId": "A:w"}`
	const others = `"accountId": "999999999999", "arn": "arn:aws:iam::999999999999:user/x", "type"` +
		`: "x", "username": "x", "principalId": "B:x"`
	const rest = `"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com", "a` +
		`wsRegion": "eu-west-1", "requestParameters": {"secretId": "airflow/connections/pg"}`
	str := func(text string) string {
		return quotedJSON(t,
			"{"+strings.TrimPrefix(text, `"userIdentity": {`))
	}
	for name, in := range map[string]string{
		"before":          "{" + others + "," + identity + "," + rest + "}",
		"after":           "{" + identity + "," + rest + "," + others + "}",
		"as text, before": "{" + others + `, "userIdentity": ` + str(identity) + "," + rest + "}",
		"as text, after":  `{"userIdentity": ` + str(identity) + "," + others + "," + rest + "}",
		"a table, before": "accountId,arn,username,principalId," + rawHeader +
			"\n999999999999,arn:aws:iam::999999999999:user/x,x,B:x," + rawStart +
			inCSV(strings.TrimPrefix(identity, `"userIdentity": `)) + "," +
			inCSV(`{"secretId": "airflow/connections/pg"}`) + ",,\n",
		"a table, after": rawHeader + ",accountId,arn,username,principalId\n" + rawStart +
			inCSV(strings.TrimPrefix(identity, `"userIdentity": `)) + "," +
			inCSV(`{"secretId": "airflow/connections/pg"}`) +
			",,,999999999999,arn:aws:iam::999999999999:user/x,x,B:x\n",
		"columns of it": rawHeader + ",accountId,userIdentity.accountId,userIdentity.arn,arn\n" +
			rawStart + `,"{""secretId"": ""airflow/connections/pg""}",,,999999999999,123456789012,arn:aw` +
			`s:sts::123456789012:assumed-role/mwaa/w,arn:x` + "\n",
		"cells, after": `[[{"eventName": "GetSecretValue"}, {"eventSource": "secretsmanager.amazo` +
			`naws.com"}, {"secretId": "airflow/connections/pg"}, {"errorCode": ""}, {"errorMessage": ""}` +
			`, {"userIdentity": ` + str(identity) + `}, {"accountId": "999999999999"}, {"arn": "x"}]]`,
		"cells, before": `[[{"accountId": "999999999999"}, {"arn": "x"}, {"userIdentity": ` +
			str(identity) + `}, {"eventName": "GetSecretValue"}, {"eventSource": "secretsmanager.amazona` +
			`ws.com"}, {"secretId": "airflow/connections/pg"}, {"errorCode": ""}, {"errorMessage": ""}]]`,
		"of Trino, before": "accountid," + rawHeader + "\n999999999999," + rawStart +
			`"{accountid=123456789012, arn=arn:aws:sts::123456789012:assumed-role/mwaa/w}","{secretId=ai` +
			`rflow/connections/pg}",,` + "\n",
	} {
		log, err := logIn(in)
		require.NoError(t, err, name)
		assert.Equal(t, "mwaa/w", log.Report().Principals[0].Name, name)
		needs := log.Needs()
		require.Len(t, needs.Secrets, 1, name)
		assert.Equal(t, "123456789012", needs.Secrets[0].Account, name)
	}
}
