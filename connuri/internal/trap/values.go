package trap

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// values checks what the fields and the extra hold.
func (l *linter) values() {
	for _, f := range [...]struct{ field, text string }{
		{"conn_type", l.Type}, {"host", l.Host}, {"login", l.Login}, {"password", l.Password}, {"schema", l.Schema},
	} {
		if l.toldUnread(f.field) {
			continue
		}
		if IsPlaceholder(f.text) || IsMasked(f.text) {
			l.add("placeholder", f.field, "it is a placeholder that was never filled in, and Airflow does not fill it in", "write the value itself")
			continue
		}
		if f.field != "schema" && f.field != "conn_type" && isEncoded(f.text) {
			l.add("percent-encoded", f.field, "it is percent-encoded, and nothing decodes it: since version 9.0 the provider does not",
				"write it as it is in JSON, and encode it once in a URI")
		}
		l.control(f.field, f.text)
		if f.field == "password" {
			l.pem("password", "", f.text)
		}
	}
	for _, key := range l.Keys {
		v, _ := l.get(key)
		l.extraValue(key, v, 0)
	}
	l.loginInExtra()
}

// control looks for control characters inside a field: \b and \f in JSON are seldom meant, and
// neither are others in a name. A password may be a key, with line breaks.
func (l *linter) control(field, text string) {
	isControl := func(r rune) bool {
		return (r < ' ' || r == 0x7f) && (field != "password" && field != "extra" || r != '\t' && r != '\n' && r != '\r')
	}
	if strings.ContainsFunc(pystr.Strip(text), isControl) || strings.ContainsAny(text, "\b\f") {
		l.add("control-character", field, "it has a control character, as of a single backslash before b, f, n, r or t in JSON", "write the backslash twice in JSON and as %5C in a URI, or remove the character")
	}
}

// toldUnread reports whether a field is known to be one that the hook does not read, so that its
// value does not matter.
func (l *linter) toldUnread(field string) bool {
	return slices.ContainsFunc(l.findings, func(f Finding) bool { return f.Rule == "unread-field" && f.Field == field })
}

// extraValue checks a value of the extra, and those in an object.
func (l *linter) extraValue(key string, v pyjson.Value, depth int) {
	text, name := "", l.named(key)
	switch v.Kind {
	case pyjson.Object:
		text = v.Raw
	case pyjson.String:
		text, _ = v.Text()
	default:
		return
	}
	if inner, err := pyjson.Load(text); err == nil && inner.Kind == pyjson.Object {
		if name == "keyfile_dict" || depth > 2 {
			return // GoogleBaseHook puts line breaks in where \n is two characters
		}
		_ = pyjson.Members(text, func(label, value pyjson.Value) error { // it was just read
			inner, _ := label.Text()
			l.extraValue(inner, value, depth+1)
			return nil
		})
		return
	}
	if depth == 0 {
		l.edges(key, text)
		l.control("extra", text)
	}
	switch {
	case strings.HasSuffix(key, "_template"):
	case HasPlaceholder(text), IsMasked(text):
		l.add("placeholder", "extra", name+" is a placeholder that was never filled in, and Airflow does not fill it in", "write the value itself")
	case strings.HasPrefix(strings.TrimSpace(text), "{") && (name == "keyfile_dict" || name == "ssl"):
		l.add("broken-json", "extra", name+" begins as JSON and is not: something cut it or was lost", "encode all of it in a URI, or write an object in JSON")
	}
	l.pem("extra", key, text)
}

// edges looks for white space at the beginning or the end of a value. Text of several lines and
// keys end in a line break, and text that separates or precedes other text may end in a space.
func (l *linter) edges(key, text string) {
	inner := pystr.Strip(text)
	if inner == "" || inner == text || strings.Contains(inner, "\n") || strings.Contains(text, pemBegin) {
		return
	}
	for _, part := range [...]string{"template", "prefix", "suffix", "separator", "delimiter", "prompt"} {
		if strings.Contains(strings.ToLower(key), part) {
			return
		}
	}
	l.add("edge-space", "extra", l.named(key)+" has white space at its beginning or end, which is kept", "leave it out")
}

// named returns a key as the table has it, or words for a key that the table does not have.
func (l *linter) named(key string) string {
	if l.of != nil {
		name := strings.TrimPrefix(key, l.prefix())
		if known := l.of.Key(name); known != "" {
			return known
		}
	}
	return "a value in it"
}

const (
	pemBegin = "-----BEGIN"
	pemEnd   = "-----END"
)

// pem checks a key or certificate whose line breaks or plus signs are gone.
func (l *linter) pem(field, key, text string) {
	_, body, begins := strings.Cut(text, pemBegin)
	body, _, ends := strings.Cut(body, pemEnd)
	if !begins || !ends {
		return
	}
	what := "it"
	if field == "extra" {
		what = l.named(key)
	}
	_, body, _ = strings.Cut(body, "-----")
	switch body = strings.Trim(body, "\r\n "); {
	case strings.Contains(text, `\n`) && !strings.Contains(body, "\n"):
		l.add("escaped-line-break", field, what+` has \n as two characters where a key has line breaks`, `write %0A for each in a URI; in JSON write \n with one backslash`)
	case strings.Contains(text, `\n`):
	case strings.ContainsAny(body, " ") && !strings.Contains(body, ":"):
		l.add("plus", field, what+" has spaces in a key: a + that is not encoded becomes one, and so may a line break", `write %2B for + and %0A for a line break in a URI; in JSON write \n`)
	case !strings.ContainsAny(text, "\r\n"):
		l.add("line-break", field, what+" has no line breaks, and a key needs them", `write %0A for each in a URI; in JSON write \n`)
	}
}

// loginInExtra looks for a login and password that only the extra has.
func (l *linter) loginInExtra() {
	if l.Login != "" || l.Password != "" || l.of != nil && l.of.Unknown == conntype.Dropped {
		return // the function unknown reports the latter
	}
	fields := map[string]bool{}
	for _, key := range l.Keys {
		if v, given := l.get(key); given && v.Kind == pyjson.String && v.Truthy() {
			fields[conntype.Field(key)] = true
		}
	}
	if fields["login"] && fields["password"] && (l.of == nil || l.of.Unknown == conntype.Passed || l.of.Unknown == conntype.Unlisted) {
		l.add("login-in-extra", "extra", "login and password stand in the extra, and the fields for them are empty",
			"write login:password@ before the host in a URI, or the keys login and password in JSON")
	}
}

// isEncoded reports whether text is percent-encoded as a whole: an escape in it stands for a
// character that would not need one.
func isEncoded(text string) bool {
	const plain = "_.-~!'()*+%"
	escapes := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		isAlnum := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case c == '%' && !pyurl.IsEscape(text[i+1:]):
			return false
		case c == '%':
			if strings.Contains("20 21 22 23 24 25 26 27 28 29 2A 2B 2C 2F 3A 3B 3C 3D 3E 3F 40 5B 5C 5D 5E 60 7B 7C 7D", strings.ToUpper(text[i+1:i+3])) {
				escapes++
			}
			i += 2
		case !isAlnum && !strings.Contains(plain, string(c)):
			return false
		}
	}
	return escapes > 0
}
