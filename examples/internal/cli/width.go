package cli

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// Width returns how many columns a line on w may have: COLUMNS if it is set, otherwise the
// width of the terminal, and 100 if w is a pipe or a file.
func Width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(f) {
		if n := terminalWidth(f); n > 0 {
			return n
		}
		return 80
	}
	return 100
}

// Wrap breaks text between words so that lines fit into width. The first line keeps its
// own indent and further lines get indent. A word that is too long for a line stays whole.
func Wrap(text string, width int, indent string) string {
	body := strings.TrimLeft(text, " ")
	line := text[:len(text)-len(body)]
	var lines []string
	start := true // of a line, with nothing but its indent
	for word := range strings.FieldsSeq(body) {
		if !start && Cells(line)+1+Cells(word) > width {
			lines = append(lines, line)
			line, start = indent, true
		}
		if !start {
			line += " "
		}
		line, start = line+word, false
	}
	return strings.Join(append(lines, line), "\n")
}

// Shorten cuts text to width by replacing its middle with "…", so that both ends of a
// name can be recognized.
func Shorten(text string, width int) string {
	if Cells(text) <= width {
		return text
	}
	if width < 2 {
		return "…"
	}
	runes := []rune(text)
	head, tail := 0, len(runes)
	for left := width / 2; left >= cellsOf(runes[head]); head++ {
		left -= cellsOf(runes[head])
	}
	for left := width - 1 - width/2; left >= cellsOf(runes[tail-1]); tail-- {
		left -= cellsOf(runes[tail-1])
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}
