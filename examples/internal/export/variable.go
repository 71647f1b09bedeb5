package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// VariableText is the text of a variable as airflow variables import stores it: a
// string as it is, all else as JSON over several lines. One that has a
// description was exported as an object with both, its value and description,
// which is told as well.
//
// An object with a value and no description is the variable itself: Airflow 2
// exports it so, though import would keep its value alone; asIs tells of it.
func (e Entry) VariableText() (written, description string, asIs bool, err error) {
	value := e.Value
	var members map[string]json.RawMessage
	if json.Unmarshal(withoutNaN(value), &members) == nil && members["value"] != nil {
		_, isDescribed := members["description"]
		if isDescribed && len(members) == 2 {
			value = inside(value, "value")
			_ = json.Unmarshal(members["description"], &description) // null is none, as is anything odd
		} else {
			asIs = true
		}
	}
	switch {
	case value[0] == '"':
		written, err = text(value)
		return written, description, asIs, err
	case slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, string(value)):
		return string(value), description, asIs, nil
	}
	var out bytes.Buffer
	if err := json.Indent(&out, value, "", "  "); err != nil {
		return "", description, asIs, errors.New("it holds NaN or Infinity, which is no JSON but Python's: store it by hand")
	}
	return out.String(), description, asIs, nil
}

// inside is a member of an object as it stands there.
func inside(object json.RawMessage, name string) json.RawMessage {
	f, err := readJSON(object)
	if err != nil {
		return object
	}
	i := slices.IndexFunc(f.Entries, func(e Entry) bool { return e.ID == name })
	return f.Entries[i].Value
}
