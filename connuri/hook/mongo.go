package hook

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// MongoConfig holds the settings that MongoHook gives to pymongo.
type MongoConfig struct {
	SRV      bool     // extra srv: Hosts is one name, to be looked up as an SRV record (mongodb+srv)
	Hosts    []string // host, as host:port; the port is 27017 if there is none; the path of a socket, which ends in .sock, has none
	Database string   // schema, the default database; "" means none

	Username string         // login, or the extra username
	Password connuri.Secret // password, or the extra of that name

	// AuthMechanism is the extra authMechanism: SCRAM-SHA-1, SCRAM-SHA-256, PLAIN,
	// MONGODB-X509, MONGODB-AWS, MONGODB-OIDC or GSSAPI. "" means SCRAM by agreement with the
	// server if there is a Username, and otherwise no login.
	AuthMechanism string

	// AuthSource is the database that holds the user: the extra authSource, otherwise Database,
	// otherwise admin; $external if the mechanism requires it. With SRV and neither of the first
	// two it is "", because the TXT record takes precedence over Database.
	AuthSource     string
	AuthProperties Secrets // extra authMechanismProperties, such as AWS_SESSION_TOKEN; nil without it

	// TLS is on if the extra tls or ssl is true, or with SRV unless they are false, or if
	// tlsCAFile, tlsCertificateKeyFile or an option that must be false is given. It verifies the
	// chain and the name unless tlsAllowInvalidCertificates or tlsInsecure (no verification) or
	// tlsAllowInvalidHostnames (no name) is true. The server name is empty: each server is verified
	// by its own. Give it to the driver as a tls.Config, because the driver knows neither
	// tlsAllowInvalidCertificates nor tlsAllowInvalidHostnames.
	TLS         TLS
	KeyPassword connuri.Secret // extra tlsCertificateKeyFilePassword

	ConnectTimeout time.Duration // extra connectTimeoutMS; default 20 s, 0 means none

	// Options are the other options of MongoClient, with the names and values that they have in a
	// connection string: replicaSet, directConnection, readPreference, w, maxPoolSize, appname,
	// serverSelectionTimeoutMS and so on. An option that is absent has the driver's default. URI
	// holds those that apply in Go.
	Options map[string]string
}

// URI returns the servers, the user's name and all options that apply in Go as a connection string
// without secrets, for options.Client().ApplyURI of the mongo-driver. It does not hold TLS,
// AuthMechanism, AuthSource, AuthProperties and Password; set them afterwards. With SRV, ApplyURI
// looks the name up and reads the AuthSource of a TXT record.
func (c MongoConfig) URI() string {
	var b strings.Builder
	b.WriteString("mongodb")
	if c.SRV {
		b.WriteString("+srv")
	}
	b.WriteString("://")
	if c.Username != "" {
		b.WriteString(uriQuote(c.Username) + "@")
	}
	for i, host := range c.Hosts {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.NewReplacer("%5B", "[", "%5D", "]", "%3A", ":").Replace(uriQuote(host)))
	}
	b.WriteString("/" + uriQuote(c.Database))
	b.WriteString("?connectTimeoutMS=" + strconv.FormatInt(milliseconds(c.ConnectTimeout), 10))
	keys := make([]string, 0, len(c.Options))
	for key := range c.Options {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		value := c.Options[key]
		switch kind := mongoOptions()[strings.ToLower(key)]; {
		case kind.use != mongoInGo, key == "tlsDisableOCSPEndpointCheck" && c.TLS.Mode == TLSOff, strings.HasPrefix(key, "srv") && !c.SRV, value == "":
			continue
		case kind.check == mongoTimeout || kind.check == mongoTimeoutNoZero || kind.check == mongoThreshold:
			ms, _ := strconv.ParseFloat(value, 64)
			value = strconv.FormatFloat(math.Ceil(ms), 'f', -1, 64)
		case key == "readPreferenceTags":
			for set := range strings.SplitSeq(value, ";") {
				b.WriteString("&" + key + "=" + uriQuote(set))
			}
			continue
		}
		b.WriteString("&" + key + "=" + uriQuote(value))
	}
	return b.String()
}

