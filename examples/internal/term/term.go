// Package term writes in color at a terminal, and plain text to a file or a pipe.
package term

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// Output is a writer that knows whether it shows colors.
type Output struct {
	io.Writer
	colored bool
}

// New returns an Output for w. It shows colors if w is a terminal and NO_COLOR is not set,
// see no-color.org.
func New(w io.Writer) Output {
	return Output{w, IsTerminal(w) && os.Getenv("NO_COLOR") == ""}
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too, but not a terminal
	return err != nil || !os.SameFile(info, null)
}

// Bold makes text bold. Pad the text before calling Bold or a color, since escape codes
// count as width.
func (o Output) Bold(s string) string { return o.sgr("1", s) }

// Dim makes text pale.
func (o Output) Dim(s string) string { return o.sgr("2", s) }

// Red makes text red.
func (o Output) Red(s string) string { return o.sgr("31", s) }

// Green makes text green.
func (o Output) Green(s string) string { return o.sgr("32", s) }

// Yellow makes text yellow.
func (o Output) Yellow(s string) string { return o.sgr("33", s) }

func (o Output) sgr(code, s string) string {
	if !o.colored || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Printable quotes text that a terminal would obey rather than show, such as an id with
// escape codes in it.
func Printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// Escape replaces each character that a terminal would obey with its escape in Go, such as
// \x1b. Line feeds and tabs stay.
func Escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
