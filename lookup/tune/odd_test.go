package tune_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

const (
	ourSource = "secretsmanager.amazonaws.com"
	ourHeader = "eventName,eventSource,eventTime,requestParameters,errorCode,errorMessage\n"
	ourRow    = "GetSecretValue," + ourSource + ",2026-11-01T10:20:30Z,"
)

// TestCutTableIsNotWhole checks that a table that ends within its last row is not taken for whole.
func TestCutTableIsNotWhole(t *testing.T) {
	whole := ourHeader + ourRow + `"{""secretId"":""airflow/connections/a""}",,` + "\n"
	for last, isCut := range map[string]bool{
		"GetSecretValue," + ourSource + ",2026": true,
		ourRow + `"{""secretId"":""airf`:        true,
		ourRow + `"{""secretId"":""x"",`:        true,
		ourRow + `"{""secretId"":"`:             true,
		ourRow:                                  true,
		ourRow + `"{""secretId"":""b""}",,`:     false,
		"(1 row)\n":                             false,
		"\n\n":                                  false,
	} {
		r, err := read(t, whole+last)
		assert.Positive(t, r.Total.Calls, last)
		if isCut {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, last)
			require.ErrorContains(t, err, "the last row of its table is cut short")
		} else {
			require.NoError(t, err, last)
		}
	}
	r, err := read(t, whole+ourRow+`"{""secretId"":""x`+"\n"+strings.TrimPrefix(whole, ourHeader))
	require.NoError(t, err, "rows follow the open quote")
	assert.Equal(t, [2]int{2, 1}, [2]int{r.Total.Calls, r.Broken})
}

// TestTableOfShortRowsRefused checks that a table is refused if all its rows lack cells, and that it
// is not if it has no rows or one that is whole.
func TestTableOfShortRowsRefused(t *testing.T) {
	short, whole := "GetSecretValue,"+ourSource+"\n", ourRow+`"{""secretId"":""a""}",,`+"\n"
	for rows, isRefused := range map[string]bool{short + short: true, short + whole: false, "": false} {
		_, err := read(t, ourHeader+rows)
		if isRefused {
			require.ErrorContains(t, err, "each must have as many cells as the header", rows)
		} else {
			require.NoError(t, err, rows)
		}
	}
}

// TestFieldsAsListsRefused checks that events whose fields are lists or objects are refused if
// there are no others, and that the same event as _source and as fields counts once.
func TestFieldsAsListsRefused(t *testing.T) {
	lists := `{"eventName":["GetSecretValue"],"eventSource":["` + ourSource + `"],` +
		`"requestParameters.secretId":["airflow/connections/a"]}`
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/a")})
	byColumn := `{"eventName":{"0":"GetSecretValue"},"eventSource":{"0":"` + ourSource + `"}}`
	for in, broken := range map[string]int{
		`{"hits":[{"fields":` + lists + `},{"fields":` + lists + `}]}`: 2, byColumn: 1,
	} {
		r, err := read(t, in)
		require.ErrorContains(t, err, "none of its events can be read", in)
		require.ErrorContains(t, err, "such as _source from OpenSearch", in)
		require.NotErrorIs(t, err, tune.ErrNoEvents, "a folder skips such files")
		assert.Equal(t, broken, r.Broken)
		_, err = read(t, in+"\n"+event)
		require.NoError(t, err, "there is another event")
	}
	hit := `{"_id":"1","_source":` + event + `,"fields":` + lists + `}`
	r, err := read(t, `{"hits":{"hits":[`+hit+","+hit+`]}}`)
	require.NoError(t, err)
	assert.Equal(t, [2]int{2, 0}, [2]int{r.Total.Calls, r.Broken})
}

// TestKeysMayBeDotted checks that keys of objects may be written as the names of columns are.
func TestKeysMayBeDotted(t *testing.T) {
	for _, id := range []string{"requestParameters.secretId", "requestparameters_secretid",
		"request_parameters.secret_id"} {
		r, err := read(t, `{"eventName":"GetSecretValue","eventSource":"`+ourSource+`","`+id+
			`":"airflow/connections/a","userIdentity.arn":"arn:aws:sts::1:assumed-role/r/s"}`)
		require.NoError(t, err)
		require.Len(t, r.IDs, 1, id)
		assert.Equal(t, "a", r.IDs[0].ID)
		assert.Equal(t, "r/s", r.Principals[0].Name)
	}
	r, err := read(t, `[{"eventName":"GetSecretValue","eventSource":"`+ourSource+
		`","requestParameters.secretId":["a"]},{"eventName":"Other","eventSource":"x"}]`)
	require.NoError(t, err)
	assert.Equal(t, [2]int{0, 1}, [2]int{r.Total.Calls, r.Broken}, "its id is not lost silently")
}

// TestNullSpellings checks NULL as programs write it in rows. In requestParameters, - is a name.
func TestNullSpellings(t *testing.T) {
	for _, null := range []string{" - ", "-", "<null>", "None", "nan"} {
		r, err := read(t, strings.Replace(ourHeader, "requestParameters", "secretId", 1)+
			ourRow+"airflow/connections/a,"+null+","+null+"\n"+
			ourRow+null+",AccessDenied,on resource: airflow/connections/b because\n")
		require.NoError(t, err)
		assert.Equal(t, [3]int{1, 1, 0}, [3]int{r.Total.Found, r.Total.Denied, r.Unknown.Calls}, null)
		assert.Len(t, r.IDs, 2, null)
		r, err = read(t, `{"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com", `+
			`"requestParameters": {"secretId": "-"}, "errorCode": "`+null+`"}`+"\n"+
			`{"eventName": "GetSecretValue", "eventSource": "secretsmanager.amazonaws.com", `+
			`"requestParameters.secretId": "`+null+`", "errorCode": "`+null+`"}`)
		require.NoError(t, err)
		assert.Equal(t, [3]int{2, 0, 1}, [3]int{r.Total.Found, r.Total.Failed, r.Unknown.Calls}, null)
	}
}

