package hook

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// MSSQLConfig holds the settings that MsSqlHook gives to pymssql.
type MSSQLConfig struct {
	Host      string         // server: host, as it is written; see Server
	ExtraHost string         // extra host, which pymssql takes in place of Host; "" unless the error is ErrUnsupported
	Port      int            // port; 0 means 1433; see Server
	User      string         // user: login; DOMAIN\USER logs in by NTLM; "" if there is none
	Password  connuri.Secret // password; zero if there is none
	Database  string         // database: schema; "" means the login's own

	AppName  string // extra appname; "" means pymssql's own name
	ReadOnly bool   // extra read_only, by truth: the session is for reading alone, so a secondary may serve it

	LoginTimeout time.Duration // extra login_timeout in seconds, for connecting and logging in, 60 s by default; 0 means no limit
	Timeout      time.Duration // extra timeout in seconds, of each query; 0, the default, means no limit

	// Encryption is the extra encryption: "", off, request or require. Only require
	// encrypts more than the login, unless the server insists on more; see EncryptsAll.
	Encryption string
	// TLS says how the login, and whatever else is encrypted, is encrypted: always unverified,
	// because pymssql has no CA setting. Set Mode to TLSVerifyFull in Go if the server has a
	// certificate that can be verified.
	TLS TLS

	// SessionSQL is the extra conn_properties: SQL to run on each new connection. It is zero
	// if there is none: pymssql then sets ARITHABORT, CONCAT_NULL_YIELDS_NULL, the ANSI_
	// options, CURSOR_CLOSE_ON_COMMIT and QUOTED_IDENTIFIER on, and TEXTSIZE to 2147483647.
	SessionSQL connuri.Secret
}

