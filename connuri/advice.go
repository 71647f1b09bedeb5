package connuri

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/brokenjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

const storeConnection = "store a connection URI, or JSON with conn_type, host, login and password"

// adviseJSON adds to an error about a JSON text what to write instead.
func adviseJSON(err error, doc string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Instead != "" {
		return err
	}
	switch {
	case e.Rule == pyjson.ErrSyntax.Error() && e.Offset >= 0:
		problem, instead := brokenjson.Advice(doc, e.Offset)
		e.Rule, e.Instead = e.Rule+": "+problem, instead
	default:
		e.Instead = insteadOf(e)
	}
	return err
}

// insteadOf returns what to write for an error that the surrounding text does not explain.
func insteadOf(e *Error) string {
	isField := errors.Is(e, ErrField)
	switch {
	case e.Rule == notUTF8:
		return "store it as UTF-8"
	case e.Field == "extra_conn_words" && strings.Contains(e.Rule, "list of names"):
		return `write a list for each field, as in {"schema": ["dbname"]}`
	case e.Field == "extra_conn_words":
		return `write an object of lists, as in {"schema": ["dbname"]}`
	case e.Rule == pyjson.ErrDigits.Error():
		return "put the number in double quotes"
	case e.Rule == pyjson.ErrDepth.Error():
		return "write an object that is less deep"
	case e.Field == "port":
		return "write a number from 1 to 65535, or leave the port out"
	case e.Field == "extra":
		return "write a JSON object"
	case e.Field == "uri" && isField:
		return "write the URI as the whole text, or its parts as fields and no uri"
	case e.Field == "json" && isField:
		return "put that key inside extra, or remove it"
	case e.Field == "json":
		return "write a JSON object, with braces around its members"
	case isField:
		return "write text in double quotes"
	}
	return storeConnection
}

// adviseURI adds to an error about a URI what to write instead.
func adviseURI(err error, uri string) error {
	e, ok := errors.AsType[*Error](err)
	if ok && e.Instead == "" {
		e.Instead = refusal(e, uri).Instead
	}
	return err
}

// refusal returns the finding that explains why a URI is refused.
func refusal(e *Error, uri string) Finding {
	fallback := Finding{"unreadable", e.Field, "Airflow refuses it (" + e.Rule + ")", e.Instead}
	if fallback.Instead == "" {
		fallback.Instead = insteadOf(e)
	}
	scheme, rest, _ := strings.Cut(uri, "//")
	scheme, _, _ = strings.Cut(scheme, ":")
	switch {
	case e.Rule == notUTF8:
		fallback.Instead = "store it as UTF-8, and encode all other bytes in a URI as % and two hex digits"
		return fallback
	case strings.HasPrefix(uri, "\ufeff"):
		return byteOrderMark
	case trap.IsPlaceholder(beforeQuery(uri)):
		return Finding{"placeholder", "uri", "it has a placeholder that was never filled in, and Airflow does not fill it in", "write the value itself"}
	case e.Field == "extra":
		return fallback
	case strings.Count(uri, "://") > 2 || strings.HasPrefix(e.Rule, "login, password and port come"):
		return tooManySchemes(e, uri)
	}
	authority, _ := cutAuthority(rest)
	at := strings.LastIndexByte(authority, '@')
	host := authority[at+1:]
	_, port, hasPort := strings.Cut(host, ":")
	switch trimmed := strings.TrimSpace(port); {
	case strings.ContainsAny(authority[:max(0, at)], "[]"):
		return rawDelimiter
	case trap.IsDSN(host) || trap.IsDSN(beforeColon(host)):
		return driverDSN
	case isServiceAfterPort(host) && strings.ToLower(scheme) == "oracle":
		fallback.Instead = "write the SID as sid in the extra and nothing after the port, or a service after a slash"
		return fallback
	case isServiceAfterPort(host) && !strings.Contains(rest[len(authority):], "@"):
		fallback.Instead = "write a slash in place of the second colon, before the name of the database"
		return fallback
	case isTwoPorts(host) && !strings.Contains(rest[len(authority):], "@"):
		fallback.Instead = "write one colon and one port after the host"
		return fallback
	case strings.ContainsAny(host, "[]") || strings.Count(host, ":") > 1 && strings.Trim(host, "0123456789abcdefABCDEF:.") == "":
		fallback.Rule, fallback.Instead = "brackets", "write brackets around an IPv6 address and nowhere else, encode others as %5B and %5D"
		return fallback
	case e.Field != "port":
		fallback.Instead = "encode it: % and two hex digits for each byte"
		return fallback
	case strings.Contains(rest[len(authority):], "@"):
		return rawDelimiter
	case strings.Contains(host, ",") && strings.ToLower(scheme) == "kafka":
		return kafkaHosts
	case strings.Contains(host, ","):
		return severalHosts
	case hasPort && trimmed != port && allDigits(trimmed):
		return Finding{"port-space", "port", "white space is next to the port, and Airflow refuses it", "remove the white space"}
	case hasPort && allDigits(trimmed):
		return Finding{"port-range", "port", "it is not a TCP port, and Airflow refuses it", "write a number from 1 to 65535"}
	case at < 0 && hasPort:
		return Finding{"unreadable", "port", "Airflow refuses it (" + e.Rule + ")",
			"write a number, or nothing, after the colon; a login and password need an @ after them, as in login:password@host"}
	}
	fallback.Instead = "write the port in digits, and encode a / ? # in the password as %2F %3F %23"
	return fallback
}

