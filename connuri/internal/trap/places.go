package trap

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// typeName looks for types that no hook goes by.
func (l *linter) typeName() {
	if instead := TypeAdvice(l.Type, l.Port); instead != "" {
		l.add("unknown-type", "conn_type", "no hook has this name", instead)
	}
}

// TypeAdvice returns what to write for a type that no hook goes by, "" if none is known.
func TypeAdvice(connType string, port int) string {
	of := conntype.Mistaken(connType)
	switch {
	case of == nil:
		return ""
	case strings.HasSuffix(connType, "+srv") && of.Hook == "mongo":
		return srvAdvice("write mongo", port)
	case strings.Contains(of.Hook, "_"): // which no scheme has
		return "write " + of.Hook + ", in a URI " + strings.ReplaceAll(of.Hook, "_", "-")
	}
	return "write " + of.Hook
}

// srvAdvice completes the advice for a URI of MongoDB that looks up its hosts.
func srvAdvice(instead string, port int) string {
	instead += ", and srv=true in the extra"
	if port != 0 {
		instead += ", without a port"
	}
	return instead
}

// unread reports whether the hook does not read a field.
func (l *linter) unread(field string) bool { return l.of != nil && conntype.Has(l.of.Unread, field) }

// places looks for values that are right but in a field where the hook does not look for them.
func (l *linter) places() {
	l.protocol()
	l.oneName()
	l.unreadHost()
	l.pathInHost()
	switch l.of.Hook {
	case "kafka":
		l.kafka()
	case "redis":
		l.redis()
	case "http":
		l.http()
	case "mongo":
		if text := strings.ToLower(l.text("srv")); l.truth("srv") && l.Port != 0 && text != "false" && text != "0" && text != "no" {
			l.add("srv-port", "port", "with srv the hook refuses a port, since DNS has it", "leave it out")
		}
	case "snowflake":
		l.snowflake()
	case "databricks":
		if strings.ContainsAny(l.Schema, "/=") {
			l.add("unread-field", "schema", "the hook does not read it", "write the path as http_path in the extra")
		}
	case "google_cloud_platform":
		if l.Login != "" || l.Password != "" {
			l.add("unread-field", "login", "the hook reads neither login nor password", "write the key in the extra, as keyfile_dict or key_path, and leave them empty")
		}
	}
}

// unreadHost looks for an address in the host of a type whose hook does not read it.
func (l *linter) unreadHost() {
	isAddress := HasPort(l.Host) || strings.Contains(l.Host, "@") || strings.Contains(l.Host, "://")
	switch instead := "leave it empty"; {
	case !l.unread("host") || !isAddress || l.of.Hook == "kafka" || l.of.Hook == "snowflake":
	case l.of.Hook == "aws":
		l.add("unread-field", "host", "the hook does not read it", "write endpoint_url in the extra, as in endpoint_url=https://HOST:PORT, and leave the host empty")
	default:
		l.add("unread-field", "host", "the hook does not read it", instead)
	}
}

// pathInHost looks for a path after the host of a type that takes a name or an address.
func (l *linter) pathInHost() {
	if !l.of.NoProtocol || strings.Contains(l.Host, "@") || strings.Contains(l.Host, "://") || IsDSN(l.Host) {
		return
	}
	for host := range strings.SplitSeq(l.Host, ",") {
		if strings.IndexByte(host, '/') > 0 && !IsPlaceholder(host) {
			instead := "write the host alone"
			if l.of.OneName != "" {
				instead += ", the port as the port and the " + l.of.OneName + " as the schema"
			}
			l.add("path-in-host", "host", "a slash and what follows it in the host are part of its name for this type", instead)
			return
		}
	}
}

// IsDSN reports whether a host is one of Go's driver for MySQL, tcp(HOST:PORT).
func IsDSN(host string) bool {
	protocol, rest, found := strings.Cut(host, "(")
	return found && (protocol == "tcp" || protocol == "unix") && (rest == "" || strings.HasSuffix(rest, ")") || protocol == "unix")
}

// HasPort reports whether a host ends in a port.
func HasPort(host string) bool {
	_, port, found := strings.Cut(host, ":")
	return found && port != "" && strings.Trim(port, "0123456789") == ""
}

// protocol looks for a protocol in the host of a type that does not allow one.
func (l *linter) protocol() {
	protocol, _, found := strings.Cut(l.Host, "://")
	if !found || !l.of.NoProtocol || strings.Contains(l.Host, "@") {
		return
	}
	instead := "write the host without a protocol"
	if l.of.Hook == "mongo" && strings.HasSuffix(protocol, "+srv") {
		instead = srvAdvice(instead, l.Port)
	}
	l.add("protocol-in-host", "host", "a protocol in the host is part of its name for this type", instead)
}

