package hook

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// redis looks at what RedisHook and redis-py make of a connection.
func (l *linter) redis() {
	c, tls := l.c, l.truth("ssl")
	password := c.Password.Reveal()
	switch strings.ToLower(password) {
	case "none", "false":
		l.add("none-password", "password", "the words None and false, in any case, mean no password to the hook", "leave the password empty, or choose another")
		password = ""
	}
	switch {
	case !tls && strings.HasPrefix(c.Type, "rediss"): // which is told already
	case !tls && password != "" && !onThisMachine(c.Host):
		l.inClear("the password and the data", "write ssl=true in the extra")
	case tls:
		l.redisTLS()
	}
}

// redisTLS looks for certificates that are not verified.
func (l *linter) redisTLS() {
	reqs, _ := l.redisCertReqs()
	name, hasName := l.extra["ssl_check_hostname"]
	switch {
	case reqs == "none":
		l.inExtra("tls-unverified", "ssl_cert_reqs", "is none, null, 0 or false: TLS, but any certificate is accepted", "write required, and ssl_ca_certs")
	case hasName && !name.Truthy() && !l.truth("ssl_ca_certs"):
		l.inExtra("tls-unverified", "ssl_check_hostname", "is off without ssl_ca_certs: a certificate for any name from any public CA is accepted", "write ssl_ca_certs, or leave ssl_check_hostname out")
	}
}

// smtp looks at what SmtpHook makes of a connection. The port decides nothing there.
func (l *linter) smtp() {
	ssl, starttls := !l.truth("disable_ssl"), !l.truth("disable_tls")
	c := l.c
	hasLogin := c.Login != "" && c.Password.Reveal() != ""
	l.smtpPort(ssl, starttls, hasLogin)
	auth, given, _ := l.text("auth_type")
	if context, _, _ := l.text("ssl_context"); (ssl || starttls) && context == "none" {
		l.inExtra("tls-unverified", "ssl_context", "is none: TLS, but any certificate is accepted", "leave ssl_context out")
	}
	if auth == "oauth2" {
		if c.Password.Reveal() != "" {
			l.add("unused-password", "password", "with auth_type oauth2 a token takes its place", "leave the password empty")
		}
		return
	}
	if given && auth != "" && auth != "basic" {
		l.inExtra("auth-type", "auth_type", "is not exactly oauth2, so the login goes by password", "write oauth2 in lower case, or basic")
	}
	for _, key := range []string{"access_token", "client_id", "client_secret", "tenant_id", "scope"} {
		if l.truth(key) {
			l.inExtra("does-nothing", key, "does nothing unless auth_type is oauth2", "write auth_type oauth2 as well, or leave "+key+" out")
		}
	}
	switch {
	case c.Login != "" && !hasLogin:
		l.add("half-login", "login", "the hook logs in only with a login and a password", "write the password as well")
	case c.Login == "" && c.Password.Reveal() != "":
		l.add("half-login", "password", "the hook logs in only with a login and a password", "write the login as well")
	}
}

// smtpPort looks for TLS that does not fit the port.
func (l *linter) smtpPort(ssl, starttls, hasLogin bool) {
	port := l.c.Port
	const both = "the hook begins with TLS and then asks for STARTTLS, which no server offers there"
	switch {
	case ssl && starttls && port == 465:
		l.add("tls-twice", "extra", both, "write disable_tls as true")
	case ssl && starttls && hasLogin && (port == 587 || port == 25 || port == 2525):
		l.add("tls-twice", "extra", both, "write disable_ssl as true")
	case ssl && starttls && (port == 587 || port == 25 || port == 2525):
		l.add("tls-twice", "extra", both, "write disable_ssl as true, and for a server without STARTTLS disable_tls too")
	case ssl && starttls:
		l.add("tls-twice", "extra", both, "write disable_tls as true for TLS from the start, usual on port 465, or disable_ssl for STARTTLS, usual on port 587")
	case ssl && (port == 587 || port == 25):
		l.add("port-and-tls", "port", "the hook begins with TLS, which servers expect on 465 and not on this port", "write 465, or disable_ssl in place of disable_tls")
	case !ssl && port == 465:
		l.add("port-and-tls", "port", "the hook begins without TLS, and servers expect it from the start on 465", "write 587, or disable_tls in place of disable_ssl")
	}
}

