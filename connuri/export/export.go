package export

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Kind is what a file or an entry holds. The zero value means that it does not say: a text
// can be either.
type Kind string

// The kinds.
const (
	Connections Kind = "connections"
	Variables   Kind = "variables"
)

// Format is how a file is written.
type Format string

// The formats. JSON, YAML and Env are those of Airflow's import commands.
const (
	JSON    Format = "json"
	YAML    Format = "yaml"
	Env     Format = "env"     // lines of ID=VALUE
	DotEnv  Format = "dotenv"  // lines of AIRFLOW_CONN_ID=VALUE, as a shell or Compose reads them
	Compose Format = "compose" // a Compose file, which sets AIRFLOW_CONN_ID for its services
)

// File is a file of connections, of variables, or of both. Entries, LeftOut and EnvFiles are
// in the order of the file.
type File struct {
	Format  Format
	Entries []Entry
	// LeftOut has the names of environment variables that Airflow does not read as either. Unnamed
	// counts the others, whose names may be misplaced secrets: those that are not of the form
	// [A-Za-z_][A-Za-z0-9_.-]*, and those with a word as long as a key or token.
	LeftOut  []string
	Unnamed  int
	EnvFiles []EnvFile // of a Compose file; Read does not open them
}

// EnvFile is a file that a service of a Compose file takes further variables from.
type EnvFile struct {
	Service string
	Path    string // as the Compose file has it
}

// Entry is one connection or variable, with a value that does not print. Only Read makes
// entries.
type Entry struct {
	ID   string // conn_id or key
	Kind Kind   // of an environment variable, otherwise ""
	Name string // of the environment variable, otherwise ""

	value connuri.Secret // JSON, or text of a line
	form  form
	why   string // why there is no value
	idWhy string // why a connection cannot have the id
}

// form is what the value of an entry is.
type form uint8

const (
	jsonForm form = iota
	lineForm      // the text after ID=
	envForm       // the value of an environment variable
)

// Read reads a file of any of the formats. Its error is about the file as a whole; an entry
// that cannot be read is reported by the methods of Entry.
func Read(doc []byte) (File, error) {
	doc = bytes.TrimPrefix(doc, []byte("\ufeff"))
	if !utf8.Valid(doc) {
		return File{}, errors.New("it is not UTF-8")
	}
	text := string(doc)
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return File{}, errors.New("it is empty")
	}
	var f File
	var err error
	switch {
	case setsEnvironment(text):
		f, err = readDotEnv(text)
	case isFlow(trimmed):
		f, err = readYAML(text)
	case trimmed[0] == '{' || trimmed[0] == '[' || trimmed == "null":
		f, err = readJSON(trimmed)
	case isLines(text):
		f, err = readEnv(text)
	default:
		f, err = readYAML(text)
	}
	if err != nil {
		return File{}, err
	}
	if f.Format == JSON || f.Format == YAML {
		f = f.asEnvironment()
	}
	return f, f.unique()
}

func (f File) unique() error {
	type key struct {
		kind Kind
		id   string
	}
	first := make(map[key]int, len(f.Entries))
	for i, e := range f.Entries {
		before, isTwice := first[key{e.Kind, e.ID}]
		switch {
		case !isTwice:
			first[key{e.Kind, e.ID}] = i
		case strings.Contains(e.ID, "://"): // a misplaced connection
			return errors.New("an id that looks like a URI is there twice; write the id before the URI")
		case !wideName().MatchString(e.ID) || hasLongWord(e.ID):
			return fmt.Errorf("entry %d has the id of entry %d; remove one", i+1, before+1)
		default:
			return fmt.Errorf("%q: it is there twice; remove one", e.ID)
		}
	}
	return nil
}

// Kind returns what the file holds, as far as its values show: connections if it has lines of
// ID=VALUE or all values are objects with a conn_type; "" if all values are text, or if
// environment variables are of both kinds; otherwise variables.
func (f File) Kind() Kind {
	texts, conns, named := 0, 0, map[Kind]int{}
	for _, e := range f.Entries {
		switch {
		case e.Kind != "":
			named[e.Kind]++
		case e.IsConnection():
			conns++
		case strings.HasPrefix(e.value.Reveal(), `"`):
			texts++
		}
	}
	switch n := len(f.Entries); {
	case f.Format == Env:
		return Connections
	case named[Connections] > 0 && named[Variables] > 0, texts == n:
		return ""
	case named[Connections]+conns == n:
		return Connections
	}
	return Variables
}

// IsConnection reports whether the entry is an object with a conn_type, or an environment
// variable of a connection.
func (e Entry) IsConnection() bool {
	if e.Kind != "" {
		return e.Kind == Connections
	}
	isConnection := false
	_ = pyjson.Members(e.JSON(), func(key, _ pyjson.Value) error {
		isConnection = isConnection || key.Raw == "conn_type"
		return nil
	})
	return isConnection
}

// JSON returns the value as JSON: unchanged if the file is JSON, otherwise written as JSON. It
// reveals the value, and returns null for an entry that cannot be read.
func (e Entry) JSON() string {
	text := e.value.Reveal()
	switch {
	case e.why != "":
		return "null"
	case e.form == jsonForm:
		return text
	case e.form == lineForm && strings.HasPrefix(text, "{"):
		return text
	}
	text, err := e.Text()
	if err != nil {
		return "null"
	}
	return string(pyjson.AppendString(nil, text))
}

// Text returns the value if it is text, and otherwise an error. It removes quotes around the
// text of a line. It reveals the value.
func (e Entry) Text() (string, error) {
	switch {
	case e.why != "":
		return "", errors.New(e.why)
	case e.form == envForm:
		return e.value.Reveal(), nil
	case e.form == lineForm:
		return unquoted(pystr.Strip(e.value.Reveal()))
	}
	v, err := pyjson.Load(e.value.Reveal())
	if err != nil || v.Kind != pyjson.String {
		return "", errors.New("it is neither text nor a JSON object")
	}
	return whole(v)
}

// whole is the text of a string without half a surrogate pair, which no secret can hold.
func whole(v pyjson.Value) (string, error) {
	text, ok := v.Text()
	if !ok {
		return "", errors.New("it holds half of a surrogate pair, which is not UTF-8")
	}
	return text, nil
}
