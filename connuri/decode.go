package connuri

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Decode reads the extra into the struct or map that v points to, by the rules of encoding/json, in
// place of Connection.extra_dejson. It also converts values to the type of their target, so that
// settings stored as the query of a URI, where every value is text, fill the same struct as
// settings stored as JSON:
//
//   - text that holds a number fills a number, and true, false, True and False fill a bool;
//   - text that holds a JSON object or list fills a struct, map, slice or array;
//   - a number, a bool, an object or a list fills a string with its text.
//
// Decode a token into a string: a Secret refuses JSON. The time grows with the length of the text
// and with the depth of v. Without an extra, v is unchanged. The error is an *Error that names the
// key and the Go type and holds no value; v may then be partly filled.
func (e Extra) Decode(v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fieldError("extra", fmt.Sprintf("cannot be decoded into %T, only into a pointer", v), -1)
	}
	text := e.Reveal()
	if text == "" {
		return nil
	}
	value, err := pyjson.Load(text)
	if err != nil {
		return jsonError("extra", err)
	}
	if value.Kind != pyjson.Object {
		return fieldError("extra", "must be a JSON object", -1)
	}
	doc := appendFor(nil, value, target.Type().Elem())
	if json.Unmarshal(doc, v) != nil {
		return misfit(doc, target.Type().Elem())
	}
	return nil
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
)

// appendFor writes v in the form that encoding/json needs for a target of type t. It writes a value
// that does not fit as it is, so that encoding/json refuses it.
func appendFor(dst []byte, v pyjson.Value, t reflect.Type) []byte {
	t = indirectAll(t)
	isText := v.Kind == pyjson.String
	text := ""
	if isText {
		text, _ = v.Text()
	}
	switch {
	case v.Kind == pyjson.Null || reflect.PointerTo(t).Implements(jsonUnmarshaler):
		return pyjson.AppendDump(dst, v)
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return appendText(dst, v)
	}
	switch t.Kind() {
	case reflect.Bool:
		switch text {
		case "true", "True":
			return append(dst, "true"...)
		case "false", "False":
			return append(dst, "false"...)
		}
	case reflect.String:
		if t != jsonNumber {
			return appendText(dst, v)
		}
		return appendNumberIn(dst, v, text)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64:
		return appendNumberIn(dst, v, text)
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
		if isText && (t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uint8) { // []byte is base64
			if inner, err := pyjson.Load(text); err == nil && (inner.Kind == pyjson.Object || inner.Kind == pyjson.Array) {
				v = inner
			}
		}
		switch {
		case v.Kind == pyjson.Object && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map):
			return appendMembersFor(dst, v, t)
		case v.Kind == pyjson.Array && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
			return appendElementsFor(dst, v, t.Elem())
		}
	}
	return pyjson.AppendDump(dst, v)
}

// appendText writes v as text, whatever its kind.
func appendText(dst []byte, v pyjson.Value) []byte {
	if v.Kind == pyjson.String {
		return pyjson.AppendDump(dst, v)
	}
	return pyjson.AppendString(dst, string(pyjson.AppendDump(nil, v)))
}

// appendNumberIn writes the number that v holds, if v is text that holds one.
func appendNumberIn(dst []byte, v pyjson.Value, text string) []byte {
	if inner, err := pyjson.Load(pystr.Strip(text)); err == nil && (inner.Kind == pyjson.Int || inner.Kind == pyjson.Float) {
		v = inner
	}
	return pyjson.AppendDump(dst, v)
}

func appendMembersFor(dst []byte, v pyjson.Value, t reflect.Type) []byte {
	var dict pyjson.Dict
	dst = dict.Begin(dst)
	_ = pyjson.Members(v.Raw, func(key, value pyjson.Value) error {
		name, _ := key.Text()
		field, ok := member(t, name)
		if !ok {
			return nil
		}
		dst = dict.Colon(pyjson.AppendDump(dict.Sep(dst), key))
		if _, options, _ := strings.Cut(field.Tag.Get("json"), ","); strings.Contains(options, "string") {
			dst = appendQuoted(dst, value, field.Type)
		} else {
			dst = appendFor(dst, value, field.Type)
		}
		return nil
	})
	return dict.End(dst)
}

// appendQuoted writes v in quotes, as encoding/json wants it where a field has the
// option string. In them Go 1.27 takes for a float what is not a number in JSON, such
// as NaN and +1; Go 1.26 does not. A list makes both refuse it.
func appendQuoted(dst []byte, v pyjson.Value, t reflect.Type) []byte {
	quoted := appendText(nil, v)
	if kind := indirectAll(t).Kind(); kind == reflect.Float32 || kind == reflect.Float64 {
		if !json.Valid(bytes.Trim(quoted, `"`)) {
			return append(dst, "[]"...)
		}
	}
	return append(dst, quoted...)
}

