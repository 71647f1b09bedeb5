package connuri

import (
	"encoding/base64"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// otherFormat looks for text in a known format that is neither JSON nor a URI.
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
	case manyAssignments(text), manyURIs(text):
		l.add("export", "uri", "it is a file of several connections, and Airflow reads one from a secret", "store each in a secret of its own, without its name and the equals sign")
	case strings.Contains(text, "jsonencode("), !strings.Contains(text, "://") && trap.IsPlaceholder(text):
		l.add("placeholder", "uri", "it is a placeholder that was never filled in, and Airflow does not fill it in", "store the connection itself, a URI or JSON")
	default:
		return l.wrapped(text) || l.settings(text)
	}
	return true
}

// wrapped looks for a connection inside something that Airflow does not unwrap.
func (l *linter) wrapped(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	last := text[strings.LastIndexByte(text, '\n')+1:]
	switch {
	case strings.HasPrefix(text, "<<"), first != text && first == last && first != "" && strings.ToUpper(first) == first && strings.TrimFunc(first, unicode.IsLetter) == "":
		l.add("heredoc", "uri", "it is still inside a here-document", "store only what is between its first and last line")
	case strings.HasPrefix(text, "airflow connections "):
		l.add("command", "uri", "it is a command line, and Airflow reads a URI or JSON", "store the URI or JSON that the command line has, or one made of its other options")
	case strings.HasPrefix(text, "-----BEGIN"):
		l.add("key-alone", "uri", "it is a key or a certificate alone, and Airflow reads a URI or JSON", "write JSON with conn_type, such as ssh, and the key as private_key in the extra")
	case strings.HasPrefix(text, "#"):
		l.add("comment", "uri", "a comment comes before it", "remove the lines that begin with #")
	case isBase64(text):
		l.add("base64", "uri", "it is base64, which Airflow does not decode", "store the text that it decodes to")
	case !strings.Contains(text, "://") && strings.Contains(strings.ToLower(text), "%3a%2f%2f"):
		l.add("percent-encoded", "uri", "it is percent-encoded as a whole, so Airflow finds no scheme in it", "store the URI itself, with its parts encoded and not its : / @")
	default:
		return false
	}
	return true
}

// isBase64 reports whether text decodes to a URI or JSON.
func isBase64(text string) bool {
	decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
	inner := string(decoded)
	scheme, _, found := strings.Cut(inner, "://")
	isURI := found && scheme != "" && hasOnly(scheme, "+-_.")
	return err == nil && (isURI || strings.HasPrefix(inner, "{") && strings.Contains(inner, ":"))
}

// settingNames are names of settings in connection strings of ODBC, ADO.NET and libpq.
var settingNames = setOf(`server driver host hostname hostaddr datasource uid userid user username pwd password database dbname
	initialcatalog dsn port sslmode accountname accountkey endpointsuffix trustedconnection encrypt`)

// settings looks for a connection string of another kind: settings separated by semicolons or
// spaces.
func (l *linter) settings(text string) bool {
	if strings.Contains(beforeEquals(text), "://") || strings.Contains(beforeEquals(text), "{\"") {
		return false
	}
	known := 0
	separator := " "
	if strings.Contains(text, ";") {
		separator = ";"
	}
	for piece := range strings.SplitSeq(text, separator) {
		name, _, found := strings.Cut(piece, "=")
		if name = strings.ToLower(strings.NewReplacer(" ", "", "_", "").Replace(name)); found && settingNames[name] {
			known++
		}
	}
	problem, instead := "it is a list of settings, of which Airflow reads none", "write conn-type://login:password@host:port/schema, or JSON with conn_type, host, login and password"
	switch {
	case known < 2:
		return false
	case strings.Contains(text, "AccountName="):
		instead = "write JSON with conn_type wasb, and this text as connection_string in the extra"
	}
	l.add("no-scheme", "uri", problem, instead)
	return true
}

// isYAML reports whether text has lines that are keys of a connection in YAML.
func isYAML(text string) bool {
	keys := 0
	for line := range strings.SplitSeq(text, "\n") {
		key, value, found := strings.Cut(strings.TrimLeft(line, " -"), ":")
		isKey := defaultField(key) >= 0 || key == "uri" || strings.HasPrefix(text, "- name:") && (key == "name" || key == "value")
		if found && (value == "" || value[0] == ' ' || value[0] == '\r') && isKey {
			keys++
		}
	}
	return keys > 1 || keys == 1 && strings.HasPrefix(text, "conn_type:")
}

// manyAssignments reports whether several lines of text have a name before a connection.
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

// manyURIs reports whether several lines of text begin with a scheme.
func manyURIs(text string) bool {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if scheme, _, found := strings.Cut(line, "://"); found && scheme != "" && hasOnly(scheme, "+-_.") {
			lines++
		}
	}
	return lines > 1
}

// jdbc checks a JDBC URL, given without jdbc: at its beginning.
func (l *linter) jdbc(url string) {
	name, _, _ := strings.Cut(strings.ToLower(url), ":")
	scheme := "conn-type"
	if meant := conntype.Meant(name); meant != nil {
		scheme = strings.ReplaceAll(meant.Hook, "_", "-")
	}
	l.add("no-scheme", "uri", "it is a URL of JDBC, and Airflow finds no type, host, login or password in it",
		"write "+scheme+"://login:password@host:port/schema; for JdbcHook write JSON with conn_type jdbc, and this URL as the host")
}
