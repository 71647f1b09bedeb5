package lookup

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// RedactedID stands for text that cannot be an id.
const RedactedID = shown.Redacted

// ShownID returns an id, or the name of a secret, as errors and logs may show it. It returns
// RedactedID for text that may be a misplaced connection string: with an address, a login,
// braces, quotes, key=value pairs or line breaks, or over 2,048 bytes.
func ShownID(id string) string {
	if !shown.IsID(id) || strings.ContainsAny(id, "\"\n") || len(id) > longestName {
		return RedactedID
	}
	return id
}

// longestName is how many bytes the name of a secret or its ARN has at most.
const longestName = 2048
