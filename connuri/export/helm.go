package export

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// isHelm reports whether the members are the values of a Helm chart: a list in it names
// environment variables of Airflow's, or they have the image of Airflow.
func (w *yamlWriter) isHelm(members []yamlMember) bool {
	for _, m := range members {
		switch m.key.Value {
		case "defaultAirflowTag", "defaultAirflowRepository":
			return true
		case "images":
			if isImage(valueOf(m.value, "airflow")) {
				return true
			}
		case "airflow":
			if isImage(valueOf(m.value, "image")) {
				return true
			}
		case "extraEnv": // a template, as text
			if strings.Contains(m.value.Value, "name: "+connPrefix) || strings.Contains(m.value.Value, "name: "+varPrefix) {
				return true
			}
		}
		if w.listsVariables(m.value, 0) {
			return true
		}
	}
	return false
}

// listsVariables reports whether a node or a mapping in it is a list of the environment variables
// of a container, one of them Airflow's.
func (w *yamlWriter) listsVariables(node *yaml.Node, depth int) bool {
	const deepest = 5
	node, err := w.visit(node, depth)
	if err != nil || depth > deepest {
		return false
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 1; i < len(node.Content); i += 2 {
			if w.listsVariables(node.Content[i], depth+1) {
				return true
			}
		}
	case yaml.SequenceNode:
		for _, element := range node.Content {
			for _, key := range []string{"name", "envName"} {
				if name := valueOf(element, key); name != nil && isAirflows(name.Value) {
					return true
				}
			}
		}
	}
	return false
}

// isImage reports whether a node says which image a container has.
func isImage(node *yaml.Node) bool {
	return valueOf(node, "repository") != nil || valueOf(node, "tag") != nil
}

// valueOf is the value of a key of a mapping, otherwise nil.
func valueOf(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}
