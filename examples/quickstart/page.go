package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// A page collects the output, wrapped to the width of the terminal.
type page struct {
	text  strings.Builder
	width int
	term  term.Output
}

func newPage(w io.Writer) *page { return &page{width: cli.Width(w), term: term.New(w)} }

// heading begins a section, after an empty line unless it is the first.
func (p *page) heading(text string) {
	if p.text.Len() > 0 {
		p.text.WriteByte('\n')
	}
	for line := range strings.Lines(cli.Wrap(text, p.width, "")) {
		p.text.WriteString(p.term.Bold(strings.TrimSuffix(line, "\n")) + "\n")
	}
}

// paragraph writes text with the indent of a section.
func (p *page) paragraph(text string) {
	p.text.WriteString(cli.Wrap("  "+text, p.width, "  ") + "\n")
}

// labelWidth is as wide as the widest label, plus two columns between it and its text.
const labelWidth = len("postgres_default  ")

// entry writes a label and its text, which continues below itself.
func (p *page) entry(label, text string) {
	indent := strings.Repeat(" ", 2+labelWidth)
	if len(label)+2 > labelWidth || p.width < 50 { // no room side by side
		p.paragraph(label)
		p.text.WriteString(cli.Wrap("    "+text, p.width, "    ") + "\n")
		return
	}
	// The label may not take part in the wrapping, which would fold its padding.
	wrapped := cli.Wrap(indent+text, p.width, indent)
	p.text.WriteString(fmt.Sprintf("  %-*s", labelWidth, label) + strings.TrimPrefix(wrapped, indent) + "\n")
}

// address is where a connection leads, without its password.
func address(c connuri.Connection) string {
	shown := shownFields(c)
	text := shown["host"]
	if shown["login"] != "" {
		text = shown["login"] + "@" + text
	}
	if c.Port != 0 {
		text += fmt.Sprint(":", c.Port)
	}
	if shown["schema"] != "" {
		text += "/" + shown["schema"]
	}
	return strings.TrimSpace(shown["conn_type"] + " " + text)
}

// shownFields are the fields of a connection as it prints itself: those that may hold a
// secret are redacted.
func shownFields(c connuri.Connection) map[string]string {
	shown := map[string]string{}
	for _, field := range c.LogValue().Group() {
		shown[field.Key] = term.Printable(field.Value.String())
	}
	return shown
}
