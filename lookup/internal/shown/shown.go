// Package shown decides how an id that somebody else has chosen is printed.
package shown

import (
	"strconv"
	"strings"
	"unicode"
)

// Redacted replaces text that cannot be an id: it may be a misplaced connection string.
const Redacted = "[redacted, not an id]"

// IsID reports whether s may be shown. The name of a secret never has what it looks for.
func IsID(s string) bool {
	isWords := strings.Contains(s, "=") && strings.ContainsAny(s, " \t\r\n;,&?'\"")
	isLogin := strings.Contains(s, ":") && strings.Contains(s, "@") && !strings.HasPrefix(s, "arn:")
	isURI := strings.Contains(s, "://") || isLogin
	return !isURI && !isWords && !strings.ContainsAny(s, "{}")
}

// Printable quotes text that would spoil a line, and redacts text that cannot be an id.
func Printable(s string) string {
	if !IsID(s) {
		return Redacted
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
