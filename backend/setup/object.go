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
	"github.com/airflowsecrets/airflowsecrets/internal/pytruth"
)

// object is a JSON object; of a repeated key the last value counts, as in
// Python.
type object map[string]json.RawMessage

// errNoObject is for JSON of another kind, which Airflow passes over.
var errNoObject = errors.New("JSON, but no object")

// parseObject reads backend_kwargs. What is empty or false to Python (null, 0,
// "", []) is no kwargs at all, as in Airflow.
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

// floats are the numbers that only Python's JSON has, and strings, to pass over.
var floats = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?[\w.+]+`) })

// withoutNaN writes other numbers in their place, as long as they are. No kwarg
// can be one of them, so all that counts is that they are numbers and not zero.
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

// notJSON says where a text stops being JSON, what is wrong there and what to write. The error
// of encoding/json is not passed on, since it quotes the text and differs between
// versions of Go.
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

// falsy is Python's idea of it.
func falsy(v any) bool { return pytruth.IsFalsy(v) }

// reader takes the kwargs of an object one by one. The first kwarg that cannot
// be used is the error; after it all reading goes on with zero values.
type reader struct {
	values object
	path   string // before each name: "session_kwargs." for one
	by     rules  // of the whole document; zero in a nested object, where none are asked for
	*notes
}

// notes are what readers of one document share.
type notes struct {
	warnings []Warning
	err      error
}

// refuse keeps the first error. The field has its path before it.
func (n *notes) refuse(field, rule, problem, instead string) {
	if n.err == nil {
		n.err = refusal(field, rule, problem, instead)
	}
}

// refuseType says what a kwarg must be and what it is, but not its value.
func (r reader) refuseType(name, want string) {
	r.refuse(r.path+name, "type", fmt.Sprintf("%s%s must be %s, and is %s", r.path, name, want, typeOf(r.values[name])), "")
}

// typeOf is the type of a JSON value in words.
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

// any is the value of a kwarg, nil where it is null or not given.
func (r reader) any(name string) (value any) {
	if json.Unmarshal(r.values[name], &value) != nil && r.given(name) {
		return r.values[name] // a number that no float64 can hold: of no use anywhere
	}
	return value
}

func (r reader) given(name string) bool { return r.values[name] != nil }

// text is a string that may be empty; null is not given.
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

// filled is a string that Airflow cannot use when it is empty.
func (r reader) filled(name string) string {
	text, given := r.text(name)
	if given && text == "" {
		r.refuse(r.path+name, "value", r.path+name+" is empty", "leave it out instead")
	}
	return text
}

// object is a nested object; what is false to Python is none.
func (r reader) object(name string) reader {
	nested := reader{path: r.path + name + ".", notes: r.notes}
	if value := r.any(name); !falsy(value) && json.Unmarshal(r.values[name], &nested.values) != nil {
		r.refuseType(name, "an object")
	}
	return nested
}
