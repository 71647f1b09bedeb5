// Package export reads what airflow connections export and airflow variables
// export write: JSON, and for connections the env format too.
//
// No error holds a value: it names the id, the line or the byte.
package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Kind is what a file holds.
type Kind string

// The kinds.
const (
	Secrets     Kind = "secrets"     // names and texts, which Airflow exports nowhere
	Connections Kind = "connections" // what airflow connections export writes
	Variables   Kind = "variables"   // what airflow variables export writes
)

// A File is an export, in the order of the file.
type File struct {
	Entries []Entry
	Env     bool // in the env format: ID=URI, or ID={JSON}
}

// An Entry is one connection or variable.
type Entry struct {
	ID    string          // conn_id or key
	Value json.RawMessage // as it stands in the file; a URI of the env format is a JSON string here
}

// Read reads a file of either format.
func Read(doc []byte) (File, error) {
	doc = bytes.TrimSpace(bytes.TrimPrefix(doc, []byte("\ufeff")))
	if !utf8.Valid(doc) { // Go would put U+FFFD for it
		return File{}, errors.New("it is not UTF-8")
	}
	switch {
	case len(doc) == 0:
		return File{}, errors.New("it is empty")
	case !bytes.ContainsRune([]byte(`{["`), rune(doc[0])) && bytes.ContainsRune(doc, '='):
		return readEnv(doc)
	}
	return readJSON(doc)
}

func readJSON(doc []byte) (File, error) {
	plain := withoutNaN(doc)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(plain, &members); err != nil {
		return File{}, notAnExport(plain, err)
	}
	if members == nil {
		return File{}, errors.New("null, not a JSON object")
	}
	if err := printed(members); err != nil {
		return File{}, err
	}
	// Once more for the order. The offsets are those of doc, NaN and all.
	f := File{Entries: make([]Entry, 0, len(members))}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	_, _ = decoder.Token() // {
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		_ = decoder.Decode(&value) // as valid as it was above
		end := int(decoder.InputOffset())
		f.Entries = append(f.Entries, Entry{fmt.Sprint(key), json.RawMessage(doc[end-len(value) : end])})
	}
	return f, f.unique()
}

func (f File) unique() error {
	seen := make(map[string]bool, len(f.Entries))
	for _, e := range f.Entries {
		if seen[e.ID] {
			return fmt.Errorf("%q: it is there twice", e.ID)
		}
		seen[e.ID] = true
	}
	return nil
}

