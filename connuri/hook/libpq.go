package hook

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// words are the values that libpq takes for a keyword and checks before it looks for a
// server. "" is none of them, but where it is listed.
var words = map[string][]string{
	"sslmode":              {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
	"channel_binding":      {"disable", "prefer", "require"},
	"sslnegotiation":       {"postgres", "direct"},
	"gssencmode":           {"disable", "prefer", "require"},
	"sslcertmode":          {"disable", "allow", "require"},
	"target_session_attrs": {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
	"load_balance_hosts":   {"disable", "random"},

	"ssl_min_protocol_version": {"", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
	"ssl_max_protocol_version": {"", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"},
}

// libpqRefuses is what libpq refuses before it looks for a server.
func (r *reader) libpqRefuses(s map[string]string) error {
	if err := r.libpqPorts(s); err != nil {
		return err
	}
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
	mode, given := s["sslmode"]
	switch {
	case s["sslrootcert"] == "system" && given && mode != "verify-full":
		return r.bad("extra", "sslmode", "with sslrootcert=system libpq takes verify-full alone", "write verify-full")
	case s["sslnegotiation"] == "direct" && s["sslrootcert"] != "system" && !slices.Contains(words["sslmode"][3:], mode):
		return r.bad("extra", "sslmode", "with sslnegotiation=direct libpq wants TLS to be a must", "write require, verify-ca or verify-full")
	}
	return nil
}

// libpqPorts checks that each port is one, and that there are as many as hosts, or one.
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
			return r.bad("port", "", "it is no TCP port", "write a number from 1 to 65535")
		}
	}
	return nil
}

// libpqNames are the keywords, for suggestions.
func libpqNames() []string { return slices.Sorted(maps.Keys(libpq)) }
