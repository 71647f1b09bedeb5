package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func program() *Program {
	p := New("tool")
	p.Purpose = "Tool does one thing for whoever asks it to, and says here in one sentence what that is."
	p.Usage = "[flags] FILE"
	p.Examples = []string{"tool a", "tool -wait 2s b"}
	p.ExitCodes = []string{"0: it worked", "2: the command line is wrong"}
	p.Flags.Duration("wait", time.Second, "how long to wait, as a `DURATION` such as 2s")
	p.Flags.Bool("quiet", false, "say nothing")
	return p
}

func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "50")
	var stdout, stderr strings.Builder
	code, done := program().Parse([]string{"-h"}, &stdout, &stderr)
	assert.Equal(t, 0, code)
	assert.True(t, done)
	assert.Empty(t, stderr.String())
	assert.Equal(t, `Tool does one thing for whoever asks it to, and
says here in one sentence what that is.

Usage:
  tool [flags] FILE

Flags:
  -quiet
      say nothing
  -version
      print the version and exit
  -wait DURATION
      how long to wait, as a DURATION such as 2s
      (default 1s)

Examples:
  tool a
  tool -wait 2s b

Exit codes:
  0: it worked
  2: the command line is wrong
`, stdout.String())
}

// TestMaxWidth checks that a bound makes lines narrower than the writer, never wider.
func TestMaxWidth(t *testing.T) {
	for columns, want := range map[string]int{"": 40, "30": 30} {
		t.Setenv("COLUMNS", columns)
		p := program()
		p.MaxWidth = 40
		var stdout, stderr strings.Builder
		_, done := p.Parse([]string{"-h"}, &stdout, &stderr)
		assert.True(t, done)
		p.Wrong(&stdout, strings.Repeat("word ", 40))
		for line := range strings.Lines(stdout.String()) {
			assert.LessOrEqual(t, len(strings.TrimSpace(line)), want, columns)
		}
	}
}

func TestParse(t *testing.T) {
	for args, want := range map[string]struct {
		code   int
		done   bool
		output string
	}{
		"-quiet a":         {0, false, ""},
		"-version":         {0, true, "tool "},
		"-what":            {2, true, "tool: -what is not a flag; tool -h shows the usage"},
		"-wait":            {2, true, "tool: -wait needs a value; tool -h shows the usage"},
		"-wait hunter2":    {2, true, "tool: -wait: want a duration, such as 30s; tool -h shows the usage"},
		"-quiet=hunter2":   {2, true, "tool: -quiet: want true or false; tool -h shows the usage"},
		"-count=hunter2":   {2, true, "tool: -count: want a number; tool -h shows the usage"},
		"-h=hunter2 -what": {0, true, "Usage:"},
	} {
		var out strings.Builder
		p := program()
		p.Flags.Float64("count", 0, "a number")
		code, done := p.Parse(strings.Fields(args), &out, &out)
		assert.Equal(t, want.code, code, args)
		assert.Equal(t, want.done, done, args)
		assert.Contains(t, out.String(), want.output)
		assert.NotContains(t, out.String(), "hunter2")
	}
}

func TestWrap(t *testing.T) {
	for _, row := range []struct {
		text   string
		width  int
		indent string
		want   string
	}{
		{"a b", 3, "", "a b"},
		{"a bc", 3, "", "a\nbc"},
		{"  a b c", 5, "    ", "  a b\n    c"},
		{"éé é", 4, "", "éé é"},
		{"接続 é", 6, "", "接続 é"},
		{"接続 é", 5, "", "接続\né"},
		{"a longer b", 3, "", "a\nlonger\nb"},
		{"longer", 3, "  ", "longer"},
		{"", 3, "", ""},
	} {
		assert.Equal(t, row.want, Wrap(row.text, row.width, row.indent), row.text)
	}
}

func TestShorten(t *testing.T) {
	for want, width := range map[string]int{"airflow/connections/pg": 22, "air…/pg": 7, "…": 1} {
		assert.Equal(t, want, Shorten("airflow/connections/pg", width))
	}
	for want, width := range map[string]int{"接続接続": 8, "接…続": 7, "接…": 4, "…": 3} {
		assert.Equal(t, want, Shorten("接続接続", width))
		assert.LessOrEqual(t, Cells(want), width)
	}
}

func TestWidth(t *testing.T) {
	t.Setenv("COLUMNS", "")
	assert.Equal(t, 100, Width(&strings.Builder{}))
	t.Setenv("COLUMNS", "many")
	assert.Equal(t, 100, Width(&strings.Builder{}))
	t.Setenv("COLUMNS", "40")
	assert.Equal(t, 40, Width(&strings.Builder{}))
}
