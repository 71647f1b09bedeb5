// Package shown decides how an id that somebody else has chosen is printed.
package shown

import (
	"strconv"
	"strings"
	"unicode"
)

// Redacted stands for what is no id, and may be a connection string that went astray.
const Redacted = "[redacted, no id]"

// IsID reports whether s may be shown at all. No secret name holds what it looks for.
func IsID(s string) bool {
	isURI := strings.Contains(s, "://") || strings.Contains(s, ":") && strings.Contains(s, "@") && !strings.HasPrefix(s, "arn:")
	return !isURI && !strings.ContainsAny(s, "{}")
}

// Printable quotes what would spoil a line, and keeps back what is no id.
func Printable(s string) string {
	if !IsID(s) {
		return Redacted
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
