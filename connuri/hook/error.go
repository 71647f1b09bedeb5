package hook

import (
	"errors"
	"strings"
)

// ErrUnsupported is the error for a setting that Airflow's hook accepts and that no Go driver can
// follow; test for it with errors.Is. The settings returned with it are complete, so a caller that
// knows better can use them.
var ErrUnsupported = errors.New("no Go driver can follow this setting")

// Error says why a connection gives no settings, or settings that no Go driver can follow. It holds
// no value of the connection, except a conn_type that this package has no function for, if a
// Connection prints that type.
type Error struct {
	Type    string // conn_type of the hook, such as postgres
	Field   string // of the connection, as Airflow names it: conn_type, host, port, extra …
	Key     string // in the extra; "" if it is about the field as a whole
	Rule    string // what does not hold
	Instead string // what to write

	unsupported bool
}

// settled returns what a function returns: with an error that is not ErrUnsupported the zero value,
// because what was read so far may hold a login in a field that prints.
func settled[C any](config C, err error) (C, error) {
	if err != nil && !errors.Is(err, ErrUnsupported) {
		var none C
		return none, err
	}
	return config, err
}

// Error returns the error as one line: what it is about, the rule, and what to write instead.
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

// Is reports whether target is ErrUnsupported and the error is about an unsupported setting.
func (e *Error) Is(target error) bool { return e.unsupported && target == ErrUnsupported }
