package hook

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// httpURL is HttpHook._set_base_url, plus the checks of requests and urllib3 on the URL.
func (r *reader) httpURL(config *HTTPConfig) error {
	base, scheme := r.c.Host, r.c.Schema
	if scheme == "" {
		scheme = "http"
	}
	if !strings.Contains(base, "://") {
		base = scheme + "://" + base
	}
	if r.c.Port != 0 {
		base += ":" + strconv.Itoa(r.c.Port)
	}
	config.BaseURL = base
	field, instead := "host", "write a host name into host, and http or https into schema"
	if !strings.Contains(r.c.Host, "://") && r.c.Schema != "" {
		field = "schema"
	}
	var python pyurl.Parts
	if err := python.Split(base); err != nil {
		return r.bad("host", "", "Airflow cannot read it: "+err.Error(), "write a host name")
	}
	scheme, rest, _ := strings.Cut(pystr.StripLeft(base), "://") // as requests does first
	if scheme = strings.ToLower(scheme); scheme != python.Scheme || scheme != "http" && scheme != "https" {
		return r.bad(field, "", "the scheme of the URL is neither http nor https", instead)
	}
	if v, ok := r.get("srv_lookup"); ok && isTrueWord(v.Str()) {
		config.SRV = &HTTPService{Name: python.Hostname(), Scheme: scheme}
	}
	return r.httpAuthority(config, scheme, rest)
}

// httpAuthority checks what comes between "://" and the path, and moves a login out of it.
func (r *reader) httpAuthority(config *HTTPConfig, scheme, rest string) error {
	authority := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority = rest[:i]
	}
	if _, hidden, ok := strings.Cut(rest, `\`); ok && strings.Contains(hidden, "@") {
		return r.bad("host", "", "it has a backslash before an @, which ends the host or is part of a login, depending on who reads it", "write the login into login and password")
	}
	if config.SRV != nil && strings.Contains(rest[len(authority):], "@") {
		return r.bad("host", "", "it has an @ in its path, so a login may stand in it, and with srv_lookup the path does nothing", "leave the path out")
	}
	host := authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		host = authority[i+1:]
		config.BaseURL = scheme + "://" + rest[i+1:]
		if config.SRV == nil {
			setLogin(config, authority[:i])
		}
	}
	switch {
	case rest == "" || config.SRV != nil && config.SRV.Name == "":
		r.refuse("host", "", "it is empty: the hook takes the beginning of each endpoint for the host", "write the host")
		return nil
	case config.SRV != nil:
		return nil // DNS names the server
	case !isHostPort(host):
		return r.bad("host", "", "together with the port it is not a host of a URL", "write a name, or an IPv6 address in brackets, and the port into port")
	}
	if u, err := url.Parse(scheme + "://" + host); err != nil || u.Hostname() == "" {
		return r.bad("host", "", "net/url cannot read it", "write a name without percent signs, or an IP address")
	}
	return nil
}

// setLogin is get_auth_from_url: a login in the URL counts if the connection has none.
func setLogin(config *HTTPConfig, userinfo string) {
	user, password, both := strings.Cut(userinfo, ":")
	if both && userinfo != ":" {
		config.User, config.Password = pyurl.Unquote(user), connuri.NewSecret(pyurl.Unquote(password))
	}
}

// isHostPort reports whether urllib3 takes text as a host with or without a port.
func isHostPort(text string) bool {
	host, port := text, ""
	if end := strings.LastIndexByte(text, ']'); strings.HasPrefix(text, "[") && end >= 0 {
		host, port = text[:end+1], text[end+1:]
		if port != "" && port[0] != ':' {
			return false
		}
	} else {
		if i := strings.IndexByte(text, ':'); i >= 0 {
			host, port = text[:i], text[i:]
		}
		if strings.ContainsAny(host, "[]") || strings.HasPrefix(host, ".") || strings.HasPrefix(host, "*") {
			return false
		}
	}
	if host == "" || strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c == 0x7F }) {
		return false
	}
	if port = strings.TrimPrefix(port, ":"); port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 32)
	return err == nil && n <= 65535
}

// httpJoin is _url_from_endpoint: exactly one slash between the two, unless both have one.
func httpJoin(base, endpoint string) string {
	if base != "" && endpoint != "" && !strings.HasSuffix(base, "/") && !strings.HasPrefix(endpoint, "/") {
		return base + "/" + endpoint
	}
	return base + endpoint
}

// quoteURL quotes what requests quotes after the host of a URL, and unquotes what needs no quoting.
// If one percent sign does not begin an escape, all of them are plain text. An escaped dot stays,
// so that it never becomes one of the segments . and .. that NewRequest removes.
func quoteURL(text string) string {
	scheme, after, _ := strings.Cut(text, "://")
	i := strings.IndexAny(after, `/\?#`)
	if i < 0 {
		return text
	}
	start := len(scheme) + len("://")
	host, rest := text[:start+i], text[start+i:]
	for i := range len(rest) {
		if rest[i] == '%' && !pyurl.IsEscape(rest[i+1:]) {
			rest = strings.ReplaceAll(rest, "%", "%25")
			break
		}
	}
	if rest[0] != '/' {
		rest = "/" + rest
	}
	var b strings.Builder
	b.WriteString(host)
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if c == '%' {
			if plain := pyurl.Unquote(rest[i : i+3]); isUnreserved(plain[0]) {
				b.WriteString(plain)
			} else {
				b.WriteString(strings.ToUpper(rest[i : i+3]))
			}
			i += 2
			continue
		}
		if isUnreserved(c) || strings.IndexByte(".!$&'()*+,;=:@/?#", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
	}
	return b.String()
}

// isUnreserved reports whether c means the same with and without quoting in a URL, except the dot.
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_~-", c) >= 0
}

// isHeaderName reports whether requests takes text as the name of a header.
func isHeaderName(text string) bool {
	return text != "" && !strings.ContainsAny(text, ":\r\n") && pystr.StripLeft(text) == text
}

// isHeaderValue reports whether requests takes text as the value of a header.
func isHeaderValue(text string) bool {
	return !strings.ContainsAny(text, "\r\n") && pystr.StripLeft(text) == text
}
