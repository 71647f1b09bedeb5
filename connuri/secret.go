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

// Secret is text that does not print: not under any verb of fmt, not in JSON, XML, slog or a
// template, not inside a struct, and not in the failure diffs of testify and go-cmp. Only Reveal
// returns it. The zero value is the absence of a secret. Airflow calls that None, and it is
// different from the empty secret "".
//
// Compare two Secrets with Equal or reflect.DeepEqual; == does not compile. encoding/gob refuses a
// Secret, and a Secret cannot be read back from JSON.
type Secret struct {
	// The text lies beyond the length of a slice of capacity 1, where code that walks values by
	// reflection does not look. A plain string field would print when the Secret is in an
	// unexported field, and a pointer would print in failure diffs.
	text []string
	// sum lets reflect.DeepEqual distinguish two texts without reading them.
	sum uint64
}

// seed differs in each process, so a printed sum reveals nothing about the text.
var seed = maphash.MakeSeed()

// NewSecret hides text. NewSecret("") is a secret that is empty, unlike Secret{}.
func NewSecret(text string) Secret {
	hidden := [1]string{text}
	return Secret{text: hidden[:0], sum: maphash.String(seed, text)}
}

// Reveal returns the text, or "" if there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text[:1][0]
}

// IsZero reports whether the Secret is the zero value. It is false for the empty secret "".
func (s Secret) IsZero() bool { return s.text == nil }

// Equal reports whether both are zero, or neither is and the texts are the same.
func (s Secret) Equal(t Secret) bool {
	return s.IsZero() == t.IsZero() && s.Reveal() == t.Reveal()
}

func (s Secret) shown() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// Format prints [redacted] whatever the verb, or nothing for the zero value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.shown()) }

// MarshalText returns [redacted], for encoding/json, encoding/xml and similar encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.shown()), nil }

// UnmarshalText always fails, because the text that was written is [redacted].
func (s *Secret) UnmarshalText([]byte) error {
	return errors.New("connuri: a secret cannot be read back: it was written as " + redacted)
}

// LogValue returns [redacted] for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.shown()) }
