package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testdata is the file of a form that the package reads.
func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "lookup", "tune", "testdata", name))
	require.NoError(t, err)
	return string(text)
}

// TestFolderOfForms reads a folder with files of several forms, and with files that hold no events.
func TestFolderOfForms(t *testing.T) {
	folder := t.TempDir()
	put := func(name, text string) {
		name = filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	zip := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	put("athena/1.csv", testdata(t, "forms/athena-raw.csv"))
	put("lake/result_1.csv.gz", zip(testdata(t, "forms/lake-saved.csv")))
	put("export/000000.gz", zip(testdata(t, "forms/cloudwatch-export-task.txt")))
	put("firehose/stream-1-2026-11-01-10-20-30-0a1b", testdata(t,
		"forms/eventbridge-firehose.json"))
	put("lake/result_sign.json", testdata(t, "forms/trail.json")) // passed over by its name alone
	put("1_CloudTrail-Digest_eu-west-1_x.json.gz", zip(testdata(t, "forms/trail.json")))
	put("athena/1.csv.metadata", testdata(t, "forms/trail.json"))
	put(".hidden", testdata(t, "forms/trail.json"))
	put("readme.txt", "Events, of November.\n")
	put("empty.json", "")

	report := func(args ...string) (text, stderr string) {
		var out, warn strings.Builder
		require.Zero(t, run(t.Context(), append([]string{"-json"}, args...), nil, &out, &warn),
			"%s", &warn)
		return out.String(), warn.String()
	}
	text, stderr := report(folder)
	assert.Contains(t, text, "\n  \"calls\": 60,")
	assert.Contains(t, text, `"broken": 0,`)
	assert.Empty(t, stderr)
	for _, order := range [][]string{{"lake", "export", "athena", "firehose"},
		{"firehose", "athena", "lake", "export"}} {
		for i := range order {
			order[i] = filepath.Join(folder, order[i])
		}
		again, _ := report(order...)
		assert.Equal(t, text, again, "in any order")
	}

	put("secrets.json", testdata(t, "forms/no-trail.json"))
	again, stderr := report(folder)
	assert.Equal(t, text, again)
	assert.Contains(t, flat(stderr), "skipped, without an event of CloudTrail: ")
	assert.Contains(t, stderr, "secrets.json\n")
}

// TestResults checks that a result is complete with all its pages, in any order.
func TestResults(t *testing.T) {
	sample := filepath.Join("..", "..", "lookup", "tune", "testdata", "sample") +
		string(filepath.Separator)
	forms := filepath.Join("..", "..", "lookup", "tune", "testdata", "forms") +
		string(filepath.Separator)
	for _, test := range []struct {
		args   []string
		code   int
		calls  string
		stderr string
	}{
		{[]string{sample + "result-lake-2.json", sample + "result-lake-1.json"}, 0, "2,352 calls",
			""},
		{[]string{sample + "result-athena.csv"}, 0, "2,352 calls", ""},
		{[]string{sample + "result-lake-1.json"}, 1, "1,395 calls",
			"result-lake-1.json: incomplete result: 20 of 33 rows"},
		{[]string{forms + "console.csv"}, 1, "", "names no secrets"},
		{[]string{forms + "no-trail.json"}, 1, "", "nothing in it is an event of CloudTrail"},
		{[]string{forms + "times-unreadable.jsonl"}, 0,
			"4 calls of GetSecretValue, less than a cent\n", ""},
		{[]string{"-days", "1", forms + "times-unreadable.jsonl"}, 0,
			"4 calls of GetSecretValue, less than a cent, less than a cent a month\n", ""},
	} {
		var stdout, stderr strings.Builder
		assert.Equal(t, test.code, run(t.Context(), test.args, nil, &stdout, &stderr), "%s",
			&stderr)
		assert.Contains(t, stdout.String(), test.calls)
		assert.Contains(t, flat(stderr.String()), test.stderr)
		if strings.HasSuffix(test.args[len(test.args)-1], "unreadable.jsonl") {
			assert.Contains(t, stdout.String(), "4 of 4 times cannot be read")
		}
	}
}

// TestFolderByName: files in a folder are read by their names in any case of letters, and
// those that are not read are counted in one line.
func TestFolderByName(t *testing.T) {
	folder := t.TempDir()
	put := func(names ...string) {
		for _, name := range names {
			text := testdata(t, "forms/trail.json")
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		}
	}
	report := func() (stdout, stderr string) {
		var out, warn strings.Builder
		require.Zero(t, run(t.Context(), []string{"-json", folder}, nil, &out, &warn), "%s", &warn)
		return out.String(), warn.String()
	}
	put("a.JSON", "b.tsv", "c.Csv", "d.TXT", "1.csv.metadata", ".hidden.pdf")
	stdout, stderr := report()
	assert.Contains(t, stdout, "\n  \"calls\": 60,")
	assert.Empty(t, stderr)

	put("a.pdf")
	_, stderr = report()
	assert.Equal(t, "tune: 1 file passed over: .pdf\n", stderr)

	put("b.PARQUET", "c.parquet")
	stdout, stderr = report()
	assert.Contains(t, stdout, "\n  \"calls\": 60,")
	assert.Equal(t, "tune: 3 files passed over: .parquet, .pdf\n", stderr)

	put("d.a", "d.b", "d.c", "d.d", "d.\x1b[31m")
	_, stderr = report()
	assert.Contains(t, stderr, "tune: 8 files passed over: ")
	assert.Contains(t, stderr, " and 2 more\n")
	assert.NotContains(t, stderr, "\x1b")
}
