package hook

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Secrets maps names to secrets. Neither the secrets nor the names print, because a name may be a
// secret that ended up in the wrong place; a print shows how many there are. Only code that walks a
// map by reflection, such as a failure diff in a test, shows the names.
type Secrets map[string]connuri.Secret

// String returns how many there are, such as "2 secrets".
func (s Secrets) String() string {
	if len(s) == 1 {
		return "1 secret"
	}
	return strconv.Itoa(len(s)) + " secrets"
}

// Format prints how many there are, whatever the verb.
func (s Secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns how many there are, for encoding/json, encoding/xml and similar encoders.
func (s Secrets) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns how many there are, for log/slog.
func (s Secrets) LogValue() slog.Value { return slog.StringValue(s.String()) }
