package sqlconn

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// redact returns err unless its text, or that of an error that it wraps, contains a secret of
// the connection. Then it returns an error with a redacted text.
func redact(err error, c connuri.Connection) error {
	secrets := secretsOf(c)
	shows := func(err error) bool {
		text := err.Error()
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
	}
	if !anyOf(err, shows) {
		return err
	}
	return &redacted{without(err.Error(), secrets), err}
}

// without replaces every part of text that secrets cover by [redacted]. It marks the bytes
// first, since secrets may overlap and one may be a part of "[redacted]".
func without(text string, secrets []string) string {
	hidden := make([]bool, len(text))
	for _, secret := range secrets {
		for from := 0; ; {
			i := strings.Index(text[from:], secret)
			if i < 0 {
				break
			}
			for n := range len(secret) {
				hidden[from+i+n] = true
			}
			from += i + 1
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString("[redacted]")
		}
	}
	return b.String()
}

// redacted is an error with a redacted text. It has no Unwrap method, so that nothing prints
// the text of the cause by accident.
type redacted struct {
	text  string
	cause error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) GoString() string     { return strconv.Quote(e.text) }
func (e *redacted) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *redacted) As(target any) bool   { return errors.As(e.cause, target) }
