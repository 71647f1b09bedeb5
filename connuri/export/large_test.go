package export_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

// TestReadsLargeFilesOnce: these files take many minutes if a line is read more than a few
// times.
func TestReadsLargeFilesOnce(t *testing.T) {
	const many = 200_000
	t.Run("a quote without an end", func(t *testing.T) {
		f, err := export.Read([]byte(`AIRFLOW_CONN_A="` + strings.Repeat("NAME=x\n", many)))
		require.NoError(t, err)
		require.Len(t, f.Entries, 1)
		_, err = f.Entries[0].Text()
		require.ErrorContains(t, err, "a quote in it has no end")
		assert.Equal(t, []string{"NAME"}, f.LeftOut)
	})
	t.Run("a value over many lines", func(t *testing.T) {
		f, err := export.Read([]byte(`AIRFLOW_VAR_A="` + strings.Repeat("x\n", many) + "\"\nAIRFLOW_VAR_B=c\n"))
		require.NoError(t, err)
		require.Len(t, f.Entries, 2)
		text, err := f.Entries[0].Text()
		require.NoError(t, err)
		assert.Len(t, text, 2*many)
	})
	t.Run("other variables", func(t *testing.T) {
		var doc strings.Builder
		doc.WriteString("AIRFLOW_VAR_A=b\n")
		for i := range many {
			fmt.Fprintf(&doc, "NAME_%d=x\n", i)
		}
		f, err := export.Read([]byte(doc.String()))
		require.NoError(t, err)
		assert.Len(t, f.LeftOut, many)
	})
	t.Run("many quotes without an end", func(t *testing.T) {
		_, err := export.Read([]byte("AIRFLOW_VAR_A=b\n" + strings.Repeat(`B='\''`+"\n", many)))
		require.ErrorContains(t, err, "too many quotes have no end")
	})
}
