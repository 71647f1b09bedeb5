package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/export"
)

// entry is a connection of a file.
type entry struct {
	id   string // or the name of its secret
	text connuri.Secret
	why  string // why there is no text
}

// readEntries reads a file of connections: an export of Airflow's, or an object of names
// and texts. No error holds anything of the file but an id.
func readEntries(ctx context.Context, name string, stdin io.Reader) ([]entry, error) {
	var doc []byte
	var err error
	if name == "-" {
		doc, err = readAll(ctx, stdin)
	} else {
		doc, err = os.ReadFile(name)
	}
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		err = failed.Err // without the path, which may be a misplaced connection string
	}
	if err != nil {
		return nil, errors.New("-file: it cannot be read: " + err.Error())
	}
	file, err := export.Read(doc)
	if err != nil {
		return nil, errors.New("-file: " + err.Error() + "; give what airflow connections export writes, or a JSON object of secret names and their texts")
	}
	entries := []entry{} // not nil, for a file without any
	for _, e := range file.Entries {
		entries = append(entries, entryOf(e))
	}
	return entries, nil
}

func entryOf(e export.Entry) entry {
	switch e.Value[0] {
	case '{': // as it stands, with each number and escape that matters
		return entry{id: e.ID, text: connuri.NewSecret(string(e.Value))}
	case '"':
		text, err := e.Text()
		if err != nil {
			return entry{id: e.ID, why: "its text cannot be that of a secret"}
		}
		return entry{id: e.ID, text: connuri.NewSecret(text)}
	}
	return entry{id: e.ID, why: "it is neither a text nor a JSON object"}
}
