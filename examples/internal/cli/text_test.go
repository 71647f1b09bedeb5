package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFit(t *testing.T) {
	for _, row := range []struct {
		text   string
		width  int
		indent string
		want   string
	}{
		{"a bc", 3, "", "a\nbc"},
		{"see airflow/connections/pg", 7, "", "see\nair…/pg"},
		{"  x airflow/connections/pg", 9, "  ", "  x\n  air…/pg"},
		{"", 3, "", ""},
	} {
		assert.Equal(t, row.want, Fit(row.text, row.width, row.indent), row.text)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 calls", 1: "1 call", 2: "2 calls"} {
		assert.Equal(t, want, Count(n, "call"))
	}
}
