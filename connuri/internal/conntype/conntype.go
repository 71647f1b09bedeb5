// Package conntype is what is known of connection types, in one table: by which names they
// go, which keys of the extra their hooks read and how, and what becomes of other keys.
package conntype

import (
	"slices"
	"strings"
)

// Fate is what becomes of a key of the extra that the hook does not know.
type Fate uint8

// The fates of an unknown key.
const (
	Unlisted Fate = iota // the keys of the type are not listed here
	Dropped              // nobody reads it
	Passed               // it is passed to the driver, which refuses it
	Header               // it is sent as a header
)

// Type is what is known of one type of connections. Lists are words with spaces between them.
type Type struct {
	Hook    string // the conn_type that the hook goes by
	Engines string // what RDS writes as engine for it, which no hook goes by
	Wrong   string // what people write for it, which no hook goes by

	Keys     string // of the extra, that the hook or its driver reads
	AnyCase  bool   // the driver does not tell keys apart by case
	Telling  string // the Keys that are hardly used for anything but this type
	Prefixed string // the Keys that are also read with extra__HOOK__ before them
	Unknown  Fate   // of all other keys
	Meant    string // keys that are taken for one of Keys, as wrong:right; wrong: for one that no key stands for
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

// Advice says what to write for keys that no other key stands for as it is: the value has to
// change, or the key means the opposite of what a hook reads. Say begins with "write NAME=VALUE",
// which works as it stands, or with "leave it out".
type Advice struct{ Keys, Say string }

// Takes says which words keys take.
type Takes struct {
	Keys, Words string // Words are with spaces between them; "" for any that begin as Begin says
	Begin       string
	AnyCase     bool   // the words are told apart without regard to case
	OnlyText    bool   // other values than text are words as well
	Write       string // NAME=VALUE, which is safe
}

// Need says that keys do nothing unless one of some others is there.
type Need struct{ Keys, One string }

// All are the types of the table.
func All() []Type { return slices.Clone(types[:]) }

// Of is the type that goes by a name, nil if none is known. SQLAlchemy's names and its
// drivers after a + are known.
func Of(connType string) *Type {
	hook := Hook(connType)
	for i := range types {
		if t := &types[i]; hook != "" && t.Hook == hook {
			return t
		}
	}
	return nil
}

// OfEngine is the type that RDS writes as an engine by this name, nil if it is not one or
// if a hook goes by the same name.
func OfEngine(engine string) *Type {
	for i := range types {
		if t := &types[i]; Has(t.Engines, engine) {
			return t
		}
	}
	return nil
}

// Mistaken is the type that is meant by a name that no hook goes by, nil if none is known. One
// slip of the keyboard in a name is known as well.
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

// Meant is the type that a connection is meant for, by whatever name, nil if none is known.
func Meant(connType string) *Type {
	if t := Of(connType); t != nil {
		return t
	}
	if t := OfEngine(connType); t != nil {
		return t
	}
	return Mistaken(connType)
}

// Has reports whether word is one of a list.
func Has(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// Key is the key as the hook or its driver spells it, "" if neither reads it.
func (t *Type) Key(key string) string {
	if t.AnyCase {
		key = strings.ToLower(key)
	}
	return t.index().keys[key]
}

// MeantFor is the key that another one is often taken for, and whether it is known to be
// taken for one at all.
func (t *Type) MeantFor(key string) (right string, known bool) {
	right, known = t.index().meant[strings.ToLower(key)]
	return right, known
}

// Say is what to write for a key that Advice is about, "" if there is none.
func (t *Type) Say(key string) string { return t.index().say[strings.ToLower(key)] }

// IsExtra reports whether a key, in any case, is looked for in the extra: by the hook of a
// type, or if the type is not known, by one that it tells of.
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

// Field is the field of a connection that a key is taken for, though Airflow does not read
// it by that name everywhere; "" if it is taken for none.
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
