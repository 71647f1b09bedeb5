package tune_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// The same 17 events in the forms in which people keep them, in testdata/forms.
var (
	eventForms = []string{
		"athena-raw-api.json", "athena-raw.csv", "cloudwatch-export-task.txt",
		"cloudwatch-filter-log-events.json", "cloudwatch-subscription.json",
		"cloudwatch-tail.txt", "console.json", "elastic.jsonl", "eventbridge-firehose.json",
		"eventbridge.jsonl", "events-array.json",
		"insights-fields.csv", "insights-message.csv", "insights-results.json", "keys-lower.jsonl",
		"lake-rows.json", "lake-saved.csv",
		"panther.csv", "panther.jsonl", "sns.jsonl", "splunk.jsonl", "times-with-space.jsonl",
		"trail.json",
	}
	resultForms  = []string{"result-athena-api.json", "result-athena.csv", "result-lake.json"}
	refusedForms = map[string]string{ // :: form → what to do instead
		"console.csv": "names no secrets; from the event history of CloudTrail's console, download " +
			"the JSON",
		"matano.jsonl":  "ECS; give CloudTrail's own log files",
		"ocsf.jsonl":    "OCSF, as Security Lake keeps them; give CloudTrail's own log files",
		"no-trail.json": "nothing in it is an event of CloudTrail",
	}
)

func allForms() []string { return append(slices.Clone(eventForms), resultForms...) }

func form(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "forms", name))
	require.NoError(t, err)
	return string(text)
}

// said returns the counts that are expected of a form, by the keys of the command's JSON.
func said(t *testing.T, folder string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", folder, "expected.json"))
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	for _, key := range []string{"dollars", "dollars_a_month", "not_found_dollars_a_month",
		"backend_kwargs", "partial", "notes"} {
		delete(doc, key)
	}
	patterns, ok := doc["patterns"].([]any)
	require.True(t, ok)
	for i, p := range patterns {
		pattern, ok := p.(map[string]any)
		require.True(t, ok)
		patterns[i] = fmt.Sprint(pattern["kind"], " ", pattern["of"], " ", pattern["pattern"], " ",
			pattern["saved_calls"])
	}
	return doc
}

// says returns the report of a log by the same keys.
func says(t *testing.T, log *tune.Usage) map[string]any {
	t.Helper()
	r := log.Report()
	counts := func(c tune.Counts) map[string]any {
		return map[string]any{"from": c.First, "to": c.Last, "calls": c.Calls, "found": c.Found,
			"not_found": c.NotFound, "denied": c.Denied, "failed": c.Failed}
	}
	doc := counts(r.Total)
	for key, all := range map[string][]tune.Row{"principals": r.Principals, "user_agents": r.Agents,
		"sources": r.Sources, "by_day": r.ByDay, "outside": r.Outside} {
		rows := []any{}
		for _, row := range all {
			c := counts(row.Counts)
			c["name"] = row.Name
			rows = append(rows, c)
		}
		doc[key] = rows
	}
	ids := []any{}
	for _, id := range r.IDs {
		c := counts(id.Counts)
		c["kind"], c["id"], c["exists"], c["missing"] = id.Kind.String(), id.ID, id.Exists, id.Missing
		ids = append(ids, c)
	}
	patterns := []any{}
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable, lookup.KindConfig} {
		for _, p := range log.Suggest(kind, nil) {
			patterns = append(patterns, fmt.Sprint(kind, " ", p.Form, " ", p.Pattern, " ", p.Saved))
		}
	}
	doc["days"], doc["ids"], doc["patterns"] = r.Days, ids, patterns
	doc["foreign"], doc["broken"], doc["batches"] = r.Foreign, r.Broken, r.Batches
	doc["unknown_ids"], doc["other_ids"] = r.Unknown.Calls, r.Others.Calls
	doc["other_users"] = r.OtherUsers
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	var same map[string]any
	require.NoError(t, json.Unmarshal(text, &same))
	return same
}

func logIn(in ...string) (*tune.Usage, error) {
	log := tune.New(tune.Config{})
	var last error
	for _, text := range in {
		last = log.Read(context.Background(), strings.NewReader(text))
	}
	return log, last
}

