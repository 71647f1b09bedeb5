package export

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// connID is what Airflow accepts as a conn_id.
var connID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN_#!()\-.:/\\]+$`) })

// lines are the lines of a text without their ends.
func lines(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

// isLines reports whether the first line that is not blank or a comment is ID=VALUE and not
// YAML, whose values may hold an equals sign too.
func isLines(text string) bool {
	for _, line := range lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		id, _, found := strings.Cut(line, "=")
		return found && !strings.Contains(id, ": ") && !strings.Contains(id, ":\t") && !strings.ContainsAny(id, `"'`)
	}
	return false
}

// readEnv reads lines of ID=URI or ID={JSON}, as Airflow does: a value may hold more equals
// signs, and a comment has a line of its own.
func readEnv(text string) (File, error) {
	f := File{Format: Env}
	for i, line := range lines(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		id, value, found := strings.Cut(line, "=")
		// The id is not shown: half of a URI that was wrapped may hold a password.
		if !found || !connID().MatchString(id) || value == "" {
			return File{}, fmt.Errorf("line %d: neither ID=VALUE nor a comment", i+1)
		}
		if _, err := pyjson.Load(value); value[0] == '{' && err != nil {
			return File{}, fmt.Errorf("line %d: what follows the equals sign begins like JSON "+
				"and is not JSON", i+1)
		}
		f.Entries = append(f.Entries, Entry{ID: id, value: connuri.NewSecret(value), form: lineForm})
	}
	return f, nil
}
