package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/export"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// byShape lets the file tell what it holds.
const byShape export.Kind = ""

func kindNamed(name string) (export.Kind, error) {
	switch k := export.Kind(name); k {
	case byShape, export.Secrets, export.Connections, export.Variables:
		return k, nil
	}
	return byShape, errors.New("want secrets, connections or variables")
}

// prefixes are what ids are put behind to make the names of secrets.
type prefixes struct{ connections, variables string }

// readSeed reads the secrets in a file, names to texts. The error names the file
// and the key, never what is in it.
func readSeed(file string, k export.Kind, to prefixes) (map[string]string, error) {
	doc, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found, err := seed(doc, k, to)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

func seed(doc []byte, k export.Kind, to prefixes) (map[string]string, error) {
	file, err := export.Read(doc)
	if err != nil {
		return nil, err
	}
	if k == byShape {
		k = file.Kind()
	}
	found := make(map[string]string, len(file.Entries))
	for _, entry := range file.Entries {
		name, text, err := entry.ID, "", error(nil)
		switch k {
		case export.Connections:
			name = nameOf(lookup.Connection, to.connections, entry.ID)
			text, err = entry.ConnectionText()
		case export.Variables:
			name = nameOf(lookup.Variable, to.variables, entry.ID)
			text, _, _, err = entry.VariableText()
		default:
			text, err = entry.Text()
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", entry.ID, err)
		}
		found[name] = text
	}
	return found, nil
}

// nameOf is the secret that an id is looked up under.
func nameOf(k lookup.Kind, prefix, id string) string {
	// A flag that is empty is no prefix; an empty lookup.Prefix would be Airflow's own.
	rule := lookup.Rule{Kind: k, Prefix: cmp.Or(lookup.Prefix(prefix), lookup.NoPrefix)}
	return rule.Path() + id
}