func TestEveryFormHasTheSameCounts(t *testing.T) {
	want := said(t, "forms")
	for _, name := range allForms() {
		t.Run(name, func(t *testing.T) {
			text := form(t, name)
			want["foreign"] = 1.0
			if slices.Contains(resultForms, name) {
				want["foreign"] = 0.0 // the query leaves those out
			}
			for way, in := range map[string]string{"plain": text, "gzip": zipped(t, text, 1<<20),
				"Windows": strings.ReplaceAll(text, "\n", "\r\n"), "BOM": "\ufeff" + text} {
				log, err := logIn(in)
				require.NoError(t, err, way)
				assert.Equal(t, want, says(t, log), way)
				assert.Zero(t, log.Report().Untimed)
			}
		})
	}
}

func TestRefusedFormsSayWhatToGive(t *testing.T) {
	for name, instead := range refusedForms {
		log, err := logIn(form(t, name))
		require.ErrorContains(t, err, instead, name)
		assert.Equal(t, tune.Report{}, emptied(log.Report()), name)

		log, err = logIn(form(t, "trail.json") + "\n" + form(t, name))
		assert.Equal(t, 15, log.Report().Total.Calls, "%s: what is read is kept", name)
		if name != "no-trail.json" { // which may be the rest of a broken record
			require.ErrorContains(t, err, instead, name)
		}
	}
}

// emptied sets the lists of a report that have no rows to nil.
func emptied(r tune.Report) tune.Report {
	for _, rows := range []*[]tune.Row{&r.Principals, &r.Agents, &r.Sources, &r.ByDay, &r.Outside} {
		if len(*rows) == 0 {
			*rows = nil
		}
	}
	return r
}

// TestFormsAfterOneAnother checks each form before each other, with and without a line break
// between them.
func TestFormsAfterOneAnother(t *testing.T) {
	for _, first := range allForms() {
		for _, second := range allForms() {
			for _, between := range []string{"", "\n"} {
				a, b := form(t, first), form(t, second)
				if between == "" && strings.HasSuffix(first, ".csv") && !strings.HasSuffix(a, "\n") {
					continue // nothing ends the last cell
				}
				log, err := logIn(a + between + b)
				require.NoError(t, err, "%s, %s", first, second)
				r := log.Report()
				assert.Equal(t, [6]int{30, 8, 12, 8, 2, 2},
					[6]int{r.Total.Calls, r.Total.Found, r.Total.NotFound, r.Total.Denied, r.Total.Failed,
						r.Batches}, "%s, %s", first, second)
				assert.Len(t, r.IDs, 8)
				assert.Zero(t, r.Broken, "%s, %s", first, second)
			}
		}
	}
}

// TestCutFormsSaySo checks that a form that is cut anywhere is read up to there, and that the error
// says so.
func TestCutFormsSaySo(t *testing.T) {
	for _, name := range allForms() {
		text := form(t, name)
		isResult := slices.Contains(resultForms, name)
		before := 0
		for _, part := range []int{2, 3, 5, 7, 9} {
			in := text[:len(text)*part/10-3]
			log, err := logIn(in)
			r := log.Report()
			assert.GreaterOrEqual(t, r.Total.Calls, before, "%s, %d tenths", name, part)
			assert.GreaterOrEqual(t, r.Total.Calls, 15*(part-2)/10-2, "%s, %d tenths", name, part)
			assert.Less(t, r.Total.Calls, 15, name)
			before = r.Total.Calls
			if isResult && before > 0 {
				require.ErrorIs(t, err, tune.ErrIncomplete, "%s, %d tenths", name, part)
				assert.NotEmpty(t, r.Incomplete)
			}
			if isCutSeen(name, in) {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s, %d tenths", name, part)
			}
			zip := zipped(t, text, 1<<20)
			_, err = logIn(zip[:len(zip)*part/10])
			require.Error(t, err)
		}
	}
}

// isCutSeen reports whether the end of a text shows that it is cut. A line or a row may end well
// before its own end: in the text before an event, or in a last cell without quotes.
func isCutSeen(name, text string) bool {
	header, _, _ := strings.Cut(text, "\n")
	last := text[strings.LastIndexByte(text, '\n')+1:]
	switch filepath.Ext(name) {
	case ".json":
		return true
	case ".csv":
		cells, err := csv.NewReader(strings.NewReader(last)).Read()
		isOpen := strings.Count(last, `"`)%2 == 1
		return isOpen || err == nil && len(cells) <= strings.Count(header, ",")
	}
	return strings.Contains(last, "{")
}

