package connuri

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// Extra is the extra of a connection: the text that Airflow has for it, byte for byte, usually a
// JSON object. It often holds keys and tokens, so it prints as [redacted], like a Secret. The zero
// value means that the connection has none.
type Extra struct {
	text Secret
}

// RawExtra returns an extra with exactly this text, JSON or not, as Connection(extra=text) does.
func RawExtra(text string) Extra { return Extra{NewSecret(text)} }

// NewExtra returns the extra that holds v, written as Airflow writes it (json.dumps). v is usually
// a map or a struct, because an extra should be an object; NewExtra accepts anything that
// encoding/json can marshal. Reveal a Secret in it first: NewExtra refuses a Secret, which
// encoding/json would write as [redacted]. The error names no value.
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

// Reveal returns the text, or "" if there is none.
func (e Extra) Reveal() string { return e.text.Reveal() }

// IsZero reports whether the connection has no extra, not even "".
func (e Extra) IsZero() bool { return e.text.IsZero() }

// Equal reports whether both extras have the same text.
func (e Extra) Equal(f Extra) bool { return e.text.Equal(f.text) }

// Format prints [redacted] whatever the verb, or nothing for the zero value.
func (e Extra) Format(f fmt.State, verb rune) { e.text.Format(f, verb) }

// MarshalText returns [redacted], for encoding/json, encoding/xml and similar encoders.
func (e Extra) MarshalText() ([]byte, error) { return e.text.MarshalText() }

// UnmarshalText always fails, because the text that was written is [redacted].
func (e *Extra) UnmarshalText(text []byte) error { return e.text.UnmarshalText(text) }

// LogValue returns [redacted] for log/slog.
func (e Extra) LogValue() slog.Value { return e.text.LogValue() }

// Get returns the value of one key, as extra_dejson.get(key) does: a string as it is, any other
// value as JSON. ok is false if the extra is not a JSON object, the key is missing, or its value is
// null.
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

// Nested returns the extra with each top-level string that holds JSON replaced by what the JSON
// holds, as get_extra_dejson(nested=True) does. An extra that is not a JSON object is returned as
// it is.
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
