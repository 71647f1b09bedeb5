// Package pytruth implements Python's truth of values that come from JSON.
package pytruth

// IsFalsy reports whether bool(v) is false in Python, for a v that encoding/json decoded into
// an interface: null, false, 0, and an empty string, array or object.
func IsFalsy(v any) bool {
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
