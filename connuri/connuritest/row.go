// Package connuritest compares readings of Airflow connections with recorded answers of Airflow
// itself. The tests of this module use it, and so can a tool with its own reader of connections.
//
// [Recorded] returns the answers, which are embedded, and [Each] runs a test over one family of
// them. A family is a file NAME.jsonl with one JSON object per line: the input, and what each
// flavor of Airflow answered. README.md in Recorded describes all families, also for programs in
// other languages. A connection is written as
//
//	{"conn_type", "host", "login", "password", "schema", "port", "extra"}
//
// with null for None, and an error as {"error": its Python class}.
package connuritest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each calls judge for every row of a family, prints the score of each file that holds rows of it,
// and fails t for the rows that failed. It reports whether such a file exists, in Recorded or in
// the folder that the environment variable AIRFLOW_VECTORS names, including its subfolders.
func Each[Row any](t testing.TB, family string, judge func(Row) Verdict) (found bool) {
	t.Helper()
	rows, _ := source()
	for _, file := range files(t, rows) {
		if familyOf(file) == family {
			found = score(t, file, judge) || found
		}
	}
	return found
}

func score[Row any](t testing.TB, family string, judge func(Row) Verdict) (found bool) {
	t.Helper()
	passed, failed, byChoice := 0, 0, 0
	choices := map[string]int{} // :: reason → rows
	found = Rows(t, family, func(line int, row Row) {
		switch v := judge(row); {
		case len(v.Faults) > 0:
			failed++
			if failed <= 20 { // the rest would only repeat
				t.Errorf("%s line %d: %s", family, line, strings.Join(v.Faults, "; "))
			}
		case len(v.Choices) > 0:
			byChoice++
			for _, reason := range v.Choices {
				choices[reason]++
			}
		default:
			passed++
		}
	})
	for _, reason := range slices.Sorted(maps.Keys(choices)) {
		t.Logf("%s: %d rows by choice: %s", family, choices[reason], reason)
	}
	if found {
		fmt.Printf("%s: %d passed, %d failed, %d by choice\n", family, passed, failed, byChoice)
	}
	return found
}

// Rows calls do for every row of the file NAME.jsonl, in Recorded or in the folder that
// AIRFLOW_VECTORS names, and reports whether the file exists. A file without rows, or with a line
// that is not a row, fails t.
func Rows[Row any](t testing.TB, family string, do func(line int, row Row)) (found bool) {
	t.Helper()
	rows, _ := source()
	file, err := rows.Open(family + ".jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	line := 0
	for lines.Scan() {
		line++
		var row Row
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s line %d is not a row", family, line)
		}
		do(line, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if line == 0 {
		t.Errorf("%s has no rows", family)
	}
	return true
}

// Verdict is the outcome of one row, which may hold the answers of several flavors. Faults name
// fields and never hold their values.
type Verdict struct {
	Faults  []string
	Choices []string // the chosen differences from Airflow that were met, each reason once
}

// Add adds the outcome of one flavor: the fault, "" for none, and the chosen differences that were
// met.
func (v *Verdict) Add(flavor, fault string, choices ...string) {
	if fault != "" {
		v.Faults = append(v.Faults, flavor+": "+fault)
	}
	for _, reason := range choices {
		if !slices.Contains(v.Choices, reason) {
			v.Choices = append(v.Choices, reason)
		}
	}
}

// Answer is what Airflow answered: a connection, text, null, or an error. The input of a row has
// the same form.
type Answer struct {
	Raw json.RawMessage
	Err string // the Python class of the error
}

// UnmarshalJSON keeps the JSON as it is.
func (a *Answer) UnmarshalJSON(raw []byte) error {
	a.Raw = append(a.Raw, raw...)
	var failed struct{ Error string }
	if json.Unmarshal(raw, &failed) == nil {
		a.Err = failed.Error
	}
	return nil
}

// IsRecorded reports whether the row has this answer.
func (a Answer) IsRecorded() bool { return a.Raw != nil }

// IsNull reports whether Airflow answered None.
func (a Answer) IsNull() bool { return string(a.Raw) == "null" }

// Text returns an answer that is text.
func (a Answer) Text() string {
	var s string
	if json.Unmarshal(a.Raw, &s) != nil {
		return "(no text)"
	}
	return s
}

// Fields returns an answer that is a connection. Numbers keep their text.
func (a Answer) Fields() map[string]any {
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(a.Raw))
	d.UseNumber()
	if d.Decode(&m) != nil {
		return nil
	}
	return m
}

// HasLoneSurrogate reports whether the answer holds half of a surrogate pair, which Python's str
// can hold and a Go string cannot. After an escaped backslash the u is plain text.
func (a Answer) HasLoneSurrogate() bool { return hasLoneSurrogate(a.Raw) }

func hasLoneSurrogate(raw []byte) bool {
	unit := func(i int) uint64 {
		if i+6 > len(raw) || raw[i] != '\\' || raw[i+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(raw[i+2:i+6]), 16, 32)
		return n
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		switch u := unit(i); {
		case u >= 0xD800 && u <= 0xDBFF:
			if next := unit(i + 6); next < 0xDC00 || next > 0xDFFF {
				return true
			}
			i += 11
		case u >= 0xDC00 && u <= 0xDFFF:
			return true
		default:
			i++
		}
	}
	return false
}
