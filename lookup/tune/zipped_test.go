package tune_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// withBroken puts a broken record into the middle of a form: a line where records are lines, or an
// element where they are elements.
func withBroken(text string) string {
	middle := len(text) / 2
	if at := strings.IndexByte(text[middle:], '\n'); at >= 0 {
		return text[:middle+at] + "\n{\"eventName\": \"GetSec\x01\n" + text[middle+at+1:]
	}
	if at := strings.Index(text[middle:], "},{"); at >= 0 {
		return text[:middle+at+2] + "{\"eventName\": \"GetSec\x01}," + text[middle+at+2:]
	}
	return text[:middle] + "\x01\"" + text[middle:]
}

// TestGzipMakesNoDifference checks that compression makes no difference to a form with a broken
// record, to a form before another, compressed together or each by itself, and to a form compressed
// twice.
func TestGzipMakesNoDifference(t *testing.T) {
	want := said(t, "forms")
	for _, name := range allForms() {
		text := form(t, name)
		plain, plainErr := logIn(withBroken(text))
		zip, zipErr := logIn(zipped(t, withBroken(text), 1<<20))
		assert.Equal(t, says(t, plain), says(t, zip), name)
		assert.Equal(t, fmt.Sprint(plainErr), fmt.Sprint(zipErr), name)
		r := zip.Report()
		assert.GreaterOrEqual(t, r.Total.Calls, 11, name)
		assert.Positive(t, r.Broken, name)
		if slices.Contains(resultForms, name) {
			require.ErrorIs(t, zipErr, tune.ErrIncomplete, name)
		} else if strings.HasPrefix(name, "lake-rows") {
			require.ErrorIs(t, zipErr, tune.ErrIncomplete, "%s says how many rows it has", name)
		} else {
			require.NoError(t, zipErr, name)
		}

		for _, other := range []string{"trail.json", "athena-raw.csv", "cloudwatch-tail.txt"} {
			both := strings.TrimRight(text, "\n") + "\n" + form(t, other)
			for way, in := range map[string]string{
				"together": zipped(t, both, 1<<20),
				"in parts": zipped(t, text+"\n", 1<<20) + zipped(t, form(t, other), 1<<20),
			} {
				log, err := logIn(in)
				require.NoError(t, err, "%s, %s, %s", name, other, way)
				r := log.Report()
				assert.Equal(t, 30, r.Total.Calls, "%s, %s, %s", name, other, way)
				assert.Zero(t, r.Broken, "%s, %s, %s", name, other, way)
			}
		}

		twice, err := logIn(zipped(t, zipped(t, text, 5000), 1<<20))
		require.NoError(t, err, name)
		got := says(t, twice)
		want["foreign"] = got["foreign"]
		assert.Equal(t, want, got, name)
	}
	inner := zipped(t, form(t, "trail.json"), 1<<20)
	_, err := logIn(zipped(t, inner[:len(inner)/2], 1<<20))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "the inner one is cut short")
}