// withoutNaN has numbers of the same length for NaN and Infinity, which Python
// writes and no other JSON knows.
func withoutNaN(doc []byte) []byte {
	plain := bytes.Clone(doc)
	for i := 0; i < len(plain); i++ {
		switch rest := plain[i:]; {
		case rest[0] == '"':
			for i++; i < len(plain) && plain[i] != '"'; i++ {
				if plain[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(rest, []byte("NaN")):
			copy(rest, "100")
		case bytes.HasPrefix(rest, []byte("Infinity")):
			copy(rest, "10000000")
		}
	}
	return plain
}

// What else Airflow prints about connections and variables, and why it is no
// export.
var (
	errGet       = errors.New("this is printed by airflow connections get or list, which turns the numbers and booleans of an extra into text: use airflow connections export")
	errList      = errors.New("this is printed by airflow connections list and holds ids and types only: use airflow connections export")
	errVariables = errors.New("this is printed by airflow variables list, which may hide or leave out the values: use airflow variables export")
	errAPI       = errors.New("this is an answer of Airflow's API, where passwords are masked: use airflow connections export or airflow variables export")
)

// printed tells the objects that are no exports.
func printed(members map[string]json.RawMessage) error {
	has := func(key string) bool { _, ok := members[key]; return ok }
	switch {
	case has("conn_id") && (has("get_uri") || has("extra_dejson")):
		return errGet
	case has("total_entries") && (has("connections") || has("variables")):
		return errAPI
	}
	return nil
}

// notAnExport says what is wrong with JSON that is no object. The text of the
// JSON error quotes the file, so it is not passed on.
func notAnExport(doc []byte, err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		if doc[0] != '{' && doc[0] != '[' {
			return errors.New("neither JSON nor lines of ID=URI" + noYAML)
		}
		// connuri's place is the same under every release of Go.
		_, err := connuri.ParseJSON(string(doc))
		if broken, ok := errors.AsType[*connuri.Error](err); ok && broken.Offset >= 0 {
			return fmt.Errorf("not JSON, byte %d", broken.Offset)
		}
		return errors.New("not JSON")
	}
	var rows []map[string]json.RawMessage
	if json.Unmarshal(doc, &rows) == nil && len(rows) > 0 {
		_, isConnection := rows[0]["conn_id"]
		_, isVariable := rows[0]["key"]
		switch lossy := printed(rows[0]); {
		case lossy != nil:
			return lossy
		case isConnection:
			return errList
		case isVariable:
			return errVariables
		}
	}
	return errors.New("not a JSON object")
}

const noYAML = "; YAML is not read: export again with --file-format json"

// connID is what Airflow takes for a conn_id.
var connID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN_#!()\-.:/\\]+$`) })

// readEnv reads lines of ID=URI or ID={JSON}, as Airflow does: a value may hold
// more equals signs, # begins a comment.
func readEnv(doc []byte) (File, error) {
	f := File{Env: true}
	for i, line := range strings.Split(string(doc), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		id, text, found := strings.Cut(line, "=")
		if !found || !connID().MatchString(id) || text == "" { // the id would be shown, and half of a URI has a password
			return File{}, fmt.Errorf("line %d: neither JSON nor ID=URI%s", i+1, noYAML)
		}
		value := json.RawMessage(text)
		if text[0] != '{' {
			value, _ = json.Marshal(text) // text always marshals
		} else if !json.Valid(value) {
			return File{}, fmt.Errorf("line %d: what follows the equals sign begins as JSON and is none", i+1)
		}
		f.Entries = append(f.Entries, Entry{id, value})
	}
	return f, f.unique()
}

// Kind tells by the values what a file holds: connections are objects with a
// conn_type, or of the env format; strings alone are secrets, though variables
// may all be strings as well.
func (f File) Kind() Kind {
	texts, conns := 0, 0
	for _, e := range f.Entries {
		var fields map[string]json.RawMessage
		switch {
		case e.Value[0] == '"':
			texts++
		case json.Unmarshal(e.Value, &fields) == nil && fields["conn_type"] != nil:
			conns++
		}
	}
	switch {
	case f.Env:
		return Connections
	case texts == len(f.Entries):
		return Secrets
	case conns == len(f.Entries):
		return Connections
	}
	return Variables
}

// IsConnection tells an object with what every exported connection has.
func (e Entry) IsConnection() bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(e.Value, &members) == nil && members["conn_type"] != nil && members["password"] != nil
}

// IsURI tells a string that may be the URI of a connection.
func (e Entry) IsURI() bool {
	s, err := e.Text()
	return err == nil && strings.Contains(s, "://")
}

// Text is the value of an entry that is a string.
func (e Entry) Text() (string, error) {
	if e.Value[0] != '"' {
		return "", errors.New("the text of a secret is a string")
	}
	return text(e.Value)
}

// text reads a JSON string.
func text(value json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "", errors.New("not a string")
	}
	// Go puts U+FFFD for what it cannot read.
	written := strings.ToLower(strings.ReplaceAll(string(value), `\\`, ""))
	if strings.Count(s, "\ufffd") > strings.Count(written, "\ufffd")+strings.Count(written, `\ufffd`) {
		return "", errors.New("it holds half of a surrogate pair, or is not UTF-8, which no secret can be")
	}
	return s, nil
}
