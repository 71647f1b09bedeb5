package hook

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// MySQLConfig holds the settings that MySqlHook gives to its client.
type MySQLConfig struct {
	Client     string         // extra client: mysqlclient (default) or mysql-connector-python
	User       string         // user: login; "" means the process's user if the connection has no login
	Password   connuri.Secret // passwd or password; zero if there is none
	Host       string         // host; default localhost
	Port       int            // port; default 3306
	Database   string         // db or database: schema; "" selects none
	UnixSocket string         // extra unix_socket: path of a socket, which counts if Host is localhost; see Addr
	Charset    string         // extra charset, such as utf8mb4; "" leaves it to the driver

	// TLS is what SSL and SSLMode mean to a client in Go. ssl_mode DISABLED and PREFERRED mean no
	// TLS, and so does a connection without ssl settings: TLS that the server may decline protects
	// against nobody. REQUIRED means TLS without verification, VERIFY_CA verifies the chain,
	// VERIFY_IDENTITY the chain and the name. The extra ssl without ssl_mode also verifies chain
	// and name.
	//
	// For mysql-connector-python, ssl_disabled means no TLS, ssl_verify_identity verifies the chain
	// and the name, ssl_verify_cert the chain. If either is given and false, TLS is not verified;
	// if neither is given, ssl_ca, ssl_cert and ssl_key verify chain and name.
	TLS TLS

	// SSL holds the settings as the client gets them, as one JSON object: the extra ssl for
	// mysqlclient, all extras that begin with ssl_ for mysql-connector-python.
	SSL     connuri.Extra
	SSLMode string // extra ssl_mode: "" or one of mysqlclient's five words

	Token *TokenRequest // extra iam: what to ask AWS for in place of a password; nil if it is not set
	// AllowCleartextPasswords is true if and only if Token is set: the token is sent unencrypted
	// (read_default_group enable-cleartext-plugin), so use it only over TLS.
	AllowCleartextPasswords bool
}

// Network returns the network to dial: unix if the client uses UnixSocket, otherwise tcp.
func (c MySQLConfig) Network() string {
	if c.UnixSocket != "" && c.Host == "localhost" {
		return "unix"
	}
	return "tcp"
}

// Addr returns the address to dial: UnixSocket if Network is unix, otherwise host:port. The MySQL
// client library uses a socket only for the host localhost. Without UnixSocket it also uses its
// default socket there; Addr returns localhost:3306 instead.
func (c MySQLConfig) Addr() string {
	if c.Network() == "unix" {
		return c.UnixSocket
	}
	return hostPort(c.Host, c.Port)
}

// MySQL reads a connection as MySqlHook (apache-airflow-providers-mysql) does, for the
// client that the extra names: mysqlclient reads charset, ssl, ssl_mode, unix_socket and iam,
// mysql-connector-python only the extras that begin with ssl_. All other extras are ignored.
//
// The error is an *Error for what the hook or its client refuses before it looks for a
// server: an unknown client, ssl as text that is not JSON, an ssl_mode or an ssl_ key that
// the client does not know, a cursor, charset, ssl_mode or unix_socket that is not text. An
// ssl that is not an object, such as true, is ErrUnsupported and comes with the complete
// settings, without TLS unless ssl_mode asks for it.
func MySQL(c connuri.Connection) (MySQLConfig, error) {
	return settled(mysqlConfig(c))
}

