package term

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestColors(t *testing.T) {
	plain := New(&bytes.Buffer{})
	assert.Equal(t, "x", plain.Red("x"))

	file, err := os.Create(t.TempDir() + "/out")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	assert.Equal(t, "x", New(file).Bold("x"), "a file is not a terminal")

	null, err := os.Open(os.DevNull)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, null.Close()) })
	assert.False(t, IsTerminal(null), "a character device that is not a terminal")

	colored := Output{Writer: &bytes.Buffer{}, colored: true}
	assert.Equal(t, "\x1b[31mx\x1b[0m", colored.Red("x"))
	assert.Equal(t, "", colored.Red(""))
}

func TestPrintable(t *testing.T) {
	assert.Equal(t, "postgres_default", Printable("postgres_default"))
	assert.Equal(t, `"\x1b[2Jx"`, Printable("\x1b[2Jx"))
	assert.Equal(t, `"a\nb"`, Printable("a\nb"))
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"plain 'text' \"é\" 接続": "plain 'text' \"é\" 接続",
		"\x1b[31mx\x1b]0;t\x07": `\x1b[31mx\x1b]0;t\a`,
		"a\nb\tc\rd":            "a\nb\tc\\rd",
		"\u009b31m\u202e":       `\u009b31m\u202e`,
	} {
		assert.Equal(t, want, Escape(text))
	}
}
