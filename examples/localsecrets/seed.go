package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// kind is what a seed holds.
type kind string

const (
	byShape     kind = ""
	secrets     kind = "secrets"     // names and texts
	connections kind = "connections" // what airflow connections export writes
	variables   kind = "variables"   // what airflow variables export writes
)

func kindNamed(name string) (kind, error) {
	switch k := kind(name); k {
	case byShape, secrets, connections, variables:
		return k, nil
	}
	return byShape, errors.New("want secrets, connections or variables")
}

// prefixes are what ids are put behind to make the names of secrets.
type prefixes struct{ connections, variables string }

// readSeed reads the secrets in a file, names to texts. The error names the file
// and the key, never what is in it.
func readSeed(file string, k kind, to prefixes) (map[string]string, error) {
	doc, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found, err := seed(doc, k, to)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

func seed(doc []byte, k kind, to prefixes) (map[string]string, error) {
	var entries map[string]json.RawMessage // :: name or id → its value as it stands in the file
	if err := json.Unmarshal(doc, &entries); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, fmt.Errorf("not JSON, byte %d", syntax.Offset) // its text quotes the file
		}
		return nil, errors.New("not a JSON object")
	}
	if entries == nil {
		return nil, errors.New("null, not a JSON object")
	}
	if k == byShape {
		k = shapeOf(entries)
	}
	found := make(map[string]string, len(entries))
	for key, value := range entries {
		name, text, err := key, "", error(nil)
		switch k {
		case connections:
			name = nameOf(lookup.Connection, to.connections, key)
			text, err = connectionText(value)
		case variables:
			name = nameOf(lookup.Variable, to.variables, key)
			text, err = variableText(value)
		default:
			err = stringIn(value, &text)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		found[name] = text
	}
	return found, nil
}

// shapeOf tells the kind of a seed by its values.
func shapeOf(entries map[string]json.RawMessage) kind {
	texts, conns := 0, 0
	for _, value := range entries {
		var fields map[string]json.RawMessage
		switch {
		case value[0] == '"':
			texts++
		case json.Unmarshal(value, &fields) == nil && fields["conn_type"] != nil:
			conns++
		}
	}
	switch len(entries) {
	case texts:
		return secrets
	case conns:
		return connections
	}
	return variables
}

// nameOf is the secret that an id is looked up under.
func nameOf(k lookup.Kind, prefix, id string) string {
	// A flag that is empty is no prefix; an empty lookup.Prefix would be Airflow's own.
	rule := lookup.Rule{Kind: k, Prefix: cmp.Or(lookup.Prefix(prefix), lookup.NoPrefix)}
	plan, _ := rule.Plan(id, "") // without a pattern there is nothing to fail
	return plan.Names[0]
}

// connectionText is a connection as a secret: an object without its conn_id, by
// which SecretsManagerBackend would take the type of the connection, or else a
// string, which is a URI or JSON already.
func connectionText(value json.RawMessage) (string, error) {
	var text string
	if stringIn(value, &text) == nil {
		return text, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil || fields == nil {
		return "", errors.New("a connection is an object or a string")
	}
	delete(fields, "conn_id")
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fields); err != nil {
		return "", errors.New("not JSON")
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// variableText is the text of a variable as airflow variables import stores it: a
// string as it is, all else as JSON over several lines. One that has a
// description was exported as an object with both, its value and description.
func variableText(value json.RawMessage) (string, error) {
	var described map[string]json.RawMessage
	if json.Unmarshal(value, &described) == nil && described["value"] != nil {
		value = described["value"]
	}
	var text string
	if stringIn(value, &text) == nil {
		return text, nil
	}
	var out bytes.Buffer
	if err := json.Indent(&out, value, "", "  "); err != nil {
		return "", errors.New("not JSON")
	}
	return out.String(), nil
}

// stringIn reads a JSON string.
func stringIn(value json.RawMessage, text *string) error {
	if value[0] != '"' {
		return errors.New("the text of a secret is a string")
	}
	if err := json.Unmarshal(value, text); err != nil {
		return errors.New("not a string")
	}
	return nil
}
