package setup

import (
	"context"
	"errors"
	"fmt"
)

// Error says why a configuration cannot be used. Every error of this package is one, but for
// ErrNoBackend, the end of a context, and what an option of the caller returns. No value of a
// kwarg is in it; see the package doc for the names that are.
//
// The rules are:
//
//	class            the backend is another class
//	parameter-store  the backend is Airflow's class for the Parameter Store
//	type             a kwarg has the wrong JSON type
//	value            a kwarg or an option has a value that cannot be used
//	missing          something else is needed: the other key, a region, a token file
//	not-found        the profile is not there, or the CA file cannot be used
//	unknown-name     a parameter that nothing reads, where Airflow fails as well
//	unsupported      Airflow can do it and this package cannot
//	not-json         the text is not a JSON object
//	syntax           airflow.cfg, a % or a $ in it, or a file of the SDK does not parse
//	unreadable       airflow.cfg cannot be read
type Error struct {
	Source  string // the variable, the option and its file, or the document; "" for what a program set
	Field   string // the option or kwarg, such as backend or assume_role_kwargs.Tags; "" for all of the source
	Rule    string // a short name to tell errors apart
	Problem string // what is wrong, with the name of the field
	Instead string // what to write; "" where the problem says it

	err error
}

func (e *Error) Error() string {
	text := "setup: "
	if e.Source != "" {
		text += e.Source + ": "
	}
	text += e.Problem
	if e.Instead != "" {
		text += "; " + e.Instead
	}
	return text
}

// Unwrap gives the error of the file system or of the parser, if there is one.
func (e *Error) Unwrap() error { return e.err }

// refusal is an Error without a source.
func refusal(field, rule, problem, instead string) error {
	return &Error{Field: field, Rule: rule, Problem: problem, Instead: instead}
}

// caused is an Error whose problem is that of another error.
func caused(source, field, rule string, err error) error {
	return &Error{Source: source, Field: field, Rule: rule, Problem: err.Error(), err: err}
}

// from says where an Error stands.
func from(source string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Source = source
	}
	return err
}

// named puts the name of the package before what is not an Error.
func named(err error) error {
	if _, ok := errors.AsType[*Error](err); ok || err == nil {
		return err
	}
	return fmt.Errorf("setup: %w", err)
}

// isOver reports whether an error is the end of a context.
func isOver(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
