package export

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Connection returns the connection that the entry holds, with its id. d is the dialect of the
// tasks that will read the connection: connuri.Airflow2 also accepts an extra that is not a
// JSON object, which every later airflow connections import refuses.
func (e Entry) Connection(d connuri.Dialect) (connuri.Connection, error) {
	c, err := e.connection(d)
	if err != nil {
		return connuri.Connection{}, err
	}
	c.ID = e.ID
	return c, nil
}

func (e Entry) connection(d connuri.Dialect) (connuri.Connection, error) {
	if why := cmp.Or(e.why, e.idWhy); why != "" {
		return connuri.Connection{}, errors.New(why)
	}
	if e.ID == "" {
		return connuri.Connection{}, errors.New("its id is empty: write one")
	}
	doc := e.JSON()
	v, err := pyjson.Load(doc)
	if err != nil {
		return connuri.Connection{}, errors.New("not JSON")
	}
	if v.Kind == pyjson.Array { // Airflow takes a list of one
		n := 0
		_ = pyjson.Elements(v.Raw, func(element pyjson.Value) error {
			n, doc = n+1, source(element)
			return nil
		})
		if n != 1 {
			return connuri.Connection{}, fmt.Errorf("a list of %d values: a list may have 1 "+
				"connection", n)
		}
		v, _ = pyjson.Load(doc)
	}
	switch v.Kind {
	case pyjson.Object:
		return imported(d, doc, e.ID)
	case pyjson.String:
		text, err := whole(v)
		if e.form == lineForm && e.value.Reveal()[0] != '{' {
			text, err = e.Text()
		}
		if err != nil {
			return connuri.Connection{}, err
		}
		return fromText(d, text, e.form == envForm)
	}
	return connuri.Connection{}, errors.New("neither text nor an object; a connection is a URI " +
		"or an object with a conn_type")
}

