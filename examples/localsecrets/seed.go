package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Values of -as other than the kinds of an export.
const (
	byShape export.Kind = ""        // recognized from the contents of each file
	secrets export.Kind = "secrets" // names of secrets and their texts
)

func kindNamed(name string) (export.Kind, error) {
	switch k := export.Kind(name); k {
	case byShape, secrets, export.Connections, export.Variables:
		return k, nil
	}
	return byShape, errors.New("-as: want secrets, connections or variables")
}

// prefixes are the prefixes that make names of secrets from ids.
type prefixes struct{ connections, variables string }

// secretFile is a file of secrets.
type secretFile struct {
	path     string
	kind     export.Kind
	under    string            // what the names begin with; "" where the file has whole names
	secrets  map[string]string // :: name → text
	leftOut  int               // environment variables that Airflow does not read
	envFiles []export.EnvFile  // which Compose reads too
}

// readSeeds reads files in order. The error names the file and the key, never a value.
func readSeeds(paths []string, k export.Kind, to prefixes) (seeds []secretFile, err error) {
	for _, path := range paths {
		doc, err := cli.ReadFile(path)
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
		if k = cmp.Or(file.Kind(), secrets); isExport(file) {
			if err := unmixed(file, k); err != nil {
				return secretFile{}, err
			}
		}
	}
	seed := secretFile{kind: k, under: to.path(k), secrets: make(map[string]string, len(file.Entries)),
		leftOut: len(file.LeftOut) + file.Unnamed, envFiles: file.EnvFiles}
	for i, entry := range file.Entries {
		kind := cmp.Or(entry.Kind, k)
		name, err := nameOf(entry.ID, to.path(kind))
		if err != nil {
			return secretFile{}, fmt.Errorf("%s: %w", label(i, entry), err)
		}
		if seed.secrets[name], err = textOf(entry, kind); err != nil {
			return secretFile{}, fmt.Errorf("%s: %w", label(i, entry), err)
		}
	}
	return seed, nil
}

// label is an entry in an error. An id that AWS forbids may be a misplaced secret.
func label(i int, entry export.Entry) string {
	if validName().MatchString(entry.ID) {
		return strconv.Quote(entry.ID)
	}
	return fmt.Sprint("entry ", i+1)
}

// validName is what AWS takes as the name of a secret.
var validName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)
})

// nameOf returns the name of the secret for an id.
func nameOf(id, path string) (string, error) {
	switch name := path + id; {
	case id == "":
		return "", errors.New("its id is empty; write one")
	case !validName().MatchString(name):
		return "", errors.New("AWS forbids the name of the secret: write up to 512 letters, digits and /_+=.@-")
	default:
		return name, nil
	}
}

// isExport reports whether the format is one in which entries do not name their kind.
func isExport(file export.File) bool {
	return file.Format != export.DotEnv && file.Format != export.Compose
}

// textOf returns the text of the secret for an entry.
func textOf(entry export.Entry, k export.Kind) (text string, err error) {
	switch k {
	case export.Connections:
		return connectionText(entry)
	case export.Variables:
		variable, err := entry.Variable()
		return variable.Text.Reveal(), err
	}
	if entry.IsConnection() {
		return "", errors.New("it is a connection, but -as secrets takes names and texts: write the " +
			"connection as a URI or as JSON in a string, or put it in a file of its own")
	}
	text, err = entry.Text()
	if doc := entry.JSON(); err != nil && doc[0] != '"' && doc != "null" {
		err = errors.New("the text of a secret is a string")
	}
	return text, err
}

// connectionText returns the text of the secret for a connection. Text, which is a URI or JSON, is
// kept as it is. From an object, or a list of one, it takes what airflow connections import takes;
// Airflow 2 also takes an extra that is not an object.
func connectionText(entry export.Entry) (string, error) {
	doc := entry.JSON()
	if text, err := entry.Text(); err == nil && doc[0] != '{' || doc[0] == '"' || doc == "null" {
		return text, err
	}
	connection, err := entry.Connection(connuri.Airflow2)
	return export.SecretJSON(connection).Reveal(), err
}

// unmixed returns an error for a connection among other values, since all would become variables.
func unmixed(file export.File, k export.Kind) error {
	if k == export.Connections {
		return nil
	}
	for i, entry := range file.Entries {
		if entry.IsConnection() {
			return fmt.Errorf("%s: it is a connection, among %s: put the connections in a file of "+
				"their own, or say with -as what they all are", label(i, entry), others(file))
		}
	}
	return nil
}

// others returns what a file holds apart from connections.
func others(file export.File) string {
	for _, entry := range file.Entries {
		if _, err := entry.Text(); err != nil && !entry.IsConnection() {
			return "values that are not"
		}
	}
	return "strings"
}

// path returns what precedes the ids of a kind in names of secrets: "" for secrets, which have
// whole names.
func (to prefixes) path(k export.Kind) string {
	switch k {
	case export.Connections:
		return path(lookup.KindConnection, to.connections)
	case export.Variables:
		return path(lookup.KindVariable, to.variables)
	}
	return ""
}

// path returns what precedes an id in the name of its secret.
func path(k lookup.Kind, prefix string) string {
	// An empty flag means no prefix; an empty lookup.Prefix is Airflow's default.
	return lookup.Rule{Kind: k, Prefix: cmp.Or(lookup.Prefix(prefix), lookup.NoPrefix)}.Path()
}
