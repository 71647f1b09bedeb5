package connuri

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
)

// redacted is what every print of a secret shows.
const redacted = "[redacted]"

// Secret is text that does not print: not under any verb of fmt, not in JSON,
// XML, slog or a template, not inside a struct, and not in the failure diffs of
// testify and go-cmp. Only Reveal gives it away. The zero value means that
// there is none, which Airflow calls None and tells from "".
//
// Two Secrets compare by Equal or reflect.DeepEqual; == does not compile.
// encoding/gob refuses a Secret, and none can be read back from JSON.
type Secret struct {
	// The text lies beyond the length of a slice of capacity 1, where nothing
	// that walks values by reflection looks: a plain string field would print
	// from inside an unexported field, a pointer in failure diffs.
	text []string
	// sum lets reflect.DeepEqual tell two texts apart without reading them.
	sum uint64
}

// seed is new in each process, so a printed sum says nothing about the text.
var seed = maphash.MakeSeed()

// NewSecret hides text. NewSecret("") is given and empty, unlike Secret{}.
func NewSecret(text string) Secret {
	hidden := [1]string{text}
	return Secret{text: hidden[:0], sum: maphash.String(seed, text)}
}

// Reveal is the text, "" where there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text[:1][0]
}

// IsZero reports whether there is no secret at all, not even "".
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether both are given and the same text, or both not given.
func (s Secret) Equal(t Secret) bool {
	return s.IsZero() == t.IsZero() && s.Reveal() == t.Reveal()
}

func (s Secret) shown() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format prints [redacted], whatever the verb, and nothing where there is no secret.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown()) }

// MarshalText gives [redacted] to encoding/json, encoding/xml and their kin.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

// UnmarshalText always fails: what was written is [redacted].
func (s *Secret) UnmarshalText([]byte) error {
	return errors.New("connuri: a secret cannot be read back: it was written as " + redacted)
}

// LogValue gives [redacted] to log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }
