package main

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
)

// equalJSON reports whether two texts are JSON objects or arrays with equal values. Spaces and the
// order of keys do not matter. Numbers are equal if they are written alike, because Python reads
// 1 as an int and 1.0 as a float.
func equalJSON(a, b string) bool {
	one, err := container(a)
	if err != nil {
		return false
	}
	other, err := container(b)
	return err == nil && reflect.DeepEqual(one, other)
}

var errNotCompared = errors.New("it is not one JSON object or array with text that is all Unicode")

// container decodes an object or array. Half of a surrogate pair is an error, since it would be
// decoded as U+FFFD.
func container(text string) (any, error) {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return nil, errNotCompared
	}
	decoder := json.NewDecoder(strings.NewReader(trimmed))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errNotCompared
	}
	if _, err := decoder.Token(); err != io.EOF || holdsReplacement(value) {
		return nil, errNotCompared
	}
	return value, nil
}

// holdsReplacement reports whether a key or text holds U+FFFD.
func holdsReplacement(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.ContainsRune(v, '\uFFFD')
	case []any:
		for _, item := range v {
			if holdsReplacement(item) {
				return true
			}
		}
	case map[string]any:
		for key, item := range v {
			if holdsReplacement(key) || holdsReplacement(item) {
				return true
			}
		}
	}
	return false
}
