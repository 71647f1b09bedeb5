package tune_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func sample(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "sample", name))
	require.NoError(t, err)
	return string(text)
}

// sampleForms are 2,352 events, and the results of the queries that count them.
func sampleForms(t *testing.T) map[string]string {
	t.Helper()
	zip, err := gzip.NewReader(strings.NewReader(sample(t, "events.jsonl.gz")))
	require.NoError(t, err)
	events, err := io.ReadAll(zip)
	require.NoError(t, err)
	return map[string]string{
		"events.jsonl": string(events),
		"athena.csv":   sample(t, "result-athena.csv"),
		"athena.json":  sample(t, "result-athena-api.json"),
		"lake.csv":     sample(t, "result-lake.csv"),
		"lake.json":    sample(t, "result-lake-1.json") + sample(t, "result-lake-2.json"),
	}
}

// TestSampleInEveryForm reads the sample, plain and gzip, and its pages in any order.
func TestSampleInEveryForm(t *testing.T) {
	want := said(t, "sample")
	foreign := want["foreign"]
	one, two := sample(t, "result-lake-1.json"), sample(t, "result-lake-2.json")
	inputs := map[string][]string{
		"pages":            {one, two},
		"last page first":  {two, one},
		"pages, gzip":      {zipped(t, one, 1000), zipped(t, two, 1000)},
		"pages, compacted": {compacted(t, one) + "\n" + compacted(t, two)},
	}
	for name, text := range sampleForms(t) {
		inputs[name], inputs[name+", gzip"] = []string{text}, []string{zipped(t, text, 1<<16)}
	}
	for name, in := range inputs {
		log, err := logIn(in...)
		require.NoError(t, err, name)
		if want["foreign"] = 0.0; strings.HasPrefix(name, "events") {
			want["foreign"] = foreign
		}
		assert.Equal(t, want, says(t, log), name)
		assert.Empty(t, log.Report().Incomplete, name)
	}
}

// TestSamplesAfterOneAnother reads each form of the sample before each other.
func TestSamplesAfterOneAnother(t *testing.T) {
	forms := sampleForms(t)
	for first, a := range forms {
		for second, b := range forms {
			if first == second && first == "lake.json" {
				continue // its pages would be read twice, which is an error
			}
			between := ""
			if strings.HasSuffix(first, ".csv") && strings.HasSuffix(second, ".csv") {
				between = "\n"
			}
			log, err := logIn(a + between + b)
			require.NoError(t, err, "%s, %s", first, second)
			r := log.Report()
			assert.Equal(t, [2]int{2 * 2352, 0}, [2]int{r.Total.Calls, r.Broken}, "%s, %s", first, second)
		}
	}
}

// TestCutSampleIsAnError checks that the error of a sample that is cut says so.
func TestCutSampleIsAnError(t *testing.T) {
	for name, text := range sampleForms(t) {
		for _, part := range []int{30, 55, 90} {
			in := text[:len(text)*part/100]
			log, err := logIn(in)
			require.Error(t, err, "%s, %d percent", name, part)
			if isCutSeen(name, in) {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s, %d percent", name, part)
			}
			calls := log.Report().Total.Calls
			assert.Less(t, calls, 2352, "%s, %d percent", name, part)
			assert.Greater(t, calls, 2352*(part-25)/100, "%s, %d percent", name, part)
		}
		zip := zipped(t, text, 1<<20)
		_, err := logIn(zip[:len(zip)/2])
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
	}
}

// TestBrokenSampleLosesFewCalls checks that broken text in a sample costs its own record.
func TestBrokenSampleLosesFewCalls(t *testing.T) {
	for name, text := range sampleForms(t) {
		for part := 1; part < 8; part++ {
			at := len(text) * part / 8
			log, err := logIn(text[:at] + "\x01\"" + text[at:])
			r := log.Report()
			assert.GreaterOrEqual(t, r.Total.Calls, 2352-250, "%s at %d", name, at) // a row counts many
			assert.Positive(t, r.Broken, "%s at %d", name, at)
			if name != "events.jsonl" {
				require.ErrorIs(t, err, tune.ErrIncomplete, "%s at %d", name, at)
			}
		}
	}
}

func compacted(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, []byte(text)))
	return b.String()
}
