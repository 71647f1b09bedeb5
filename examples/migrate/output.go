package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// writeTable writes one line a secret, with what is to be said about it below.
func writeTable(w io.Writer, secrets []*secret, m mode) error {
	var out bytes.Buffer
	paint, width := term.New(w), cli.Width(w)
	rows := [][3]string{{"SECRET", "KIND", "WHAT"}}
	widths := [3]int{}
	for _, s := range secrets {
		name := term.Printable(s.Name)
		if s.Name == "" {
			name = term.Printable(s.ID)
		}
		rows = append(rows, [3]string{name, s.Kind, string(s.Action)})
	}
	for _, row := range rows {
		for i := range widths {
			widths[i] = max(widths[i], cli.Cells(row[i]))
		}
	}
	widths[0] = min(widths[0], max(10, width-widths[1]-widths[2]-4))
	for i, row := range rows {
		line := cli.Pad(cli.Shorten(row[0], widths[0]), widths[0]) + "  " + cli.Pad(row[1], widths[1]) + "  "
		if i == 0 {
			fmt.Fprintln(&out, paint.Bold(line+row[2]))
			continue
		}
		s := secrets[i-1]
		fmt.Fprintln(&out, line+s.Action.painted(paint))
		if s.Why != "" {
			fmt.Fprintln(&out, cli.Fit("    "+term.Escape(s.Why), width, "      "))
		}
		for _, note := range s.Notes {
			for _, line := range strings.Split(cli.Fit("    "+term.Escape(note), width, "      "), "\n") {
				fmt.Fprintln(&out, paint.Dim(line))
			}
		}
	}
	fmt.Fprintln(&out, "\n"+cli.Wrap(summary(secrets, m), width, ""))
	_, err := w.Write(out.Bytes())
	return err
}

func (a action) painted(paint term.Output) string {
	switch {
	case a.bad():
		return paint.Red(string(a))
	case a == differs, a == exists, a == update, a == unknown:
		return paint.Yellow(string(a))
	}
	return paint.Green(string(a))
}

// summary counts the actions, in the order in which they first came.
func summary(secrets []*secret, m mode) string {
	counts := map[action]int{}
	kinds := map[string]int{}
	var order []action
	for _, s := range secrets {
		kinds[s.Kind]++
		if counts[s.Action]++; counts[s.Action] == 1 {
			order = append(order, s.Action)
		}
	}
	parts := make([]string, len(order))
	for i, a := range order {
		parts[i] = fmt.Sprintf("%d %s", counts[a], a)
		if a == create || a == update {
			parts[i] = fmt.Sprintf("%d to %s", counts[a], a)
		}
	}
	var nouns []string
	if n := kinds["connection"]; n > 0 || kinds["variable"] == 0 {
		nouns = append(nouns, count(n, "connection", "connections"))
	}
	if n := kinds["variable"]; n > 0 {
		nouns = append(nouns, count(n, "variable", "variables"))
	}
	text := strings.Join(nouns, " and ")
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	switch {
	case !m.apply && counts[update] > 0:
		text += ". Nothing was changed; -apply creates and updates."
	case !m.apply:
		text += ". Nothing was changed; -apply creates."
	case counts[differs] > 0 && !m.update:
		text += ". -update changes what differs."
	}
	return text
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
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
