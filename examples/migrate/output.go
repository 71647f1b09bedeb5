package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// writeTable writes one line a secret, with what is to be said about it below.
func writeTable(w io.Writer, secrets []*secret, applied bool) error {
	var out bytes.Buffer
	paint := term.New(w)
	rows := [][3]string{{"SECRET", "KIND", "WHAT"}}
	widths := [2]int{}
	for _, s := range secrets {
		name := term.Printable(s.Name)
		if s.Name == "" {
			name = term.Printable(s.ID)
		}
		rows = append(rows, [3]string{name, s.Kind, string(s.Action)})
	}
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for i, row := range rows {
		line := pad(row[0], widths[0]) + "  " + pad(row[1], widths[1]) + "  "
		if i == 0 {
			fmt.Fprintln(&out, paint.Bold(line+row[2]))
			continue
		}
		s := secrets[i-1]
		fmt.Fprintln(&out, line+s.Action.painted(paint))
		if s.Why != "" {
			fmt.Fprintln(&out, "    "+s.Why)
		}
		for _, note := range s.Notes {
			fmt.Fprintln(&out, paint.Dim("    "+note))
		}
	}
	fmt.Fprintln(&out, "\n"+summary(secrets, applied))
	_, err := w.Write(out.Bytes())
	return err
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func (a action) painted(paint term.Output) string {
	switch {
	case a.bad():
		return paint.Red(string(a))
	case a == exists, a == unknown:
		return paint.Yellow(string(a))
	}
	return paint.Green(string(a))
}

// summary counts the actions, in the order in which they first came.
func summary(secrets []*secret, applied bool) string {
	counts := map[action]int{}
	var order []action
	for _, s := range secrets {
		if counts[s.Action]++; counts[s.Action] == 1 {
			order = append(order, s.Action)
		}
	}
	parts := make([]string, len(order))
	for i, a := range order {
		parts[i] = fmt.Sprintf("%d %s", counts[a], a)
		if a == create {
			parts[i] = fmt.Sprintf("%d to create", counts[a])
		}
	}
	text := fmt.Sprintf("%d connections and variables", len(secrets))
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if !applied {
		text += ". Nothing was changed; -apply creates."
	}
	return text
}

// writeJSON writes the same for programs.
func writeJSON(w io.Writer, secrets []*secret) error {
	if secrets == nil {
		secrets = []*secret{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(secrets)
}
