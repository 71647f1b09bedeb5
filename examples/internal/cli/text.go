package cli

import (
	"fmt"
	"strings"
)

// Fit is Wrap, but it shortens a word that is too long for a line, so that no line is wider
// than width.
func Fit(text string, width int, indent string) string {
	var b strings.Builder
	body := strings.TrimLeft(text, " ")
	b.WriteString(text[:len(text)-len(body)])
	room := width - max(len(text)-len(body), len(indent))
	for i, word := range strings.Fields(body) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Shorten(word, room))
	}
	return Wrap(b.String(), width, indent)
}

// Count returns a number together with its noun, such as "1 call" or "2 calls".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n, " ", noun)
}