// oneName looks for a path of several names where the schema is one name.
func (l *linter) oneName() {
	first, second, found := strings.Cut(strings.TrimPrefix(l.Schema, "/"), "/")
	switch {
	case l.of.OneName == "":
	case strings.TrimRight(l.Schema, ",;'\"") != l.Schema:
		l.add("stray-mark", "schema", "a comma, a semicolon or a quote at its end is part of the name to the hook", "remove it")
	case strings.ContainsAny(l.Schema, ";&?") && strings.Contains(l.Schema, "="):
		l.add("options-in-path", "schema", "it has options, which are part of the name of the "+l.of.OneName+" to the hook", "put the options inside extra, or in a URI after a ? with & between them")
	case !found && first == l.Schema:
	case strings.Contains(l.Schema, "://"):
		l.add("path-of-two", "schema", "it has a protocol, and the hook takes all of it for the name of one "+l.of.OneName, "write the name of the "+l.of.OneName+" alone")
	case l.of.FirstOf != "" && second != "":
		l.add("path-of-two", "schema", "it has two names, and the hook takes both for the name of one "+l.of.OneName,
			"write the "+l.of.OneName+" alone, and the other name as "+l.of.FirstOf+" in the extra")
	default:
		l.add("path-of-two", "schema", "it has a slash, which is part of the name of the "+l.of.OneName+" to the hook", "write the name of the "+l.of.OneName+" alone")
	}
}

// snowflake looks for an account in the host, where SnowflakeHook does not read it.
func (l *linter) snowflake() {
	switch {
	case l.Host == "":
	case !l.has("account"):
		l.add("unread-field", "host", "the hook does not read it", "write account in the extra, and leave it empty")
	case HasPort(l.Host), strings.Contains(l.Host, "@"):
		l.add("unread-field", "host", "the hook does not read it", "leave it empty")
	}
}

// kafka looks for brokers and logins in the fields, none of which KafkaBaseHook reads.
func (l *linter) kafka() {
	for _, f := range [...]struct {
		field, instead string
		given          bool
	}{
		{"host", "write the brokers as bootstrap.servers in the extra, and leave it empty", l.Host != ""},
		{"port", "write it in bootstrap.servers, in the extra, and leave it empty", l.Port != 0},
		{"login", "write sasl.username in the extra, and leave it empty", l.Login != ""},
		{"password", "write sasl.password in the extra, and leave it empty", l.Password != ""},
	} {
		if f.given {
			l.add("unread-field", f.field, "the hook does not read it", f.instead)
		}
	}
}

// redis looks for a database in the path, and for TLS in the type.
func (l *linter) redis() {
	db, hasDB := l.get("db")
	isValues := db.Kind == pyjson.Array || db.Kind == pyjson.Object
	number := "0"
	if hasDB && !isValues && db.Truthy() {
		number = db.Str()
	}
	if l.Schema != "" && l.Schema != number {
		l.add("path-database", "schema", "the hook does not read it, so the database is that of the extra's db, or 0", "write db in the extra, and leave the path out")
	}
	if strings.HasPrefix(l.Type, "rediss") && !l.truth("ssl") {
		l.add("scheme-not-tls", "conn_type", "rediss does not turn TLS on, only ssl in the extra does", "write ssl=true in the extra")
	}
}

// httpsAdvice is what to write for requests over TLS.
const httpsAdvice = "write https as the schema, or in a URI http as the type and https%3A%2F%2F before the host, which in JSON is https://"

// http looks for https that goes out as http. It leaves a path with an @ alone unless the type says
// https: nobody is likely to have mistaken that name for a part of a URL.
func (l *linter) http() {
	inHost, _, hasScheme := strings.Cut(pystr.StripLeft(l.Host), "://")
	scheme := strings.ToLower(pystr.StripLeft(l.Schema))
	switch typ, _, _ := strings.Cut(l.Type, "+"); {
	case hasScheme:
		scheme = strings.ToLower(inHost)
	case scheme != "" && scheme != "http" && scheme != "https":
		if !strings.Contains(scheme, "@") || typ == "https" {
			l.add("path-as-schema", "schema", "the hook takes it for the protocol, and not for a path",
				"write https or http, and the path in the endpoint or, after the name, in the host, as in https://example.com/path")
		}
		if typ == "https" {
			l.add("https-is-http", "conn_type", "it does not choose the protocol", httpsAdvice)
		}
		return
	}
	if scheme == "https" {
		return
	}
	hasLogin := l.Login != ""
	for _, key := range l.Keys {
		hasLogin = hasLogin || strings.EqualFold(key, "authorization")
	}
	switch typ, _, _ := strings.Cut(l.Type, "+"); {
	case typ == "https" && hasLogin:
		l.add("https-is-http", "conn_type", "it does not choose the protocol, so requests go out over http, the login in the clear", httpsAdvice)
	case typ == "https":
		l.add("https-is-http", "conn_type", "it does not choose the protocol, so requests go out over http", httpsAdvice)
	case l.Port == 443:
		l.add("https-is-http", "port", "it does not choose the protocol, so requests go out over http", httpsAdvice)
	}
}

// googleKey looks for the file of a Google key whose members are the extra's.
func (l *linter) googleKey() bool {
	if !IsGoogleKey(l.text) {
		return false
	}
	l.add("google-key", "extra", "it is the file of a Google key, and the hook reads none of its keys there", GoogleKeyAdvice)
	return true
}

// GoogleKeyAdvice is what to write for a Google key that was pasted as it is.
const GoogleKeyAdvice = "write conn_type google_cloud_platform, and the whole file as keyfile_dict in the extra"

// IsGoogleKey reports whether an object, given as the texts of its keys, is the file of a
// Google key.
func IsGoogleKey(text func(key string) string) bool {
	switch text("type") {
	case "service_account":
		return text("private_key") != "" || text("client_email") != ""
	case "authorized_user", "external_account":
		return text("client_id") != "" || text("token_url") != ""
	}
	return text("private_key_id") != "" && text("client_email") != ""
}