// Server returns what Host names, as pymssql reads it: a name or an address, an instance after a
// backslash, and a port after a colon, which takes the place of Port. The names "." and (local) are
// localhost. With an instance the port is 0 and Port does not count: the server's browser service
// knows the port.
func (c MSSQLConfig) Server() (host, instance string, port int) {
	host, instance, _ = strings.Cut(c.Host, `\`)
	port = c.Port
	if port == 0 {
		port = 1433
	}
	// An IPv6 address has brackets if a port follows.
	if colon := strings.LastIndexByte(host, ':'); colon == strings.IndexByte(host, ':') || strings.HasSuffix(host[:max(colon, 0)], "]") {
		if n, err := strconv.ParseUint(host[colon+1:], 10, 16); colon >= 0 && err == nil && n > 0 {
			host, port = host[:colon], int(n)
		}
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	if host == "." || host == "(local)" {
		host = "localhost"
	}
	if instance != "" {
		port = 0
	}
	return host, instance, port
}

// EncryptsAll reports whether the client requires TLS for the whole session, not only for the
// login.
func (c MSSQLConfig) EncryptsAll() bool { return c.Encryption == "require" }

// MSSQL reads a connection as MsSqlHook (apache-airflow-providers-microsoft-mssql) does, which
// passes every extra except sqlalchemy_scheme to pymssql. as_dict, autocommit, charset,
// tds_version, use_datetime2 and arraysize matter only in Python and are not in the settings.
//
// The error is an *Error for what pymssql refuses before it looks for a server: a key that
// pymssql.connect does not know, such as ODBC's encrypt, TrustServerCertificate and driver; server,
// user, password, database and port in the extra; an unknown encryption; and values of the wrong
// type. A host in the extra and a port that is 0 or out of range are ErrUnsupported and come with
// the complete settings.
func MSSQL(c connuri.Connection) (MSSQLConfig, error) {
	return settled(mssqlConfig(c))
}

func mssqlConfig(c connuri.Connection) (MSSQLConfig, error) {
	config := MSSQLConfig{Host: c.Host, Port: c.Port, User: c.Login, Database: c.Schema}
	r, err := read("mssql", c)
	if err != nil {
		return config, err
	}
	if err := r.oneServer("host", "", c.Host); err != nil {
		return config, err
	}
	if strings.Count(c.Host, `\`) > 1 {
		return config, r.bad("host", "", "it has more than one backslash", `write the server, one backslash and the instance`)
	}
	if c.Password.Reveal() != "" {
		config.Password = c.Password
	}
	if c.Port < 0 || c.Port > math.MaxUint16 || c.Port == 0 && c.Empty&connuri.EmptyPort != 0 {
		r.refuse("port", "", "it is not a port, and FreeTDS takes it for another", "write 1433, or leave it out")
	}
	for _, part := range [...]func(*MSSQLConfig) error{r.mssqlKeys, r.mssqlTexts, r.mssqlLimits, r.mssqlPythonOnly} {
		if err := part(&config); err != nil {
			return config, err
		}
	}
	host, _, _ := config.Server()
	config.TLS = TLS{Mode: TLSUnverified, ServerName: host}
	return config, r.end()
}

// mssqlFields are the arguments of pymssql.connect that the hook passes itself, and the
// fields that it takes them from.
var mssqlFields = map[string]string{"server": "host", "user": "login", "password": "password", "database": "schema", "port": "port"}

// mssqlOwn are the other arguments of pymssql.connect.
var mssqlOwn = []string{
	"timeout", "login_timeout", "charset", "as_dict", "host", "appname", "encryption", "read_only", "conn_properties", "autocommit", "tds_version", "use_datetime2", "arraysize",
}

// mssqlODBC are words of ODBC and SQLAlchemy that are mistaken for pymssql's, in lower case, and
// what to write instead.
var mssqlODBC = map[string][2]string{
	"encrypt":                {"encrypt", "write encryption as require, or leave it out"},
	"trustservercertificate": {"TrustServerCertificate", "leave it out: pymssql verifies no certificate"},
	"driver":                 {"driver", "leave it out"},
}

// mssqlKeys refuses keys on which pymssql.connect fails.
func (r *reader) mssqlKeys(*MSSQLConfig) error {
	for _, key := range r.keys {
		if key == "sqlalchemy_scheme" || slices.Contains(mssqlOwn, key) {
			continue
		}
		if field, ok := mssqlFields[key]; ok {
			return r.bad("extra", key, "the hook passes it itself, so pymssql gets it twice", "write it in the field "+field+" alone")
		}
		if odbc, ok := mssqlODBC[strings.ToLower(key)]; ok {
			return r.bad("extra", odbc[0], "it is a word of ODBC, and pymssql does not know it", odbc[1])
		}
		return r.bad("extra", "", "it has a key that pymssql does not know"+conntype.Suggest(key, mssqlOwn), "leave that key out")
	}
	return nil
}

// mssqlTexts reads the settings that are text.
func (r *reader) mssqlTexts(config *MSSQLConfig) error {
	var err error
	if config.AppName, err = r.textIfTrue("appname"); err != nil {
		return err
	}
	if config.ExtraHost, err = r.textIfTrue("host"); err != nil {
		return err
	}
	if config.ExtraHost != "" {
		if err := r.oneServer("extra", "host", config.ExtraHost); err != nil {
			return err
		}
		r.refuse("extra", "host", "pymssql takes it in place of the field host", "write the server in the field host alone")
	}
	encryption, given, err := r.text("encryption")
	if given && (err != nil || !conntype.Has("off request require", encryption)) {
		return r.bad("extra", "encryption", "pymssql does not know this word", "write require, request or off, or leave it out")
	}
	config.Encryption = encryption
	config.ReadOnly = r.truth("read_only")
	return r.mssqlSession(config)
}

// mssqlSession reads conn_properties: text, or a list of texts.
func (r *reader) mssqlSession(config *MSSQLConfig) error {
	v, given := r.get("conn_properties")
	if !given || !v.Truthy() {
		return nil
	}
	text, ok := "", v.Kind == pyjson.String
	switch v.Kind {
	case pyjson.String:
		text, _ = v.Text()
	case pyjson.Array:
		var parts []string
		ok = true
		_ = pyjson.Elements(v.Raw, func(element pyjson.Value) error { // it was just read
			part, _ := element.Text()
			parts = append(parts, part)
			ok = ok && element.Kind == pyjson.String
			return nil
		})
		text = strings.Join(parts, " ")
	}
	if !ok {
		return r.bad("extra", "conn_properties", "it is neither text nor a list of texts", "write SQL as text")
	}
	config.SessionSQL = connuri.NewSecret(text)
	return nil
}

// mssqlLimits reads the seconds of both timeouts.
func (r *reader) mssqlLimits(config *MSSQLConfig) (err error) {
	if config.LoginTimeout, err = r.mssqlSeconds("login_timeout", time.Minute); err != nil {
		return err
	}
	config.Timeout, err = r.mssqlSeconds("timeout", 0)
	return err
}

// mssqlSeconds is int(), but text that is not a number is 0, as in pymssql.
func (r *reader) mssqlSeconds(key string, without time.Duration) (time.Duration, error) {
	v, given := r.extra[key]
	if !given {
		return without, nil
	}
	if v.Kind == pyjson.String {
		if _, err := pystr.Int(v.Str()); errors.Is(err, pystr.ErrNotInt) {
			return 0, nil
		}
	}
	seconds, err := r.whole(key, 0)
	if err == nil && (seconds < 0 || seconds > math.MaxInt32) {
		err = r.bad("extra", key, "it is below 0, or too large", "write seconds, or leave it out")
	}
	return time.Duration(seconds) * time.Second, err
}

// mssqlPythonOnly makes pymssql's checks of settings that mean nothing in Go.
func (r *reader) mssqlPythonOnly(*MSSQLConfig) error {
	if _, err := r.textIfTrue("charset"); err != nil {
		return err
	}
	version, given, err := r.text("tds_version")
	if given && (err != nil || !conntype.Has("4.2 7.0 7.1 7.2 7.3 7.4 8.0", version)) {
		return r.bad("extra", "tds_version", "pymssql does not know this version", "leave it out")
	}
	return nil
}
