// Package term writes for people at a terminal: in colour where one is, plain
// where the output goes to a file or a pipe.
package term

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// Output is a writer that knows whether colours show on it.
type Output struct {
	io.Writer
	colored bool
}

// New tells a terminal from a file. NO_COLOR, if set, turns colours off, as at
// no-color.org.
func New(w io.Writer) Output {
	return Output{w, IsTerminal(w) && os.Getenv("NO_COLOR") == ""}
}

// IsTerminal reports whether somebody may be watching w.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too, and nobody is there
	return err != nil || !os.SameFile(info, null)
}

// Bold makes text bold. Pad it before, here and below: escape codes count as
// width.
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

// Printable quotes what a terminal would obey rather than show, such as escape
// codes in an id that somebody else has chosen.
func Printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
