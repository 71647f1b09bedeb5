package hook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// postgres looks at what PostgresHook, psycopg and libpq make of a connection, and at what
// pgx does not know of it.
func (l *linter) postgres() {
	for _, key := range l.keys {
		v, given := l.get(key)
		switch {
		case !given:
		case libpq[key] == dropped:
			l.inExtra("not-in-go", key, "is not known to pgx, and Keywords leaves it out", "configure it in Go, or leave it out")
		case slices.Contains(psycopgOwn, key) && key != "conninfo", key == "cursor" && v.Truthy():
			l.pythonOnly(key)
		case key == "client_encoding" && !namesUTF8(v.Str()):
			l.inExtra("client-encoding", key, "is not utf8, and text in Go is", "leave client_encoding out, or write utf8")
		}
	}
	l.overwritten()
	l.psycopgTimeout()
	l.tokenAndPassword()
	if !l.postgresIsLocal() {
		l.sslmode()
	}
}

func (l *linter) pythonOnly(key string) {
	l.inExtra("not-in-go", key, "is for the driver in Python, and no Go driver has an equivalent", "leave it out for Go")
}

// namesUTF8 reports whether an encoding of Postgres is UTF-8.
func namesUTF8(name string) bool {
	name = strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
	return name == "utf8" || name == "unicode"
}

// overwritten looks for fields that the extra takes the place of.
func (l *linter) overwritten() {
	port := ""
	if l.c.Port != 0 {
		port = strconv.Itoa(l.c.Port)
	}
	for _, f := range [...]struct{ key, field, text string }{
		{"host", "host", l.c.Host}, {"user", "login", l.c.Login}, {"password", "password", l.c.Password.Reveal()},
		{"dbname", "schema", l.c.Schema}, {"port", "port", port},
	} {
		if v, given := l.get(f.key); given && f.text != "" && (holdsValues(v) || v.Str() != f.text) {
			l.add("overwritten", f.field, "the extra has "+f.key+", which takes its place", "keep one of them")
		}
	}
}

// holdsValues reports whether a value is a list or an object.
func holdsValues(v pyjson.Value) bool { return v.Kind == pyjson.Array || v.Kind == pyjson.Object }

// psycopgTimeout looks for seconds that psycopg does not wait.
func (l *linter) psycopgTimeout() {
	v, given := l.get("connect_timeout")
	if !given || holdsValues(v) {
		return
	}
	switch seconds, ok := pystr.Float(v.Str()); {
	case !ok:
	case seconds < 1:
		l.inExtra("timeout", "connect_timeout", "below 1 is not a limit: psycopg waits 130 s for each host", "write 2 or more")
	case seconds < 2:
		l.inExtra("timeout", "connect_timeout", "is raised to 2 s", "write 2 or more")
	}
}

// tokenAndPassword looks for a password beside a token of AWS.
func (l *linter) tokenAndPassword() {
	if l.truth("iam") && l.c.Password.Reveal() != "" {
		l.add("unused-password", "password", "with iam a token takes its place", "leave the password empty")
	}
}

// postgresIsLocal reports whether all servers are on this machine.
func (l *linter) postgresIsLocal() bool {
	hosts := l.c.Host
	for _, key := range []string{"host", "hostaddr"} {
		if v, given := l.get(key); given && !holdsValues(v) && (key == "host" || v.Raw != "" || v.Kind != pyjson.String) {
			hosts = v.Str()
		}
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if !onThisMachine(host) {
			return false
		}
	}
	return true
}

// sslmode looks for TLS that is off, may be, or believes anybody.
func (l *linter) sslmode() {
	const verify = "write sslmode=verify-full and sslrootcert in the extra"
	mode, given, _ := l.text("sslmode")
	root, _, _ := l.text("sslrootcert")
	switch {
	case mode == "disable":
		l.inExtra("tls-off", "sslmode", "is disable, so the password and the data cross the network in the clear", verify)
	case mode == "allow", mode == "prefer":
		l.inExtra("tls-optional", "sslmode", "is allow or prefer: anyone on the network path can turn TLS off", verify)
	case mode == "require" && !l.truth("sslrootcert"):
		l.inExtra("tls-unverified", "sslmode", "is require without sslrootcert: TLS, but any certificate is accepted", verify)
	case mode == "verify-ca" && !l.truth("sslrootcert"):
		l.inExtra("tls-unverified", "sslmode", "is verify-ca without sslrootcert: in Go a certificate for any name from any public CA is accepted", verify)
	case given, root == "system", l.truth("service"), l.truth("conninfo"):
	default:
		l.add("tls-optional", "extra", "sslmode is missing, which means prefer: anyone on the network path can turn TLS off", verify)
	}
}

func (l *linter) usesConnector() bool {
	client, _, _ := l.text("client")
	return client == trap.MySQLConnector
}

// mysqlReads reports whether the hook reads a key that it knows for the client in use.
func (l *linter) mysqlReads(key string) bool {
	client, _, _ := l.text("client")
	return trap.MySQLReads(key, client)
}

