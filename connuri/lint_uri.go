package connuri

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// uri looks at text that is no JSON; white space around it is gone already.
func (l *linter) uri(text string) {
	if text == "" {
		l.add("blank", "uri", "there is nothing", "store a URI or JSON")
		return
	}
	if l.otherFormat(text) {
		return
	}
	c, err := ParseURI(text)
	l.beginning(text, c, err)
	if strings.ContainsAny(text, "\n\r\t") && !l.found("assignment", "no-scheme") {
		l.add("line-break", "uri", "line breaks and tabs vanish wherever they stand, in a key too", "encode them as %0A %0D %09, or remove them")
	}
	l.authority(text)
	if i := strings.Index(text, "?"); i >= 0 && strings.Contains(text[i:], "://") {
		l.addFinding(urlInQuery)
	}
	if strings.Contains(text, "#") {
		l.add("fragment", "uri", "all from a # on is dropped", "encode it as %23")
	}
	if err != nil {
		l.refusedURI(err, text)
		return
	}
	ruined := len(l.findings) > 0
	if c.Type != "" && !l.found("url-in-query") {
		l.query(text)
	}
	switch {
	case c.Host == "" && strings.Count(text, "://") == 2 && !ruined:
		l.add("host-lost", "host", "the second :// makes Airflow lose the host", "encode it as %3A%2F%2F")
	case !ruined, c.Type != "" && !l.found("no-scheme", "quoted", "assignment", "raw-delimiter", "url-in-query", "three-slashes"):
		l.fields(c)
	}
}

// refusedURI reports why a URI is refused, unless a finding already explains it.
func (l *linter) refusedURI(err error, text string) {
	e, ok := errors.AsType[*Error](err)
	if !ok || l.found("raw-delimiter", "url-in-query", "bom") {
		return
	}
	l.addFinding(refusal(e, text))
}

// otherFormat looks for text that is neither JSON nor a URI, but something else that is known.
func (l *linter) otherFormat(text string) bool {
	inner := strings.ReplaceAll(strings.TrimLeft(text, "\"'`"), `\"`, `"`)
	switch {
	case strings.HasPrefix(text, "\ufeff"):
		l.addFinding(byteOrderMark)
	case strings.HasPrefix(text, "[") && strings.Contains(text, "{"):
		l.add("export", "uri", "it is a list, and Airflow reads one connection from a secret", "store each connection in a secret of its own, as one JSON object")
	case inner != text && strings.HasPrefix(inner, "{"):
		l.add("quoted", "uri", "the quotes around it make it text that is not JSON", "store it without the quotes around it, and without backslashes before those inside")
	case isYAML(text):
		l.add("yaml", "uri", "it is YAML, and Airflow reads a URI or JSON", "store each connection in a secret of its own, as one JSON object")
	case manyAssignments(text):
		l.add("export", "uri", "it is a file of several connections, and Airflow reads one from a secret", "store each in a secret of its own, without its name and the equals sign")
	case !strings.Contains(text, "://") && trap.HasPlaceholder(text):
		l.add("placeholder", "uri", "it is a placeholder that was never filled in, and Airflow fills in nothing", "store the connection itself, a URI or JSON")
	default:
		return false
	}
	return true
}

// isYAML reports whether text has lines that are keys of a connection in YAML.
func isYAML(text string) bool {
	keys := 0
	for line := range strings.SplitSeq(text, "\n") {
		key, value, found := strings.Cut(strings.TrimLeft(line, " -"), ":")
		if found && (value == "" || value[0] == ' ' || value[0] == '\r') && (defaultField(key) >= 0 || key == "uri") {
			keys++
		}
	}
	return keys > 1 || keys == 1 && strings.HasPrefix(text, "conn_type:")
}

// manyAssignments reports whether text has several lines with a name before a connection.
func manyAssignments(text string) bool {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if name, value, found := strings.Cut(line, "="); found && !strings.ContainsAny(name, ":/?#@{") &&
			(strings.Contains(value, "://") || strings.HasPrefix(strings.TrimLeft(value, " '\""), "{")) {
			lines++
		}
	}
	return lines > 1
}

// beginning looks at what stands before the login.
func (l *linter) beginning(text string, c Connection, err error) {
	scheme, rest, _ := strings.Cut(text, ":")
	name, value, isAssignment := strings.Cut(text, "=")
	switch {
	case text[0] == '"' || text[0] == '\'' || text[0] == '`':
		l.add("quoted", "uri", "the quotes around it make all of it the schema", "store it without quotes")
	case isAssignment && !strings.ContainsAny(name, ":/?#@") && (strings.Contains(value, "://") || strings.HasPrefix(strings.TrimLeft(value, " '\""), "{")):
		l.add("assignment", "uri", "NAME= before it makes all of it the schema", "store only what comes after the equals sign")
	case strings.Contains(scheme, "_") && strings.HasPrefix(rest, "//"):
		l.add("underscore", "conn_type", "a scheme has no underscore, so all of it becomes the schema", "write - for _, Airflow turns it back")
	case strings.HasPrefix(text, "//"), err == nil && trap.HasPlaceholder(scheme):
	case strings.EqualFold(scheme, "jdbc") && !strings.HasPrefix(rest, "//"):
		l.jdbc(rest)
	case !strings.HasPrefix(rest, "//"), err == nil && c.Type == "":
		l.add("no-scheme", "uri", "without a scheme and // it has no host, login or password", "write conn-type://login:password@host:port/schema")
	}
}

