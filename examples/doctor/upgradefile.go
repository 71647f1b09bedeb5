package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/export"
)

// entry is a connection of a file.
type entry struct {
	id   string // or the name of its secret
	text connuri.Secret
	why  string // why it has no text
}

// readEntries reads a file of connections: an export from Airflow, or an object of names and
// texts. Its errors hold nothing from the file but ids.
func readEntries(ctx context.Context, name string, stdin io.Reader) ([]entry, error) {
	var doc []byte
	var err error
	if name == "-" {
		doc, err = readAll(ctx, stdin)
	} else {
		doc, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, cannotRead("-file", err)
	}
	file, err := export.Read(doc)
	if err != nil {
		return nil, errors.New("-file: " + err.Error() + "; give what airflow connections export writes, " +
			"or a JSON object of secret names and their texts")
	}
	if isOneConnection(file) {
		return nil, errors.New("-file: its keys are those of one connection, not ids; put the id before " +
			`it, as in {"pg_default": {"conn_type": "postgres"}}`)
	}
	entries := []entry{} // not nil, for a file without any
	for _, e := range file.Entries {
		read := entryOf(e)
		if file.Env && read.why == "" {
			read.unquote()
		}
		entries = append(entries, read)
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

// isOneConnection reports whether a file is the JSON of a single secret: its keys are fields, and
// their values are not connections.
func isOneConnection(file export.File) bool {
	for _, e := range file.Entries {
		text, _ := e.Text()
		isConnection := e.Value[0] == '{' || strings.HasPrefix(text, "{") || strings.Contains(text, "://")
		isField := slices.Contains(fields, e.ID)
		if !isField || isConnection && e.ID != "extra" && e.ID != "host" {
			return false
		}
	}
	return !file.Env && len(file.Entries) > 0
}

// fields are the keys that the JSON of a connection has, in a secret or in an export.
var fields = []string{
	"conn_type", "conn_id", "connection_type", "engine", "host", "remote_host", "server",
	"login", "user", "username", "user_name", "password", "pass", "key", "schema", "database",
	"port", "extra", "description",
}

// unquote takes the quotes away from a line of an .env file that is written for a shell.
func (e *entry) unquote() {
	text := e.text.Reveal()
	if !strings.HasPrefix(text, `'`) && !strings.HasPrefix(text, `"`) {
		return
	}
	plain, ok := unquoted(text)
	if !ok {
		e.why = "a quote in it has no end, or text follows that needs quotes as well"
		return
	}
	e.text = connuri.NewSecret(plain)
}

// unquoted is a word as a POSIX shell reads it: all between single quotes stands for
// itself, and between double quotes a backslash is dropped before $ ` " \ alone. It is
// not ok if a shell would end the word before its end, or put something in.
func unquoted(word string) (string, bool) {
	const bare = 0
	var plain strings.Builder
	quote := byte(bare)
	for i := 0; i < len(word); i++ {
		c := word[i]
		switch {
		case quote == bare && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = bare
		case quote == '\'':
			plain.WriteByte(c)
		case c == '\\' && i+1 < len(word) && (quote == bare || strings.IndexByte("$`\"\\", word[i+1]) >= 0):
			i++
			plain.WriteByte(word[i])
		case c == '$' || c == '`' || quote == bare && strings.IndexByte(" \t;&|<>()#", c) >= 0:
			return "", false
		default:
			plain.WriteByte(c)
		}
	}
	return plain.String(), quote == bare
}
