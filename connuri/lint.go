package connuri

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// Finding is one thing that is wrong or will surprise in the text of a
// connection. Its texts are fixed ones: nothing of the connection is in them.
type Finding struct {
	Rule    string // a short name to tell findings apart, such as no-scheme
	Field   string // the field it is about, as Airflow names it; "uri" or "json" for the text as a whole
	Problem string // what Airflow makes of it
	Instead string // what to write
}

// String is the finding as one line.
func (f Finding) String() string { return f.Field + ": " + f.Problem + "; " + f.Instead }

// Lint looks for what Airflow accepts in a secret and reads otherwise than it
// was meant, and for what it refuses. It has no counterpart in Airflow, where
// all of this ends in "The conn_id isn't defined" or in a refused login. The
// words are the extra_conn_words in force, nil for none.
func Lint(secret string, words Words) []Finding {
	l := linter{}
	if looksLikeJSON(secret) {
		l.json(secret, words)
	} else {
		l.uri(pystr.Strip(secret))
	}
	return l.findings
}

type linter struct{ findings []Finding }

func (l *linter) add(rule, field, problem, instead string) {
	f := Finding{rule, field, problem, instead}
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// explained are the findings that say why Airflow refuses the text.
var explained = []string{"raw-delimiter", "several-hosts", "url-in-query", "bom"}

// refused reports an error of a parser, unless a finding already explains it.
func (l *linter) refused(err error) {
	known := func(f Finding) bool { return slices.Contains(explained, f.Rule) }
	if e, ok := errors.AsType[*Error](err); ok && !slices.ContainsFunc(l.findings, known) {
		l.add("unreadable", e.Field, "Airflow refuses it ("+e.Rule+")", "mend that")
	}
}

// fields looks at what a parser made of the text.
func (l *linter) fields(c Connection) {
	switch {
	case c.Type == "":
		l.add("no-conn-type", "conn_type", "there is none, so no hook takes the connection", "name the type, such as postgres")
	case strings.Contains(c.Type, "+"):
		l.add("driver", "conn_type", "Airflow knows no driver behind a +, so no hook takes the connection", "write the type alone, such as postgres")
	case strings.IndexFunc(c.Type, unicode.IsUpper) >= 0:
		l.add("conn-type-case", "conn_type", "no hook goes by a name with capitals", "write it in lower case")
	}
	if engine := conntype.OfEngine(c.Type); engine != nil {
		l.add("engine", "conn_type", "it is the name of an engine of RDS, which no hook goes by", "write "+engine.Hook)
	}
	switch _, port, found := strings.Cut(c.Host, ":"); {
	case strings.Contains(c.Host, "@"):
		l.add("uri-in-host", "host", "a login or a whole URI in the host stays there", "give host, login and password each alone")
	case found && port != "" && strings.Trim(port, "0123456789") == "":
		l.add("port-in-host", "host", "a port in the host stays there", "give it as the port")
	}
	if c.Port < 0 || c.Port > 65535 {
		l.add("port-range", "port", "it is no TCP port", "write a number from 1 to 65535")
	}
	if extra := c.Extra.Reveal(); extra != "" && Server.checkExtra(extra) != nil {
		l.add("extra-no-object", "extra", "it is no JSON object: tasks ignore it, the API server refuses the connection", "write a JSON object")
	}
	for _, f := range [...]struct{ field, text string }{
		{"host", c.Host}, {"login", c.Login}, {"password", c.Password.Reveal()}, {"schema", c.Schema},
	} {
		if f.text != pystr.Strip(f.text) {
			l.add("edge-space", f.field, "white space at its beginning or end is kept", "leave it out")
		}
	}
}

// json looks at a JSON secret.
func (l *linter) json(secret string, words Words) {
	var first [standardKeys]string
	recognised := 0
	c, parseErr := words.Parse(TaskSDK, secret)
	err := pyjson.Members(secret, func(label, value pyjson.Value) error {
		name, _ := label.Text()
		ignored := true
		words.fieldsOf(name, func(k key) {
			ignored = false
			recognised++
			if first[k] == "" {
				first[k] = name
			} else if first[k] != name {
				l.add("two-names", keyNames[k], "two keys stand for it and only the first in the text counts", "keep one of them")
			}
			if isNumber := value.Kind == pyjson.Int || value.Kind == pyjson.Float; isNumber && (k == keyLogin || k == keyPassword || value.Truthy() && (k == keyHost || k == keySchema)) {
				l.add("number", keyNames[k], "it is a number, for which an Airflow task skips the whole secret", "put it in quotes")
			}
		})
		if ignored {
			l.ignoredKey(name, words, c.Type)
		}
		return nil
	})
	if err == nil && recognised == 0 {
		l.add("no-known-key", "json", "no key is one that Airflow reads, so the connection is empty",
			"name them login, password, host, port, schema, conn_type and extra, or list yours in extra_conn_words")
	}
	if first[keyType] == "conn_id" {
		l.add("conn-id-as-type", "conn_type", "the key conn_id is read as the connection type", "leave conn_id out, the secret's name says it, and give conn_type")
	}
	if parseErr != nil {
		l.refused(parseErr)
		return
	}
	if recognised > 0 {
		l.fields(c)
	}
}

// ignoredKey reports a key that Airflow ignores though it looks meant, in a secret of a type.
func (l *linter) ignoredKey(name string, words Words, connType string) {
	lower, field := strings.ToLower(name), key(-1)
	words.fieldsOf(lower, func(k key) { field = k })
	switch {
	case field >= 0:
		l.add("key-case", keyNames[field], "its key is ignored: keys are told by case", "write the key in lower case")
	case conntype.Field(lower) != "":
		meant := conntype.Field(lower)
		l.add("ignored-key", meant, "a key that looks meant for it is none that Airflow reads", "name the key "+meant+", or list yours in extra_conn_words")
	case lower == "uri" || lower == "conn_uri" || lower == "url":
		l.add("ignored-uri", "uri", "a URI inside a JSON secret is ignored", "store the URI as the whole text of the secret")
	case conntype.IsExtra(connType, lower):
		l.add("ignored-extra", "extra", "a key that a hook looks for in the extra is ignored outside it", "put it inside extra")
	case lower == "description":
		l.add("ignored-description", "description", "a JSON secret loses it", "leave it out, or keep it in the description of the secret")
	}
}

// uri looks at text that is no JSON; white space around it is gone already.
func (l *linter) uri(text string) {
	if text == "" {
		l.add("blank", "uri", "there is nothing", "store a URI or JSON")
		return
	}
	scheme, rest, _ := strings.Cut(text, ":")
	name, value, isAssignment := strings.Cut(text, "=")
	c, err := ParseURI(text)
	switch {
	case strings.HasPrefix(text, "\ufeff"):
		l.add("bom", "uri", "it begins with a byte order mark, which makes it neither JSON nor a URI", "store it without the mark")
	case text[0] == '"' || text[0] == '\'' || text[0] == '`':
		l.add("quoted", "uri", "the quotes around it make all of it the schema", "store it without quotes")
	case isAssignment && strings.Contains(value, "://") && !strings.ContainsAny(name, ":/?#@"):
		l.add("assignment", "uri", "NAME= before it makes all of it the schema", "store only what comes behind the equals sign")
	case strings.Contains(scheme, "_") && strings.HasPrefix(rest, "//"):
		l.add("underscore", "conn_type", "a scheme has no underscore, so all of it becomes the schema", "write - for _, Airflow turns it back")
	case strings.HasPrefix(text, "//"):
	case !strings.HasPrefix(rest, "//"), err == nil && c.Type == "":
		l.add("no-scheme", "uri", "without a scheme and // it has no host, login or password", "write conn-type://login:password@host:port/schema")
	}
	l.authority(text)
	if i := strings.Index(text, "?"); i >= 0 && strings.Contains(text[i:], "://") {
		l.add("url-in-query", "extra", "a :// in the query is counted as a scheme and ruins the other parts", "encode it as %3A%2F%2F")
	}
	if strings.Contains(text, "#") {
		l.add("fragment", "uri", "all from a # on is dropped", "encode it as %23")
	}
	switch {
	case err != nil:
		l.refused(err)
	case c.Host == "" && strings.Count(text, "://") == 2 && len(l.findings) == 0:
		l.add("host-lost", "host", "the second :// makes Airflow lose the host", "encode it as %3A%2F%2F")
	case len(l.findings) == 0 || c.Type != "":
		l.fields(c)
	}
}

// authority looks at what stands between // and the path.
func (l *linter) authority(text string) {
	_, rest, ok := strings.Cut(text, "//")
	if !ok {
		return
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	at := strings.LastIndexByte(authority, '@')
	login, host := rest[:max(0, at)], authority[at+1:]
	if strings.Contains(rest, "://") {
		return // the host brings a protocol, whose slashes end nothing
	}
	path, _, _ := strings.Cut(rest[len(authority):], "?")
	_, port, hasPort := strings.Cut(authority, ":")
	isPort := hasPort && strings.Trim(port, "0123456789") == ""
	switch {
	case strings.ContainsAny(login, "[]"),
		strings.Contains(path, "@"),                                        // a / or # in the password, and the rest of it became the path
		login == "" && hasPort && !isPort && strings.Contains(rest, "@"),   // something ended the password before the @
		login == "" && isPort && strings.Contains(beforeEquals(rest), "@"): // the same for one that begins with digits
		l.add("raw-delimiter", "password", "one of / ? # [ ] stands raw in the login or password and ends it there", "encode them as %2F %3F %23 %5B %5D")
	case strings.Contains(host, ",") && strings.Contains(host, ":"):
		l.add("several-hosts", "host", "Airflow refuses a port for each of several hosts", "encode the colons and commas as %3A and %2C, or use JSON")
	}
	if login != "" && badPercent(login) {
		l.add("percent", "password", "a % with no two hex digits behind it stays as it is", "encode it as %25")
	}
}

// beforeEquals is s up to its first equals sign, behind which an @ may well
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
