package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// readLists reads -exists and -ids.
func (t *tuner) readLists(exists, ids string) error {
	var table secretList
	if err := eachLine(exists, table.add); err != nil {
		return fmt.Errorf("-exists: %w", err)
	}
	t.exists, t.header = table.names, table.header
	err := eachLine(ids, func(id string) error {
		t.ids = append(t.ids, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("-ids: %w", err)
	}
	return nil
}

// A secretList is a list of secrets or ids, or a column of a CSV.
type secretList struct {
	names  []string
	header string // the first line, if it is a header of one column
	column int    // of a CSV
	isCSV  bool
	begun  bool
}

// headers are the names of a column of secrets, the best first.
var headers = []string{
	"arn", "secretarn", "name", "secretname", "secret", "secretid", "id", "connid",
}

// add takes a line.
func (l *secretList) add(line string) error {
	isFirst := !l.begun
	l.begun = true
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err != nil {
		return errNotName
	}
	if at := headerOf(cells); isFirst && at >= 0 {
		l.column, l.isCSV = at, len(cells) > 1
		if !l.isCSV {
			l.header = cells[0]
		}
		return nil
	}
	if !l.isCSV && len(cells) > 1 || l.column >= len(cells) {
		return errNotName
	}
	name := strings.TrimSpace(cells[l.column])
	if strings.ContainsAny(name, `"{}|`) {
		return errNotName
	}
	if name != "" {
		l.names = append(l.names, name)
	}
	return nil
}

var errNotName = errors.New("not the name of a secret; write one name on each line, as --output text does")

// headerOf gives the column of a header that names secrets, or -1.
func headerOf(cells []string) int {
	for _, header := range headers {
		at := slices.IndexFunc(cells, func(cell string) bool {
			plain := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(cell)
			return strings.EqualFold(plain, header)
		})
		if at >= 0 {
			return at
		}
	}
	return -1
}

// countLists counts the ids of -ids as calls, once the prefixes are known. Only -exists says
// whether they exist. Its header may be an id after all, so no suggestion hides it.
func (t *tuner) countLists() {
	known := map[string]bool{} // :: id of t.kind → it exists
	ofKind := tune.New(tune.Config{Rules: t.rules[t.kind : t.kind+1]})
	for _, line := range t.exists {
		kind, id, ok := t.log.Resolve(line)
		if !ok {
			kind, id = t.kind, line
		}
		if kind == t.kind {
			known[id] = true
		}
		t.log.Exists(kind, id)
		if _, id, ok := ofKind.Resolve(line); ok { // kinds may share a prefix
			known[id] = true
			t.log.Exists(t.kind, id)
		}
	}
	if t.header != "" {
		t.log.Exists(t.kind, t.header)
	}
	for _, id := range t.ids {
		t.log.Add(tune.Event{Kind: t.kind, ID: id, Outcome: t.outcome(id, known)})
	}
}

// outcome is what a call for an id of -ids came to.
func (t *tuner) outcome(id string, known map[string]bool) tune.Outcome {
	switch {
	case known[id]:
		return tune.Found
	case len(t.exists) > 0:
		return tune.NotFound
	}
	return tune.Failed
}

// eachLine reads a file, if one is named. It refuses a line that it does not understand, because an
// id that it skips might be hidden.
func eachLine(file string, do func(line string) error) error {
	if file == "" {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimPrefix(lines.Text(), "\ufeff") // the byte order mark
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			return fmt.Errorf("line %d is not UTF-8; save the file as UTF-8", n)
		}
		for line := range strings.SplitSeq(text, "\t") { // as the AWS CLI prints a list
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if err := do(line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return lines.Err()
}
