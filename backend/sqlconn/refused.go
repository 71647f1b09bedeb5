package sqlconn

import "errors"

// Refused reports whether err, or an error that it wraps, says that the server refused a
// login because of its user or password, so that another secret may help:
//
//   - PostgreSQL: a method SQLState() string that returns 28P01 (invalid password) or 28000
//     (invalid authorization), as errors of pgx and lib/pq have.
//   - SQL Server: a method SQLErrorNumber() int32 that returns 18456 (login failed), 18470
//     (the login is disabled), 18487 (the password has expired) or 18488 (the password must
//     be changed), as errors of go-mssqldb have. 18486 (the account is locked) is not among
//     them, since trying again may keep it locked.
//
// Without a Connector, use it in a callback of UseConnection, for example with pgxpool:
//
//	if sqlconn.Refused(err) {
//		return backend.LoginRefused(err)
//	}
func Refused(err error) bool {
	// With several hosts, only one of them may have refused the login, so it is not enough to
	// check the first such error that errors.As finds.
	if anyOf(err, isRefused) {
		return true
	}
	state, _ := errors.AsType[stated](err)
	number, _ := errors.AsType[numbered](err)
	return state != nil && isRefused(state) || number != nil && isRefused(number)
}

// stated is an error of PostgreSQL, numbered one of SQL Server.
type (
	stated interface {
		error
		SQLState() string
	}
	numbered interface {
		error
		SQLErrorNumber() int32
	}
)

// isRefused is Refused for an error alone, without what it wraps.
func isRefused(err error) bool {
	if e, ok := err.(stated); ok { //nolint:errorlint // see anyOf
		switch e.SQLState() {
		case "28P01", "28000":
			return true
		}
	}
	if e, ok := err.(numbered); ok { //nolint:errorlint // see anyOf
		switch e.SQLErrorNumber() {
		case 18456, 18470, 18487, 18488:
			return true
		}
	}
	return false
}

// anyOf reports whether is returns true for an error or for one that it wraps.
func anyOf(err error, is func(error) bool) bool {
	if err == nil {
		return false
	}
	if is(err) {
		return true
	}
	switch wrapped := err.(type) { //nolint:errorlint // it walks the tree itself
	case interface{ Unwrap() error }:
		return anyOf(wrapped.Unwrap(), is)
	case interface{ Unwrap() []error }:
		for _, one := range wrapped.Unwrap() {
			if anyOf(one, is) {
				return true
			}
		}
	}
	return false
}