// TestUnknownParametersRefused checks that requestParameters in an unknown form are refused, and
// that those that say nothing are not.
func TestUnknownParametersRefused(t *testing.T) {
	const x = "airflow/connections/x"
	for cell, isKnown := range map[string]bool{
		"{secretId -> " + x + "}": false, "{secretId:" + x + "}": false, "map(secretId, " + x +
			")": false,
		"[secretId#" + x + "]": false, "{secretId=" + x: false, "{secretId -> a=b}": false,
		"{secretId=" + x + "}": true, "{}": true, "null": true, "": true,
	} {
		r, err := read(t, ourHeader+ourRow+`"`+cell+`",,`+"\n"+ourRow+"{secretId=y},,\n")
		if isKnown {
			require.NoError(t, err, cell)
			assert.Equal(t, [2]int{2, 0}, [2]int{r.Total.Calls, r.Broken}, cell)
			continue
		}
		require.ErrorContains(t, err, "in a form that is not known; write them as JSON", cell)
		assert.NotContains(t, err.Error(), x)
		assert.Equal(t, [2]int{1, 1}, [2]int{r.Total.Calls, r.Broken}, cell)
	}
	r, err := read(t, ourHeader+ourRow+"{secretId=y},,\nOther,x,,{a -> b},,\n")
	require.NoError(t, err, "of another service")
	assert.Equal(t, [2]int{1, 1}, [2]int{r.Total.Calls, r.Foreign})
}

// TestTextAroundEventsIsNotBroken checks that the AWS CLI's YAML, text and tables have nothing
// broken.
func TestTextAroundEventsIsNotBroken(t *testing.T) {
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/a")})
	for name, one := range map[string]string{
		"yaml": "- CloudTrailEvent: '%s'\n  EventName: GetSecretValue\n  EventSource: " + ourSource +
			"\n  EventTime: '2026-11-01T10:20:30+00:00'\n  Resources: []\n",
		"text": "EVENTS\tNone\t%s\tid\tGetSecretValue\t" + ourSource +
			"\tx\nRESOURCES\tx\tAWS::Secret\n",
		"table": "|| CloudTrailEvent | %s ||\n|| EventName | GetSecretValue ||\n|+---+|\n",
		"log":   "INIT_START Runtime Version: python\n%s\n",
	} {
		r, err := read(t, strings.Repeat(fmt.Sprintf(one, event), 3))
		require.NoError(t, err, name)
		assert.Equal(t, [3]int{3, 0, 0}, [3]int{r.Total.Calls, r.Broken, r.Foreign}, name)
	}
}

// TestEventsWithoutIDCountEach checks that events without eventID count each, unless one document
// holds them in two places.
func TestEventsWithoutIDCountEach(t *testing.T) {
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/a")})
	require.NotContains(t, event, "eventID")
	withID := `{"eventID":"1",` + event[1:]
	text, err := json.Marshal(event)
	require.NoError(t, err)
	e, s := event, string(text)
	both := `{"message":` + s + `,"event":{"original":` + s + `}}`
	for in, want := range map[string]int{
		`{"0":` + e + `,"1":` + e + `,"2":` + e + `}`:           3,
		`{"0":` + s + `,"1":` + s + `}`:                         2,
		`{"0":{"message":` + s + `},"1":{"message":` + s + `}}`: 2,
		both:                                  1,
		`{"0":` + both + `,"1":` + both + `}`: 2,
		`{"detail":` + e + `,"message":` + s + `}`:                        1,
		`{"message":` + s + `,"detail":` + e + `}`:                        1,
		`{"0":` + withID + `,"1":` + withID + `}`:                         1,
		"message,event.original\n" + csvCell(e) + "," + csvCell(e) + "\n": 1,
	} {
		r, err := read(t, in)
		require.NoError(t, err)
		assert.Equal(t, want, r.Total.Calls, in)
	}
}

func csvCell(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// TestForbiddenNamesAreRedacted checks that text which cannot be the name of a secret is not shown.
func TestForbiddenNamesAreRedacted(t *testing.T) {
	log := tune.New(tune.Config{})
	for _, name := range []string{"password=hunter2 host=x", "a hunter2", "hunter2;b", "hunter2:x",
		"hunter2\u202e",
		"airflow/connections/host=h password=hunter2"} {
		log.Add(tune.Event{Secret: name, Outcome: tune.NotFound})
	}
	log.Add(tune.Event{Secret: "prod/a_b+c=d.e@f-g", Outcome: tune.NotFound})
	r := log.Report()
	assert.NotContains(t, fmt.Sprint(r), "hunter2")
	assert.Contains(t, fmt.Sprint(r.Outside), "prod/a_b+c=d.e@f-g")
}

// TestColumnTwiceRefused checks that a table with a column twice is refused.
func TestColumnTwiceRefused(t *testing.T) {
	_, err := read(t, strings.TrimSpace(ourHeader)+",event_name\n"+ourRow+"{secretId=y},,,x\n")
	require.ErrorContains(t, err, "a table with the column event_name twice")
	for _, name := range []string{"result-athena.csv", "result-athena-api.json"} {
		text := form(t, name)
		twice := strings.Replace(text, "invokedby", "calls", 1)
		r, err := read(t, twice)
		require.ErrorIs(t, err, tune.ErrIncomplete, name)
		require.ErrorContains(t, err, "the column calls twice", name)
		assert.Zero(t, r.Total.Calls)
	}
}
