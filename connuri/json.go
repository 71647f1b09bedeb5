package connuri

import (
	"errors"
	"strconv"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// key is a key that the JSON of a connection may have. The first seven are in the order in which
// get_conn_value writes them.
type key int

const (
	keyLogin key = iota
	keyPassword
	keyHost
	keyPort
	keySchema
	keyType
	keyExtra
	keyDescription
	keyURI
	keyTeam
	keys
	standardKeys = keyExtra + 1
)

var keyNames = [keys]string{"login", "password", "host", "port", "schema", "conn_type", "extra", "description", "uri", "team_name"}

// document is the JSON of a connection: the last value of each key.
type document struct {
	values  [keys]pyjson.Value
	given   [keys]bool
	unknown int // where the first key stands that is none of them, else -1

	// Of a value that is URL-encoded.
	decoded [keys]bool // it was, which made it another text
	half    [keys]bool // and it holds half of a surrogate pair, which the decoded text does not show
}

// ParseJSON reads a connection from JSON, as Connection.from_json does: an object with the keys
// conn_type, description, host, login, password, schema, port and extra, or with a URI under the
// key uri. Other keys are an error. It accepts the JSON that Python accepts, NaN and Infinity
// included.
//
// The extra is an object, or text that holds one. The port is a number, or text that holds one. A
// number in a text field becomes its text; true, false, a list or an object there is an error.
//
// The error is an *Error. It wraps ErrSyntax for text that is not a JSON object, and ErrField for a
// value that a field cannot hold.
func ParseJSON(doc string) (Connection, error) { return TaskSDK.ParseJSON(doc) }

// ParseJSON is the function [ParseJSON] in dialect d. Server also accepts the key team_name, and
// ignores it.
func (d Dialect) ParseJSON(doc string) (Connection, error) {
	c, err := d.parseJSON(doc)
	return c, adviseJSON(err, doc)
}

func (d Dialect) parseJSON(doc string) (Connection, error) {
	if err := checkUTF8("json", doc); err != nil {
		return Connection{}, err
	}
	found := document{unknown: -1}
	err := pyjson.Members(doc, func(name, value pyjson.Value) error {
		text, _ := name.Text()
		for k, known := range keyNames {
			if text == known && (key(k) != keyTeam || d == Server) {
				found.values[k], found.given[k] = value, true
				return nil
			}
		}
		if found.unknown < 0 {
			found.unknown = name.Offset
		}
		return nil
	})
	if err != nil {
		return Connection{}, jsonError("json", err)
	}
	return d.connection(&found)
}

// connection makes a Connection of a document, with the checks of from_json in the same order.
func (d Dialect) connection(doc *document) (c Connection, err error) {
	c.Extra = extraOf(doc.values[keyExtra])
	if v := doc.values[keyType]; v.Truthy() {
		if v.Kind != pyjson.String {
			return Connection{}, doc.error(keyType, "must be text")
		}
		text, _ := v.Text()
		c.Type = normalizeType(text)
	}
	given := Fields(0)
	if v := doc.values[keyPort]; v.Truthy() {
		n, err := portOf(v)
		if err != nil {
			return Connection{}, doc.error(keyPort, err.Error())
		}
		c.Port = int(n)
		given |= EmptyPort
	}
	if doc.unknown >= 0 {
		return Connection{}, &Error{Field: "json", Rule: "a key is not one of conn_type, description, host, login, password, schema, port, extra and uri", Offset: doc.unknown, kind: ErrField}
	}
	if doc.given[keyURI] && (d == TaskSDK && doc.values[keyURI].Kind != pyjson.Null || doc.values[keyURI].Truthy()) {
		return d.connectionOfURI(doc, c)
	}
	for _, f := range [...]struct {
		to    *string
		from  key
		field Fields
	}{{&c.Description, keyDescription, EmptyDescription}, {&c.Host, keyHost, EmptyHost}, {&c.Login, keyLogin, EmptyLogin}, {&c.Schema, keySchema, EmptySchema}} {
		if v := doc.values[f.from]; v.Kind != pyjson.Null {
			if *f.to, err = doc.text(f.from); err != nil {
				return Connection{}, err
			}
			given |= f.field
		}
	}
	if c.Password, err = d.passwordOf(doc); err != nil {
		return Connection{}, err
	}
	if err := d.checkExtra(c.Extra.Reveal()); err != nil {
		return Connection{}, err
	}
	c.noteEmpty(given)
	return c, nil
}

// error returns an error about the value of one key.
func (doc *document) error(k key, rule string) error {
	return fieldError(keyNames[k], rule, doc.values[k].Offset)
}

// text returns the value of a key that is text in Airflow. Python would keep a value of any kind;
// here a number becomes its text, as str() writes it.
func (doc *document) text(k key) (string, error) {
	switch v := doc.values[k]; v.Kind {
	case pyjson.String:
		text, _ := v.Text()
		return text, nil
	case pyjson.Int, pyjson.Float:
		return v.Number(), nil
	default:
		return "", doc.error(k, "must be text")
	}
}

// passwordOf returns the password. All dialects but TaskSDK treat a falsy value as none and refuse
// what is not text.
func (d Dialect) passwordOf(doc *document) (Secret, error) {
	v := doc.values[keyPassword]
	if v.Kind == pyjson.Null || d != TaskSDK && !v.Truthy() {
		return Secret{}, nil
	}
	if d != TaskSDK && v.Kind != pyjson.String {
		return Secret{}, doc.error(keyPassword, "must be text")
	}
	text, err := doc.text(keyPassword)
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(text), nil
}

// extraOf returns the extra: none for a falsy value, text as it is, and anything else dumped.
func extraOf(v pyjson.Value) Extra {
	if !v.Truthy() {
		return Extra{}
	}
	if v.Kind == pyjson.String {
		text, _ := v.Text()
		return RawExtra(text)
	}
	dumped := pyjson.AppendDump(make([]byte, 0, len(v.Raw)+len(v.Raw)/8), v)
	if string(dumped) == v.Raw {
		return RawExtra(v.Raw) // as for a secret that Python wrote
	}
	return RawExtra(string(dumped))
}

// portOf is int(port).
func portOf(v pyjson.Value) (int64, error) {
	var n int64
	err := pystr.ErrNotInt
	switch v.Kind {
	case pyjson.True:
		return 1, nil
	case pyjson.Int:
		n, err = pystr.Int(v.Raw)
	case pyjson.Float:
		n, err = pystr.Trunc(v.Float())
	case pyjson.String:
		text, _ := v.Text()
		n, err = pystr.Int(text)
	}
	if err == nil && int64(int(n)) != n {
		err = pystr.ErrRange
	}
	return n, err
}

// connectionOfURI reads a document with the key uri. TaskSDK allows no other key with it; the other
// dialects allow a description and empty values. c holds the type, port and extra that were read.
func (d Dialect) connectionOfURI(doc *document, c Connection) (Connection, error) {
	mixed := c.Type != "" || !c.Extra.IsZero()
	if d == TaskSDK {
		mixed = mixed || doc.values[keyPort].Truthy()
	} else {
		mixed = mixed || c.Port != 0
	}
	for _, k := range [...]key{keyDescription, keyHost, keyLogin, keyPassword, keySchema} {
		if d == TaskSDK {
			mixed = mixed || doc.given[k]
		} else {
			mixed = mixed || k != keyDescription && doc.values[k].Truthy()
		}
	}
	if mixed {
		return Connection{}, doc.error(keyURI, "the key uri must be the only one")
	}
	if doc.values[keyURI].Kind != pyjson.String {
		return Connection{}, doc.error(keyURI, "must be text")
	}
	text, _ := doc.values[keyURI].Text()
	c, err := d.ParseURI(text)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			e.Offset = -1 // it counted from the start of the URI
		}
		return Connection{}, err
	}
	if d != TaskSDK && doc.values[keyDescription].Kind != pyjson.Null {
		if c.Description, err = doc.text(keyDescription); err != nil {
			return Connection{}, err
		}
		c.noteEmpty(EmptyDescription)
	}
	return c, nil
}

