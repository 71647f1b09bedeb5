package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

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
	return byShape, errors.New("-as: want secrets, connections or variables")
}

// prefixes are the prefixes that make names of secrets from ids.
type prefixes struct{ connections, variables string }

// secretFile is a file of secrets.
type secretFile struct {
	path    string
	kind    export.Kind
	under   string            // what the names begin with; "" where the file has whole names
	secrets map[string]string // :: name → text
}

// readSeeds reads files in order. The error names the file and the key, never a value.
func readSeeds(paths []string, k export.Kind, to prefixes) (seeds []secretFile, err error) {
	for _, path := range paths {
		doc, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("-seed: %w", err)
		}
		seed, err := readSeed(doc, k, to)
		if err != nil {
			return nil, fmt.Errorf("-seed %s: %w", path, err)
		}
		seed.path = path
		seeds = append(seeds, seed)
	}
	return seeds, nil
}

// allSecrets returns the secrets of all files. A later file overrides an earlier one.
func allSecrets(seeds []secretFile) map[string]string {
	all := map[string]string{}
	for _, seed := range seeds {
		maps.Copy(all, seed.secrets)
	}
	return all
}

func readSeed(doc []byte, k export.Kind, to prefixes) (secretFile, error) {
	file, err := export.Read(doc)
	if err != nil {
		return secretFile{}, err
	}
	if k == byShape {
		k = file.Kind()
		if err := unmixed(file, k); err != nil {
			return secretFile{}, err
		}
	}
	seed := secretFile{kind: k, secrets: make(map[string]string, len(file.Entries))}
	switch k {
	case export.Connections:
		seed.under = path(lookup.KindConnection, to.connections)
	case export.Variables:
		seed.under = path(lookup.KindVariable, to.variables)
	}
	for _, entry := range file.Entries {
		text, err := textOf(entry, k)
		if err != nil {
			return secretFile{}, fmt.Errorf("%q: %w", entry.ID, err)
		}
		seed.secrets[seed.under+entry.ID] = text
	}
	return seed, nil
}

// textOf is the text of the secret that an entry becomes.
func textOf(entry export.Entry, k export.Kind) (text string, err error) {
	switch k {
	case export.Connections:
		return entry.ConnectionText()
	case export.Variables:
		text, _, _, err = entry.VariableText()
		return text, err
	}
	if isConnection(entry) {
		return "", errors.New("it is a connection, but -as secrets takes names and texts: write the connection as a URI or as JSON in a string, or put it in a file of its own")
	}
	return entry.Text()
}

// unmixed refuses a connection among other values: they would all become variables.
func unmixed(file export.File, k export.Kind) error {
	if k == export.Connections {
		return nil
	}
	for _, entry := range file.Entries {
		if isConnection(entry) {
			return fmt.Errorf("%q: it is a connection, among %s: put the connections in a file of their own, or say with -as what they all are", entry.ID, others(file))
		}
	}
	return nil
}

// others says what a file holds besides connections.
func others(file export.File) string {
	for _, entry := range file.Entries {
		if entry.Value[0] != '"' && !isConnection(entry) {
			return "values that are not"
		}
	}
	return "strings"
}

// isConnection reports whether an entry is an object that says its type.
func isConnection(entry export.Entry) bool {
	var fields map[string]json.RawMessage
	return strings.HasPrefix(string(entry.Value), "{") && json.Unmarshal(entry.Value, &fields) == nil && fields["conn_type"] != nil
}

// path is what an id is put behind to be looked up.
func path(k lookup.Kind, prefix string) string {
	// An empty flag turns the prefix off; an empty lookup.Prefix is Airflow's default.
	return lookup.Rule{Kind: k, Prefix: cmp.Or(lookup.Prefix(prefix), lookup.NoPrefix)}.Path()
}
