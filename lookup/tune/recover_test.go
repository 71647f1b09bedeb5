package tune_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEventInBrokenObjectCountsOnce checks that an event does not count again after the object
// around it broke.
func TestEventInBrokenObjectCountsOnce(t *testing.T) {
	event := made(t, map[string]any{"requestParameters": asking("airflow/connections/pg")})
	for _, around := range []string{`{"detail":`, `{"a":{"b":`, `{"a":[`, `[`, `{"a":[1,`} {
		r, err := read(t, around+"\n"+event+"\n"+event+"\n")
		require.NoError(t, err)
		assert.Equal(t, 2, r.Total.Calls, around)
		assert.Equal(t, 1, r.Broken, around)
	}
}

// TestTableWithoutLastLineBreak checks a file that begins on the line of the last row, as cat makes
// it.
func TestTableWithoutLastLineBreak(t *testing.T) {
	for _, name := range []string{"athena-raw.csv", "lake-saved.csv", "result-athena.csv"} {
		log, err := logIn(strings.TrimSpace(form(t, name)) + form(t, "trail.json"))
		require.NoError(t, err, name)
		assert.Equal(t, 30, log.Report().Total.Calls, name)
		assert.Zero(t, log.Report().Broken, name)
	}
}

// TestRowWithCellOfWrongTypeIsBroken checks that a row whose cell is not text is broken, as an
// event is.
func TestRowWithCellOfWrongTypeIsBroken(t *testing.T) {
	r, err := read(t, `[[{"eventName": 5}, {"eventSource": "secretsmanager.amazonaws.com"}]]`)
	require.ErrorContains(t, err, "none of its events can be read")
	assert.Equal(t, 1, r.Broken)
}