func mysqlConfig(c connuri.Connection) (MySQLConfig, error) {
	config := MySQLConfig{
		Client: mysqlClient, User: c.Login, Host: "localhost", Port: 3306, Database: c.Schema,
	}
	r, err := read("mysql", c)
	if err != nil {
		return config, err
	}
	if err := r.loginInHost(c.Host); err != nil {
		return config, err
	}
	if c.Host != "" {
		config.Host = c.Host
	}
	if c.Port != 0 {
		config.Port = c.Port
	}
	if c.Password.Reveal() != "" {
		config.Password = c.Password
	}
	if v, given := r.extra["client"]; given {
		config.Client, _ = v.Text()
		if v.Kind != pyjson.String || config.Client != mysqlClient && config.Client != mysqlConnector {
			config.Client = ""
			return config, r.bad("extra", "client", "the hook does not know this client",
				"leave it out, or write "+mysqlClient+" or "+mysqlConnector)
		}
	}
	if config.Client == mysqlConnector {
		err = r.mysqlConnector(&config)
	} else {
		err = r.mysqlClient(&config)
	}
	if err != nil {
		return config, err
	}
	return config, r.end()
}

// The clients of MySqlHook.
const (
	mysqlClient    = "mysqlclient"
	mysqlConnector = "mysql-connector-python"
)

// mysqlClient is MySqlHook._get_conn_config_mysql_client.
func (r *reader) mysqlClient(config *MySQLConfig) error {
	if r.truth("iam") {
		t, err := r.token(3306)
		if err != nil {
			return err
		}
		if r.c.Empty&connuri.EmptyPort != 0 {
			t.Port = 0 // the hook asks for this port, though it connects to 3306
		}
		config.Token, config.Password, config.AllowCleartextPasswords = t, connuri.Secret{}, true
	}
	if v, given := r.get("cursor"); given && v.Truthy() && v.Kind != pyjson.String {
		return r.bad("extra", "cursor", "it is not text", "leave it out")
	}
	var err error
	if config.Charset, err = r.textIfTrue("charset"); err != nil {
		return err
	}
	ssl, err := r.mysqlSSL(config)
	if err != nil {
		return err
	}
	if config.SSLMode, err = r.textIfTrue("ssl_mode"); err != nil {
		return err
	}
	if config.TLS, err = r.mysqlTLS(config, ssl); err != nil {
		return err
	}
	if v, given := r.get("unix_socket"); given && (v.Kind == pyjson.Int || v.Kind == pyjson.Float) && v.Truthy() {
		config.UnixSocket = v.Str()
		return nil
	}
	config.UnixSocket, err = r.textIfTrue("unix_socket")
	return err
}

// textIfTrue returns the text of a key, "" if its value is false in Python.
func (r *reader) textIfTrue(key string) (string, error) {
	if !r.truth(key) {
		return "", nil
	}
	text, _, err := r.text(key)
	return text, err
}

// mysqlSSL reads the extra ssl: an object, or text that holds one. It returns its members.
func (r *reader) mysqlSSL(config *MySQLConfig) (map[string]pyjson.Value, error) {
	if !r.truth("ssl") {
		return nil, nil
	}
	const instead = `write an object such as {"ca": PATH}`
	v := r.extra["ssl"]
	if v.Kind == pyjson.String {
		text, _ := v.Text()
		inner, err := pyjson.Load(text)
		if err != nil {
			return nil, r.bad("extra", "ssl", "it is text, but not JSON", instead)
		}
		v = inner
	}
	switch v.Kind {
	case pyjson.Null:
		return nil, nil
	case pyjson.Object:
	default:
		r.refuse("extra", "ssl", "it is not an object, and says nothing of whom to trust", instead)
		return nil, nil
	}
	ssl := map[string]pyjson.Value{}
	_ = pyjson.Members(v.Raw, func(label, value pyjson.Value) error {
		key, _ := label.Text()
		ssl[key] = value
		return nil
	})
	if len(ssl) > 0 {
		config.SSL = connuri.RawExtra(string(pyjson.AppendDump(nil, v)))
	}
	return ssl, nil
}

