package export

import (
	"errors"
	"fmt"
	"math"
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
	env := newEnvironment(Compose)
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
		last := map[string]*yaml.Node{} // the last one counts, so what is merged loses
		for _, m := range keys {
			last[m.key.Value] = m.value
		}
		if node := last["environment"]; node != nil {
			if err := w.environment(env, node); err != nil {
				return File{}, err
			}
		}
		if node := last["env_file"]; node != nil {
			if err := w.envFiles(env, service.key.Value, node); err != nil {
				return File{}, err
			}
		}
	}
	env.file.Entries = onceEach(env.file.Entries)
	return env.file, nil
}

// envFiles notes the env_file of a service: a path, or a list of paths and of mappings with one.
func (w *yamlWriter) envFiles(env *environment, service string, node *yaml.Node) error {
	elements := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		elements = node.Content
	}
	for _, element := range elements {
		element, err := w.visit(element, 2)
		if err != nil {
			return err
		}
		path := element
		if element.Kind == yaml.MappingNode {
			members, err := w.members(element, 3)
			if err != nil {
				return err
			}
			for _, m := range members {
				if m.key.Value == "path" {
					path = m.value
				}
			}
		}
		if path.Kind == yaml.ScalarNode && path.Value != "" {
			env.file.EnvFiles = append(env.file.EnvFiles, EnvFile{Service: service, Path: path.Value})
		}
	}
	return nil
}

const fromElsewhere = "Compose takes its value from elsewhere: write the value"

// environment reads the environment of one service: a mapping, or a list of NAME=VALUE.
func (w *yamlWriter) environment(env *environment, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		return w.environmentMap(env, node)
	case yaml.SequenceNode:
		return w.environmentList(env, node)
	}
	return nil
}

func (w *yamlWriter) environmentMap(env *environment, node *yaml.Node) error {
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
		text, why := composeText(last[name])
		env.composed(name, text, why)
	}
	return nil
}

// composeText is the text of a value as Compose reads it: 1.10 is 1.1, 010 is 8, and yes stays.
func composeText(node *yaml.Node) (text, why string) {
	if node.Kind != yaml.ScalarNode {
		return "", "Compose takes no list or object as a value: put it in quotes"
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return "", "Compose cannot read it: put it in quotes, without a tag"
	}
	const reformed = "Compose writes it in another form or refuses it: put it in quotes"
	switch value := value.(type) {
	case nil:
		return "", fromElsewhere
	case string:
		return value, ""
	case float64:
		if math.IsInf(value, 0) || math.IsNaN(value) {
			return "", reformed
		}
	case int:
		if value == 0 && strings.HasPrefix(node.Value, "-") { // versions disagree about -0
			return "", reformed
		}
	case bool, int64, uint64:
	default: // a date
		return "", reformed
	}
	return fmt.Sprint(value), ""
}

func (w *yamlWriter) environmentList(env *environment, node *yaml.Node) error {
	for _, element := range node.Content {
		element, err := w.visit(element, 2)
		if err != nil {
			return err
		}
		name, value, found := strings.Cut(element.Value, "=")
		switch {
		case element.Kind != yaml.ScalarNode || name == "" || strings.TrimRight(name, " \t") != name:
			return errors.New("an environment with an element that is not NAME=VALUE")
		case !found:
			env.composed(name, "", fromElsewhere)
		default:
			env.composed(name, value, "")
		}
	}
	return nil
}

// composed adds a variable with what Compose makes of its value. Quotes that stand within the
// value are part of it for Compose; a connection never begins with one.
func (env *environment) composed(name, value, why string) {
	plain, ok := interpolated(value)
	if !ok && why == "" {
		why = "Compose would expand the $ in it: write $$ for each $, or the value itself"
	}
	if strings.HasPrefix(name, connPrefix) {
		if word, err := unquoted(plain); err == nil {
			plain = word
		}
	}
	env.variable(name, plain, why)
}

// interpolated replaces $$ by $. It is not ok if Compose would put something in, or refuse it.
func interpolated(value string) (string, bool) {
	var plain strings.Builder
	for {
		before, after, found := strings.Cut(value, "$")
		plain.WriteString(before)
		if !found {
			return plain.String(), true
		}
		if after != "" && (after[0] == '{' || after[0] == '_' || 'a' <= after[0]|0x20 && after[0]|0x20 <= 'z') {
			return "", false
		}
		plain.WriteByte('$')
		value = strings.TrimPrefix(after, "$")
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
