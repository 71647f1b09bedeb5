package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// jsonOf is what -json prints for inputs, by key. It leaves out foreign, because the engine does
// not count other calls.
func jsonOf(t *testing.T, code int, args []string, inputs ...string) map[string]any {
	t.Helper()
	folder := t.TempDir()
	args = append([]string{"-json"}, args...)
	for i, text := range inputs {
		name := filepath.Join(folder, string(rune('a'+i%26))+strings.Repeat("z", i/26))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		args = append(args, name)
	}
	var stdout, stderr strings.Builder
	require.Equal(t, code, run(t.Context(), args, nil, &stdout, &stderr), "%s", &stderr)
	if code != 0 {
		require.Contains(t, stderr.String(), tune.ErrIncomplete.Error())
	}
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &doc))
	delete(doc, "foreign")
	return doc
}

// differing gives the keys in which two answers differ.
func differing(a, b map[string]any) (keys []string) {
	for key := range a {
		if !reflect.DeepEqual(a[key], b[key]) {
			keys = append(keys, key)
		}
	}
	return keys
}

// TestCountedByEngine checks that the result of a query gives what the events give, in each form of
// a result and with each flag that says what a name is.
func TestCountedByEngine(t *testing.T) {
	events := 100_000
	if testing.Short() { // with the race detector, which finds no more in more of them
		events = 10_000
	}
	lines := newWorld(1).lines(t, events)
	rows := engine{}.count(t, lines)
	t.Logf("%d events, %d rows", bytes.Count(lines, []byte("\n")), len(rows))
	want := jsonOf(t, 0, nil, string(lines))
	require.Equal(t, 31, len(want), "keys of -json")
	require.Greater(t, want["calls"], 0.9*float64(events))
	require.NotEmpty(t, want["patterns"])
	older := engine{noRegion: true}.count(t, lines)
	assert.Less(t, len(older), len(rows))
	for name, inputs := range map[string][]string{
		"an older query": {olderCSV(older)}, "Athena, CSV": {athenaCSV(rows)},
		"Athena, pages": {strings.Join(athenaPages(t, rows), "")},
		"Lake, CSV": {plainCSV(t, rows[:1000]), plainCSV(t,
			rows[1000:])}, "Lake, pages": lakePages(t, rows),
	} {
		got := jsonOf(t, 0, nil, inputs...)
		assert.Len(t, got, len(want), name)
		assert.Empty(t, differing(want, got), name)
	}
	for _, args := range [][]string{
		{"-user", "AmazonMWAA-airflow"}, {"-user", "alice", "-multi-team"}, {"-kwargs",
			`{"connections_prefix": "", "variables_prefix": null}`},
		{"-kwargs", `{"connections_prefix": "` + inAccount + `airflow/connections"}`},
	} {
		assert.Empty(t, differing(jsonOf(t, 0, args, string(lines)),
			jsonOf(t, 0, args, athenaCSV(rows))), args)
	}
}

// TestFitByEngine checks that -policy, -since and -unused make of a result what they make of the
// events. The result of an older query has no regions, so -policy asks for the region.
func TestFitByEngine(t *testing.T) {
	w := newWorld(3)
	lines := w.lines(t, 20_000)
	rows := engine{}.count(t, lines)
	older := olderCSV(engine{noRegion: true}.count(t, lines))
	exists := filepath.Join(t.TempDir(), "exists.txt")
	var names []string
	for i, s := range w.secrets {
		names = append(names, []string{s.name, s.arn}[i%2])
	}
	names = append(names, "never/asked/for", "my-secret0")
	require.NoError(t, os.WriteFile(exists, []byte("Name\n"+strings.Join(names, "\n")), 0o600))
	for _, test := range []struct {
		args string
		keys []string // that are not empty
	}{
		{"-policy names -user mwaa-execution", []string{"policy"}},
		{"-policy prefixes -user mwaa-execution -exists EXISTS", []string{"policy"}},
		{"-policy fit -user 123456789012/lambda -policy-size 2048 -exists EXISTS",
			[]string{"policy"}},
		{"-policy fit -user mwaa-execution -since 2026-11-03 -until 2026-11-04",
			[]string{"policy", "other_times"}},
		{"-since 2026-11-04", []string{"other_times"}},
		{"-until 2026-11-04 -multi-team", []string{"other_times"}},
		{"-since 2026-11-02 -until 2026-11-02 -user eks", []string{"other_times", "other_users"}},
		{"-unused 1 -exists EXISTS", []string{"unused"}},
		{"-unused 8 -exists EXISTS -since 2026-11-09", []string{"unused", "other_times"}},
	} {
		args := strings.Fields(strings.ReplaceAll(test.args, "EXISTS", exists))
		want := jsonOf(t, 0, args, string(lines))
		for _, key := range test.keys {
			assert.NotEmpty(t, want[key], "%s: %s", test.args, key)
		}
		for _, result := range []string{athenaCSV(rows), strings.Join(lakePages(t, rows), "")} {
			got := jsonOf(t, 0, args, result)
			assert.Len(t, got, len(want), test.args)
			assert.Empty(t, differing(want, got), test.args)
		}
		if !slices.Contains(test.keys, "policy") {
			assert.Empty(t, differing(want, jsonOf(t, 0, args, older)), "%s, older", test.args)
			continue
		}
		var stdout, stderr strings.Builder
		assert.Equal(t, 1, run(t.Context(), args, strings.NewReader(older), &stdout, &stderr))
		assert.Contains(t, flat(stderr.String()), "pass -region REGION", test.args)
		assert.Empty(t, stdout.String())
		got := jsonOf(t, 0, append(args, "-region", "eu-west-1"), older)
		assert.NotContains(t, fmt.Sprint(got["policy"]), ":*:", test.args)
	}
}

// TestCountedWrong checks that the comparison, or the program itself, notices a wrong query.
func TestCountedWrong(t *testing.T) {
	lines := newWorld(2).lines(t, 5_000)
	want := jsonOf(t, 0, nil, string(lines))
	for name, test := range map[string]struct {
		engine
		keys []string // that are wrong for this reason at least
	}{
		"no errormessage":     {engine{noMessages: true}, []string{"ids", "unknown_ids"}},
		"lower-cased names":   {engine{lowerNames: true}, []string{"ids", "outside"}},
		"a day missing":       {engine{until: "2026-11-09"}, []string{"calls", "by_day"}},
		"events counted once": {engine{distinct: true}, []string{"calls", "ids"}},
	} {
		rows := test.count(t, lines)
		for i, result := range []string{athenaCSV(rows), strings.Join(lakePages(t, rows), "")} {
			if test.noMessages && i == 1 { // pages leave NULL out, so the column is missing
				jsonOf(t, 1, nil, result)
				continue
			}
			assert.Subset(t, differing(want, jsonOf(t, 0, nil, result)), test.keys, name)
		}
	}

	rows := engine{}.count(t, lines)
	for name, pages := range map[string][]string{"Athena": athenaPages(t, rows),
		"Lake": lakePages(t, rows)} {
		require.Greater(t, len(pages), 1, name)
		last := len(pages) - 1
		half := strings.Join(pages[:last], "") + pages[last][:len(pages[last])/2]
		assert.Contains(t, differing(want, jsonOf(t, 1, nil, half)), "calls", name)
		assert.Contains(t, differing(want, jsonOf(t, 1, nil, pages[:last]...)), "calls", name)
	}
	text := athenaCSV(rows)
	cut := strings.LastIndex(text[:len(text)/2], "secretsmanager")
	require.Positive(t, cut)
	assert.Contains(t, differing(want, jsonOf(t, 1, nil, text[:cut]+`"`)), "calls")
}

// TestCountedSample checks that the reference counts the sample as a real engine did.
func TestCountedSample(t *testing.T) {
	zip, err := gzip.NewReader(strings.NewReader(testdata(t, "sample/events.jsonl.gz")))
	require.NoError(t, err)
	lines, err := io.ReadAll(zip)
	require.NoError(t, err)
	rows := engine{noRegion: true}.count(t, lines) // the sample is of an older query
	sorted := func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }
	assert.ElementsMatch(t, sorted(testdata(t, "sample/result-athena.csv")), sorted(olderCSV(rows)))
	want := jsonOf(t, 0, nil, string(lines))
	for _, pages := range [][]string{athenaPages(t, rows), lakePages(t, rows)} {
		assert.Empty(t, differing(want, jsonOf(t, 0, nil, pages...)))
	}
}

func TestPrintQuery(t *testing.T) {
	const store = "01234567-89ab-cdef-0123-456789abcdef"
	for _, test := range []struct {
		args   string
		code   int
		want   []string // in order
		not    string
		stderr string
	}{
		{args: "-sql athena -table security.logs -from 2026-11-01 -to 2026-11-30",
			want: []string{"SELECT", `FROM "security"."logs"`, "'2026-11-01T00:00:00Z'",
				"'2026-12-01T00:00:00Z'",
				`"timestamp" BETWEEN '2026/11/01' AND '2026/12/01'`,
				"airflow/connections/|airflow/variables/|airflow/config/"}},
		{args: "-sql athena", want: []string{`FROM "cloudtrail_logs"`}},
		{args: "-sql athena -partition none", want: []string{"the whole table"}, not: "BETWEEN"},
		{args: "-sql athena -partition day||'' -user x -multi-team",
			want: []string{"AND (day||'') BETWEEN '20"}, not: "'x'"},
		{args: `-sql athena -kwargs {"connections_prefix":"prod/conns","variables_prefix":null}`,
			want: []string{"(airflow/config/|prod/conns/)"}, not: "airflow/variables"},
		{args: `-sql lake -table ` + store + ` -kwargs {"conections_prefix":"x"}`,
			want: []string{"FROM " + store, "TIMESTAMP '20"}, stderr: "note: "},

		{args: "-sql trino", code: 2,
			stderr: "-sql is not the name of an engine; write athena or lake"},
		{args: "-sql=", code: 2, stderr: "-sql is not the name of an engine"},
		{args: "-sql lake", code: 2, stderr: "tune: -table is not the ID"},
		{args: "-sql lake -table " + store + " -partition none", code: 2,
			stderr: "tune: -partition is for Athena"},
		{args: "-sql athena -from 2026-13-01", code: 2, stderr: "tune: -from is not a day"},
		{args: "-sql athena -from 2026-11-02 -to 2026-11-01", code: 2,
			stderr: "tune: -to is before"},
		{args: "-sql athena -to hunter2", code: 2, stderr: "tune: -to is not a day",
			not: "hunter2"},
		{args: "-sql athena trail", code: 2, stderr: "-sql reads no input"},
		{args: "-sql athena -json", code: 2, stderr: "-json is for reading"},
		{args: "-table x", code: 2, stderr: "-table is for a query; add -sql athena or -sql lake"},
		{args: "-sql athena -kwargs [1]", code: 2, stderr: "not an object"},
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), strings.Fields(test.args),
			iotest.ErrReader(errors.New("it reads")), &stdout, &stderr)
		assert.Equal(t, test.code, code, "%s: %s", test.args, &stderr)
		inOrder(t, test.want, stdout.String())
		assert.Equal(t, test.code == 0, stdout.Len() > 0, test.args)
		assert.Contains(t, flat(stderr.String()), test.stderr)
		if test.not != "" {
			assert.NotContains(t, stdout.String()+stderr.String(), test.not)
		}
		if test.stderr == "" {
			assert.Empty(t, stderr.String())
		}
	}
}

// TestQueryDays checks that the default days are whole days.
func TestQueryDays(t *testing.T) {
	now := time.Date(2026, 3, 1, 3, 30, 0, 0, time.FixedZone("", 4*3600)) // the day before in UTC
	for _, test := range []struct{ from, to, want string }{
		{"", "", "'2026-01-29T00:00:00Z' AND eventtime < '2026-02-28T00:00:00Z'"},
		{"2026-02-01", "", "'2026-02-01T00:00:00Z' AND eventtime < '2026-02-28T00:00:00Z'"},
		{"", "2026-11-30", "'2026-11-01T00:00:00Z' AND eventtime < '2026-12-01T00:00:00Z'"},
	} {
		var out strings.Builder
		require.NoError(t, queryOptions{engine: "athena",
			Query: tune.Query{From: test.from, To: test.to}}.print(&out, now))
		assert.Contains(t, out.String(), "eventtime >= "+test.want)
	}
}