// http looks at what HttpHook and requests make of a connection.
func (l *linter) http() {
	c := l.c
	inHost, rest, hasScheme := strings.Cut(pystr.StripLeft(c.Host), "://")
	scheme := strings.ToLower(pystr.StripLeft(c.Schema))
	switch {
	case hasScheme:
		l.httpInHost(strings.ToLower(inHost), rest)
		scheme = strings.ToLower(inHost)
	case scheme == "":
		scheme = "http"
	}
	if scheme == "http" {
		l.httpInClear()
	}
	if v, given := l.get("verify"); scheme == "https" {
		_, hides := l.extra["verify"]
		other, hasOther := l.get("verify_ssl")
		if given && !v.Truthy() || !hides && hasOther && !other.Truthy() {
			key := "verify"
			if !hides {
				key = "verify_ssl"
			}
			l.inExtra("tls-unverified", key, "is false: TLS, but any certificate is accepted", "leave "+key+" out, or write the path of the CA file")
		}
	}
	l.httpLogin()
	for _, pair := range [][2]string{{"verify", "verify_ssl"}, {"proxies", "proxy"}} {
		_, first := l.extra[pair[0]]
		if _, second := l.extra[pair[1]]; first && second {
			l.inExtra("hidden-key", pair[1], "does nothing, because the extra has "+pair[0]+" as well", "write "+pair[0]+" alone")
		}
	}
	if v, given := l.get("srv_lookup"); given && !holdsValues(v) && isTrueWord(v.Str()) && c.Port != 0 {
		l.add("unread-field", "port", "with srv_lookup the port of the SRV record counts", "leave it empty")
	}
}

// httpInHost looks at a host that brings its protocol.
func (l *linter) httpInHost(scheme, rest string) {
	if schema := strings.ToLower(l.c.Schema); schema != "" && schema != scheme {
		l.add("unread-field", "schema", "the host has a protocol, so the hook does not read the schema", "leave it empty, and write a path after the name in the host")
	}
	if l.c.Port != 0 && strings.ContainsAny(rest, "/?#") {
		l.add("port-after-path", "port", "the hook puts it at the very end, after the path in the host", "write it in the host, before the path")
	}
}

// httpInClear looks at requests that go out without TLS.
func (l *linter) httpInClear() {
	c := l.c
	host := c.Host
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	if i := strings.IndexAny(host, `/\?#`); i >= 0 {
		host = host[:i]
	}
	hasLogin := c.Login != ""
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		hasLogin = hasLogin || strings.Contains(host[:i], ":")
		host = host[i+1:]
	}
	if i := strings.IndexByte(host, ':'); i >= 0 && host[0] != '[' {
		host = host[:i]
	}
	for _, key := range l.keys {
		hasLogin = hasLogin || strings.EqualFold(key, "authorization")
	}
	told := func(f connuri.Finding) bool { return f.Rule == "https-is-http" }
	if hasLogin && !onThisMachine(host) && !slices.ContainsFunc(l.findings, told) {
		field, instead := "schema", "write https as the schema, or https:// before the host"
		if strings.HasPrefix(strings.ToLower(c.Host), "http://") {
			field, instead = "host", "write https:// for http:// in the host"
		}
		l.add("tls-off", field, "there is no TLS, so the login crosses the network in the clear", instead)
	}
}

// httpLogin looks at basic authentication.
func (l *linter) httpLogin() {
	c := l.c
	switch {
	case c.Login == "" && c.Password.Reveal() != "":
		instead := "write the login, or an Authorization header in the extra"
		if slices.ContainsFunc(l.keys, func(key string) bool { return strings.EqualFold(key, "authorization") }) {
			instead = "leave the password out, since the extra has an Authorization header"
		}
		l.add("half-login", "password", "it is not sent without a login", instead)
	case c.Login != "" && c.Password.IsZero():
		l.add("none-password", "password", "there is none, and the hook sends the word None in its place", "write the password, or an empty one: a colon after the login in a URI")
	}
	for _, key := range l.keys {
		if c.Login != "" && strings.EqualFold(key, "authorization") {
			l.add("unused-header", "extra", "the login takes the place of its Authorization header", "keep one of them")
		}
	}
}
