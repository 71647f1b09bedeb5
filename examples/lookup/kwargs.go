package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// readRule makes the rule for a kind from backend_kwargs, as Airflow reads them: other settings are no business of a lookup.
func readRule(text, kind string) (lookup.Rule, error) {
	var rule lookup.Rule
	var names string // of the kind's settings
	switch kind {
	case "connection":
		rule.Kind, names = lookup.Connection, "connections"
	case "variable":
		rule.Kind, names = lookup.Variable, "variables"
	case "config":
		rule.Kind, names = lookup.Config, "config"
	default:
		return rule, fmt.Errorf("-kind %q: want connection, variable or config", kind)
	}
	kwargs, err := readKwargs(text)
	if err != nil {
		return rule, err
	}
	if rule.Prefix, rule.Sep, err = path(kwargs, names+"_prefix", rule.Kind); err != nil {
		return rule, err
	}
	switch expr := kwargs[names+"_lookup_pattern"].(type) {
	case string:
		rule.Pattern, err = lookup.Compile(expr)
		return rule, err
	default:
		if !falsy(expr) {
			return rule, fmt.Errorf("-kwargs: %s_lookup_pattern is not a string", names)
		}
	}
	return rule, nil
}

func readKwargs(text string) (map[string]any, error) {
	doc := []byte(text)
	if file, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if doc, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	kwargs := map[string]any{}
	if len(doc) == 0 {
		return kwargs, nil
	}
	if err := json.Unmarshal(doc, &kwargs); err != nil {
		return nil, fmt.Errorf("-kwargs is not a JSON object") // the cause may quote credentials
	}
	return kwargs, nil
}

// path reads prefix and separator. A null prefix disables the kind, another that is false in Python is no prefix.
func path(kwargs map[string]any, key string, kind lookup.Kind) (lookup.Prefix, lookup.Sep, error) {
	prefix, sep := lookup.Prefix(""), lookup.Sep("")
	switch v := kwargs[key].(type) {
	case string:
		if prefix = lookup.Prefix(v); v == "" {
			prefix = lookup.NoPrefix
		}
	default:
		if _, given := kwargs[key]; !given {
			break
		}
		if v == nil {
			return lookup.Disabled, "", nil
		}
		if !falsy(v) {
			return "", "", fmt.Errorf("-kwargs: %s is not a string", key)
		}
		prefix = lookup.NoPrefix
	}
	switch v := kwargs["sep"].(type) {
	case string:
		if sep = lookup.Sep(v); v == "" {
			sep = lookup.NoSep
		}
	case nil:
		if _, given := kwargs["sep"]; given {
			return nullSep(prefix, kind), lookup.NoSep, nil
		}
	default:
		return "", "", fmt.Errorf("-kwargs: sep is not a string")
	}
	return prefix, sep, nil
}

// nullSep is Airflow's null separator: the prefix loses white space, and the separator prints as None.
func nullSep(prefix lookup.Prefix, kind lookup.Kind) lookup.Prefix {
	text := string(prefix)
	switch prefix {
	case lookup.NoPrefix:
		return prefix
	case "":
		text = map[lookup.Kind]string{
			lookup.Connection: "airflow/connections", lookup.Variable: "airflow/variables", lookup.Config: "airflow/config",
		}[kind]
	}
	text = strings.TrimRightFunc(text, func(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f })
	if text == "" {
		return lookup.NoPrefix
	}
	return lookup.Prefix(text + "None")
}

// falsy is Python's idea of nothing.
func falsy(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