// fromText reads a connection as text. Airflow reads an environment variable like a secret,
// and a value of a file as its server does.
func fromText(d connuri.Dialect, text string, isVariable bool) (connuri.Connection, error) {
	c, err := d.Parse(text)
	if err != nil {
		return c, err
	}
	isURI := !strings.HasPrefix(pystr.Strip(text), "{")
	if isURI && c.Type == "" && !strings.HasPrefix(text, "//") { // Airflow exports one without a type so
		return c, errors.New("the URI has no conn_type before ://, so Airflow would read all of " +
			"it as the schema; write conn-type://login:password@host:port/schema")
	}
	if d != connuri.Airflow2 && !isVariable {
		if _, err = connuri.Server.Parse(text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// importer collects the fields of an object as airflow connections import does.
type importer struct {
	c           connuri.Connection
	extras      int  // keys that give an extra
	emptyObject bool // is the extra
	hasType     bool
	hasFields   bool // besides uri and description
	uri         string
}

func imported(d connuri.Dialect, doc, id string) (connuri.Connection, error) {
	last, order := map[string]pyjson.Value{}, []string{}
	err := pyjson.Members(doc, func(key, value pyjson.Value) error {
		name, _ := key.Text()
		if _, ok := last[name]; !ok {
			order = append(order, name)
		}
		last[name] = value // as in Python's dict
		return nil
	})
	if err != nil {
		return connuri.Connection{}, errors.New("not a JSON object")
	}
	var in importer
	for _, name := range order {
		if err := in.member(d, name, last[name], id); err != nil {
			return connuri.Connection{}, err
		}
	}
	switch {
	case in.uri != "" && in.hasFields:
		return in.c, errors.New("uri: the object has other fields as well; write either a uri or " +
			"the fields")
	case in.uri != "":
		description, empty := in.c.Description, in.c.Empty
		c, err := fromText(d, in.uri, false)
		c.Description, c.Empty = description, c.Empty|empty&connuri.EmptyDescription
		return c, err
	case !in.hasType:
		return in.c, errors.New("conn_type: missing, and Airflow stores no connection without " +
			"one; write it")
	case in.extras > 1:
		return in.c, errors.New("extra_dejson: the object has an extra as well; write only one of them")
	case in.emptyObject:
		return in.c, errors.New("extra: Airflow cannot store an empty object; remove it")
	}
	return in.c, nil
}

// member takes one key of an object.
func (in *importer) member(d connuri.Dialect, name string, v pyjson.Value, id string) (err error) {
	var empty bool
	c := &in.c
	switch name {
	case "conn_id":
		if text, _ := v.Text(); v.Kind != pyjson.String || text != id {
			err = errors.New("it is not the id of the entry; remove it")
		}
	case "team_name":
		if v.Kind != pyjson.Null {
			err = errors.New("secrets of teams have names of their own, which no export knows; " +
				"remove it")
		}
	case "conn_type":
		c.Type, empty, err = fieldText(v)
		in.hasType = v.Kind != pyjson.Null
		c.Empty |= emptied(empty, connuri.EmptyType)
	case "description":
		c.Description, empty, err = fieldText(v)
		c.Empty |= emptied(empty, connuri.EmptyDescription)
	case "host":
		c.Host, empty, err = fieldText(v)
		c.Empty |= emptied(empty, connuri.EmptyHost)
	case "schema":
		c.Schema, empty, err = fieldText(v)
		c.Empty |= emptied(empty, connuri.EmptySchema)
	case "login":
		c.Login, empty, err = fieldText(v)
		c.Empty |= emptied(empty, connuri.EmptyLogin)
	case "password":
		err = in.password(v)
	case "port":
		c.Port, err = portNumber(v)
		c.Empty |= emptied(c.Port == 0 && v.Kind != pyjson.Null, connuri.EmptyPort)
	case "extra":
		in.extras++
		c.Extra, err = extraOf(d, v)
		in.emptyObject = v.Kind == pyjson.Object && !v.Truthy()
	case "extra_dejson":
		in.extras++
		if v.Kind != pyjson.Object {
			err = errors.New("not an object")
		}
		c.Extra = connuri.RawExtra(string(pyjson.AppendDump(nil, v)))
	case "uri":
		if in.uri, _, err = fieldText(v); v.Kind != pyjson.String && v.Kind != pyjson.Null {
			err = errors.New("not text")
		}
	default:
		return fmt.Errorf("it has %s, which Airflow does not know; the keys are conn_type, "+
			"description, host, login, password, schema, port, extra, extra_dejson and uri", keyShown(name))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	in.hasFields = in.hasFields || name != "uri" && name != "description" && name != "conn_id" && v.Truthy()
	return nil
}

// keyShown is a key in an error. One that is not a word may be a misplaced secret.
func keyShown(name string) string {
	if wideName().MatchString(name) && !hasLongWord(name) && len(name) <= 40 {
		return fmt.Sprintf("the key %q", name)
	}
	return "a key"
}

func emptied(empty bool, field connuri.Fields) connuri.Fields {
	if empty {
		return field
	}
	return 0
}

// fieldText is the text of a field; a number is its text, as Airflow's database stores it.
func fieldText(v pyjson.Value) (text string, empty bool, err error) {
	switch v.Kind {
	case pyjson.Null:
		return "", false, nil
	case pyjson.String:
		text, err = whole(v)
		return text, text == "", err
	case pyjson.Int, pyjson.Float:
		return v.Number(), false, nil
	}
	return "", false, errors.New("not text; put it in quotes")
}

func (in *importer) password(v pyjson.Value) error {
	switch v.Kind {
	case pyjson.Null:
		return nil
	case pyjson.String:
		text, err := whole(v)
		in.c.Password = connuri.NewSecret(text)
		return err
	}
	return errors.New("not text; put it in quotes")
}

func portNumber(v pyjson.Value) (int, error) {
	bad := errors.New("not a whole number")
	var n int64
	var err error
	switch v.Kind {
	case pyjson.Null:
		return 0, nil
	case pyjson.Int:
		n, err = pystr.Int(v.Raw)
	case pyjson.Float:
		if v.Float() != math.Trunc(v.Float()) {
			return 0, bad
		}
		n, err = pystr.Trunc(v.Float())
	case pyjson.String:
		text, _ := v.Text()
		n, err = pystr.Int(text)
	default:
		return 0, bad
	}
	if err != nil || int64(int(n)) != n {
		return 0, bad
	}
	return int(n), nil
}

// extraOf is the extra as Airflow stores it: an object is dumped, text stays as it is.
func extraOf(d connuri.Dialect, v pyjson.Value) (connuri.Extra, error) {
	switch v.Kind {
	case pyjson.Null:
		return connuri.Extra{}, nil
	case pyjson.Object:
		return connuri.RawExtra(string(pyjson.AppendDump(nil, v))), nil
	case pyjson.String:
		text, err := whole(v)
		if err != nil {
			return connuri.Extra{}, err
		}
		inner, err := pyjson.Load(text)
		if text != "" && d != connuri.Airflow2 && (err != nil || inner.Kind != pyjson.Object) {
			return connuri.Extra{}, errors.New("not a JSON object, which Airflow 3 refuses; " +
				"write one, such as {\"key\": \"value\"}")
		}
		return connuri.RawExtra(text), nil
	}
	return connuri.Extra{}, errors.New("not a JSON object; write one, such as {\"key\": \"value\"}")
}
