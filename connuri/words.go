package connuri

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// ConnWords maps fields to additional names for their keys in JSON secrets: the extra_conn_words of
// SecretsManagerBackend. The fields are login (or user), password, host, port, schema, conn_type
// and extra. The zero value has only the names that are always known:
//
//	login      login, user, username, user_name
//	password   password, pass, key
//	host       host, remote_host, server
//	port       port
//	schema     database, schema
//	conn_type  conn_type, conn_id, connection_type, engine
//	extra      extra
//
// If several keys stand for one field, the first in the document counts, even if it is null. All
// other keys are ignored.
type ConnWords map[string][]string

// defaultField returns the field that a key always stands for, -1 if there is none.
func defaultField(name string) key {
	switch name {
	case "login", "user", "username", "user_name":
		return keyLogin
	case "password", "pass", "key":
		return keyPassword
	case "host", "remote_host", "server":
		return keyHost
	case "port":
		return keyPort
	case "database", "schema":
		return keySchema
	case "conn_type", "conn_id", "connection_type", "engine":
		return keyType
	case "extra":
		return keyExtra
	}
	return -1
}

// fieldsOf calls found for each field that a key stands for.
func (w ConnWords) fieldsOf(name string, found func(key)) {
	if k := defaultField(name); k >= 0 {
		found(k)
	}
	if len(w) == 0 {
		return
	}
	for k := range standardKeys {
		if slices.Contains(w[keyNames[k]], name) || k == keyLogin && slices.Contains(w["user"], name) {
			found(k)
		}
	}
}

// fieldNamed returns the field that a key of ConnWords names.
func fieldNamed(name string) (key, bool) {
	if name == "user" {
		return keyLogin, true
	}
	i := slices.Index(keyNames[:standardKeys], name)
	return key(i), i >= 0
}

// ParseConnWords reads the JSON of extra_conn_words as Airflow does: an object that maps each field
// to a list of names. As in Python, text instead of a list is read letter by letter, an object
// instead of a list gives its keys, and an element that is not text never matches.
//
// Any other value instead of a list is an *Error. Airflow fails on it when it reads the first
// JSON secret. ParseConnWords accepts an unknown field, as Airflow does; Parse refuses it.
func ParseConnWords(doc string) (ConnWords, error) {
	words, err := parseWords(doc)
	return words, adviseJSON(err, doc)
}

func parseWords(doc string) (ConnWords, error) {
	if err := checkUTF8("extra_conn_words", doc); err != nil {
		return nil, err
	}
	top, err := pyjson.Load(doc)
	if err != nil {
		return nil, jsonError("extra_conn_words", err)
	}
	if !top.Truthy() {
		return nil, nil
	}
	words := ConnWords{}
	err = pyjson.Members(doc, func(name, list pyjson.Value) error {
		field, _ := name.Text()
		add := func(v pyjson.Value) {
			if v.Kind == pyjson.String {
				text, _ := v.Text()
				words[field] = append(words[field], text)
			}
		}
		words[field] = nil // of a repeated key the last value counts
		switch list.Kind {
		case pyjson.String:
			text, _ := list.Text()
			words[field] = strings.Split(text, "")
		case pyjson.Object:
			return pyjson.Members(list.Raw, func(name, _ pyjson.Value) error { add(name); return nil })
		case pyjson.Array:
			return pyjson.Elements(list.Raw, func(v pyjson.Value) error { add(v); return nil })
		default:
			return fieldError("extra_conn_words", "must be a list of names for each field", list.Offset)
		}
		return nil
	})
	if err != nil {
		return nil, jsonError("extra_conn_words", err)
	}
	return words, nil
}

// Parse reads a secret of AWS Secrets Manager in dialect d, as SecretsManagerBackend.get_connection
// does once it has the text. JSON may use the names of w for its keys; any other text is a URI. The
// errors are those of the function [Parse].
func (w ConnWords) Parse(d Dialect, secret string) (Connection, error) {
	return w.parse(d, secret, false)
}

// parse is Parse for values that may be URL-encoded.
func (w ConnWords) parse(d Dialect, secret string, encoded bool) (Connection, error) {
	if !looksLikeJSON(secret) {
		return d.Parse(secret)
	}
	var doc document
	if err := w.read(&doc, secret, encoded); err != nil {
		return Connection{}, adviseJSON(err, secret)
	}
	c, err := d.connection(&doc)
	return c, adviseJSON(err, secret)
}

// Standardize returns what SecretsManagerBackend.get_conn_value returns for the text of a secret,
// byte for byte: JSON with the seven usual keys, each null if the secret has no key for it, or
// the text itself if it is not JSON. The result reveals the password. The error is an *Error that
// wraps ErrSyntax.
func (w ConnWords) Standardize(secret string) (string, error) { return w.standardize(secret, false) }

// standardize is Standardize for values that may be URL-encoded.
func (w ConnWords) standardize(secret string, encoded bool) (string, error) {
	if !looksLikeJSON(secret) {
		return secret, nil
	}
	var doc document
	if err := w.read(&doc, secret, encoded); err != nil {
		return "", adviseJSON(err, secret)
	}
	dst := make([]byte, 0, len(secret)+128)
	for k := range standardKeys {
		sep := `, "`
		if k == 0 {
			sep = `{"`
		}
		dst = append(append(append(dst, sep...), keyNames[k]...), `": `...)
		if doc.given[k] {
			dst = pyjson.AppendDump(dst, doc.values[k])
		} else {
			dst = append(dst, "null"...)
		}
	}
	return string(append(dst, '}')), nil
}

// looksLikeJSON reports whether Airflow reads a secret as JSON. It ignores white space as Unicode
// defines it, although json.loads later accepts only JSON's own.
func looksLikeJSON(secret string) bool {
	return strings.HasPrefix(pystr.StripLeft(secret), "{")
}

// read fills doc with the first key of each field, and decodes values if encoded is true. A
// repeated key keeps its place and gets its last value, as in a dict.
func (w ConnWords) read(doc *document, secret string, encoded bool) error {
	if err := checkUTF8("json", secret); err != nil {
		return err
	}
	doc.unknown = -1
	for name := range w {
		if _, ok := fieldNamed(name); !ok {
			return fieldError("extra_conn_words", "a key is not one of login, user, password, host, port, schema, conn_type and extra", -1)
		}
	}
	var winner [standardKeys]string
	err := pyjson.Members(secret, func(name, value pyjson.Value) error {
		text, _ := name.Text()
		w.fieldsOf(text, func(k key) {
			if !doc.given[k] || winner[k] == text {
				doc.given[k], doc.values[k], winner[k] = true, value, text
			}
		})
		return nil
	})
	if err != nil {
		return jsonError("json", err)
	}
	if encoded {
		return doc.unquote()
	}
	return nil
}