// jdbc looks at a URL of JDBC, given without jdbc: and the colon.
func (l *linter) jdbc(url string) {
	name, _, _ := strings.Cut(strings.ToLower(url), ":")
	scheme := "conn-type"
	if meant := conntype.Meant(name); meant != nil {
		scheme = strings.ReplaceAll(meant.Hook, "_", "-")
	}
	l.add("no-scheme", "uri", "it is a URL of JDBC, and Airflow finds no type, host, login or password in it",
		"write "+scheme+"://login:password@host:port/schema; for JdbcHook write JSON with conn_type jdbc, and this URL as the host")
}

// pathTypes are types whose path is one of files or of a web site, where an @ means nothing.
var pathTypes = setOf(`http https ftp ftps sftp fs file sqlite s3 hdfs webhdfs wasb samba ssh jdbc odbc slackwebhook generic`)

// authority looks at what stands between // and the path.
func (l *linter) authority(text string) {
	scheme, rest, ok := strings.Cut(text, "//")
	if !ok || strings.Contains(rest, "://") {
		return // a protocol in the host has slashes that end nothing
	}
	connType := normalizeType(strings.ToLower(strings.TrimSuffix(scheme, ":")))
	authority, behind := cutAuthority(rest)
	at := strings.LastIndexByte(authority, '@')
	login, host := authority[:max(0, at)], authority[at+1:]
	path, _, _ := strings.Cut(behind, "?")
	path, _, _ = strings.Cut(path, "#")
	_, port, hasPort := strings.Cut(host, ":")
	switch isPort := hasPort && strings.Trim(port, digits) == ""; {
	case authority == "" && threeSlashes(path) && !pathTypes[connType]:
		l.add("three-slashes", "uri", "three slashes after the type make all that follows the path", "write two")
	case strings.ContainsAny(login, "[]"),
		at < 0 && hasPort && !isPort && strings.Contains(behind, "@"), // something ended the password before the @
		at < 0 && isPort && !strings.HasPrefix(behind, "/") && strings.Contains(beforeEquals(behind), "@"),
		at >= 0 && hasPort && !isPort && !strings.Contains(host, ",") && strings.Contains(path, "@"),
		!pathTypes[connType] && authority != "" && !isHostName(host) && endsLogin(path):
		l.addFinding(rawDelimiter)
	case strings.Contains(host, ",") && strings.Contains(host, ":") && connType == "kafka":
		l.addFinding(kafkaHosts)
	case strings.Contains(host, ",") && strings.Contains(host, ":"):
		l.addFinding(severalHosts)
	}
	user, password, _ := strings.Cut(login, ":")
	for _, part := range [...]struct{ field, text string }{{"login", user}, {"password", password}, {"host", host}, {"schema", path}} {
		switch {
		case trap.IsPercentVariable(strings.TrimPrefix(part.text, "/")):
			l.add("placeholder", part.field, "it is a placeholder that was never filled in, and Airflow fills in nothing", "write the value itself")
		case (part.field == "login" || part.field == "password") && badPercent(part.text):
			l.add("percent", part.field, "a % without two hex digits after it stays as it is", "encode it as %25")
		case losesBytes(part.text):
			l.add("percent", part.field, "a % and what follows it are read as half a character, and are lost", "encode the % as %25")
		}
	}
}

// threeSlashes reports whether a path is the login and host of a URI with a slash too many.
func threeSlashes(path string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	login, host, found := strings.Cut(first, "@")
	return found && login != "" && host != ""
}

// isHostName reports whether a host, with or without a port, can only be meant as one: it has
// a domain, is an address or is this machine. Half of a password seldom has any of these.
func isHostName(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return strings.HasPrefix(host, "[") || strings.Contains(name, ".") || strings.EqualFold(name, "localhost") || strings.ContainsAny(name, "%")
}

// endsLogin reports whether an @ in a path may be the end of a login: something other than a
// slash stands before it, and something after it.
func endsLogin(path string) bool {
	i := strings.LastIndexByte(path, '@')
	return i > 0 && path[i-1] != '/' && i+1 < len(path) && path[i+1] != '/'
}

// beforeEquals is s up to its first equals sign, after which an @ may well
// belong to a query.
func beforeEquals(s string) string {
	before, _, _ := strings.Cut(s, "=")
	return before
}

// badPercent tells whether s has a percent sign that begins no escape.
func badPercent(s string) bool {
	for _, piece := range strings.Split(s, "%")[1:] {
		if !pyurl.IsEscape(piece) {
			return true
		}
	}
	return false
}

// losesBytes reports whether the escapes in s are not those of UTF-8.
func losesBytes(s string) bool {
	return strings.Contains(s, "%") && strings.Count(pyurl.Unquote(s), "\ufffd") > strings.Count(s, "\ufffd")+strings.Count(strings.ToUpper(s), "%EF%BF%BD")
}
