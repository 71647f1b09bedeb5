package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/jsonplace"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/pytruth"
)

// object is a JSON object. If a key is repeated, the last value counts, as in Python.
type object map[string]json.RawMessage

// errNoObject is the error for other JSON, which Airflow ignores.
var errNoObject = errors.New("JSON, but not an object")

// parseObject parses backend_kwargs. As in Airflow, a value that is false in Python (null, 0,
// "", []) means that there are none.
func parseObject(doc string) (object, error) {
	if doc == "" {
		return nil, nil
	}
	if !utf8.ValidString(doc) {
		return nil, errors.New("not UTF-8")
	}
	doc = withoutNaN(doc)
	var values object
	if json.Unmarshal([]byte(doc), &values) == nil { // an object or null
		return values, nil
	}
	if !json.Valid([]byte(doc)) {
		return nil, notJSON(doc)
	}
	var value any
	if json.Unmarshal([]byte(doc), &value) == nil && falsy(value) {
		return nil, nil
	}
	return nil, errNoObject
}

// floats matches the numbers that only Python's JSON has. It also matches strings, in order to
// skip them.
var floats = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[\w.+]+`) })

// withoutNaN replaces NaN and Infinity by other numbers of the same length. No kwarg may be
// such a number, so all that matters is that they are numbers other than zero.
func withoutNaN(doc string) string {
	if !strings.Contains(doc, "NaN") && !strings.Contains(doc, "Infinity") {
		return doc
	}
	return floats().ReplaceAllStringFunc(doc, func(token string) string {
		switch token {
		case "NaN":
			return "1e9"
		case "Infinity":
			return "1e000009"
		case "-Infinity":
			return "-1e000009"
		}
		return token
	})
}

// notJSON says where a text stops being JSON, what is wrong there and what to write. It
// replaces the error of encoding/json, which quotes the text and differs between releases of
// Go.
func notJSON(doc string) error {
	at := jsonplace.Broken(doc)
	if at < 0 {
		at = len(doc)
	}
	problem, instead := jsonplace.Advice(doc, "")
	advice := problem + "; " + instead
	if at == len(doc) {
		return errors.New("not JSON: " + advice)
	}
	return fmt.Errorf("not JSON at byte %d: %s", at, advice)
}

// falsy reports whether Python treats a JSON value as false.
func falsy(v any) bool { return pytruth.IsFalsy(v) }

// boolean is getboolean of Airflow's configuration.
func boolean(text string) (on, ok bool) {
	word, _, _ := strings.Cut(strings.ToLower(text), "#")
	switch strings.TrimSpace(word) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}

// reader reads the kwargs of an object. It keeps the error of the first kwarg that cannot be
// used, and continues with zero values.
type reader struct {
	values object
	path   string // the prefix of each name, such as "session_kwargs."
	by     rules  // the rules for the whole document; zero in a nested object, which needs none
	*notes
}

// notes collects the warnings and the error of one document.
type notes struct {
	warnings []Warning
	err      error
}

// refuse keeps the first error. field includes the path.
func (n *notes) refuse(field, rule, problem, instead string) {
	if n.err == nil {
		n.err = refusal(field, rule, problem, instead)
	}
}

// refuseType names the type that a kwarg must have and the one that it has, but not its value.
func (r reader) refuseType(name, want string) {
	r.refuse(r.path+name, "type", fmt.Sprintf("%s%s must be %s, and is %s", r.path, name, want, typeOf(r.values[name])), "")
}

// typeOf returns the type of a JSON value for a message.
func typeOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return "missing"
	case raw[0] == '"':
		if string(raw) == `""` {
			return "empty"
		}
		return "a string"
	case raw[0] == '{':
		return "an object"
	case raw[0] == '[':
		return "a list"
	case raw[0] == 'n':
		return "null"
	case raw[0] == 't' || raw[0] == 'f':
		return string(raw)
	}
	return "a number"
}

// any returns the value of a kwarg, or nil if it is null or missing.
func (r reader) any(name string) (value any) {
	if json.Unmarshal(r.values[name], &value) != nil && r.given(name) {
		return r.values[name] // a number that does not fit a float64, which no kwarg may be
	}
	return value
}

func (r reader) given(name string) bool { return r.values[name] != nil }

// text returns a kwarg that must be a string. null counts as missing.
func (r reader) text(name string) (text string, given bool) {
	switch v := r.any(name).(type) {
	case nil:
		return "", false
	case string:
		return v, true
	}
	r.refuseType(name, "a string")
	return "", false
}

// filled returns a kwarg that must be a string and must not be empty.
func (r reader) filled(name string) string {
	text, given := r.text(name)
	if given && text == "" {
		r.refuse(r.path+name, "value", r.path+name+" is empty", "leave it out instead")
	}
	return text
}

// object returns a kwarg that must be an object. A value that is false in Python counts as
// missing.
func (r reader) object(name string) reader {
	nested := reader{path: r.path + name + ".", notes: r.notes}
	if value := r.any(name); !falsy(value) && json.Unmarshal(r.values[name], &nested.values) != nil {
		r.refuseType(name, "an object")
	}
	return nested
}
