package export

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// WriteVariables writes variables so that airflow variables import stores them again, sorted
// by key. JSON is what airflow variables export writes, with the values that are JSON laid
// out; a number that Airflow would write otherwise, such as 0.10, stays text. In YAML and Env
// every value is text. What the format cannot hold is an error that names the key. The result
// reveals the values.
func WriteVariables(format Format, variables []Variable) ([]byte, error) {
	sorted := slices.SortedFunc(slices.Values(variables), func(a, b Variable) int {
		return cmp.Compare(a.Key, b.Key)
	})
	for i, v := range sorted {
		err := v.importable(format)
		if err == nil && i > 0 && v.Key == sorted[i-1].Key {
			err = errors.New("it is there twice")
		}
		if err != nil {
			return nil, fmt.Errorf("%.100q: %w", v.Key, err)
		}
	}
	switch format {
	case JSON:
		return variablesAsJSON(sorted), nil
	case YAML:
		return variablesAsYAML(sorted), nil
	case Env:
		var dst []byte
		for _, v := range sorted {
			dst = fmt.Appendf(dst, "%s=%s\n", v.Key, v.Text.Reveal())
		}
		return dst, nil
	}
	return nil, errFormat
}

// breaks are the characters at which Python splits lines.
const breaks = "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

// longestYAMLKey is below the 1024 characters that YAML readers allow before a colon.
const longestYAMLKey = 1000

// importable returns why airflow variables import would not store the variable as it is.
func (variable Variable) importable(format Format) error {
	text := variable.Text.Reveal()
	switch {
	case !utf8.ValidString(text) || !utf8.ValidString(variable.Key) || !utf8.ValidString(variable.Description):
		return errors.New("not UTF-8")
	case variable.Key == "":
		return errors.New("it has no key")
	case format == YAML && len(appendYAML(nil, variable.Key)) > longestYAMLKey:
		return errors.New("its key is too long for YAML, write json")
	case format != Env:
		return nil
	case text == "":
		return errors.New("a line cannot hold an empty value, write json or yaml")
	case strings.ContainsAny(text, breaks):
		return errors.New("a line cannot hold a line break, write json or yaml")
	case variable.Description != "":
		return errors.New("a line cannot hold a description, write json or yaml")
	case strings.ContainsAny(variable.Key, breaks+"=") || strings.HasPrefix(strings.TrimSpace(variable.Key), "#"):
		return errors.New("a line cannot hold the key, write json or yaml")
	}
	return nil
}

func variablesAsJSON(sorted []Variable) []byte {
	const newline, step = "\n    ", "    "
	l := layout{step: step, sorted: true}
	dst := []byte{'{'}
	for i, variable := range sorted {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(pyjson.AppendString(append(dst, newline...), variable.Key), ": "...)
		value, hasValue := variable.exported()
		if variable.Description == "" && !hasValue {
			dst = appendIndented(dst, value, l, newline)
			continue
		}
		description := "null"
		if variable.Description != "" {
			description = string(pyjson.AppendString(nil, variable.Description))
		}
		dst = append(append(append(dst, '{'), newline+step+`"description": `...), description...)
		dst = append(append(append(dst, ','), newline+step...), `"value": `...)
		dst = append(append(appendIndented(dst, value, l, newline+step), newline...), '}')
	}
	if len(sorted) > 0 {
		dst = append(dst, '\n')
	}
	return append(dst, '}')
}

// exported is the value as it stands in an export, and whether it is an object with a member
// called value, which airflow variables import would take apart.
func (variable Variable) exported() (v pyjson.Value, hasValue bool) {
	text := variable.Text.Reveal()
	v, err := pyjson.Load(text)
	isScalar := err == nil && v.Kind != pyjson.Array && v.Kind != pyjson.Object
	if err != nil || v.Kind == pyjson.String || isScalar && string(pyjson.AppendDump(nil, v)) != text {
		quoted := string(pyjson.AppendString(nil, text))
		v, _ = pyjson.Load(quoted)
		return v, false
	}
	if v.Kind == pyjson.Object {
		for _, m := range membersOf(v.Raw, false) {
			name, _ := m.key.Text()
			hasValue = hasValue || name == "value"
		}
	}
	return v, hasValue
}

func variablesAsYAML(sorted []Variable) []byte {
	if len(sorted) == 0 {
		return []byte("{}\n")
	}
	var dst []byte
	for _, variable := range sorted {
		dst = append(appendYAML(dst, variable.Key), ':')
		if variable.Description == "" {
			dst = append(appendYAML(append(dst, ' '), variable.Text.Reveal()), '\n')
			continue
		}
		dst = append(appendYAML(append(dst, "\n  description: "...), variable.Description), '\n')
		dst = append(appendYAML(append(dst, "  value: "...), variable.Text.Reveal()), '\n')
	}
	return dst
}
