package export

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// longestConnID is how many characters airflow connections import accepts.
const longestConnID = 200

// WriteConnections writes connections as airflow connections export does, sorted by id: in
// JSON byte for byte, in YAML with all text in quotes, and in Env as URIs. What airflow
// connections import would refuse or read back as another connection is an error that names
// the id and the field. The result reveals the secrets.
func WriteConnections(format Format, connections []connuri.Connection) ([]byte, error) {
	sorted := slices.SortedFunc(slices.Values(connections), func(a, b connuri.Connection) int {
		return cmp.Compare(a.ID, b.ID)
	})
	for i, c := range sorted {
		if err := importable(c); err != nil {
			return nil, fmt.Errorf("%.100q: %w", c.ID, err)
		}
		if i > 0 && c.ID == sorted[i-1].ID {
			return nil, fmt.Errorf("%.100q: it is there twice", c.ID)
		}
	}
	switch format {
	case JSON:
		return append(connectionsAsJSON(sorted), '}'), nil
	case YAML:
		return connectionsAsYAML(sorted), nil
	case Env:
		return connectionsAsEnv(sorted)
	}
	return nil, errFormat
}

var errFormat = errors.New("the formats that can be written are json, yaml and env")

// importable returns what airflow connections import refuses in a connection.
func importable(c connuri.Connection) error {
	outside := func(r rune) bool { return !connIDRune(r) }
	switch {
	case c.ID == "" || strings.ContainsFunc(c.ID, outside):
		return errors.New("conn_id: airflow connections import accepts letters, digits, dashes, " +
			"dots and underscores alone")
	case utf8.RuneCountInString(c.ID) > longestConnID:
		return fmt.Errorf("conn_id: airflow connections import accepts up to %d characters", longestConnID)
	}
	for _, field := range fieldsOf(c) {
		if !utf8.ValidString(field.text) {
			return fmt.Errorf("%s: not UTF-8", field.name)
		}
	}
	if extra := c.Extra.Reveal(); extra != "" {
		if v, err := pyjson.Load(extra); err != nil || v.Kind != pyjson.Object {
			return errors.New("extra: not a JSON object, which Airflow 3 refuses")
		}
	}
	return nil
}

// connIDRune reports whether airflow connections import accepts a character in a conn_id.
func connIDRune(r rune) bool {
	return r == '-' || r == '.' || !strings.ContainsRune(`#!():/\`, r) && connID().MatchString(string(r))
}

// field is one of a connection, in the order of an export.
type field struct {
	name  string
	text  string
	given bool // otherwise null
}

func fieldsOf(c connuri.Connection) []field {
	given := func(name, text string, empty connuri.Fields) field {
		return field{name, text, text != "" || c.Empty&empty != 0}
	}
	port := field{name: "port", given: c.Port != 0 || c.Empty&connuri.EmptyPort != 0}
	if port.given {
		port.text = strconv.Itoa(c.Port)
	}
	return []field{
		{"conn_type", c.Type, true}, // Airflow stores no connection without one
		given("description", c.Description, connuri.EmptyDescription),
		given("login", c.Login, connuri.EmptyLogin),
		{"password", c.Password.Reveal(), !c.Password.IsZero()},
		given("host", c.Host, connuri.EmptyHost),
		port,
		given("schema", c.Schema, connuri.EmptySchema),
		{"extra", c.Extra.Reveal(), !c.Extra.IsZero()},
	}
}

// SecretJSON returns the JSON of a secret from which SecretsManagerBackend reads c: its fields
// except the id and the description, which a secret does not hold. A field that is None is left out.
func SecretJSON(c connuri.Connection) connuri.Secret {
	dst := []byte{'{'}
	for _, f := range fieldsOf(c) {
		if !f.given || f.name == "description" || f.name == "conn_type" && c.Type == "" && c.Empty&connuri.EmptyType == 0 {
			continue
		}
		if len(dst) > 1 {
			dst = append(dst, ", "...)
		}
		dst = f.appendJSON(dst)
	}
	return connuri.NewSecret(string(append(dst, '}')))
}

func (f field) appendJSON(dst []byte) []byte {
	dst = append(pyjson.AppendString(dst, f.name), ": "...)
	switch {
	case !f.given:
		return append(dst, "null"...)
	case f.name == "port":
		return append(dst, f.text...)
	}
	return pyjson.AppendString(dst, f.text)
}

func connectionsAsJSON(sorted []connuri.Connection) []byte {
	dst := []byte{'{'}
	for i, c := range sorted {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(pyjson.AppendString(append(dst, "\n  "...), c.ID), ": {"...)
		for j, f := range fieldsOf(c) {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = f.appendJSON(append(dst, "\n    "...))
		}
		dst = append(dst, "\n  }"...)
	}
	if len(sorted) > 0 {
		dst = append(dst, '\n')
	}
	return dst
}

func connectionsAsYAML(sorted []connuri.Connection) []byte {
	if len(sorted) == 0 {
		return []byte("{}\n")
	}
	var dst []byte
	for _, c := range sorted {
		dst = append(appendYAML(dst, c.ID), ":\n"...)
		for _, f := range fieldsOf(c) {
			dst = append(append(append(dst, "  "...), f.name...), ": "...)
			switch {
			case !f.given:
				dst = append(dst, "null"...)
			case f.name == "port":
				dst = append(dst, f.text...)
			default:
				dst = appendYAML(dst, f.text)
			}
			dst = append(dst, '\n')
		}
	}
	return dst
}

// appendYAML appends text in double quotes, in ASCII. A character beyond U+FFFF has an escape
// of its own, since YAML does not join halves of a surrogate pair.
func appendYAML(dst []byte, text string) []byte {
	start := 0
	dst = append(dst, '"')
	for i, r := range text {
		if r > 0xffff {
			dst = append(dst, inQuotes(text[start:i])...)
			dst = fmt.Appendf(dst, `\U%08x`, r)
			start = i + utf8.RuneLen(r)
		}
	}
	return append(append(dst, inQuotes(text[start:])...), '"')
}

func inQuotes(text string) []byte {
	quoted := pyjson.AppendString(nil, text)
	return quoted[1 : len(quoted)-1]
}

func connectionsAsEnv(sorted []connuri.Connection) ([]byte, error) {
	var dst []byte
	for _, c := range sorted {
		uri, err := connuri.Server.URI(c)
		if err != nil {
			return nil, fmt.Errorf("%.100q: %w", c.ID, err)
		}
		back, err := connuri.Server.ParseURI(uri)
		if err != nil {
			return nil, fmt.Errorf("%.100q: Airflow would refuse the URI, write json or yaml: %w", c.ID, err)
		}
		if lost := lostFields(c, back); len(lost) > 0 {
			return nil, fmt.Errorf("%.100q: a URI cannot hold its %s, write json or yaml", c.ID, strings.Join(lost, ", "))
		}
		dst = fmt.Appendf(dst, "%s=%s\n", c.ID, uri)
	}
	return dst, nil
}

// lostFields are the fields that a URI does not bring back. The layout of an extra may change.
func lostFields(c, back connuri.Connection) (lost []string) {
	backFields := fieldsOf(back)
	for i, f := range fieldsOf(c) {
		was, is := f.text, backFields[i].text
		if f.name == "extra" {
			was, is = canonical(was), canonical(is)
		}
		if was != is {
			lost = append(lost, f.name)
		}
	}
	return lost
}

// canonical is JSON with sorted keys, or the text itself.
func canonical(text string) string {
	v, err := pyjson.Load(text)
	if err != nil {
		return text
	}
	return string(appendIndented(nil, v, layout{sorted: true}, ""))
}
