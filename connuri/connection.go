package connuri

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// Connection is an Airflow connection (airflow.sdk.Connection). Pass it by value: a copy shares
// nothing that can be changed.
//
// It prints without its password and extra, and without what a secret stored in the wrong form may
// have put into another field; see Format. Some printers bypass the methods of a Connection and
// show its plain fields (login, host, schema …) as they are: fmt for an unexported field of another
// struct, encoding/json and similar encoders, slog's JSON handler inside other values, and the
// failure diffs of testify.
type Connection struct {
	ID          string // conn_id: the name that was asked for; the parsers leave it empty
	Type        string // conn_type, such as postgres or aws: lower case from a URI, as written in JSON
	Description string
	Host        string // may carry a protocol, as in https://example.com
	Schema      string // the database, for most types
	Login       string
	Password    Secret
	Port        int // 0 means none
	Extra       Extra

	// Empty is the set of fields that were given as "" (or port 0) rather than left out, which
	// Airflow calls None. Airflow distinguishes the two only when it writes JSON, so Equal ignores
	// Empty, and a Connection built by hand can leave it unset.
	Empty Fields
}

// Fields is a set of the fields that Airflow distinguishes between None and empty.
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

// Equal reports whether two connections are equal in all fields but Empty. Extras are compared as
// text, byte for byte. Airflow has no counterpart; go-cmp uses it.
func (c Connection) Equal(d Connection) bool {
	return c.ID == d.ID && c.Type == d.Type && c.Description == d.Description &&
		c.Host == d.Host && c.Schema == d.Schema && c.Login == d.Login &&
		c.Password.Equal(d.Password) && c.Port == d.Port && c.Extra.Equal(d.Extra)
}

// shown returns what may be printed, field by field. A secret stored in the wrong form ends up in
// plain fields (`my_conn://u:PW@h/s` is a schema to Airflow, `http://TOKEN@h` a login,
// `https://hooks.example.com/TOKEN` a schema), so a field is shown only if it looks like what
// belongs there.
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
	// An @ after the host was probably the end of a password with a raw / or ? in it. Then host,
	// port and schema are pieces of that password.
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

// String returns what Format prints.
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

// Format prints the fields that are set, in the same way under every verb. It prints conn_id,
// conn_type and port, and also
//
//   - the host without what follows its name and port, if it is a host name, an IP address or a
//     list of these;
//   - the schema, if the type is a known database, the schema is a plain name and there is a
//     host. It also prints the protocols http and https as a schema. With any other type the
//     schema may be the path of a web hook;
//   - the login together with a password, unless the login contains white space or one of : ; {
//     ".
//
// A login is itself the secret, and does not print, if the password is equal to it, is the id of an
// AWS access key, or is only a placeholder: a word such as x-oauth-basic, one character repeated,
// or up to 3 characters if the type is not a known database.
//
// Text that looks like a token does not print. That is text that begins like a token of a
// well-known service (ghp_, glpat-, xoxb-, sk_live_ …), and a login, schema, type or host without a
// domain that has more than 20 letters and digits in a row, mixed as in a hash. Any host without a
// domain may be a token, so unless the type is a known database it prints only up to 20 characters,
// and in a list only with a port. The id of an AWS access key prints. Everything else is
// [redacted].
func (c Connection) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns the fields that Format prints, as a group for log/slog.
func (c Connection) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }
