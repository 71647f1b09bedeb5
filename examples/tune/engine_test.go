package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// resultColumns are the columns of the result of the queries.
var resultColumns = []string{
	"eventname", "secretid", "errorcode", "errormessage", "type", "principalid", "arn", "accountid",
	"invokedby", "username", "issuertype", "issuerusername", "useragent", "sourceipaddress",
	"awsregion", "calls", "firsttime", "lasttime",
}

// withoutRegion takes the column awsregion out of a row, as in results of older queries.
func withoutRegion[T any](row []T) []T {
	return slices.Concat(row[:len(row)-4], row[len(row)-3:])
}

// An engine does what the queries have Athena and CloudTrail Lake do. Its fields are the mistakes
// of wrong queries.
type engine struct {
	noRegion   bool // an older query, not a wrong one
	noMessages bool
	lowerNames bool
	distinct   bool   // an event that is delivered twice counts once
	until      string // days from this one on are left out
}

// A cell is a text, or NULL.
type cell struct {
	text string
	ok   bool
}

func (c cell) compare(d cell) int { return cmp.Compare(c.text, d.text) }

// A group is what GROUP BY compares: the columns before calls, and the day.
type group struct {
	cells [15]cell
	day   string
}

// A tally is a count, and the first and the last time.
type tally struct {
	calls       int
	first, last string
	ids         map[string]bool
}

// count gives the rows for events, one to a line.
func (e engine) count(t *testing.T, lines []byte) [][]cell {
	t.Helper()
	groups := map[group]*tally{}
	for line := range bytes.Lines(lines) {
		var event map[string]any
		require.NoError(t, json.Unmarshal(line, &event))
		at := func(path ...string) cell {
			var v any = event
			for _, key := range path {
				object, _ := v.(map[string]any)
				v = object[key]
			}
			text, ok := v.(string)
			return cell{text, ok}
		}
		name, code, when := at("eventName"), at("errorCode"), at("eventTime").text
		isCall := name.text == "GetSecretValue" || name.text == "BatchGetSecretValue"
		isOurs := isCall && strings.HasPrefix(at("eventSource").text,
			"secretsmanager.amazonaws.com")
		if !isOurs || e.until != "" && when >= e.until {
			continue
		}
		secret, message := at("requestParameters", "secretId"), at("errorMessage")
		if e.lowerNames {
			secret.text = strings.ToLower(secret.text)
		}
		isKept := strings.HasPrefix(code.text, "AccessDenied") ||
			code.text == "ResourceNotFoundException"
		if e.noMessages || !isKept {
			message = cell{}
		}
		who := "userIdentity"
		key := group{day: when[:10], cells: [15]cell{
			name, secret, code, message, at(who, "type"), at(who, "principalId"), at(who, "arn"),
			at(who, "accountId"), at(who, "invokedBy"), at(who, "userName"),
			at(who, "sessionContext", "sessionIssuer", "type"),
			at(who, "sessionContext", "sessionIssuer", "userName"),
			at("userAgent"), at("sourceIPAddress"), at("awsRegion"),
		}}
		if e.noRegion {
			key.cells[14] = cell{}
		}
		of := groups[key]
		if of == nil {
			of = &tally{first: when, last: when, ids: map[string]bool{}}
			groups[key] = of
		}
		if id := at("eventID").text; !e.distinct || !of.ids[id] {
			of.calls++
			of.ids[id] = true
		}
		of.first, of.last = min(of.first, when), max(of.last, when)
	}
	rows := make([][]cell, 0, len(groups))
	for key, of := range groups {
		row := append(slices.Clone(key.cells[:]),
			cell{fmt.Sprint(of.calls), true}, cell{of.first, true}, cell{of.last, true})
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b []cell) int { return slices.CompareFunc(a, b, cell.compare) })
	return rows
}

// athenaCSV writes rows as Athena does: all in quotes but NULL.
func athenaCSV(rows [][]cell) string {
	return athenaRows(resultColumns, rows)
}

// olderCSV writes rows as the result of a query without awsregion.
func olderCSV(rows [][]cell) string {
	var older [][]cell
	for _, row := range rows {
		older = append(older, withoutRegion(row))
	}
	return athenaRows(withoutRegion(resultColumns), older)
}

func athenaRows(names []string, rows [][]cell) string {
	var b strings.Builder
	b.WriteString(`"` + strings.Join(names, `","`) + "\"\n")
	for _, row := range rows {
		for i, c := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if c.ok {
				b.WriteString(`"` + strings.ReplaceAll(c.text, `"`, `""`) + `"`)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// plainCSV writes rows with quotes only where CSV needs them, and NULL as an empty cell.
func plainCSV(t *testing.T, rows [][]cell) string {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	require.NoError(t, w.Write(resultColumns))
	for _, row := range rows {
		var texts []string
		for _, c := range row {
			texts = append(texts, c.text)
		}
		require.NoError(t, w.Write(texts))
	}
	w.Flush()
	return b.String()
}

// athenaPages writes rows as the pages of Athena's API: the header is the first row.
func athenaPages(t *testing.T, rows [][]cell) (pages []string) {
	t.Helper()
	header := make([]cell, len(resultColumns))
	for i, name := range resultColumns {
		header[i] = cell{name, true}
	}
	for page := range slices.Chunk(append([][]cell{header}, rows...), 1000) {
		var all []any
		for _, row := range page {
			data := []any{}
			for _, c := range row {
				datum := map[string]string{}
				if c.ok {
					datum["VarCharValue"] = c.text
				}
				data = append(data, datum)
			}
			all = append(all, map[string]any{"Data": data})
		}
		doc := map[string]any{"UpdateCount": 0, "ResultSet": map[string]any{"Rows": all}}
		pages = append(pages, pageOf(t, doc, 1000*(len(pages)+1) < len(rows)+1))
	}
	return pages
}

// lakePages writes rows as the pages of CloudTrail Lake's API.
func lakePages(t *testing.T, rows [][]cell) (pages []string) {
	t.Helper()
	for page := range slices.Chunk(rows, 1000) {
		var all []any
		for _, row := range page {
			data := []any{}
			for i, c := range row {
				if c.ok {
					data = append(data, map[string]string{resultColumns[i]: c.text})
				}
			}
			all = append(all, data)
		}
		doc := map[string]any{
			"QueryStatus": "FINISHED", "QueryResultRows": all, "QueryStatistics": map[string]int{
				"ResultsCount": len(page), "TotalResultsCount": len(rows),
			},
		}
		pages = append(pages, pageOf(t, doc, 1000*(len(pages)+1) < len(rows)))
	}
	return pages
}

// pageOf is a page, with a token if others follow.
func pageOf(t *testing.T, doc map[string]any, more bool) string {
	t.Helper()
	doc = maps.Clone(doc)
	if more {
		doc["NextToken"] = "EXAMPLETOKEN"
	}
	text, err := json.MarshalIndent(doc, "", "    ")
	require.NoError(t, err)
	return string(text) + "\n"
}