// mysqlTLS returns what ssl and ssl_mode mean. Without either, libmysqlclient itself tries TLS and
// goes on without it; no mode of TLS is that weak.
func (r *reader) mysqlTLS(config *MySQLConfig, ssl map[string]pyjson.Value) (TLS, error) {
	t := TLS{
		ServerName: config.Host,
		CAFile:     sslFile(ssl, "ca"), CertFile: sslFile(ssl, "cert"), KeyFile: sslFile(ssl, "key"),
	}
	if t.CertFile == "" { // one file may hold both
		t.CertFile, t.KeyFile = t.KeyFile, ""
	}
	switch config.SSLMode {
	case "DISABLED", "PREFERRED":
		return TLS{}, nil
	case "REQUIRED":
		t.Mode = TLSUnverified
	case "VERIFY_CA":
		t.Mode = TLSVerifyCA
	case "VERIFY_IDENTITY":
		t.Mode = TLSVerifyFull
	case "":
		if len(ssl) == 0 {
			return TLS{}, nil
		}
		t.Mode = TLSVerifyFull
	default:
		config.SSLMode = ""
		return TLS{}, r.bad("extra", "ssl_mode", "the client does not know this mode",
			"write DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, in capitals")
	}
	return t, nil
}

// sslFile returns a path in ssl. A value that is not text is ignored, as in mysqlclient.
func sslFile(ssl map[string]pyjson.Value, key string) string {
	if v := ssl[key]; v.Kind == pyjson.String {
		text, _ := v.Text()
		return text
	}
	return ""
}

// mysqlConnectorKeys are the arguments of mysql.connector.connect that begin with ssl_.
var mysqlConnectorKeys = []string{
	"ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "ssl_cipher", "ssl_disabled",
}

// mysqlConnector is MySqlHook._get_conn_config_mysql_connector_python, and the checks of
// mysql.connector that need no server.
func (r *reader) mysqlConnector(config *MySQLConfig) error {
	var dict pyjson.Dict
	dst := dict.Begin(nil)
	given := false
	for _, key := range r.keys {
		if !strings.HasPrefix(key, "ssl_") {
			continue
		}
		if !slices.Contains(mysqlConnectorKeys, key) {
			rule := "it has a key that begins with ssl_ and that mysql-connector-python does not know"
			return r.bad("extra", "", rule+conntype.Suggest(key, mysqlConnectorKeys), "leave that key out")
		}
		dst = dict.Colon(pyjson.AppendString(dict.Sep(dst), key))
		dst = pyjson.AppendDump(dst, r.extra[key])
		given = true
	}
	if given {
		config.SSL = connuri.RawExtra(string(dict.End(dst)))
	}
	_, hasCert := r.extra["ssl_cert"]
	_, hasKey := r.extra["ssl_key"]
	_, cert := r.get("ssl_cert")
	_, key := r.get("ssl_key")
	if hasCert != hasKey || cert != key {
		return r.bad("extra", "ssl_cert", "it needs ssl_key, and ssl_key needs ssl_cert", "write both or neither")
	}
	var err error
	config.TLS, err = r.mysqlConnectorTLS(config.Host)
	return err
}

// mysqlConnectorTLS returns what the ssl_ keys mean.
func (r *reader) mysqlConnectorTLS(host string) (TLS, error) {
	if r.truth("ssl_disabled") {
		return TLS{}, nil
	}
	t := TLS{ServerName: host}
	for key, path := range map[string]*string{"ssl_ca": &t.CAFile, "ssl_cert": &t.CertFile, "ssl_key": &t.KeyFile} {
		text, err := r.textIfTrue(key)
		if err != nil {
			return TLS{}, err
		}
		*path = text
	}
	_, cert := r.get("ssl_verify_cert")
	_, identity := r.get("ssl_verify_identity")
	switch {
	case r.truth("ssl_verify_identity"):
		t.Mode = TLSVerifyFull
	case r.truth("ssl_verify_cert"):
		t.Mode = TLSVerifyCA
	case cert || identity:
		t.Mode = TLSUnverified
	case t.CAFile != "" || t.CertFile != "":
		t.Mode = TLSVerifyFull
	default:
		return TLS{}, nil
	}
	return t, nil
}