// JSON writes the connection as JSON, byte for byte as Connection.as_json does. It leaves out
// fields that are None, and an extra that is empty or not JSON. It reveals the password and the
// extra. ParseJSON reads the result back, except for an extra that was left out.
func (c Connection) JSON() string {
	doc, _ := TaskSDK.JSON(c)
	return doc
}

// JSON is [Connection.JSON] in dialect d. The error is an *Error, and Airflow raises one in the
// same cases: d refuses the extra, or the extra holds a whole number of more than 4300 digits. The
// text returned with an error is what TaskSDK writes, without an extra that cannot be read.
func (d Dialect) JSON(c Connection) (string, error) {
	dst, sep := append(make([]byte, 0, 128+len(c.Extra.Reveal())), '{'), `"`
	next := func(name string) {
		dst = append(append(append(dst, sep...), name...), `": `...)
		sep = `, "`
	}
	text := func(name, value string, empty Fields) {
		if value != "" || c.Empty&empty != 0 {
			next(name)
			dst = pyjson.AppendString(dst, value)
		}
	}
	text("conn_type", c.Type, EmptyType)
	text("description", c.Description, EmptyDescription)
	text("host", c.Host, EmptyHost)
	text("login", c.Login, EmptyLogin)
	if password := c.Password.Reveal(); password != "" || d == TaskSDK && !c.Password.IsZero() {
		next("password")
		dst = pyjson.AppendString(dst, password)
	}
	text("schema", c.Schema, EmptySchema)
	if c.Port != 0 || c.Empty&EmptyPort != 0 {
		next("port")
		dst = strconv.AppendInt(dst, int64(c.Port), 10)
	}
	extra := c.Extra.Reveal()
	v, err := pyjson.Load(extra)
	if err == nil && v.Truthy() {
		next("extra")
		dst = pyjson.AppendDump(dst, v)
	}
	if err != nil && !pyjson.IsSyntax(err) {
		err = jsonError("extra", err)
	} else {
		err = d.checkExtra(extra)
	}
	return string(append(dst, '}')), err
}
