package hook

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// words are the values that libpq accepts for a keyword and checks before it looks for a server. ""
// is accepted only if it is listed.
var words = map[string][]string{
	"sslmode":              {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
	"channel_binding":      {"disable", "prefer", "require"},
	"sslnegotiation":       {"postgres", "direct"},
	"gssencmode":           {"disable", "prefer", "require"},
	"sslcertmode":          {"disable", "allow", "require"},
	"target_session_attrs": {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
	"load_balance_hosts":   {"disable", "random"},
	"min_protocol_version": {"3.0", "3.2", "latest"},
	"max_protocol_version": {"3.0", "3.2", "latest"},

	"ssl_min_protocol_version": {"", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ssl_max_protocol_version": {"", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
}

// libpqRefuses checks what libpq checks before it looks for a server.
func (r *reader) libpqRefuses(config *PostgresConfig) error {
	s := config.Settings
	for _, check := range []func(map[string]string) error{
		r.libpqHosts, r.libpqPorts, r.libpqWords, r.libpqTLS, r.libpqProtocol, r.libpqAuth,
	} {
		if err := check(s); err != nil {
			return err
		}
	}
	for _, key := range []string{"scram_client_key", "scram_server_key"} {
		if secret, given := config.OtherSecrets[key]; given {
			if raw, err := base64.StdEncoding.DecodeString(secret.Reveal()); err != nil || len(raw) != 32 {
				return r.bad("extra", key, "it is not a key of 32 bytes", "write 32 bytes in Base64")
			}
		}
	}
	return nil
}

// libpqWords checks the keywords whose value is a word from a list.
func (r *reader) libpqWords(s map[string]string) error {
	for _, key := range libpqOrder(s) {
		allowed := words[key]
		if allowed == nil || slices.Contains(allowed, s[key]) {
			continue
		}
		if strings.HasPrefix(key, "ssl_m") && slices.ContainsFunc(allowed, func(w string) bool { return strings.EqualFold(w, s[key]) }) {
			continue
		}
		return r.bad("extra", key, "libpq does not know this value", "write "+strings.TrimPrefix(strings.Join(allowed, ", "), ", "))
	}
	return nil
}

// libpqTLS checks keywords of TLS and GSSAPI that depend on each other.
func (r *reader) libpqTLS(s map[string]string) error {
	low, given := s["ssl_min_protocol_version"]
	if !given {
		low = "TLSv1.2"
	}
	if high := s["ssl_max_protocol_version"]; low != "" && high != "" && strings.ToLower(low) > strings.ToLower(high) {
		return r.bad("extra", "ssl_max_protocol_version", "it is below ssl_min_protocol_version, which is TLSv1.2 by default", "write a newer version")
	}
	host, given := s["host"]
	if first, _, _ := strings.Cut(host, ","); s["gssencmode"] == "require" && s["hostaddr"] == "" && given && isSocket(first) {
		return r.bad("extra", "gssencmode", "it is require, which libpq refuses for a socket", "leave it out")
	}
	mode, given := s["sslmode"]
	switch {
	case s["sslrootcert"] == "system" && given && mode != "verify-full":
		return r.bad("extra", "sslmode", "with sslrootcert=system libpq accepts only verify-full", "write verify-full")
	case s["sslnegotiation"] == "direct" && s["sslrootcert"] != "system" && !slices.Contains(words["sslmode"][3:], mode):
		return r.bad("extra", "sslmode", "with sslnegotiation=direct libpq requires that TLS is mandatory", "write require, verify-ca or verify-full")
	}
	return nil
}

// libpqPorts checks that each port is valid, and that there is one port, or one for each host.
func (r *reader) libpqPorts(s map[string]string) error {
	text := s["port"]
	if text == "" {
		return nil
	}
	hosts := s["host"]
	if s["hostaddr"] != "" {
		hosts = s["hostaddr"]
	}
	ports := strings.Split(text, ",")
	if len(ports) > 1 && len(ports) != len(strings.Split(hosts, ",")) {
		return r.bad("port", "", "there are not as many ports as hosts", "write one port, or one for each host")
	}
	for _, port := range ports {
		if n, err := strconv.Atoi(strings.Trim(port, " \t\n\r\v\f")); port != "" && (err != nil || n < 1 || n > 65535) {
			return r.bad("port", "", "it is not a TCP port", "write a number from 1 to 65535")
		}
	}
	return nil
}

// isSocket reports whether libpq treats a host as a socket; "" is the default socket.
func isSocket(host string) bool { return host == "" || host[0] == '/' || host[0] == '@' }

// libpqHosts checks that there are as many hosts as addresses, and no login in a host.
func (r *reader) libpqHosts(s map[string]string) error {
	hosts, addrs := s["host"], s["hostaddr"]
	if hosts != "" && addrs != "" && strings.Count(hosts, ",") != strings.Count(addrs, ",") {
		return r.bad("extra", "hostaddr", "there are not as many addresses as hosts", "write one for each host")
	}
	return r.loginInHost(hosts)
}

// libpqProtocol checks the versions of the protocol, and that a service has a name.
func (r *reader) libpqProtocol(s map[string]string) error {
	if s["max_protocol_version"] == "3.0" && s["min_protocol_version"] != "" && s["min_protocol_version"] != "3.0" {
		return r.bad("extra", "max_protocol_version", "it is below min_protocol_version", "write a newer version")
	}
	if service, given := s["service"]; given && service == "" {
		return r.bad("extra", "service", "it is empty, and libpq looks for a service without a name", "leave it out")
	}
	return nil
}

// authMethods are the words of require_auth.
var authMethods = []string{"password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"}

// libpqAuth checks require_auth: words and commas, each once, all with a ! or none.
func (r *reader) libpqAuth(s map[string]string) error {
	text := s["require_auth"]
	if text == "" {
		return nil
	}
	seen := map[string]bool{}
	for method := range strings.SplitSeq(text, ",") {
		word, negated := strings.CutPrefix(method, "!")
		if seen[word] || negated != strings.HasPrefix(text, "!") || !slices.Contains(authMethods, word) {
			return r.bad("extra", "require_auth", "libpq does not take this list", "write "+strings.Join(authMethods, ", ")+
				" with commas and without spaces, each once, and all or none with a !")
		}
		seen[word] = true
	}
	return nil
}

// libpqNames are the keywords, for suggestions.
func libpqNames() []string { return slices.Sorted(maps.Keys(libpq)) }
