package export

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// fields are what an exported connection has, in the order of a secret. The rest
// of them, conn_id and description, is not kept in a secret: the name has the
// one, and SecretsManagerBackend passes over the other.
var fields = []string{"conn_type", "login", "password", "host", "port", "schema", "extra"}

// Connection is an exported connection: its fields as the export has them, and
// the text of a secret that holds them. A field that is null is left out there,
// "" is not: Airflow tells them apart.
func (e Entry) Connection() (c connuri.Connection, secret string, err error) {
	if e.Value[0] == '"' { // a URI is all there is
		if secret, err = e.Text(); err != nil {
			return c, "", err
		}
		c, err = connuri.ParseURI(secret)
		return c, secret, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(e.Value, &members) != nil || members == nil {
		return c, "", errors.New("a connection is an object or a string")
	}
	texts := map[string]string{}
	for key, value := range members {
		switch {
		case !slices.Contains(fields, key) && key != "description" && key != "conn_id":
			return c, "", fmt.Errorf("it has the key %.40q, which no export of connections has", key)
		case string(value) == "null":
			delete(members, key)
		case key == "port":
			if json.Unmarshal(value, &c.Port) != nil {
				return c, "", errors.New("port: not a whole number")
			}
		case value[0] != '"':
			return c, "", fmt.Errorf("%s: not a string, which it is in an export", key)
		default:
			if texts[key], err = text(value); err != nil {
				return c, "", fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	c.Type, c.Description, c.Host, c.Schema, c.Login = texts["conn_type"], texts["description"], texts["host"], texts["schema"], texts["login"]
	if _, given := members["password"]; given {
		c.Password = connuri.NewSecret(texts["password"])
	}
	c.Extra = connuri.RawExtra(texts["extra"])
	return c, object(members, fields), nil
}

// object writes the members of these names, in this order.
func object(members map[string]json.RawMessage, names []string) string {
	var written []string
	for _, name := range names {
		if value, ok := members[name]; ok {
			written = append(written, fmt.Sprintf("%q: %s", name, value))
		}
	}
	return "{" + strings.Join(written, ", ") + "}"
}

// ConnectionText is a connection as a secret that keeps whatever was written: an
// object without its conn_id, by which SecretsManagerBackend would take the type
// of the connection, or else a string, which is a URI or JSON already.
func (e Entry) ConnectionText() (string, error) {
	if e.Value[0] == '"' {
		return e.Text()
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.Value, &members); err != nil || members == nil {
		return "", errors.New("a connection is an object or a string")
	}
	delete(members, "conn_id")
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return "", errors.New("not JSON")
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}
