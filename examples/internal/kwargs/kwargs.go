// Package kwargs reads the backend_kwargs that a command line gives, for
// programs that need the rules of lookups and no client.
package kwargs

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Read reads JSON, or the file whose name stands behind an @. "" is {}.
func Read(arg string) (doc []byte, settings setup.Settings, err error) {
	doc = []byte(arg)
	if file, ok := strings.CutPrefix(arg, "@"); ok {
		if doc, err = os.ReadFile(file); err != nil {
			return nil, settings, err
		}
	}
	if len(doc) == 0 {
		doc = []byte("{}")
	}
	settings, err = setup.ParseKwargs(doc)
	return doc, settings, err
}

// Texts are warnings as they print.
func Texts(warnings []setup.Warning) []string {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.String())
	}
	return texts
}

// Stem is what the names of a kind's kwargs begin with, before _prefix and
// _lookup_pattern.
func Stem(kind lookup.Kind) string {
	if kind == lookup.KindConfig {
		return "config"
	}
	return kind.String() + "s"
}

// Text is a value as it stands in the JSON of kwargs, on one line. It leaves < and >
// as they are, for patterns hold them and people read them.
func Text(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // text, booleans, lists and maps of them, to a Buffer
	return strings.TrimSpace(b.String())
}
