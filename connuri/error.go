package connuri

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// The errors to test for with errors.Is. Every error about the text of a connection is an *Error
// that wraps one of these.
var (
	ErrEmpty  = errors.New("nothing there")            // the text is blank
	ErrSyntax = errors.New("not a connection string")  // the text is neither a URI nor JSON that Airflow reads
	ErrField  = errors.New("a field cannot hold this") // the text is readable, but one field cannot hold its value
)

// Error says which field of a connection string breaks which rule. It never holds the field's
// value, because a broken string is often a password in the wrong place.
type Error struct {
	Field   string // as Airflow names it (port, extra, …), "uri" or "json" for the text as a whole
	Rule    string // what is wrong, or what must hold
	Offset  int    // where, in bytes from the start of the text; -1 if not known
	Instead string // what to write; "" if the error is not about the text of a connection or a version
	kind    error
}

// Error returns the field, the rule, the offset and what to write instead.
func (e *Error) Error() string {
	s := "connuri: " + e.Field + ": " + e.Rule
	if e.Offset >= 0 {
		s += " (byte " + strconv.Itoa(e.Offset) + ")"
	}
	if e.Instead != "" {
		s += "; " + e.Instead
	}
	return s
}

// Unwrap returns ErrEmpty, ErrSyntax or ErrField, or errors.ErrUnsupported for a version that
// DialectOf has no dialect for.
func (e *Error) Unwrap() error { return e.kind }

func fieldError(field, rule string, offset int) error {
	return &Error{Field: field, Rule: rule, Offset: offset, kind: ErrField}
}

func uriError(rule string, offset int) error {
	return &Error{Field: "uri", Rule: rule, Offset: offset, kind: ErrSyntax}
}

// jsonError returns the error for what pyjson found in the JSON of field. It returns an *Error that
// came out of a callback as it is.
func jsonError(field string, err error) error {
	found, ok := errors.AsType[*pyjson.Error](err)
	switch {
	case !ok:
		return err
	case field == "json":
		return &Error{Field: field, Rule: found.Error(), Offset: found.Offset, kind: ErrSyntax}
	}
	return fieldError(field, found.Error(), -1) // its offset counts within the field
}

// shifted adds n to the offset of err, for a text that had n bytes before the part that was parsed.
func shifted(err error, n int) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Offset >= 0 {
		e.Offset += n
	}
	return err
}

const notUTF8 = "not valid UTF-8"

// checkUTF8 refuses bytes that no Python str could hold.
func checkUTF8(field, text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	at := 0
	for {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 {
			return &Error{Field: field, Rule: notUTF8, Offset: at, kind: ErrSyntax}
		}
		at += n
	}
}