func appendElementsFor(dst []byte, v pyjson.Value, t reflect.Type) []byte {
	dst = append(dst, '[')
	first := true
	_ = pyjson.Elements(v.Raw, func(value pyjson.Value) error {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendFor(dst, value, t)
		return nil
	})
	return append(dst, ']')
}

// member returns the field of struct t that name is for, or for a map t one of its element type.
func member(t reflect.Type, name string) (reflect.StructField, bool) {
	switch t.Kind() {
	case reflect.Map:
		return reflect.StructField{Type: t.Elem()}, true
	case reflect.Struct:
		return fieldNamedBy(t, name)
	}
	return reflect.StructField{}, false
}

// fieldNamedBy returns the field of struct t that encoding/json fills from name: by tag or name,
// otherwise by either in any case; outer fields come before those of embedded structs.
func fieldNamedBy(t reflect.Type, name string) (found reflect.StructField, ok bool) {
	level, seen := []reflect.Type{t}, map[reflect.Type]bool{}
	for len(level) > 0 {
		var next []reflect.Type
		for _, t := range level {
			if seen[t] {
				continue // a struct may embed a pointer to itself
			}
			seen[t] = true
			for i := range t.NumField() {
				f := t.Field(i)
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if f.Anonymous && tag == "" && indirect(f.Type).Kind() == reflect.Struct {
					next = append(next, indirect(f.Type))
					continue
				}
				known := cmp.Or(tag, f.Name)
				switch {
				case !f.IsExported() || f.Tag.Get("json") == "-":
				case known == name:
					return f, true
				case !ok && strings.EqualFold(known, name):
					found, ok = f, true
				}
			}
		}
		level = next
	}
	return found, ok
}

func indirect(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// misfit returns the error that says which key does not fit which type. The error of encoding/json
// or of a caller's Unmarshaler may quote the value, and what it says about the place differs
// between versions of Go, so nothing of it is used.
//
// Below a map in a map no key is named, because it may be as secret as a value.
func misfit(doc []byte, t reflect.Type) error {
	path, t := culprit(doc, t, true)
	rule := "does not fit " + typeName(t)
	if len(path) > 0 {
		rule = "the value of " + strconv.Quote(strings.Join(path, ".")) + " " + rule
	}
	return fieldError("extra", rule, -1)
}

// culprit finds the first value in doc that does not fit its place in t. It returns the names of
// the keys that lead to the value and the type of that place.
func culprit(doc []byte, t reflect.Type, top bool) (path []string, misfitting reflect.Type) {
	t = indirectAll(t)
	if pointer := reflect.PointerTo(t); pointer.Implements(jsonUnmarshaler) || pointer.Implements(textUnmarshaler) {
		return nil, t
	}
	misfitting = t
	switch {
	case doc[0] == '{' && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map):
		_ = pyjson.Members(string(doc), func(key, v pyjson.Value) error {
			name, _ := key.Text()
			field, ok := member(t, name)
			value := pyjson.AppendDump(nil, v)
			if alone := fmt.Appendf(nil, "{%s:%s}", pyjson.AppendDump(nil, key), value); !ok || fits(alone, t) {
				return nil
			}
			if top || t.Kind() == reflect.Struct {
				path = append(path, name)
			}
			if t.Kind() == reflect.Map && fits(value, t.Elem()) {
				misfitting = t.Key()
				return errFound
			}
			var deeper []string
			deeper, misfitting = culprit(value, field.Type, false)
			path = append(path, deeper...)
			return errFound
		})
	case doc[0] == '[' && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		_ = pyjson.Elements(string(doc), func(v pyjson.Value) error {
			value := pyjson.AppendDump(nil, v)
			if fits(value, t.Elem()) {
				return nil
			}
			path, misfitting = culprit(value, t.Elem(), false)
			return errFound
		})
	}
	return path, misfitting
}

// errFound ends a search.
var errFound = errors.New("found")

// fits reports whether encoding/json can read doc into a t.
func fits(doc []byte, t reflect.Type) bool {
	return json.Unmarshal(doc, reflect.New(t).Interface()) == nil
}

func indirectAll(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// typeName returns the name of t. Since Go 1.27 json.RawMessage is an alias for jsontext.Value.
func typeName(t reflect.Type) string {
	return strings.ReplaceAll(t.String(), "jsontext.Value", "json.RawMessage")
}