// mysql looks at what MySqlHook and its two clients make of a connection.
func (l *linter) mysql() {
	connector := l.usesConnector()
	for _, key := range l.keys {
		v, given := l.get(key)
		switch {
		case !given || l.of.Key(key) == "" || !v.Truthy():
		case !l.mysqlReads(key) && connector:
			l.inExtra("other-client", key, "is read for mysqlclient, and the client is "+trap.MySQLConnector, "write keys that begin with ssl_, or leave client out")
		case !l.mysqlReads(key):
			l.inExtra("other-client", key, "is read for "+trap.MySQLConnector+", and the client is mysqlclient", "write ssl and ssl_mode")
		case key == "cursor":
			l.pythonOnly(key)
		case key == "charset":
			l.charset(v.Str())
		}
	}
	if l.c.Login == "" {
		l.add("no-login", "login", "it is empty, so the driver takes the name of the process's user", "write the user")
	}
	if !connector {
		l.tokenAndPassword()
	}
	if !connector && l.truth("unix_socket") && l.c.Host != "" && l.c.Host != "localhost" {
		l.inExtra("does-nothing", "unix_socket", "does nothing unless the host is localhost", "write localhost into the host, or leave unix_socket out")
	}
	if onThisMachine(l.c.Host) {
		return
	}
	if connector {
		l.connectorTLS()
	} else {
		l.mysqlclientTLS()
	}
}

// charset reports names that MySQL understands differently from most software.
func (l *linter) charset(name string) {
	switch strings.ToLower(name) {
	case "utf8", "utf8mb3":
		l.inExtra("charset", "charset", "is a UTF-8 of up to 3 bytes for a character to MySQL, without emoji", "write utf8mb4")
	case "utf-8":
		l.inExtra("charset", "charset", "is not a name that MySQL knows", "write utf8mb4")
	}
}

// mysqlclientTLS reads ssl_mode, an exact word, and ssl, an object or the JSON of one.
func (l *linter) mysqlclientTLS() {
	const verify = "write ssl with a ca, and ssl_mode=VERIFY_IDENTITY, in the extra"
	ca, isObject := l.mysqlSSL()
	mode, given, _ := l.text("ssl_mode")
	switch {
	case mode == "DISABLED":
		l.inExtra("tls-off", "ssl_mode", "is DISABLED, so the password and the data cross the network in the clear", verify)
	case mode == "PREFERRED":
		l.inExtra("tls-optional", "ssl_mode", "is PREFERRED: whoever is in between can turn TLS off, and Go has no TLS then", verify)
	case mode == "REQUIRED":
		l.inExtra("tls-unverified", "ssl_mode", "is REQUIRED: TLS, but any certificate is accepted", verify)
	case mode == "VERIFY_CA" && !ca:
		l.inExtra("tls-unverified", "ssl_mode", "is VERIFY_CA and ssl has no ca: a certificate for any name from any public CA is accepted", verify)
	case given && mode != "" || ca:
	case isObject:
		l.inExtra("tls-unverified", "ssl", "has no ca, and ssl_mode is missing: TLS, but mysqlclient accepts any certificate; hook.MySQL verifies it with the CAs of the system", verify)
	default:
		l.add("tls-optional", "extra", "there is neither ssl nor ssl_mode: whoever is in between can turn TLS off, and Go has no TLS then", verify)
	}
}

// mysqlSSL reports whether ssl is an object that holds anything, and whether a CA is in it.
func (l *linter) mysqlSSL() (ca, isObject bool) {
	v, _ := l.get("ssl")
	raw := v.Raw
	if v.Kind == pyjson.String {
		raw, _ = v.Text()
	}
	v, err := pyjson.Load(raw)
	if err != nil || v.Kind != pyjson.Object {
		return false, false
	}
	_ = pyjson.Members(raw, func(label, value pyjson.Value) error { // it was just read
		if key, _ := label.Text(); conntype.Has("ca capath", key) && value.Truthy() {
			ca = true
		}
		return nil
	})
	return ca, v.Truthy()
}

// connectorTLS reads the ssl_… keys of mysql-connector-python.
func (l *linter) connectorTLS() {
	const verify = "write ssl_ca and ssl_verify_identity=true in the extra"
	switch {
	case l.truth("ssl_disabled"):
		l.inExtra("tls-off", "ssl_disabled", "turns TLS off, so the password and the data cross the network in the clear", verify)
	case l.truth("ssl_verify_identity"):
	case l.truth("ssl_verify_cert") && !l.truth("ssl_ca"):
		l.inExtra("tls-unverified", "ssl_verify_cert", "is on without ssl_ca: a certificate for any name from any public CA is accepted", verify)
	case !l.truth("ssl_verify_cert"):
		l.add("tls-optional", "extra", "there is neither ssl_verify_cert nor ssl_verify_identity: TLS only if the server has it, and any certificate is accepted"+l.connectorInGo(), verify)
	}
}

// connectorInGo is what hook.MySQL makes of ssl_… keys that verify nothing, as the end of a
// sentence.
func (l *linter) connectorInGo() string {
	t, err := l.mysqlConnectorTLS("")
	switch {
	case err != nil: // hook.MySQL returns it
		return ""
	case t.Mode == TLSOff:
		return "; Go has no TLS then"
	case t.Mode == TLSUnverified:
		return "; Go insists on TLS, and accepts any certificate as well"
	}
	return "; hook.MySQL insists on TLS, and verifies it"
}
