package main

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A piece of the text to paste into backend_kwargs is either text of this program or a span
// of the kwargs that the page has. Their values may be secret, so no answer holds them: the
// page puts the pieces together.
type piece struct {
	Text   string `json:"text,omitempty"`
	From   int    `json:"from,omitempty"` // the span, in UTF-16 units as a browser counts
	To     int    `json:"to,omitempty"`   // 0 if this is a piece of text
	Hidden bool   `json:"hidden,omitempty"`
}

// paste returns the fields merged into the kwargs that they were read from. merged is false
// if there are no such kwargs or they cannot be read: the text then holds the fields alone.
func (f fields) paste(kind lookup.Kind, doc string, pasted *fields) (text []piece, merged bool) {
	if pasted != nil {
		if members, ok := scanMembers(doc); ok {
			return f.merge(kind, members, *pasted), true
		}
	}
	var members []string
	for _, edit := range f.edits(kind, fields{Prefix: defaultPrefix(kind), Sep: "/"}) {
		members = append(members, edit.text())
	}
	return []piece{{Text: "{" + strings.Join(members, ", ") + "}"}}, false
}

// An edit sets a kwarg. A nil value is null, or for a pattern, that it is not set.
type edit struct {
	key    string
	value  any
	remove bool
}

func (e edit) text() string { return kwargs.Text(e.key) + ": " + kwargs.Text(e.value) }

// edits are what turns the kwargs of other fields into those of f.
func (f fields) edits(kind lookup.Kind, other fields) []edit {
	stem := kwargs.Stem(kind)
	var edits []edit
	switch {
	case f.Never && !other.Never:
		edits = append(edits, edit{key: stem + "_prefix", value: nil})
	case !f.Never && (other.Never || f.Prefix != other.Prefix):
		edits = append(edits, edit{key: stem + "_prefix", value: f.Prefix})
	}
	if f.Pattern != other.Pattern {
		edits = append(edits, edit{key: stem + "_lookup_pattern", value: f.Pattern, remove: f.Pattern == ""})
	}
	if f.Sep != other.Sep {
		edits = append(edits, edit{key: "sep", value: f.Sep})
	}
	return edits
}

// merge keeps every member that the fields do not change, as it is written.
func (f fields) merge(kind lookup.Kind, members []member, pasted fields) []piece {
	edits := f.edits(kind, pasted)
	var lines [][]piece
	for _, m := range members {
		i := slices.IndexFunc(edits, func(e edit) bool { return e.key == m.key })
		switch {
		case i < 0:
			lines = append(lines, m.pieces())
		case !edits[i].remove:
			lines = append(lines, []piece{{Text: edits[i].text()}})
		}
		if i >= 0 {
			edits = slices.Delete(edits, i, i+1)
		}
	}
	for _, e := range edits {
		if !e.remove {
			lines = append(lines, []piece{{Text: e.text()}})
		}
	}
	if len(lines) == 0 {
		return []piece{{Text: "{}"}}
	}
	text := []piece{{Text: "{\n  "}}
	for i, line := range lines {
		if i > 0 {
			text = append(text, piece{Text: ",\n  "})
		}
		text = append(text, line...)
	}
	return append(text, piece{Text: "\n}"})
}

// A member of the kwargs, with the places of its key and its value in UTF-16 units.
type member struct {
	key               string
	start, value, end int
}

// openKwargs are those whose values may be seen by whoever looks at the screen.
var openKwargs = []string{
	"connections_prefix", "connections_lookup_pattern", "variables_prefix", "variables_lookup_pattern",
	"config_prefix", "config_lookup_pattern", "sep", "region_name", "role_arn", "profile_name",
	"are_secret_values_urlencoded", "full_url_mode", "extra_conn_words", "assume_role_method",
}

func (m member) pieces() []piece {
	if slices.Contains(openKwargs, m.key) {
		return []piece{{From: m.start, To: m.end}}
	}
	return []piece{{From: m.start, To: m.value}, {From: m.value, To: m.end, Hidden: true}}
}

// scanMembers finds the members of a JSON object. Of several with one key the last counts,
// as in Python. Blank text, null and other values that Airflow reads as no kwargs have none.
// ok is false for what only Python reads as JSON.
func scanMembers(doc string) (members []member, ok bool) {
	d := json.NewDecoder(strings.NewReader(doc))
	open, err := d.Token()
	if err != nil {
		return nil, false
	}
	if open != json.Delim('{') {
		return nil, true
	}
	for d.More() {
		start := skip(doc, int(d.InputOffset()), " \t\r\n,")
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		value := skip(doc, int(d.InputOffset()), " \t\r\n:")
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return nil, false
		}
		name, _ := key.(string) // nothing else can be a key
		members = slices.DeleteFunc(members, func(m member) bool { return m.key == name })
		members = append(members, member{name, start, value, int(d.InputOffset())})
	}
	inUnits(doc, members)
	return members, true
}

// skip returns the first offset from at on whose byte is none of chars.
func skip(doc string, at int, chars string) int {
	return len(doc) - len(strings.TrimLeft(doc[at:], chars))
}

// inUnits turns the offsets of members from bytes into UTF-16 units.
func inUnits(doc string, members []member) {
	units := make([]int, len(doc)+1)
	n := 0
	for i, c := range doc {
		units[i] = n
		n += utf16.RuneLen(c)
	}
	units[len(doc)] = n
	for i := range members {
		m := &members[i]
		m.start, m.value, m.end = units[m.start], units[m.value], units[m.end]
	}
}
