package setup

import (
	"context"
	"errors"
	"fmt"
)

// Error says why a configuration cannot be used. Every error of this package is an *Error,
// except ErrNoBackend, the end of a context, and an error that an option of the caller
// returns. An Error contains no value of a kwarg, apart from the names in the package doc.
//
// The rules are:
//
//	class            the backend is another class
//	parameter-store  the backend is Airflow's class for the Parameter Store
//	type             a kwarg has the wrong JSON type
//	value            a kwarg or an option has a value that cannot be used
//	missing          something else is needed: the other key, a region, a token file
//	not-found        the profile does not exist, or the CA file cannot be used
//	unknown-name     nothing reads a parameter, and Airflow fails as well
//	unsupported      this package does not support something that Airflow does
//	not-json         the text is not a JSON object
//	syntax           airflow.cfg, a % or a $ in it, or a file of the SDK cannot be parsed
//	unreadable       airflow.cfg cannot be read
type Error struct {
	Source  string // the variable, the option and its file, or the document; "" if a program set the value
	Field   string // the option or kwarg, such as backend or assume_role_kwargs.Tags; "" for the whole source
	Rule    string // one of the rules in the doc of Error
	Problem string // what is wrong; it names the field
	Instead string // what to write; "" if the problem says it

	err error
}

// Error returns the source, the problem and what to write instead.
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

// Unwrap returns the error of the file system or of the parser, or nil.
func (e *Error) Unwrap() error { return e.err }

// refusal returns an Error without a source.
func refusal(field, rule, problem, instead string) error {
	return &Error{Field: field, Rule: rule, Problem: problem, Instead: instead}
}

// caused returns an Error whose problem is the text of another error.
func caused(source, field, rule string, err error) error {
	return &Error{Source: source, Field: field, Rule: rule, Problem: err.Error(), err: err}
}

// from sets the source of an Error.
func from(source string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Source = source
	}
	return err
}

// named adds the name of the package to an error that is not an *Error.
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
