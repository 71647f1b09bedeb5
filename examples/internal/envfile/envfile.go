// Package envfile words what a Compose file leaves to other files.
package envfile

import (
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// most is how many files a note names, and widest how many cells of a name it shows.
const (
	most   = 10
	widest = 60
)

// Note says which files of env_file were not read, and to pass them as well. It returns "" if
// there are none.
func Note(files []export.EnvFile) string {
	switch unread := Unread(files); len(files) {
	case 0:
		return ""
	case 1:
		return unread + "; pass it as well"
	default:
		return unread + "; pass them as well"
	}
}

// Unread says which files of env_file were not read. It returns "" if there are none.
func Unread(files []export.EnvFile) string {
	if len(files) == 0 {
		return ""
	}
	var names []string
	for _, f := range files[:min(len(files), most)] {
		names = append(names, shown(f.Path)+" of service "+shown(f.Service))
	}
	list := strings.Join(names, ", ")
	if more := len(files) - most; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	verb := "are"
	if len(files) == 1 {
		verb = "is"
	}
	return cli.Count(len(files), "env_file") + " " + verb + " not read: " + list
}

// shown is text of a file as it may be printed: a connection may be in its place.
func shown(text string) string {
	if strings.Contains(text, "://") || strings.Contains(text, "@") || strings.ContainsAny(text, "{}\"") {
		return "[redacted, not a name]"
	}
	return cli.Shorten(term.Printable(text), widest)
}
