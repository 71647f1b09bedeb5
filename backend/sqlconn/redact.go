package sqlconn

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// redact returns err, or an error in place of it if its text or that of an error it wraps
// shows a secret of the connection.
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

// without is text with [redacted] in place of every part that a secret covers. Secrets may
// overlap, and one may be a part of [redacted].
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

// redacted is an error without the secrets of its text. It does not unwrap, so that the text
// of the cause is not printed by accident.
type redacted struct {
	text  string
	cause error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) GoString() string     { return strconv.Quote(e.text) }
func (e *redacted) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *redacted) As(target any) bool   { return errors.As(e.cause, target) }