// TestBrokenTextCostsOneRecord checks that broken text costs no more than its own record, and is
// counted.
func TestBrokenTextCostsOneRecord(t *testing.T) {
	for _, name := range allForms() {
		text, least := form(t, name), 14
		if slices.Contains(resultForms, name) {
			least = 11 // a row counts up to three calls, and two rows may become one
		}
		for at := 50; at < len(text); at += 101 {
			log, err := logIn(text[:at] + "\x01\"" + text[at:])
			r := log.Report()
			if r.Total.Calls == 0 {
				require.Error(t, err, "%s at %d", name, at) // it was the header
				continue
			}
			assert.GreaterOrEqual(t, r.Total.Calls, least, "%s at %d", name, at)
			if r.Broken == 0 && r.Total.Calls < 15 {
				t.Errorf("%s at %d: nothing is broken", name, at)
			}
			if r.Broken == 0 {
				continue // text before the JSON of a line
			}
			if slices.Contains(resultForms, name) {
				require.ErrorIs(t, err, tune.ErrIncomplete, "%s at %d", name, at)
			}
		}
	}
}

func TestTimesInEveryForm(t *testing.T) {
	log, err := logIn(form(t, "times.jsonl"))
	require.NoError(t, err)
	r := log.Report()
	assert.Equal(t, tune.Counts{Calls: 15, NotFound: 15, First: "2026-11-01T10:20:30Z",
		Last: "2026-11-01T10:20:30Z"}, r.Total)
	assert.Zero(t, r.Untimed)
	assert.InDelta(t, 1, r.Days, 0)

	log, err = logIn(form(t, "times-unreadable.jsonl"))
	require.NoError(t, err)
	r = log.Report()
	assert.Equal(t, tune.Counts{Calls: 4, NotFound: 4}, r.Total)
	assert.Equal(t, 4, r.Untimed)
	assert.Zero(t, r.Month(r.Total.Calls), "nobody knows")
}

// TestMonthIsKnownWithFewUnreadableTimes checks that the cost of a month is known if nearly all
// times are.
func TestMonthIsKnownWithFewUnreadableTimes(t *testing.T) {
	for calls, days := range map[int]float64{18: 0, 19: 1} {
		log := tune.New(tune.Config{})
		for n := range calls {
			log.Add(tune.Event{ID: "x", Time: []string{"2026-11-01T10:20:30Z", "2026-11-01T16:20:30Z"}[n%2]})
		}
		log.Add(tune.Event{ID: "x", Time: "yesterday"})
		r := log.Report()
		assert.Equal(t, 1, r.Untimed)
		assert.InDelta(t, days, r.Days, 0, "%d calls", calls)
		assert.InDelta(t, 6*days, r.Hours, 0, "%d calls", calls)
		assert.Equal(t, days > 0, r.Month(1000) > 0, "%d calls", calls)
	}
}

// TestTablesWithoutEventsRefused checks that a table that has neither events nor the result of a
// query is refused, and that the error names the columns it lacks.
func TestTablesWithoutEventsRefused(t *testing.T) {
	for header, want := range map[string]string{
		"eventname,secretid,errorcode,calls,firsttime,lasttime":    "errorMessage",
		"eventname,secretid,errorcode,errormessage,calls,lasttime": "firsttime",
		"eventname,eventtime,secretid,errorcode,errormessage":      "eventSource",
		"eventSource,eventTime,requestParameters,useridentity":     "eventName, errorCode, errorMessage",
		"Event name;Event source;Event time;Resource name":         "requestParameters (or secretId)",
		"name,arn,description":                                     "nothing in it is an event",
	} {
		log, err := logIn(header + "\n" + "GetSecretValue,x,,,,\n")
		require.ErrorContains(t, err, want, header)
		assert.Zero(t, log.Report().Total.Calls)
	}
	log, err := logIn("eventname,eventsource,requestParameters.secretId,errorcode,errormessage\n")
	require.NoError(t, err, "a table of nothing")
	assert.Zero(t, log.Report().Total.Calls)
}