// beforeQuery is a URI without its query, where a $ may belong to what reads it.
func beforeQuery(uri string) string {
	before, _, _ := strings.Cut(uri, "?")
	return before
}

// isTwoPorts reports whether a host has two ports after it.
func isTwoPorts(host string) bool {
	parts := strings.Split(host, ":")
	return len(parts) == 3 && parts[0] != "" && allDigits(parts[1]) && allDigits(parts[2])
}

// isServiceAfterPort reports whether a host has a port and then a name, as h:1521:ORCL.
func isServiceAfterPort(host string) bool {
	parts := strings.Split(host, ":")
	return len(parts) == 3 && parts[0] != "" && allDigits(parts[1]) && parts[2] != "" && !allDigits(parts[2]) && !strings.ContainsAny(parts[2], "[]$<{ ,")
}

// beforeColon is a host without its port.
func beforeColon(host string) string {
	before, _, _ := strings.Cut(host, ":")
	return before
}

var (
	driverDSN     = Finding{"driver-dsn", "host", "tcp( ) and unix( ) are of the DSN of a Go driver, and Airflow takes them for the host", "write HOST:PORT without tcp and the parentheses; for a socket write its path as unix_socket in the extra"}
	byteOrderMark = Finding{"bom", "uri", "it begins with a byte order mark, which makes it neither JSON nor a URI", "store it without the mark"}
	rawDelimiter  = Finding{"raw-delimiter", "password", "one of / ? # [ ] stands raw in the login or password and ends it there", "encode / ? # [ ] in the login and password as %2F %3F %23 %5B %5D"}
	severalHosts  = Finding{"several-hosts", "host", "Airflow refuses a port for each of several hosts", "encode the colons and commas as %3A and %2C, or use JSON"}
	kafkaHosts    = Finding{"several-hosts", "host", "Airflow refuses a port for each of several hosts, and the hook does not read the host", "write kafka:// alone, and the brokers as bootstrap.servers in the extra"}
	urlInQuery    = Finding{"url-in-query", "extra", "a :// in the query is counted as a scheme and ruins the other parts", "encode it as %3A%2F%2F"}
)

// tooManySchemes explains a :// more than Airflow can read.
func tooManySchemes(e *Error, uri string) Finding {
	if i := strings.IndexByte(uri, '?'); i >= 0 && strings.Contains(uri[i:], "://") {
		return urlInQuery
	}
	if before := beforeQuery(uri); strings.Contains(before, "://jdbc:") || strings.Contains(before, "@jdbc:") {
		return Finding{"unreadable", "uri", "Airflow refuses it, since a URL of JDBC stands where the host belongs", "write JSON with conn_type jdbc, and the URL as the host"}
	}
	if strings.Count(uri, "://") > 2 {
		return Finding{"unreadable", "uri", "Airflow refuses it (" + e.Rule + ")", "encode each :// but the first as %3A%2F%2F"}
	}
	return Finding{"unreadable", "uri", "Airflow refuses it (" + e.Rule + ")", "encode the second :// as %3A%2F%2F"}
}

// cutAuthority cuts what follows the two slashes of a URI before its path.
func cutAuthority(rest string) (authority, path string) {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, digits) == "" }
