package export

import (
	"errors"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

func readYAML(text string) (File, error) {
	root, err := yamlRoot(text)
	if err != nil {
		return File{}, err
	}
	if root.Kind != yaml.MappingNode {
		return File{}, errors.New("neither JSON, nor YAML, nor lines of ID=VALUE: write an " +
			"object of ids and values")
	}
	w := &yamlWriter{budget: 1<<16 + 64*len(text)}
	members, err := w.members(root, 0)
	if err != nil {
		return File{}, err
	}
	if services := composeServices(members); services != nil {
		return w.compose(services)
	}
	if (&yamlWriter{budget: w.budget}).isHelm(members) {
		return File{}, errHelm
	}
	f := File{Format: YAML}
	for _, m := range members {
		f.Entries = append(f.Entries, w.entry(m))
	}
	return f, printed(f.Entries)
}

// yamlWriter writes nodes as JSON. The budget is how many nodes it may still visit, so that
// aliases of aliases cannot expand without bounds.
type yamlWriter struct{ budget int }

var errBudget = errors.New("its aliases expand to too much: write the values in full")

// yamlMember is a key and a value of a mapping.
type yamlMember struct{ key, value *yaml.Node }

// visit follows an alias and counts the node.
func (w *yamlWriter) visit(node *yaml.Node, depth int) (*yaml.Node, error) {
	if w.budget--; w.budget < 0 {
		return nil, errBudget
	}
	if depth > pyjson.MaxDepth/2 {
		return nil, errors.New("nested too deep")
	}
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		node = node.Alias
	}
	return node, nil
}

// members are the pairs of a mapping with what it merges before its own, as PyYAML has them:
// the last of a key counts.
func (w *yamlWriter) members(mapping *yaml.Node, depth int) (all []yamlMember, err error) {
	var merged []yamlMember
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, err := w.visit(mapping.Content[i], depth)
		if err != nil {
			return nil, err
		}
		value, err := w.visit(mapping.Content[i+1], depth)
		if err != nil {
			return nil, err
		}
		if resolve(key) != yamlMerge {
			all = append(all, yamlMember{key, value})
			continue
		}
		inner, err := w.merged(value, depth)
		if err != nil {
			return nil, err
		}
		merged = append(merged, inner...)
	}
	return append(merged, all...), nil
}

// merged are the members of a mapping, or of a list of them, under a merge key.
func (w *yamlWriter) merged(value *yaml.Node, depth int) (all []yamlMember, err error) {
	switch value.Kind {
	case yaml.MappingNode:
		return w.members(value, depth+1)
	case yaml.SequenceNode:
		for i := range value.Content {
			// An earlier mapping wins over a later one.
			one, err := w.visit(value.Content[len(value.Content)-1-i], depth)
			if err != nil {
				return nil, err
			}
			if one.Kind != yaml.MappingNode {
				return nil, errors.New("a merge key (<<) without a mapping")
			}
			inner, err := w.members(one, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
		}
		return all, nil
	}
	return nil, errors.New("a merge key (<<) without a mapping")
}

// entry is the entry that a member of the root is.
func (w *yamlWriter) entry(m yamlMember) Entry {
	var e Entry
	var key pyjson.Value
	doc, err := w.json(nil, m.key, 0)
	if err == nil {
		key, err = pyjson.Load(string(doc))
	}
	switch {
	case err == nil && key.Kind == pyjson.String:
		e.ID, _ = key.Text()
	case err == nil && (key.Kind == pyjson.Int || key.Kind == pyjson.Float):
		// Airflow imports a variable with such a key, and no connection.
		e.ID, e.idWhy = key.Number(), "its id is a number: put it in quotes"
	default:
		e.ID, e.why = m.key.Value, "its id is not text: put it in quotes"
	}
	value, err := w.json(nil, m.value, 0)
	if err != nil && e.why == "" {
		e.why = err.Error()
	}
	e.value = connuri.NewSecret(string(value))
	return e
}

// json appends a node as JSON.
func (w *yamlWriter) json(dst []byte, node *yaml.Node, depth int) ([]byte, error) {
	node, err := w.visit(node, depth)
	if err != nil {
		return dst, err
	}
	switch node.Kind {
	case yaml.MappingNode:
		return w.object(dst, node, depth)
	case yaml.SequenceNode:
		if isTagged(node) {
			return dst, errTag
		}
		dst = append(dst, '[')
		for i, element := range node.Content {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if dst, err = w.json(dst, element, depth+1); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case yaml.ScalarNode:
		return appendScalar(dst, node)
	}
	return dst, errors.New("not YAML")
}

func (w *yamlWriter) object(dst []byte, mapping *yaml.Node, depth int) ([]byte, error) {
	if isTagged(mapping) {
		return dst, errTag
	}
	members, err := w.members(mapping, depth)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if m.key.Kind != yaml.ScalarNode {
			return dst, errors.New("a key that is a list or an object")
		}
		// json.dumps writes a key that is a number, a boolean or null as text.
		key, err := appendScalar(nil, m.key)
		if err != nil {
			return dst, err
		}
		if key[0] != '"' {
			key = pyjson.AppendString(nil, string(key))
		}
		dst = append(append(dst, key...), ": "...)
		if dst, err = w.json(dst, m.value, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}
