package export

import (
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// Variable is a variable with its text, which does not print.
type Variable struct {
	Key         string
	Text        connuri.Secret
	Description string
	// Whole is set for an object that has a value and is kept whole. Airflow 2 exports a
	// variable this way if its JSON has the key value; airflow variables import stores only
	// that value.
	Whole bool
}

// Variable returns the variable that the entry holds, with the text that airflow variables
// import stores: text as it is, and any other value as JSON over several lines. An object with
// only a value and a description is a variable that has a description.
func (e Entry) Variable() (Variable, error) {
	variable := Variable{Key: e.ID}
	if e.why != "" {
		return variable, errors.New(e.why)
	}
	if e.form == lineForm || e.form == envForm {
		variable.Text = e.value
		return variable, nil
	}
	v, err := pyjson.Load(e.value.Reveal())
	if err != nil {
		return variable, errors.New("not JSON")
	}
	if v.Kind == pyjson.Object {
		v = variable.open(v)
	}
	text, err := dumped(v)
	variable.Text = connuri.NewSecret(text)
	return variable, err
}

// open returns the value of an object with a value and a description, otherwise the object.
func (variable *Variable) open(object pyjson.Value) pyjson.Value {
	members := map[string]pyjson.Value{}
	_ = pyjson.Members(object.Raw, func(key, value pyjson.Value) error {
		name, _ := key.Text()
		members[name] = value
		return nil
	})
	value, hasValue := members["value"]
	description, hasDescription := members["description"]
	if !hasValue {
		return object
	}
	if !hasDescription || len(members) > 2 {
		variable.Whole = true
		return object
	}
	if description.Kind == pyjson.String {
		variable.Description, _ = description.Text()
	}
	return value
}

// dumped is the text that Variable.set stores: json.dumps with an indent of 2, of all but text.
func dumped(v pyjson.Value) (string, error) {
	if v.Kind == pyjson.String {
		return whole(v)
	}
	return string(appendIndented(nil, v, layout{step: "  "}, "\n")), nil
}

// layout is how JSON is laid out over lines.
type layout struct {
	step   string // one level of indentation
	sorted bool   // by key
}

// appendIndented appends json.dumps(v, indent, sort_keys); newline is a line feed with the
// indentation of v.
func appendIndented(dst []byte, v pyjson.Value, l layout, newline string) []byte {
	inner := newline + l.step
	n := 0
	next := func() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, inner...)
		n++
	}
	switch v.Kind {
	case pyjson.Array:
		dst = append(dst, '[')
		_ = pyjson.Elements(v.Raw, func(element pyjson.Value) error {
			next()
			dst = appendIndented(dst, element, l, inner)
			return nil
		})
		return closed(dst, n, newline, ']')
	case pyjson.Object:
		dst = append(dst, '{')
		for _, m := range membersOf(v.Raw, l.sorted) {
			next()
			dst = append(pyjson.AppendDump(dst, m.key), ": "...)
			dst = appendIndented(dst, m.value, l, inner)
		}
		return closed(dst, n, newline, '}')
	}
	return pyjson.AppendDump(dst, v)
}

func closed(dst []byte, n int, newline string, end byte) []byte {
	if n > 0 {
		dst = append(dst, newline...)
	}
	return append(dst, end)
}

type member struct{ key, value pyjson.Value }

// membersOf are the members of an object as in Python's dict: a repeated key keeps its first
// place and has its last value.
func membersOf(object string, sorted bool) []member {
	var all []member
	place := map[string]int{}
	_ = pyjson.Members(object, func(key, value pyjson.Value) error {
		name := string(pyjson.AppendDump(nil, key))
		if i, ok := place[name]; ok {
			all[i].value = value
			return nil
		}
		place[name] = len(all)
		all = append(all, member{key, value})
		return nil
	})
	if sorted {
		slices.SortFunc(all, func(a, b member) int {
			x, _ := a.key.Text()
			y, _ := b.key.Text()
			return strings.Compare(x, y)
		})
	}
	return all
}
