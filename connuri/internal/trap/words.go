package trap

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// words checks a value that must be one of a few words.
func (l *linter) words(key string, v pyjson.Value) {
	for _, takes := range l.of.Takes {
		isText := v.Kind == pyjson.String
		switch word := pystr.Strip(v.Str()); { // white space is reported as such
		case !conntype.Has(takes.Keys, key) || takes.OnlyText && !isText:
		case !v.Truthy() && (l.of.Hook != "postgres" || takes.AnyCase): // libpq refuses empty text as well
		case v.Kind == pyjson.Array || v.Kind == pyjson.Object || HasPlaceholder(word) || IsMasked(word):
		case takes.Begin != "":
			if !strings.HasPrefix(word, takes.Begin) {
				l.inExtra("wrong-value", key, "does not begin with "+takes.Begin+", and is refused", "write "+takes.Write)
			}
		case takes.AnyCase && conntype.Has(takes.Words, strings.ToLower(word)), !takes.AnyCase && conntype.Has(takes.Words, word):
		default:
			write := takes.Write
			if near := conntype.Nearest(word, strings.Fields(takes.Words)); near != "" {
				write = key + "=" + near
			}
			l.inExtra("wrong-value", key, "is refused: it is not one of "+strings.Join(strings.Fields(takes.Words), ", "), "write "+write)
		}
	}
}

// holds checks a value of the wrong kind: text for an object, a key for the path of its file or a
// path for a key.
func (l *linter) holds(key string, v pyjson.Value) {
	text, _ := v.Text()
	isText := v.Kind == pyjson.String
	switch {
	case conntype.Has(l.of.Objects, key):
		if v.Truthy() && v.Kind != pyjson.Object {
			l.inExtra("wrong-value", key, "is not an object, and the hook needs one", "write a JSON object, in a URI inside __extra__")
		}
		return
	case l.of.Hook == "mysql" && key == "ssl" && v.Truthy() && !isObject(v) && !OnThisMachine(l.Host):
		if isBroken := isText && strings.HasPrefix(strings.TrimSpace(text), "{"); l.all || !isBroken { // the function values reports that
			l.inExtra("ssl-no-object", "ssl", "is not an object, so it sets nothing", `write ssl={"ca": "PATH"}, the path of the file of the CA, or ssl_mode=REQUIRED`)
		}
		return
	case !isText:
		return
	}
	for pair := range strings.FieldsSeq(l.of.Files) {
		path, inside, _ := strings.Cut(pair, ":")
		isFile := strings.HasPrefix(strings.TrimSpace(text), "{") || strings.Contains(text, pemBegin)
		switch {
		case key == path && isFile && inside != "":
			l.inExtra("wrong-value", key, "is the path of a file to the hook, and this is what such a file holds", "write "+inside+" for "+key)
		case key == path && isFile:
			l.inExtra("wrong-value", key, "is the path of a file to the driver, and this is what such a file holds", "write the path of a file")
		case key == inside && isPath(text):
			l.inExtra("wrong-value", key, "is the text of a key to the hook, and this is the path of a file", "write "+path+" for "+key)
		}
	}
}

// isObject reports whether a value is an object, or text that is the JSON of one.
func isObject(v pyjson.Value) bool {
	if text, ok := v.Text(); ok && v.Kind == pyjson.String {
		inner, err := pyjson.Load(text)
		return err == nil && inner.Kind == pyjson.Object
	}
	return v.Kind == pyjson.Object
}

// isPath reports whether text can only be the path of a file. The text of a key is never as short
// as that, and nearly always has a letter of base64 other than a slash.
func isPath(text string) bool {
	if len(text) > 200 || strings.ContainsAny(text, "\n{+=") {
		return false
	}
	for _, begin := range [...]string{"/", "~/", "./", "../", `C:\`} {
		if strings.HasPrefix(text, begin) {
			return true
		}
	}
	for _, end := range [...]string{".pem", ".key", ".p8", ".json", ".ppk", "id_rsa", "id_ed25519"} {
		if strings.HasSuffix(text, end) {
			return true
		}
	}
	return false
}

// smtpInClear looks for a login that the hook sends without TLS. If text was meant as false, the
// switch itself is reported.
func (l *linter) smtpInClear() {
	for _, key := range [...]string{"disable_ssl", "disable_tls"} {
		if text := l.text(key); !l.truth(key) || !l.all && isFalseWord(text) {
			return
		}
	}
	what := "the login and the password"
	switch isOAuth := l.text("auth_type") == "oauth2"; {
	case OnThisMachine(l.Host):
		return
	case isOAuth:
		what = "the login and the token"
	case l.Login == "" || l.Password == "":
		return
	}
	l.add("tls-off", "extra", "there is no TLS, so "+what+" cross the network in the clear",
		"leave out disable_tls for STARTTLS, or disable_ssl for TLS from the start")
}

// OnThisMachine reports whether a host is this machine, or a socket on it.
func OnThisMachine(host string) bool {
	name := strings.ToLower(strings.Trim(host, "[]"))
	return name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "::1" ||
		strings.HasPrefix(name, "127.") && strings.Trim(name, "0123456789.") == "" || name[0] == '/' || name[0] == '@'
}
