package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// id is what is looked up: a conn_id, a variable key or a config key.
type id struct {
	kind lookup.Kind
	text string
}

// setIDs reads the IDs. Its errors do not hold them.
func (d *doctor) setIDs(kind string, texts []string) error {
	for _, text := range texts {
		i, err := parseID(kind, text)
		if err != nil {
			return err
		}
		if !slices.Contains(d.ids, i) {
			d.ids = append(d.ids, i)
		}
	}
	_, err := parseID(kind, "x")
	return err
}

func parseID(kind, text string) (id, error) {
	for _, k := range kinds {
		if rest, ok := strings.CutPrefix(text, k.kind.String()+":"); ok {
			return parseID(k.kind.String(), rest)
		}
	}
	if cannotBeID(text) {
		return id{}, errors.New("an ID is empty or looks like a connection string; " +
			"give a conn_id, variable:KEY or config:KEY")
	}
	k, err := lookup.ParseKind(kind)
	if err != nil {
		return id{}, errors.New("-kind must be connection, variable or config")
	}
	return id{k, text}, nil
}

// cannotBeID reports whether a text must not be shown, since it may be a misplaced connection
// string.
func cannotBeID(text string) bool {
	return text == "" || term.Printable(text) != text || lookup.ShownID(text) != text
}
