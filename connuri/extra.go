package connuri

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// Extra is the extra of a connection: Airflow's text of it, byte for byte,
// mostly a JSON object. It holds keys and tokens often enough, so it prints
// like a Secret, as [redacted]. The zero value means that there is none.
type Extra struct {
	text Secret
}

// RawExtra is an extra with this very text, be it JSON or not: Connection(extra=text).
func RawExtra(text string) Extra { return Extra{NewSecret(text)} }

// NewExtra is the extra that holds v, written as Airflow writes it
// (json.dumps). v is anything that encoding/json can marshal: a map or a
// struct, for an extra ought to be an object. A Secret in it has to be revealed
// first; as it stands it is refused, for it would be written as [redacted]. The
// error names no value.
func NewExtra(v any) (Extra, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return Extra{}, fieldError("extra", typeName(reflect.TypeOf(v))+" cannot be written as JSON", -1)
	}
	if bytes.Contains(doc, []byte(`"`+redacted+`"`)) {
		return Extra{}, fieldError("extra", "a Secret in it would be written as "+redacted, -1)
	}
	value, err := pyjson.Load(string(doc))
	if err != nil {
		return Extra{}, jsonError("extra", err)
	}
	return RawExtra(string(pyjson.AppendDump(nil, value))), nil
}

// Reveal is the text, "" where there is none.
func (e Extra) Reveal() string { return e.text.Reveal() }

// IsZero reports whether there is no extra at all.
func (e Extra) IsZero() bool { return e.text.IsZero() }

// Equal reports whether both have the same text.
func (e Extra) Equal(f Extra) bool { return e.text.Equal(f.text) }

// Format prints [redacted], whatever the verb, and nothing where there is no extra.
func (e Extra) Format(f fmt.State, verb rune) { e.text.Format(f, verb) }

// MarshalText gives [redacted] to encoding/json, encoding/xml and their kin.
func (e Extra) MarshalText() ([]byte, error) { return e.text.MarshalText() }

// UnmarshalText always fails: what was written is [redacted].
func (e *Extra) UnmarshalText(text []byte) error { return e.text.UnmarshalText(text) }

// LogValue gives [redacted] to log/slog.
func (e Extra) LogValue() slog.Value { return e.text.LogValue() }

// Get is extra_dejson.get(key), the value of one key: a string as it is, everything else as JSON. It
// is not ok where the extra is no JSON object, has no such key, or null there.
func (e Extra) Get(key string) (value string, ok bool) {
	err := pyjson.Members(e.Reveal(), func(name, v pyjson.Value) error {
		if text, _ := name.Text(); text != key {
			return nil
		}
		ok = v.Kind != pyjson.Null
		if v.Kind == pyjson.String {
			value, _ = v.Text()
		} else {
			value = string(pyjson.AppendDump(nil, v))
		}
		return nil
	})
	if err != nil || !ok {
		return "", false
	}
	return value, true
}

// Nested is the extra with each string that holds JSON replaced by what it
// holds, one level down: get_extra_dejson(nested=True). What is no JSON object
// stays as it is.
func (e Extra) Nested() Extra {
	var dict pyjson.Dict
	dst := dict.Begin(nil)
	err := pyjson.Members(e.Reveal(), func(name, v pyjson.Value) error {
		dst = dict.Colon(pyjson.AppendDump(dict.Sep(dst), name))
		if v.Kind == pyjson.String {
			text, _ := v.Text()
			if inner, err := pyjson.Load(text); err == nil {
				v = inner
			}
		}
		dst = pyjson.AppendDump(dst, v)
		return nil
	})
	if err != nil {
		return e
	}
	return RawExtra(string(dict.End(dst)))
}
