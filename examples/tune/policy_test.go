package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLackingInput: what is made of a part of the input says so, and of half a result nothing is made.
func TestLackingInput(t *testing.T) {
	exists := filepath.Join(t.TempDir(), "exists.txt")
	require.NoError(t, os.WriteFile(exists, []byte("airflow/connections/pg\nairflow/connections/other\n"), 0o600))
	event := calls(1, mwaa, "airflow/connections/pg", "")
	two := event + strings.Replace(event, "2026-11-01T", "2026-11-03T", 1)
	half := "eventname,secretid,errorcode,errormessage,calls,firsttime,lasttime\n" +
		"GetSecretValue,airflow/connections/pg,,,2,2026-11-01T10:20:30Z,2026-11-01T11:20:30Z\n" +
		"GetSecretValue,airflow/connections/pg,,,2,2026-11-03T10:20:30Z,2026-11-03T11:20:30Z\nGetSec"
	const note, refusal = "Some of the input could not be read", "need all of a query's result"
	for _, test := range []struct {
		name, in     string
		code         int
		note, result bool
	}{
		{"whole", two, 0, false, true},
		{"cut", two + `{"event`, 1, true, true},
		{"broken", two + "{]\n", 0, true, true},
		{"half a result", half, 1, false, false},
	} {
		for _, args := range [][]string{{"-policy", "fit"}, {"-policy", "fit", "-json"}, {"-unused", "1", "-exists", exists}} {
			var stdout, stderr strings.Builder
			assert.Equal(t, test.code, run(t.Context(), args, strings.NewReader(test.in), &stdout, &stderr), test.name)
			all := strings.Join(strings.Fields(stdout.String()+stderr.String()), " ")
			assert.Equal(t, test.note, strings.Contains(all, note), "%s %s: %s", test.name, args, all)
			assert.Equal(t, test.result, stdout.Len() > 0, "%s %s", test.name, args)
			assert.Equal(t, !test.result, strings.Contains(all, refusal), "%s %s", test.name, args)
		}
	}
}

// TestNothingToObey: no error has in it what a terminal would obey.
func TestNothingToObey(t *testing.T) {
	for in, args := range map[string][]string{
		`{"QueryStatus":"\u001b[31mX", "QueryResultRows": []}`: nil,
		"": {"no\x1b[31m.json"}, " ": {"-exists", "no\x1b[31m.txt"}, "  ": {"-kwargs", "@no\x1b[31m.json"},
	} {
		var stdout, stderr strings.Builder
		assert.Positive(t, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr))
		assert.NotContains(t, stdout.String()+stderr.String(), "\x1b")
		assert.Contains(t, stderr.String(), "tune: ")
	}
}
