package hook

import "github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"

// fieldValue returns a key of the extra by its short name or, if that is absent, by the long name
// with extra__TYPE__ before it. A null or "" under the short name hides the long one and counts as
// absent.
func (r *reader) fieldValue(key string) (v pyjson.Value, given bool) {
	v, short := r.extra[key]
	if !short {
		v = r.extra["extra__"+r.hook+"__"+key]
	}
	return v, v.Kind != pyjson.Null && (v.Kind != pyjson.String || v.Raw != "")
}

// field returns such a key as text; a value that is false in Python is "".
func (r *reader) field(key string) (string, error) {
	v, given := r.fieldValue(key)
	if !given || !v.Truthy() {
		return "", nil
	}
	return r.asText(key, v)
}

// onlyText returns such a key and refuses a number.
func (r *reader) onlyText(key string) (string, error) {
	v, given := r.fieldValue(key)
	if given && v.Truthy() && v.Kind != pyjson.String {
		return "", r.bad("extra", key, "it is not text", "put it in quotes")
	}
	return r.field(key)
}

// asText returns a value that is text, or a number as text; null is "".
func (r *reader) asText(key string, v pyjson.Value) (string, error) {
	switch v.Kind {
	case pyjson.Null:
		return "", nil
	case pyjson.String, pyjson.Int, pyjson.Float:
		return v.Str(), nil
	}
	return "", r.bad("extra", key, "it is not text", "put it in quotes")
}
