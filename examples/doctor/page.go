package main

import (
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// page is what a report is written on. It has a width, and shows colors at a terminal.
type page struct {
	term.Output
	width int
}

func newPage(w io.Writer) page { return page{term.New(w), cli.Width(w)} }

// wide is the width from which a check has its text beside its name. On a narrower page the
// text is below the name, since the longest words, the names of classes, have 74 columns.
const wide = 100

// indented wraps text between words. Each line begins with the indent.
func (p page) indented(indent int, text string) string {
	space := strings.Repeat(" ", indent)
	return cli.Wrap(space+text, p.width, space)
}

// beside puts text to the right of head, which is indent columns wide without escape codes.
func (p page) beside(head string, indent int, text string) string {
	return head + p.indented(indent, text)[indent:]
}

// advice is an indented "do:" with what to do.
func (p page) advice(indent int, do string) string {
	return strings.Replace(p.indented(indent, "do: "+do), "do:", p.Bold("do:"), 1)
}
