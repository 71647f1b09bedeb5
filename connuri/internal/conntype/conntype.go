// Package conntype is a table of connection types: their names, the keys of the extra that their
// hooks read and how, and what happens to other keys.
package conntype

import (
	"slices"
	"strings"
)

// Fate is what happens to a key of the extra that the hook does not know.
type Fate uint8

// The fates of an unknown key.
const (
	Unlisted Fate = iota // the keys of the type are not listed here
	Dropped              // nobody reads it
	Passed               // it is passed to the driver, which refuses it
	Header               // it is sent as a header
)

// Type describes one type of connections. Lists are words separated by spaces.
type Type struct {
	Hook    string // the conn_type that the hook goes by
	Engines string // what RDS writes as engine for it, which is not the conn_type of a hook
	Wrong   string // what people write for it, which is not the conn_type of a hook

	Keys     string // of the extra, that the hook or its driver reads
	AnyCase  bool   // the driver ignores the case of keys
	Telling  string // the Keys that are hardly used for anything but this type
	Prefixed string // the Keys that are also read with extra__HOOK__ before them
	Unknown  Fate   // of all other keys
	Meant    string // keys mistaken for one of Keys, as wrong:right; wrong: if no key corresponds
	Advice   []Advice

	Truth string // the Keys that are read by Python's truth: every text but "" is true
	Exact string // the Keys that are read as true and false and by no other word
	Words string // the Keys for which true, t, yes, y, on and 1 are true, in any case
	Paths string // the Keys where true and false are switches, and every text is a path

	Takes   []Takes
	Objects string // the Keys that must be objects in JSON
	Files   string // the Keys that are paths of files, as path:text with the key for what the file holds; path: where there is none

	Needs  []Need // keys that do nothing alone
	Unread string // the fields that the hook does not read

	NoProtocol bool   // the host is a name or an address, and never has a protocol
	OneName    string // what the path of a URI, the schema, is one name of; "" if it may be a path
	FirstOf    string // the key of the extra for the first of two names in a path
}

// Advice says what to write for keys that cannot simply be renamed, because the value has to change
// or the key means the opposite of what a hook reads. Say begins with "write NAME=VALUE", which
// works as it is, or with "leave it out".
type Advice struct{ Keys, Say string }

// Takes says which words some keys accept.
type Takes struct {
	Keys, Words string // Words are with spaces between them; "" for any that begin as Begin says
	Begin       string
	AnyCase     bool   // the case of the words does not matter
	OnlyText    bool   // other values than text are words as well
	Write       string // NAME=VALUE, which is safe
}

// Need says that some keys do nothing unless one of some others is present.
type Need struct{ Keys, One string }

// All are the types of the table.
func All() []Type { return slices.Clone(types[:]) }

// Of returns the type with a name, nil if none is known. SQLAlchemy's names and its drivers after a
// + are known.
func Of(connType string) *Type {
	hook := Hook(connType)
	for i := range types {
		if t := &types[i]; hook != "" && t.Hook == hook {
			return t
		}
	}
	return nil
}

// OfEngine returns the type that RDS writes as an engine by this name, nil if there is none or if a
// hook goes by the same name.
func OfEngine(engine string) *Type {
	for i := range types {
		if t := &types[i]; Has(t.Engines, engine) {
			return t
		}
	}
	return nil
}

// Mistaken returns the type that is meant by a name that no hook goes by, nil if none is known. It
// also knows names with one typing mistake.
func Mistaken(connType string) *Type {
	name, _, _ := strings.Cut(connType, "+")
	if Of(name) != nil || OfEngine(connType) != nil {
		return nil
	}
	for i := range types {
		if t := &types[i]; Has(t.Wrong, connType) || Has(t.Wrong, name) {
			return t
		}
	}
	return mistyped(name)
}

// Meant returns the type that a connection is meant for, by whatever name, nil if none is known.
func Meant(connType string) *Type {
	if t := Of(connType); t != nil {
		return t
	}
	if t := OfEngine(connType); t != nil {
		return t
	}
	return Mistaken(connType)
}

// Has reports whether word is in a list.
func Has(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// Key returns the key as the hook or its driver spells it, "" if neither reads it.
func (t *Type) Key(key string) string {
	if t.AnyCase {
		key = strings.ToLower(key)
	}
	return t.index().keys[key]
}

// MeantFor returns the key that another one is often mistaken for; known is true if the other key
// is a known mistake at all.
func (t *Type) MeantFor(key string) (right string, known bool) {
	right, known = t.index().meant[strings.ToLower(key)]
	return right, known
}

// Say returns what to write for a key that Advice is about, "" if there is none.
func (t *Type) Say(key string) string { return t.index().say[strings.ToLower(key)] }

// IsExtra reports whether a key, in any case, belongs in the extra: the hook of the type reads it,
// or, if the type is unknown, it points to a type whose hook does.
func IsExtra(connType, key string) bool {
	of := Of(connType)
	for i := range types {
		t := &types[i]
		list := t.Telling
		if t == of {
			list = t.Keys
		}
		for k := range strings.FieldsSeq(list) {
			if strings.EqualFold(k, key) {
				return true
			}
		}
	}
	return false
}

// Field returns the field of a connection that a key is mistaken for, although Airflow does not
// read it by that name everywhere; "" if there is none.
func Field(key string) string {
	switch strings.ToLower(key) {
	case "dbname", "db", "db_name", "database", "database_name", "schema":
		return "schema"
	case "host", "hostname", "endpoint", "address", "server":
		return "host"
	case "port":
		return "port"
	case "login", "user", "username", "user_name":
		return "login"
	case "password", "passwd", "pwd", "pass":
		return "password"
	case "type", "conntype", "conn_type":
		return "conn_type"
	case "extra", "extras", "extra_dejson", "__extra__":
		return "extra"
	}
	return ""
}
