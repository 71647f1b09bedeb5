package backend

import (
	"errors"
	"strings"
)

// chainError is why no source of a Chain has an answer.
type chainError struct{ errs []error }

func (e *chainError) Error() string {
	texts := make([]string, len(e.errs))
	for i, err := range e.errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "\n")
}

// GoString returns Error, so that %#v is as readable.
func (e *chainError) GoString() string { return e.Error() }

// MarshalText returns Error, for encoding/json, encoding/xml and log/slog.
func (e *chainError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Unwrap returns the errors that say most first: those that Airflow would raise, then
// those that it swallows. If there are any, misses are left out, since a caller that finds
// ErrNotFound uses a default.
func (e *chainError) Unwrap() []error {
	var raised, swallowed, missed []error
	for _, err := range e.errs {
		failed, ok := errors.AsType[*LookupError](err)
		switch {
		case errors.Is(err, ErrNotFound):
			missed = append(missed, err)
		case ok && failed.Swallowed():
			swallowed = append(swallowed, err)
		default:
			raised = append(raised, err)
		}
	}
	if told := append(raised, swallowed...); len(told) > 0 {
		return told
	}
	return missed
}
