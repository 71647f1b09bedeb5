package connuri

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// uri checks text that is not JSON, without the white space around it.
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
		l.add("line-break", "uri", "line breaks and tabs vanish everywhere, in a key too", "encode them as %0A %0D %09, or remove them")
	}
	l.authority(text)
	if i := strings.Index(text, "?"); i >= 0 && strings.Contains(text[i:], "://") {
		l.addFinding(urlInQuery)
	}
	if strings.Contains(text, "#") {
		l.add("fragment", "uri", "everything from the # on is dropped", "encode it as %23, or remove it if it begins a comment")
	}
	if err != nil {
		l.refusedURI(err, text)
		l.refusedType(text)
		return
	}
	ruined := len(l.findings) > 0
	if c.Type != "" && !l.found("url-in-query") {
		l.query(text, c.Type)
	}
	switch {
	case c.Host == "" && strings.Count(text, "://") == 2 && !ruined:
		l.add("host-lost", "host", "the second :// makes Airflow lose the host", "encode it as %3A%2F%2F")
	case !ruined, c.Type != "" && !l.found("no-scheme", "quoted", "assignment", "raw-delimiter", "url-in-query", "three-slashes"):
		l.fields(c)
	}
}

// refusedURI adds the reason why a URI is refused, unless another finding explains it.
func (l *linter) refusedURI(err error, text string) {
	e, ok := errors.AsType[*Error](err)
	if !ok || l.found("raw-delimiter", "url-in-query", "bom") {
		return
	}
	l.addFinding(refusal(e, text))
}

// refusedType checks the type of a URI that is refused because of another part.
func (l *linter) refusedType(text string) {
	scheme, _, found := strings.Cut(text, "://")
	connType := normalizeType(strings.ToLower(scheme))
	switch {
	case !found || strings.Contains(scheme, "_") || l.found("underscore", "assignment", "quoted", "no-scheme", "bom"):
	case trap.TypeAdvice(connType, 0) != "":
		l.add("unknown-type", "conn_type", "no hook has this name", trap.TypeAdvice(connType, 0))
	case strings.Contains(connType, "+"):
		l.driver(connType)
	}
}

// underscore checks a scheme with an underscore.
func (l *linter) underscore(scheme string) {
	if name, _, found := strings.Cut(scheme, "+"); found {
		l.driver(name + "+")
		return
	}
	instead := "write - for _, Airflow turns it back"
	if meant := conntype.Meant(scheme); meant != nil && meant.Hook != scheme {
		instead = "write " + strings.ReplaceAll(meant.Hook, "_", "-")
	}
	l.add("underscore", "conn_type", "a scheme has no underscore, so all of it becomes the schema", instead)
}