func uriQuote(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// milliseconds rounds up, so that a short time does not become 0.
func milliseconds(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// Mongo reads a connection as MongoHook (apache-airflow-providers-mongo) and pymongo do: the extra
// holds srv and allow_insecure, which the hook reads, and options of MongoClient. The login counts
// only together with a password.
//
// The error is an *Error for what the hook or pymongo refuses before it looks for a server, such as
// an unknown option.
//
// These are ErrUnsupported and come with the complete settings: ssl together with allow_insecure
// and without tls, which means no TLS in pymongo; tlsCRLFile, tlsCertificateKeyFilePassword,
// socketTimeoutMS, waitQueueTimeoutMS, waitQueueMultiple, wtimeoutMS, fsync, srvAllowedHostsSuffix,
// serverSelectionTimeoutMS 0, directConnection with srv, and GSSAPI.
func Mongo(c connuri.Connection) (MongoConfig, error) {
	return settled(mongoConfig(c))
}

func mongoConfig(c connuri.Connection) (MongoConfig, error) {
	config := MongoConfig{ConnectTimeout: 20 * time.Second, Options: map[string]string{}}
	r, err := read("mongo", c)
	if err != nil {
		return config, err
	}
	m := &mongoReader{reader: r, config: &config, given: map[string]pyjson.Value{}, port: 27017}
	for _, step := range []func() error{m.servers, m.options, m.together, m.tls, m.login} {
		if err := step(); err != nil {
			return config, err
		}
	}
	m.refuseOthers()
	return config, r.end()
}

// mongoReader reads one connection.
type mongoReader struct {
	*reader
	config *MongoConfig
	given  map[string]pyjson.Value // :: name in small letters → value, of the options in the extra and in the URI that the hook makes
	port   int                     // of servers without one

	username, password mongoText // as pymongo holds them
}

// mongoText is a text or None.
type mongoText struct {
	text  string
	given bool
}

// isTrue reports whether a switch is on.
func (m *mongoReader) isTrue(name string) bool { return mongoTrue(m.given[name]) }

func mongoTrue(v pyjson.Value) bool {
	return v.Kind == pyjson.True || v.Kind == pyjson.String && v.Str() == "true"
}

// login makes the credentials from the user in the URI and the options, as pymongo does.
func (m *mongoReader) login() error {
	c := m.config
	for name, field := range map[string]*mongoText{"username": &m.username, "password": &m.password} {
		if v, ok := m.given[name]; ok {
			*field = mongoText{}
			if v.Kind != pyjson.Null {
				*field = mongoText{v.Str(), true}
			}
		}
	}
	c.AuthMechanism = m.given["authmechanism"].Raw
	c.AuthSource = m.textOf("authsource")
	if v, given := m.given["authmechanismproperties"]; given {
		c.AuthProperties, _ = mongoProperties(v)
	}
	if m.username.text == "" && c.AuthMechanism == "" {
		return nil
	}
	c.Username = m.username.text
	if m.password.given {
		c.Password = connuri.NewSecret(m.password.text)
	}
	if err := m.mechanism(); err != nil {
		return err
	}
	if c.AuthSource != "" || c.SRV {
		return nil
	}
	c.AuthSource = c.Database
	if c.AuthSource == "" {
		c.AuthSource = "admin"
	}
	return nil
}

// textOf returns an option that is text, "" if it is absent.
func (m *mongoReader) textOf(name string) string {
	if v := m.given[name]; v.Kind == pyjson.String {
		return v.Str()
	}
	return ""
}

// mechanism checks what each mechanism requires.
func (m *mongoReader) mechanism() error {
	const key = "authMechanism"
	c := m.config
	external, password := true, m.password.given
	switch c.AuthMechanism {
	case "MONGODB-X509", "MONGODB-OIDC":
		if password {
			return m.bad("extra", key, "it does not go with a password", "leave the password empty, or the mechanism out")
		}
	case "MONGODB-AWS":
		if m.username.given && !password {
			return m.bad("extra", key, "it needs a password with the login", "write both, or neither")
		}
	case "GSSAPI":
		m.refuse("extra", key, "the Go driver has GSSAPI only if it is built with cgo and the tag gssapi", "use another mechanism, or such a build")
		fallthrough
	default:
		external = c.AuthMechanism == "GSSAPI"
		if !m.username.given {
			return m.bad("extra", key, "it needs a login", "write the login and the password")
		}
		if !password && !external && c.AuthMechanism != "PLAIN" {
			return m.bad("password", "", "it is empty, and pymongo logs in with none", "write the password")
		}
	}
	if c.AuthMechanism == "PLAIN" && c.AuthSource == "" && c.Database == "" || external && c.AuthSource == "" {
		c.AuthSource = "$external"
	}
	if external && c.AuthSource != "$external" {
		return m.bad("extra", "authSource", "it is $external with this mechanism", "leave it out")
	}
	if c.AuthMechanism == "DEFAULT" {
		c.AuthMechanism = ""
	}
	return m.mechanismProperties()
}

// refuseOthers refuses options that count and that the Go driver lacks.
func (m *mongoReader) refuseOthers() {
	for _, key := range m.keys {
		name := strings.ToLower(key)
		v, given := m.given[name]
		if given && v.Kind != pyjson.Null && mongoOptions()[name].use == mongoRefused {
			m.refuse("extra", mongoOptions()[name].name, "the Go driver has no counterpart", "leave it out, and configure the client in Go")
		}
	}
	if m.config.KeyPassword.Reveal() != "" {
		m.refuse("extra", "tlsCertificateKeyFilePassword", "crypto/tls reads no encrypted key", "decrypt the key, and leave its password out")
	}
	if m.config.Options["serverSelectionTimeoutMS"] == "0" {
		m.refuse("extra", "serverSelectionTimeoutMS", "0 means not to wait to pymongo, and no limit to the Go driver", "write 1 or more")
	}
	if m.config.SRV && m.isTrue("directconnection") {
		m.refuse("extra", "directConnection", "the Go driver does not have it with srv", "leave one of them out")
	}
}
