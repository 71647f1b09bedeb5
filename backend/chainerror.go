package backend

import (
	"errors"
	"strings"
)

// chainError joins the errors of the sources of a Chain.
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

// Unwrap returns the most informative errors first: those that Airflow would raise, then
// those that it swallows. It returns misses only if all errors are misses, because a caller
// that finds ErrNotFound uses a default.
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
	if failures := append(raised, swallowed...); len(failures) > 0 {
		return failures
	}
	return missed
}
