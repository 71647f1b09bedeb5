package export

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"
)

// composeServices is the mapping of services if the members are those of a Compose file.
func composeServices(members []yamlMember) (services *yaml.Node) {
	for _, m := range members {
		if m.key.Value == "services" && m.value.Kind == yaml.MappingNode {
			services = m.value
		}
	}
	if services == nil {
		return nil
	}
	for i := 0; i+1 < len(services.Content); i += 2 { // a connection may be called services
		if services.Content[i].Value == "conn_type" {
			return nil
		}
	}
	return services
}

// compose reads the environments of all services.
func (w *yamlWriter) compose(services *yaml.Node) (File, error) {
	f := File{Format: Compose}
	all, err := w.members(services, 0)
	if err != nil {
		return File{}, err
	}
	for _, service := range all {
		if service.value.Kind != yaml.MappingNode {
			continue
		}
		keys, err := w.members(service.value, 1)
		if err != nil {
			return File{}, err
		}
		var environment *yaml.Node
		for _, m := range keys {
			if m.key.Value == "environment" {
				environment = m.value // the last one counts, so what is merged loses
			}
		}
		if environment != nil {
			if err := w.environment(&f, environment); err != nil {
				return File{}, err
			}
		}
	}
	f.Entries = onceEach(f.Entries)
	return f, nil
}

const fromElsewhere = "Compose takes its value from elsewhere: write the value"

// environment reads the environment of one service: a mapping, or a list of NAME=VALUE.
func (w *yamlWriter) environment(f *File, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		return w.environmentMap(f, node)
	case yaml.SequenceNode:
		return w.environmentList(f, node)
	}
	return nil
}

func (w *yamlWriter) environmentMap(f *File, node *yaml.Node) error {
	members, err := w.members(node, 2)
	if err != nil {
		return err
	}
	last := map[string]*yaml.Node{}
	var names []string
	for _, m := range members {
		if _, ok := last[m.key.Value]; !ok {
			names = append(names, m.key.Value)
		}
		last[m.key.Value] = m.value
	}
	for _, name := range names {
		value := last[name]
		if value.Kind != yaml.ScalarNode || resolve(value) == yamlNull {
			f.composed(name, "", fromElsewhere)
			continue
		}
		f.composed(name, value.Value, "")
	}
	return nil
}

func (w *yamlWriter) environmentList(f *File, node *yaml.Node) error {
	for _, element := range node.Content {
		element, err := w.visit(element, 2)
		if err != nil {
			return err
		}
		name, value, found := strings.Cut(element.Value, "=")
		switch {
		case element.Kind != yaml.ScalarNode || name == "":
			return errors.New("an environment with an element that is not NAME=VALUE")
		case !found:
			f.composed(name, "", fromElsewhere)
		default:
			f.composed(name, value, "")
		}
	}
	return nil
}

// composed adds a variable with what Compose makes of its value. Quotes that stand within the
// value are part of it for Compose; a connection never begins with one.
func (f *File) composed(name, value, why string) {
	plain, ok := interpolated(value)
	if !ok && why == "" {
		why = "Compose would expand the $ in it: write $$ for each $, or the value itself"
	}
	if strings.HasPrefix(name, connPrefix) {
		if word, err := unquoted(plain); err == nil {
			plain = word
		}
	}
	if assignment().MatchString(name + "=") {
		f.variable(name, plain, why)
	}
}

// interpolated replaces $$ by $. It is not ok if Compose would put something in.
func interpolated(value string) (string, bool) {
	var plain strings.Builder
	for {
		before, after, found := strings.Cut(value, "$")
		plain.WriteString(before)
		if !found {
			return plain.String(), true
		}
		if !strings.HasPrefix(after, "$") {
			return "", false
		}
		plain.WriteByte('$')
		value = after[1:]
	}
}

// onceEach drops an entry that says the same as an earlier one. Several services usually
// have the same environment.
func onceEach(entries []Entry) []Entry {
	var kept []Entry
	first := map[string]Entry{}
	for _, e := range entries {
		if before, ok := first[e.Name]; ok && before.why == e.why && before.value.Equal(e.value) {
			continue
		}
		first[e.Name] = e
		kept = append(kept, e)
	}
	return kept
}
