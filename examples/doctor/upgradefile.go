package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/envfile"
)

// entry is a connection of a file.
type entry struct {
	id   string // or the name of its secret
	text connuri.Secret
	why  string // why it has no text
}

// connectionFile is what -file names.
type connectionFile struct {
	entries  []entry
	envFiles []export.EnvFile // of a Compose file; they are not read
}

// readConnections reads a file of connections: an export from Airflow, or an object of names and
// texts. Its errors hold nothing from the file but ids.
func readConnections(ctx context.Context, name string, stdin io.Reader) (*connectionFile, error) {
	var doc []byte
	var err error
	if name == "-" {
		doc, err = readAll(ctx, stdin)
	} else {
		doc, err = cli.ReadFile(name)
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
	f := &connectionFile{envFiles: file.EnvFiles}
	for _, e := range file.Entries {
		if e.Kind != export.Variables {
			f.entries = append(f.entries, entryOf(e))
		}
	}
	return f, nil
}

// checkFile warns about a file without connections, and about files that it refers to.
func (d *doctor) checkFile() {
	var found []Finding
	if len(d.file.entries) == 0 {
		found = append(found, Finding{Warning, "the file has no connections",
			"give what airflow connections export writes"})
	}
	if unread := envfile.Unread(d.file.envFiles); unread != "" {
		found = append(found, Finding{Warning, unread, "compare each env_file in a run of its own"})
	}
	if len(found) > 0 {
		d.setAll(secrets, found, "")
	}
}

func entryOf(e export.Entry) entry {
	doc := e.JSON()
	if doc[0] == '{' { // as it stands, with each number and escape that matters
		return entry{id: e.ID, text: connuri.NewSecret(doc)}
	}
	text, err := e.Text()
	if err != nil {
		return entry{id: e.ID, why: err.Error()}
	}
	return entry{id: e.ID, text: connuri.NewSecret(text)}
}

// isOneConnection reports whether a file is the JSON of a single secret: its keys are fields, and
// their values are not connections.
func isOneConnection(file export.File) bool {
	for _, e := range file.Entries {
		text, _ := e.Text()
		isConnection := e.JSON()[0] == '{' || strings.HasPrefix(text, "{") || strings.Contains(text, "://")
		isField := slices.Contains(fields, e.ID)
		if !isField || isConnection && e.ID != "extra" && e.ID != "host" {
			return false
		}
	}
	return (file.Format == export.JSON || file.Format == export.YAML) && len(file.Entries) > 0
}

// fields are the keys that the JSON of a connection has, in a secret or in an export.
var fields = []string{
	"conn_type", "conn_id", "connection_type", "engine", "host", "remote_host", "server",
	"login", "user", "username", "user_name", "password", "pass", "key", "schema", "database",
	"port", "extra", "description",
}
