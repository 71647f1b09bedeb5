package connuri_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectorsDir is where the recorded answers of Airflow lie: testdata, or another
// folder of the same form.
func vectorsDir() string {
	if dir := os.Getenv("AIRFLOW_VECTORS"); dir != "" {
		return dir
	}
	return "testdata"
}

// eachRow calls f for every row of a family, with its line number. It reports
// whether the folder has the family.
func eachRow[Row any](t testing.TB, dir, family string, f func(line int, row Row)) bool {
	file, err := os.Open(filepath.Join(dir, family+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	line := 0
	for lines.Scan() {
		line++
		var row Row
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row), "%s line %d", family, line)
		f(line, row)
	}
	require.NoError(t, lines.Err())
	require.NotZero(t, line, "%s has no rows", family)
	return true
}

// answer is what Airflow gave for one flavour: a value, null, or an error. What
// a row was asked with has the same form.
type answer struct {
	raw json.RawMessage
	err string // the Python class of the error
}

func (a *answer) UnmarshalJSON(raw []byte) error {
	a.raw = append(a.raw, raw...)
	var failed struct{ Error string }
	if json.Unmarshal(raw, &failed) == nil {
		a.err = failed.Error
	}
	return nil
}

func (a answer) text() string {
	var s string
	if json.Unmarshal(a.raw, &s) != nil {
		return "(no text)"
	}
	return s
}

// fields is a connection as it was recorded; numbers keep their text.
func (a answer) fields() map[string]any {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(a.raw)))
	d.UseNumber()
	if d.Decode(&m) != nil {
		return nil
	}
	return m
}

// hasLoneSurrogate tells whether JSON text holds half of a surrogate pair, which
// Python's str can hold. An escaped backslash before the u makes it plain text.
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
