package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// reader is a connection as one hook reads it.
type reader struct {
	hook    string // conn_type of the hook
	c       connuri.Connection
	keys    []string                // of the extra, in the order of json.loads
	extra   map[string]pyjson.Value // extra_dejson
	refused *Error                  // the first setting that no Go driver can follow
}

// read reads a connection for the hook of a conn_type. It returns an error for a connection of
// another type, and for an extra that no hook can read.
func read(hook string, c connuri.Connection) (*reader, error) {
	r := &reader{hook: hook, c: c, extra: map[string]pyjson.Value{}}
	if of := conntype.Hook(c.Type); of != hook && c.Type != "" && (of != "redshift" || hook != "postgres") {
		rule := "it is not one that this hook is used for"
		switch {
		case of != "":
			rule = "it is of the hook " + of
		case prints(c.Type):
			rule = "it is " + c.Type + ", which this hook is not used for"
		}
		return r, r.bad("conn_type", "", rule, "use a connection of the type "+hook)
	}
	if err := r.readExtra(); err != nil {
		return r, err
	}
	return r, r.keyInPath()
}

// prints reports whether connuri prints a type as it is. Any other type may be a secret that ended
// up in the wrong place, and is not in an error either.
func prints(connType string) bool {
	for _, field := range (connuri.Connection{Type: connType}).LogValue().Group() {
		if field.Key == "conn_type" {
			return field.Value.String() == connType
		}
	}
	return false
}

// readExtra is Connection.extra_dejson: text that is not JSON acts as an empty extra. JSON that is
// not an object fails in every hook.
func (r *reader) readExtra() error {
	text := r.c.Extra.Reveal()
	v, err := pyjson.Load(text)
	switch {
	case text == "", pyjson.IsSyntax(err):
		return nil
	case err != nil:
		return r.bad("extra", "", "Airflow cannot read it: "+err.Error(), "write a JSON object")
	case v.Kind != pyjson.Object:
		return r.bad("extra", "", "it is JSON, but not an object", "write a JSON object")
	}
	return pyjson.Members(text, func(label, value pyjson.Value) error {
		key, _ := label.Text()
		if _, again := r.extra[key]; !again {
			r.keys = append(r.keys, key)
		}
		r.extra[key] = value
		return nil
	})
}

// bad returns an error about a field, or about a key of the extra. The key must be one that the
// hook knows: any other may be a secret that ended up in the wrong place.
func (r *reader) bad(field, key, rule, instead string) error {
	return &Error{Type: r.hook, Field: field, Key: key, Rule: rule, Instead: instead}
}

// loginInHost refuses a host with an @. It is not the name of a server, and the text before the @
// may be a login, which the settings would print.
func (r *reader) loginInHost(hosts string) error {
	for host := range strings.SplitSeq(hosts, ",") {
		if strings.LastIndexByte(host, '@') > 0 {
			return r.bad("host", "", "it has an @, so a login may stand in it", "write the name of the server alone, and the login into login and password")
		}
	}
	return nil
}

// oneServer refuses what cannot be the name of one server and may hold a login, such as the
// end of a connection string: the settings print it.
func (r *reader) oneServer(field, key, name string) error {
	if strings.ContainsAny(name, "@?=") {
		return r.bad(field, key, "it has an @, a question mark or an equals sign, so a login may stand in it",
			"write the name of the server alone, and the login into login and password")
	}
	return nil
}

// refuse records a setting that the hook accepts and that no Go driver can follow.
func (r *reader) refuse(field, key, rule, instead string) {
	if r.refused == nil {
		r.refused = &Error{Type: r.hook, Field: field, Key: key, Rule: rule, Instead: instead, unsupported: true}
	}
}

// end returns the error of a hook that has read everything.
func (r *reader) end() error {
	if r.refused == nil {
		return nil
	}
	return r.refused
}

// get is extra_dejson.get(key): absent and null are the same.
func (r *reader) get(key string) (v pyjson.Value, ok bool) {
	v, ok = r.extra[key]
	return v, ok && v.Kind != pyjson.Null
}

// truth is bool(extra_dejson.get(key)): every text but "" is true, "false" too.
func (r *reader) truth(key string) bool {
	v, ok := r.get(key)
	return ok && v.Truthy()
}

// text returns the value of a key that must be text.
func (r *reader) text(key string) (text string, given bool, err error) {
	v, ok := r.get(key)
	if !ok {
		return "", false, nil
	}
	if v.Kind != pyjson.String {
		return "", true, r.bad("extra", key, "it is not text", "put it in quotes")
	}
	text, _ = v.Text()
	return text, true, nil
}

// isTrueWord reports whether text is one of the words that Airflow's as_bool and similar functions
// take as true.
func isTrueWord(text string) bool {
	switch strings.ToLower(pystr.Strip(text)) {
	case "true", "t", "yes", "y", "on", "1":
		return true
	}
	return false
}
