package hook

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Secrets are secrets by name. Neither the secrets nor the names print: a name may be a
// secret that ended up in the wrong place. Prints show how many there are. Only what walks
// a map by reflection, such as a failure diff in a test, shows the names.
type Secrets map[string]connuri.Secret

// String is how many there are, such as "2 secrets".
func (s Secrets) String() string {
	if len(s) == 1 {
		return "1 secret"
	}
	return strconv.Itoa(len(s)) + " secrets"
}

// Format prints how many there are, whatever the verb.
func (s Secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText gives how many there are to encoding/json, encoding/xml and their kin.
func (s Secrets) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives log/slog how many there are.
func (s Secrets) LogValue() slog.Value { return slog.StringValue(s.String()) }
