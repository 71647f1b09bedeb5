package hook

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// servers reads the parts of which the hook makes a URI: host, port and schema. The hook does not
// quote them, so a ? in them begins options.
func (m *mongoReader) servers() error {
	c := m.c
	hasLogin := (c.Login != "" || c.Empty&connuri.EmptyLogin != 0) && !c.Password.IsZero()
	m.config.SRV = m.truth("srv")
	switch {
	case m.config.SRV && c.Port != 0:
		return m.bad("port", "", "srv takes no port", "leave it empty, or srv out; the text false is true to the hook")
	case c.Host == "" && (c.Empty&connuri.EmptyHost == 0 || !hasLogin && c.Port == 0):
		return m.bad("host", "", "it is missing", "write the name of the server")
	case strings.Contains(c.Host, "@"):
		return m.bad("host", "", "it has an @, so a login may stand in it", "write the name of the server alone, and the login into login and password")
	case hasLogin && c.Login == "":
		return m.bad("login", "", "it is empty beside a password", "write the login as well")
	case hasLogin:
		m.username = mongoText{c.Login, true}
		m.password = mongoText{c.Password.Reveal(), c.Password.Reveal() != ""}
	}
	rest := c.Host
	if c.Port != 0 {
		rest += ":" + strconv.Itoa(c.Port)
	}
	if c.Schema != "" {
		rest += "/" + c.Schema
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, database, _ := strings.Cut(rest, "/")
	database, _, _ = strings.Cut(pyurl.UnquotePlus(database), ".")
	if strings.ContainsAny(database, `/ "$`) {
		return m.bad("schema", "", `it is not the name of a database: it has a /, a space, a " or a $, or the host has a /`, "write the name alone, and in the host no path and no protocol")
	}
	m.config.Database = database
	if v := m.extra["port"]; v.Kind == pyjson.Int || v.Kind == pyjson.True || v.Kind == pyjson.False {
		n, _ := mongoInt(v)
		m.port = int(n)
	}
	if err := m.hosts(hosts); err != nil {
		return err
	}
	return m.query(query)
}

// hosts splits host:port,host:port as pymongo does.
func (m *mongoReader) hosts(hosts string) error {
	for entity := range strings.SplitSeq(hosts, ",") {
		host, port, rule := mongoHost(entity)
		switch {
		case rule != "":
			return m.bad("host", "", rule, "write host:port, with commas between them, and an IPv6 address in brackets")
		case m.config.SRV && port != "":
			return m.bad("host", "", "srv takes no port", "write the name alone")
		case m.config.SRV, strings.HasSuffix(entity, ".sock"):
		case port == "":
			host = hostPort(host, m.port)
		default:
			host = hostPort(host, mongoPort(port))
		}
		m.config.Hosts = append(m.config.Hosts, host)
	}
	if m.config.SRV && len(m.config.Hosts) > 1 {
		return m.bad("host", "", "srv takes one host", "write the name of the SRV record alone")
	}
	return nil
}

// mongoPort returns the number of a port, 0 if it is not valid.
func mongoPort(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || strings.Trim(text, "0123456789") != "" || n > 65535 {
		return 0
	}
	return n
}

// mongoHost reads one host with or without a port. An IPv6 address stays in its brackets.
func mongoHost(entity string) (host, port, rule string) {
	lower := pystr.Lower(entity)
	switch {
	case entity == "":
		return "", "", "a host is empty"
	case strings.HasSuffix(entity, ".sock"):
		return pyurl.UnquotePlus(entity), "", ""
	case entity[0] == '[':
		address, rest, closed := strings.Cut(lower, "]")
		_, port, hasPort := strings.Cut(rest, ":")
		switch {
		case !closed:
			return "", "", "an IPv6 address has no closing bracket"
		case rest != "" && rest[0] != ':':
			return "", "", "something follows an IPv6 address"
		case hasPort && mongoPort(port) == 0:
			return "", "", "a port is not a number from 1 to 65535"
		}
		return strings.ReplaceAll(address, "%25", "%") + "]", port, ""
	case strings.Contains(entity, "%"):
		return "", "", "it has a % outside of the path of a socket"
	}
	host, port, hasPort := strings.Cut(lower, ":")
	if hasPort && mongoPort(port) == 0 {
		return "", "", "what follows a colon is not a port from 1 to 65535"
	}
	return host, port, ""
}

// query reads options after a ? in the schema or the host. It skips what pymongo does not know or
// accept there.
func (m *mongoReader) query(query string) error {
	if query == "" {
		return nil
	}
	const instead = "write options into the extra"
	separator := "&"
	if !strings.Contains(query, "&") {
		separator = ";"
	} else if strings.Contains(query, ";") {
		return m.bad("schema", "", "it has options with both & and ; between them", instead)
	}
	switches := map[string]string{}
	for pair := range strings.SplitSeq(query, separator) {
		if strings.Count(pair, "=") != 1 {
			return m.bad("schema", "", "what follows a ? is not key=value", instead)
		}
		key, text, _ := strings.Cut(pair, "=")
		if unquoted, err := url.QueryUnescape(text); err == nil {
			text = unquoted
		}
		switches[strings.ToLower(key)] = text
		if strings.EqualFold(key, "authSource") && text == "" {
			return m.bad("schema", "", "its authSource is empty", instead)
		}
		o, known := mongoOptions()[strings.ToLower(key)]
		if !known || strings.EqualFold(key, "username") || strings.EqualFold(key, "password") || o.check == mongoNull {
			continue
		}
		_ = m.set(o, textValue(text)) // pymongo warns of it
	}
	tls, hasTLS := switches["tls"]
	if ssl, hasSSL := switches["ssl"]; hasTLS && hasSSL && tls != ssl { // also if it would pass one over
		return m.bad("schema", "", "it has a tls and a ssl that are not the same", instead)
	}
	return nil
}

// textValue returns a text as a value of JSON.
func textValue(text string) pyjson.Value {
	v, _ := pyjson.Load(string(pyjson.AppendString(nil, text))) // it was just written
	return v
}

// together makes pymongo's checks that concern several options.
func (m *mongoReader) together() error {
	given := func(name string) bool { _, ok := m.given[name]; return ok }
	number := func(name string, otherwise int64) int64 {
		if n, ok := mongoInt(m.given[name]); ok {
			return n
		}
		return otherwise
	}
	most := number("maxpoolsize", 100)
	if given("maxpoolsize") && m.given["maxpoolsize"].Kind == pyjson.Null {
		most = 0
	}
	heartbeat, hasHeartbeat := m.config.Options["heartbeatFrequencyMS"]
	frequency, _ := strconv.ParseFloat(heartbeat, 64)
	tags := m.config.Options["readPreferenceTags"]
	isPrimary := !given("readpreference") || m.textOf("readpreference") == "primary"
	direct, balanced, many := m.isTrue("directconnection"), m.isTrue("loadbalanced"), len(m.config.Hosts) > 1
	staleness := number("maxstalenessseconds", -1)
	for _, rule := range []struct {
		broken       bool
		key, problem string
	}{
		{most > 0 && number("minpoolsize", 0) > most, "minPoolSize", "it is more than maxPoolSize, 100 if that is not there"},
		{given("heartbeatfrequencyms") && m.given["heartbeatfrequencyms"].Kind == pyjson.Null || hasHeartbeat && frequency < 500, "heartbeatFrequencyMS", "it is less than 500, or null"},
		{isPrimary && tags != "", "readPreferenceTags", "it does not go with readPreference primary, the default"},
		{isPrimary && staleness != -1, "maxStalenessSeconds", "it does not go with readPreference primary, the default"},
		{m.isTrue("journal") && m.isTrue("fsync"), "fsync", "it does not go with journal"},
		{m.isTrue("journal") && number("w", 1) == 0, "w", "0 does not go with journal"},
		{direct && many, "directConnection", "it does not go with several hosts"},
		{balanced && many, "loadBalanced", "it does not go with several hosts"},
		{balanced && direct, "loadBalanced", "it does not go with directConnection"},
		{balanced && m.textOf("replicaset") != "", "loadBalanced", "it does not go with replicaSet"},
		{!m.config.SRV && m.given["srvmaxhosts"].Truthy(), "srvMaxHosts", "it goes with srv alone"},
	} {
		if rule.broken {
			return m.bad("extra", rule.key, rule.problem, "leave one of them out")
		}
	}
	return nil
}

// tls reads the tls options together, as pymongo does.
func (m *mongoReader) tls() error {
	given := func(name string) bool { _, ok := m.given[name]; return ok }
	off := func(name string) bool { return given(name) && !m.isTrue(name) }
	t := &m.config.TLS
	on := m.isTrue("tls") || m.isTrue("ssl")
	implied := t.CertFile != "" || t.CAFile != "" || m.config.KeyPassword.Reveal() != "" || m.textOf("tlscrlfile") != ""
	for _, name := range []string{"tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames", "tlsdisableocspendpointcheck"} {
		implied = implied || off(name)
	}
	anyInsecure := m.isTrue("tlsinsecure") || m.isTrue("tlsallowinvalidcertificates") || m.isTrue("tlsdisableocspendpointcheck")
	for _, rule := range []struct {
		broken       bool
		key, problem string
	}{
		{given("tls") && given("ssl") && m.isTrue("tls") != m.isTrue("ssl"), "ssl", "it is not the same as tls"},
		{given("tlsinsecure") && (given("tlsallowinvalidcertificates") || given("tlsallowinvalidhostnames") || given("tlsdisableocspendpointcheck")), "tlsInsecure", "it does not go with the options that it stands for"},
		{given("tlsallowinvalidcertificates") && given("tlsdisableocspendpointcheck"), "tlsDisableOCSPEndpointCheck", "it does not go with tlsAllowInvalidCertificates"},
		{m.textOf("tlscrlfile") != "" && anyInsecure, "tlsCRLFile", "it does not go with options that verify less"},
		{implied && !on && (given("tls") || given("ssl")), "tls", "it is off, and another option needs it"},
	} {
		if rule.broken {
			return m.bad("extra", rule.key, rule.problem, "leave one of them out")
		}
	}
	isSRV := m.config.SRV && !given("tls") && !given("ssl")
	switch {
	case !on && !implied && !isSRV:
		*t = TLS{}
	case m.isTrue("tlsinsecure"), m.isTrue("tlsallowinvalidcertificates"):
		t.Mode = TLSUnverified
	case m.isTrue("tlsallowinvalidhostnames"):
		t.Mode = TLSVerifyCA
	default:
		t.Mode = TLSVerifyFull
	}
	return nil
}
