// Package arn takes the ARNs of secrets apart. It exists so that package tune and package policy
// read them by the same rules.
package arn

import "strings"

// A Secret is the parts of arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME.
type Secret struct {
	Partition, Region, Account string

	Name string // with the suffix that AWS appends, if the ARN has one
}

// Parse splits the ARN of a secret. ok is false for any other text.
func Parse(text string) (s Secret, ok bool) {
	if !strings.HasPrefix(text, "arn:") {
		return Secret{}, false
	}
	parts := strings.SplitN(text, ":", 7)
	if len(parts) != 7 || parts[2] != "secretsmanager" || parts[5] != "secret" {
		return Secret{}, false
	}
	return Secret{Partition: parts[1], Region: parts[3], Account: parts[4], Name: parts[6]}, true
}

// suffix is the length of what AWS appends to the name in an ARN: a hyphen and six characters.
const suffix = 7

// CutSuffix returns name without its last seven bytes if these may be the suffix that AWS
// appends. A name that ends this way by itself looks the same.
func CutSuffix(name string) (short string, ok bool) {
	end := len(name) - suffix
	if end <= 0 || !IsSuffix(name[end:]) {
		return name, false
	}
	return name[:end], true
}

// IsSuffix reports whether s may be the suffix that AWS appends, or the beginning of one: a
// hyphen, then letters and digits only.
func IsSuffix(s string) bool {
	if len(s) == 0 || len(s) > suffix || s[0] != '-' {
		return false
	}
	return !strings.ContainsFunc(s[1:], func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}
