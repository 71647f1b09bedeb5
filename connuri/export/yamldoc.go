package export

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// isFlow reports whether a text is a mapping between braces that is not JSON, because its
// first key has no double quotes.
func isFlow(trimmed string) bool {
	inner, found := strings.CutPrefix(trimmed, "{")
	inner = strings.TrimSpace(inner)
	return found && inner != "" && inner[0] != '"' && inner[0] != '}' && strings.Contains(inner, ":")
}

// yamlVersion is the directive of a version, which the parser knows as 1.1 alone.
var yamlVersion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A((?:[ \t]*(?:#[^\n]*)?\r?\n)*)%YAML[ \t]+1\.[12]\b`)
})

// yamlRoot parses the one document of a text. The errors of the parser quote the text, so only
// their line is kept.
func yamlRoot(text string) (*yaml.Node, error) {
	text = yamlVersion().ReplaceAllString(text, "${1}%YAML 1.1")
	root, err := parsedYAML(text)
	hasMark := strings.Contains(strings.ToUpper(text), slashMark) || strings.ContainsRune(text, slashRune)
	if err != nil && strings.Contains(text, `\/`) && !hasMark {
		if root, err = parsedYAML(strings.ReplaceAll(text, `\/`, slashMark)); err == nil {
			marks := strings.NewReplacer(string(slashRune), "/", slashMark, `\/`)
			restoreSlashes(root, marks)
		}
	}
	return root, err
}

// The parser does not know \/, which is a slash between double quotes and both characters
// elsewhere. The mark is an escape too, so that the parser tells one from the other.
const (
	slashMark = `\U0010FFFD`
	slashRune = '\U0010FFFD'
)

// restoreSlashes replaces the marks in a document.
func restoreSlashes(node *yaml.Node, marks *strings.Replacer) {
	node.Value = marks.Replace(node.Value)
	for _, child := range node.Content {
		restoreSlashes(child, marks)
	}
}

func parsedYAML(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var doc, another yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("it is empty")
	case err != nil:
		return nil, yamlError(err)
	case len(doc.Content) != 1:
		return nil, errors.New("not YAML")
	}
	if err := decoder.Decode(&another); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, yamlError(err)
		}
		return nil, errors.New("it has several YAML documents, and Airflow reads one: put each " +
			"in a file of its own")
	}
	return doc.Content[0], nil
}

func yamlError(err error) error {
	var line int
	if _, scanned := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scanned == nil {
		return fmt.Errorf("neither JSON, nor YAML (line %d), nor lines of ID=VALUE", line)
	}
	return errors.New("neither JSON, nor YAML, nor lines of ID=VALUE")
}
