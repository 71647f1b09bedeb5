package hook

import (
	"errors"
	"strings"
)

// ErrUnsupported is what errors.Is finds in an error about a setting that Airflow's hook
// goes on with and that no Go driver can follow. The settings that come with such an error
// are complete, so whoever knows better can go on.
var ErrUnsupported = errors.New("no Go driver can follow this setting")

// Error says why a connection gives no settings, or none that a Go driver can follow. It
// holds no value of the connection, but for a conn_type that no hook here is for, if a
// Connection prints it.
type Error struct {
	Type    string // conn_type of the hook, such as postgres
	Field   string // of the connection, as Airflow names it: conn_type, host, port, extra …
	Key     string // in the extra; "" if it is about the field as a whole
	Rule    string // what does not hold
	Instead string // what to write

	unsupported bool
}

// settled is what a function gives: with an error that is not ErrUnsupported the zero value,
// since what was read so far may hold a login in a place that prints.
func settled[C any](config C, err error) (C, error) {
	if err != nil && !errors.Is(err, ErrUnsupported) {
		var none C
		return none, err
	}
	return config, err
}

// Error is the error as one line: what it is about, the rule, and what to write instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Type + " connection: " + e.Field)
	if e.Key != "" {
		b.WriteString(" " + e.Key)
	}
	b.WriteString(": " + e.Rule)
	if e.Instead != "" {
		b.WriteString("; " + e.Instead)
	}
	return b.String()
}

// Is makes errors.Is find ErrUnsupported.
func (e *Error) Is(target error) bool { return e.unsupported && target == ErrUnsupported }