// beginning checks what comes before the login.
func (l *linter) beginning(text string, c Connection, err error) {
	scheme, rest, _ := strings.Cut(text, ":")
	name, value, isAssignment := strings.Cut(text, "=")
	switch {
	case text[0] == '"' || text[0] == '\'' || text[0] == '`':
		l.add("quoted", "uri", "the quotes around it make all of it the schema", "store it without quotes")
	case isAssignment && !strings.ContainsAny(name, ":/?#@") && (strings.Contains(value, "://") || strings.HasPrefix(strings.TrimLeft(value, " '\""), "{")):
		l.add("assignment", "uri", "NAME= before it makes all of it the schema", "store only what comes after the equals sign")
	case strings.Contains(scheme, "_") && strings.HasPrefix(rest, "//"):
		l.underscore(strings.ToLower(scheme))
	case strings.HasPrefix(text, "//"), err == nil && trap.HasPlaceholder(scheme):
	case strings.EqualFold(scheme, "jdbc") && !strings.HasPrefix(rest, "//"):
		l.jdbc(rest)
	case strings.HasPrefix(rest, `\`):
		l.add("no-scheme", "uri", "it has backslashes instead of :// or before its slashes", "write plain slashes, and no backslash before them")
	case strings.HasPrefix(rest, " ") && strings.Contains(rest, "://") && !strings.ContainsAny(scheme, "/?#@"):
		l.add("assignment", "uri", "a name and a colon before it make all of it the schema", "store only what comes after the name and the colon")
	case !strings.HasPrefix(rest, "//"), err == nil && c.Type == "":
		l.add("no-scheme", "uri", "without a scheme and // it has no host, login or password", "write conn-type://login:password@host:port/schema")
	}
}

// pathTypes are the types whose path is a path of files or of a web site, where an @ means nothing.
var pathTypes = setOf(`http https ftp ftps sftp fs file sqlite s3 hdfs webhdfs wasb samba ssh jdbc odbc slackwebhook generic`)

// authority checks what comes between // and the path.
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
		l.add("three-slashes", "uri", "three slashes after the type make everything after them the path", "write two")
	case strings.ContainsAny(login, "[]"),
		at < 0 && hasPort && !isPort && strings.Contains(behind, "@"), // something ended the password before the @
		at < 0 && isPort && !strings.HasPrefix(behind, "/") && strings.Contains(beforeEquals(behind), "@"),
		at >= 0 && hasPort && !isPort && !strings.Contains(host, ",") && strings.Contains(path, "@"),
		!pathTypes[connType] && authority != "" && !isHostName(host) && endsLogin(path):
		l.addFinding(rawDelimiter)
	case strings.Contains(host, ",") && strings.Contains(host, ":") && connType == "kafka":
		l.addFinding(kafkaHosts)
	case strings.Contains(host, ",") && hasPort && !isPort:
		l.addFinding(severalHosts)
	}
	user, password, _ := strings.Cut(login, ":")
	for _, part := range [...]struct{ field, text string }{{"login", user}, {"password", password}, {"host", host}, {"schema", path}} {
		switch {
		case trap.IsPercentVariable(strings.TrimPrefix(part.text, "/")):
			l.add("placeholder", part.field, "it is a placeholder that was never filled in, and Airflow does not fill it in", "write the value itself")
		case (part.field == "login" || part.field == "password") && badPercent(part.text):
			l.add("percent", part.field, "a % without two hex digits after it stays as it is", "encode it as %25")
		case losesBytes(part.text):
			l.add("percent", part.field, "a % and what follows it are read as half a character, and are lost", "encode the % as %25")
		}
	}
}

// threeSlashes reports whether a path is the login and host of a URI with one slash too many.
func threeSlashes(path string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	login, host, found := strings.Cut(first, "@")
	return found && login != "" && host != ""
}

// isHostName reports whether a host, with or without a port, can only be meant as a host: it has a
// domain, is an address or is this machine. Half of a password seldom does.
func isHostName(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return strings.HasPrefix(host, "[") || strings.Contains(name, ".") || strings.EqualFold(name, "localhost") || strings.ContainsAny(name, "%")
}

// endsLogin reports whether an @ in a path may end a login: a character other than a slash comes
// before it, and another one after it.
func endsLogin(path string) bool {
	i := strings.LastIndexByte(path, '@')
	return i > 0 && path[i-1] != '/' && i+1 < len(path) && path[i+1] != '/'
}

// beforeEquals returns s up to its first equals sign. An @ after that probably belongs to a query.
func beforeEquals(s string) string {
	before, _, _ := strings.Cut(s, "=")
	return before
}

// badPercent reports whether s has a percent sign that does not begin an escape.
func badPercent(s string) bool {
	for _, piece := range strings.Split(s, "%")[1:] {
		if !pyurl.IsEscape(piece) {
			return true
		}
	}
	return false
}

// losesBytes reports whether the escapes in s are not valid UTF-8.
func losesBytes(s string) bool {
	return strings.Contains(s, "%") && strings.Count(pyurl.Unquote(s), "\ufffd") > strings.Count(s, "\ufffd")+strings.Count(strings.ToUpper(s), "%EF%BF%BD")
}
