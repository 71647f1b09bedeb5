package connuritest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// The chosen differences that apply before anything is compared.
const (
	Unaskable   = "half a surrogate pair in what is asked: no Go string can hold it"
	Unbuildable = "a Connection of Go cannot hold what a field holds: no text, or a port beyond int64"
	Encodable   = "half a surrogate pair that the models of Airflow cannot encode: U+FFFD stands for it, which can be"
	URIInJSON   = "half a surrogate pair in the key uri: U+FFFD stands for it, in an extra made of it too"
)

// Compare compares a reading with the recorded one. Where the two are meant to differ, it accepts
// exactly the chosen difference and returns its reason.
func Compare(want Answer, c connuri.Connection, err error) (fault string, met []string) {
	if want.Err != "" {
		switch {
		case err != nil:
			return "", nil
		case want.Err == "UnicodeEncodeError":
			return "", []string{Encodable}
		}
		return "no error where Airflow has " + want.Err, nil
	}
	fields, refused := want.Fields(), []string{}
	for _, choice := range choices {
		if isMet, refuses := choice.meet(want, fields); isMet {
			met = append(met, choice.reason)
			refused = append(refused, refuses...)
		}
	}
	if len(refused) > 0 {
		if named, ok := errors.AsType[*connuri.Error](err); !ok || !slices.Contains(refused, named.Field) {
			return "no error that names one of " + strings.Join(refused, ", "), met
		}
		return "", met
	}
	if err != nil {
		return "an error where Airflow has none: " + err.Error(), met
	}
	return differingFields(fields, c), met
}

// recorded is a connection in the form of the rows.
func recorded(c connuri.Connection) map[string]any {
	text := func(s string, f connuri.Fields) any {
		if s == "" && c.Empty&f == 0 {
			return nil
		}
		return s
	}
	m := map[string]any{
		"conn_type": text(c.Type, connuri.EmptyType), "description": text(c.Description, connuri.EmptyDescription),
		"host": text(c.Host, connuri.EmptyHost), "login": text(c.Login, connuri.EmptyLogin), "schema": text(c.Schema, connuri.EmptySchema),
		"password": nil, "port": nil, "extra": nil,
	}
	if !c.Password.IsZero() {
		m["password"] = c.Password.Reveal()
	}
	if c.Port != 0 || c.Empty&connuri.EmptyPort != 0 {
		m["port"] = json.Number(fmt.Sprint(c.Port))
	}
	if !c.Extra.IsZero() {
		m["extra"] = c.Extra.Reveal()
	}
	return m
}

var fieldNames = []string{"conn_type", "host", "login", "password", "schema", "port", "extra", "description"}

func differingFields(w map[string]any, c connuri.Connection) string {
	if w == nil {
		return "no fields in the row"
	}
	got := recorded(c)
	var names []string
	for _, name := range fieldNames {
		if v, ok := w[name]; (ok || name != "description") && v != got[name] {
			names = append(names, name)
		}
	}
	if names == nil {
		return ""
	}
	return strings.Join(names, ", ") + " differ"
}

// choices are the differences from Airflow that the package documentation of connuri lists. Each
// one decides by the recorded answer whether it applies, puts into fields what our answer must be
// instead, and names the fields that our answer must refuse. A difference that applies is never
// vacuous: neither U+FFFD nor an error is ever Airflow's answer.
var choices = []struct {
	reason string
	meet   func(want Answer, fields map[string]any) (met bool, refuses []string)
}{
	{
		"half a surrogate pair in a field: a Go string cannot hold it, U+FFFD stands for it",
		func(want Answer, _ map[string]any) (bool, []string) {
			var raw map[string]json.RawMessage
			_ = json.Unmarshal(want.Raw, &raw)
			return slices.ContainsFunc(fieldNames, func(name string) bool { return hasLoneSurrogate(raw[name]) }), nil
		},
	},
	{
		"a text field that holds no text: a number becomes its text, all else is an error that names the field",
		func(want Answer, fields map[string]any) (bool, []string) {
			names, refuses := NotText(want), []string(nil)
			for _, name := range names {
				text, isNumber := pythonStr(fields[name])
				if !isNumber {
					refuses = append(refuses, name)
				}
				fields[name] = text
			}
			return len(names) > 0, refuses
		},
	},
	{
		"a port beyond int64 is an error",
		func(_ Answer, fields map[string]any) (bool, []string) {
			n, _ := fields["port"].(json.Number)
			port, ok := new(big.Int).SetString(n.String(), 10)
			if !ok || port.IsInt64() {
				return false, nil
			}
			return true, []string{"port"}
		},
	},
}

// NotText returns the names of the text fields of a recorded connection that hold something other
// than text.
func NotText(want Answer) (names []string) {
	if want.Err != "" {
		return nil
	}
	w := want.Fields()
	for _, name := range []string{"conn_type", "host", "login", "password", "schema", "description"} {
		if _, isText := w[name].(string); !isText && w[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// pythonStr is str() of a recorded number.
func pythonStr(v any) (text string, isNumber bool) {
	switch v := v.(type) {
	case json.Number:
		return v.String(), true // the rows were written by Python
	case map[string]any:
		name, isFloat := v["$float"].(string)
		return strings.ToLower(strings.Replace(name, "Infinity", "inf", 1)), isFloat
	}
	return "", false
}

// CompareText compares text with the recorded one. name says in the fault which text it is.
func CompareText(name string, want Answer, got string, err error) (fault string) {
	switch {
	case want.Err != "" && err == nil:
		return name + ": no error where Airflow has " + want.Err
	case want.Err == "" && err != nil:
		return name + ": " + err.Error()
	case want.Err == "" && got != want.Text():
		return name + " differs"
	}
	return ""
}
