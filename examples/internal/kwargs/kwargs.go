// Package kwargs reads the backend_kwargs of a command line, and writes kwargs for people to
// paste.
package kwargs

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Read reads and parses what Doc returns for arg. "" is {}.
func Read(arg string) (doc []byte, settings setup.Settings, err error) {
	if arg != "" {
		doc, _, err = Doc(arg, func() ([]byte, error) { return cli.ReadAll(os.Stdin) })
		if err != nil {
			return nil, settings, err
		}
	}
	if len(doc) == 0 {
		doc = []byte("{}")
	}
	settings, err = setup.ParseKwargs(doc)
	return doc, settings, err
}

// Doc returns the document that arg stands for, and what to call its source: "standard input"
// if arg is "-", the name of the file if arg is FILE or @FILE, and "" if arg is JSON itself.
// Only an error about @FILE names the file: any other text may be a misplaced secret.
func Doc(arg string, stdin func() ([]byte, error)) (doc []byte, source string, err error) {
	if strings.HasPrefix(strings.TrimSpace(arg), "{") {
		return []byte(arg), "", nil
	}
	if arg == "-" {
		doc, err = stdin()
		return doc, "standard input", err
	}
	if file, ok := strings.CutPrefix(arg, "@"); ok {
		doc, err = cli.ReadFile(file)
		return doc, file, err
	}
	if doc, err = cli.ReadFile(arg); err == nil || errors.Is(err, cli.ErrTooLarge) {
		return doc, arg, err
	}
	if json.Valid([]byte(arg)) {
		return []byte(arg), "", nil // not an object, which the reader of the kwargs reports
	}
	return nil, "", errors.New("it is neither a JSON object nor a file that can be read")
}

// Texts returns the texts of warnings.
func Texts(warnings []setup.Warning) []string {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.String())
	}
	return texts
}

// Stem returns the beginning of the names of a kind's kwargs, before _prefix and
// _lookup_pattern.
func Stem(kind lookup.Kind) string {
	if kind == lookup.KindConfig {
		return "config"
	}
	return kind.String() + "s"
}

// Text returns the JSON of a value on one line. It does not escape < and >, so that people
// can read patterns.
func Text(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a Buffer does not fail, nor do text, booleans, lists and maps
	return strings.TrimSpace(b.String())
}
