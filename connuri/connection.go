package connuri

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// Connection is an Airflow connection (airflow.sdk.Connection). It is passed by
// value; nothing in it can be changed behind the back of another holder.
//
// It prints without its password and extra, and without what a mis-stored
// secret may have put into another field; see Format. Its plain fields (login,
// host, schema …) do show as they are where no method of a Connection is asked:
// in an unexported field of another struct under fmt, in encoding/json and its
// kin, inside other values in slog's JSON, and in the failure diffs of testify.
type Connection struct {
	ID          string // conn_id: the name it was asked for by; no reader of text sets it
	Type        string // conn_type, such as postgres or aws: lower case from a URI, as written in JSON
	Description string
	Host        string // may carry a protocol, as in https://example.com
	Schema      string // the database, for most types
	Login       string
	Password    Secret
	Port        int // 0 means none
	Extra       Extra

	// Empty tells which fields were given as "" (or port 0) where they would
	// else be None. Airflow keeps the two apart only when it writes JSON, so
	// Equal ignores it and a Connection built by hand can leave it out.
	Empty Fields
}

// Fields is a set of the fields that Airflow knows both as None and as empty.
type Fields uint8

// The members of Fields.
const (
	EmptyType        Fields = 1 << iota // conn_type is ""
	EmptyDescription                    // description is ""
	EmptyHost                           // host is "", as from every URI without one
	EmptySchema                         // schema is "", as from every URI without one
	EmptyLogin                          // login is ""
	EmptyPort                           // port is 0
)

// Equal reports whether two connections are the same to their users: all fields
// but Empty. An extra is compared as text, byte for byte. Airflow has no
// counterpart; go-cmp uses it.
func (c Connection) Equal(d Connection) bool {
	return c.ID == d.ID && c.Type == d.Type && c.Description == d.Description &&
		c.Host == d.Host && c.Schema == d.Schema && c.Login == d.Login &&
		c.Password.Equal(d.Password) && c.Port == d.Port && c.Extra.Equal(d.Extra)
}

// shown is what may be printed, field by field. A secret that was stored in the
// wrong form lands in plain fields (`my_conn://u:PW@h/s` is a schema to
// Airflow, `http://TOKEN@h` a login, `https://hooks.example.com/TOKEN` a schema),
// so each shows only what it should hold.
func (c Connection) shown() []slog.Attr {
	attrs := make([]slog.Attr, 0, 9)
	add := func(name, value, shown string) {
		if value != "" {
			attrs = append(attrs, slog.String(name, shown))
		}
	}
	add("conn_id", c.ID, c.ID)
	add("conn_type", c.Type, shownType(c.Type))
	add("description", c.Description, redacted)
	// An @ behind the host was meant to end a password with a raw / or ? in it,
	// and what stands for host, port and schema are its pieces.
	astray := strings.Contains(c.Schema, "@") || c.Login == "" && strings.Contains(c.Extra.Reveal(), "@")
	if strings.Contains(c.Schema, "@") {
		add("host", c.Host, redacted)
	} else {
		add("host", c.Host, shownHost(c.Type, c.Host))
	}
	switch {
	case c.Port != 0 && astray:
		add("port", redacted, redacted)
	case c.Port != 0:
		attrs = append(attrs, slog.Int("port", c.Port))
	}
	if c.Host != "" && !astray {
		add("schema", c.Schema, shownSchema(c.Type, c.Schema))
	} else {
		add("schema", c.Schema, redacted)
	}
	add("login", c.Login, shownLogin(c.Type, c.Login, c.Password.Reveal()))
	add("password", c.Password.shown(), redacted)
	add("extra", c.Extra.text.shown(), redacted)
	return attrs
}

// String is what Format prints.
func (c Connection) String() string {
	var b strings.Builder
	b.WriteString("Connection{")
	for i, a := range c.shown() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.Key + ": ")
		if v := a.Value; v.Kind() == slog.KindString && v.String() != redacted {
			b.WriteString(strconv.Quote(v.String()))
		} else {
			b.WriteString(v.String())
		}
	}
	b.WriteByte('}')
	return b.String()
}

// Format prints the fields that are set, the same under every verb. It prints
// conn_id, conn_type and port, and also
//
//   - the host, without what follows its name and port, if it is a host name, an IP
//     address or a list of these;
//   - the schema if the type is a known database, the schema is a plain name and
//     there is a host, and the protocols http and https as a schema: with any other
//     type the schema may be the path of a web hook;
//   - the login together with a password, unless the login has white space or one of
//     : ; { " in it.
//
// The login is the secret, and does not print, if the password is equal to it, is the
// id of an AWS access key, or is only a placeholder: a word such as x-oauth-basic, one
// character repeated, or up to 3 characters if the type is not a known database.
//
// What looks like a token does not print: text that begins like the tokens of a
// well-known service (ghp_, glpat-, xoxb-, sk_live_ …), and a login, schema, type or
// host without a domain that has more than 20 letters and digits in a row, well mixed
// as in a hash. A host without a domain may be a token too: unless the type is a known
// database it prints up to 20 characters, and in a list only with a port. An access
// key id of AWS prints. The rest is [redacted].
func (c Connection) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue gives log/slog the fields that Format prints, as a group.
func (c Connection) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }
