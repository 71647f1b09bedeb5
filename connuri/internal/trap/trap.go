// Package trap finds what people store in a connection and what its hook ignores or misreads.
// connuri.Lint reports it for a text, hook.Lint for a connection whose text is not known any more.
// Package conntype holds what is known about the types.
package trap

import (
	"errors"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/brokenjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Finding has the fields of connuri.Finding. It holds nothing of a connection: the keys in it are
// those of the table of types.
type Finding struct{ Rule, Field, Problem, Instead string }

// Conn is a connection as its fields and its extra.
type Conn struct {
	Type, Host, Schema, Login, Password string

	Port  int
	Keys  []string                // of the extra, in the order of json.loads
	Extra map[string]pyjson.Value // extra_dejson
}

// SetExtra reads the text of an extra. If it is not a JSON object, the extra is empty.
func (c *Conn) SetExtra(text string) {
	c.Keys, c.Extra = nil, map[string]pyjson.Value{}
	err := pyjson.Members(text, func(label, value pyjson.Value) error {
		key, _ := label.Text()
		if _, again := c.Extra[key]; !again {
			c.Keys = append(c.Keys, key)
		}
		c.Extra[key] = value
		return nil
	})
	if err != nil {
		c.Keys, c.Extra = nil, nil
	}
}

// ExtraAdvice returns what to write for the text of an extra that is not a JSON object.
func ExtraAdvice(text string) string {
	const instead = "write a JSON object"
	value, err := pyjson.Load(text)
	if err == nil && value.Kind != pyjson.Object {
		return instead
	}
	bare := strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "\ufeff"):
		return "store it without the byte order mark at its beginning, which no editor shows"
	case bare == "":
		return "leave the extra out: it is white space alone"
	case strings.HasPrefix(bare, "{"):
		if broken, ok := errors.AsType[*pyjson.Error](err); ok && pyjson.IsSyntax(err) {
			return objectAdvice(text, broken.Offset)
		}
		return instead
	case isBearer(bare):
		return instead + `, such as {"Authorization": "Bearer …"}`
	case strings.Contains(bare, "=") && !strings.ContainsAny(bare, " \"'"):
		return instead + `, as {"a": "1", "b": "2"} for a=1&b=2`
	}
	return instead
}

// objectAdvice says what is wrong with an object and what to write. It does not repeat what the fix
// itself says.
func objectAdvice(text string, at int) string {
	problem, fix := brokenjson.Advice(text, at)
	for _, word := range [...]string{"True", "False", "None"} {
		if strings.Contains(problem, "single ones") && strings.Contains(text, word) {
			fix += ", and true, false and null in lower case"
			break
		}
	}
	if strings.HasPrefix(fix, "remove the comma before") {
		return fix
	}
	return "write a JSON object: " + problem + "; " + fix
}

// isBearer reports whether a text is the scheme of an Authorization header and what follows it.
func isBearer(text string) bool {
	scheme, token, _ := strings.Cut(text, " ")
	scheme = strings.ToLower(scheme)
	return token != "" && (scheme == "bearer" || scheme == "basic" || scheme == "token")
}

// Find returns what it finds in a connection. Only if all is set does it report a harmless unknown
// key: one that a hook drops and that resembles none of its own.
func Find(c *Conn, all bool) []Finding {
	l := &linter{Conn: c, of: conntype.Meant(c.Type), all: all}
	isGoogleKey := l.googleKey()
	if l.of != nil {
		for _, key := range c.Keys {
			if !isGoogleKey {
				l.key(key)
			}
		}
		l.typeName()
		l.places()
	}
	l.values()
	if l.of != nil && l.of.Hook == "smtp" {
		l.smtpInClear()
	}
	return l.findings
}

type linter struct {
	*Conn
	of       *conntype.Type // nil if the type is not known
	all      bool
	findings []Finding
	guesses  int // how often a key like an unknown one was looked for
}

// mostGuesses bounds the work on an extra of thousands of unknown keys.
const mostGuesses = 20

func (l *linter) add(rule, field, problem, instead string) {
	f := Finding{rule, field, problem, instead}
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// inExtra adds a finding about a key of the extra that the hook knows.
func (l *linter) inExtra(rule, key, problem, instead string) {
	l.add(rule, "extra", key+" "+problem, instead)
}

// get is extra_dejson.get(key): absent and null are the same.
func (c *Conn) get(key string) (v pyjson.Value, ok bool) {
	v, ok = c.Extra[key]
	return v, ok && v.Kind != pyjson.Null
}

func (c *Conn) truth(key string) bool {
	v, ok := c.get(key)
	return ok && v.Truthy()
}

// text is the text of a value of the extra, "" if it is not text.
func (c *Conn) text(key string) string {
	v, ok := c.get(key)
	if !ok || v.Kind != pyjson.String {
		return ""
	}
	text, _ := v.Text()
	return text
}

// isTrueWord reports whether Airflow's as_bool and similar functions take a word as true.
func isTrueWord(word string) bool {
	return slices.Contains([]string{"true", "t", "yes", "y", "on", "1"}, word)
}

// has reports whether any of some keys is present and not null, also under its long name if the
// hook reads that.
func (l *linter) has(keys string) bool {
	for key := range strings.FieldsSeq(keys) {
		if _, given := l.get(key); given {
			return true
		}
		if _, given := l.get(l.prefix() + key); given && conntype.Has(l.of.Prefixed, key) {
			return true
		}
	}
	return false
}

func (l *linter) prefix() string { return "extra__" + l.of.Hook + "__" }

// key checks one key of the extra.
func (l *linter) key(key string) {
	v, given := l.get(key)
	name, long := strings.CutPrefix(key, l.prefix())
	switch {
	case long && conntype.Has(l.of.Prefixed, name):
		if _, short := l.Extra[name]; short {
			if l.all {
				l.inExtra("hidden-key", l.prefix()+name, "does nothing, because the extra has "+name+" as well", "write "+name+" alone")
			}
			return
		}
	case strings.HasPrefix(key, "extra__") && strings.Contains(key[len("extra__"):], "__"):
		if given && l.of.Unknown != conntype.Unlisted && (l.all || v.Truthy()) {
			_, name, _ = strings.Cut(key[len("extra__"):], "__")
			l.prefixed(name)
		}
		return
	default:
		name = l.of.Key(key)
	}
	switch {
	case !given:
	case name == "" && l.of.Unknown == conntype.Unlisted:
	case name == "" && l.of.Unknown == conntype.Header:
		l.header(key)
	case name == "":
		l.unknown(key, v)
	case !l.idle(name):
		l.switches(name, v)
		l.words(name, v)
		l.holds(name, v)
	}
}

// idle reports whether a key that the hook knows does nothing in this extra.
func (l *linter) idle(key string) bool {
	for _, need := range l.of.Needs {
		if conntype.Has(need.Keys, key) && !l.has(need.One) {
			return true
		}
	}
	return l.of.Hook == "mysql" && !MySQLReads(key, l.text("client"))
}

// MySQLConnector is the client of MySqlHook that reads ssl_… keys and no others.
const MySQLConnector = "mysql-connector-python"

// MySQLReads reports whether MySqlHook reads a key that it knows for a client.
func MySQLReads(key, client string) bool {
	if client == MySQLConnector {
		return key == "client" || strings.HasPrefix(key, "ssl_")
	}
	return key == "ssl_mode" || !strings.HasPrefix(key, "ssl_")
}

// prefixed checks a key with extra__ before it that the hook does not read.
func (l *linter) prefixed(name string) {
	instead := "write the key without the prefix"
	if known := l.of.Key(name); known != "" {
		instead = "write " + known
	}
	l.add("prefixed-key", "extra", "it has a key that begins with extra__, and the hook does not read that"+l.fate(), instead)
}

// fate returns what happens to unknown keys, as the end of a sentence.
func (l *linter) fate() string {
	switch l.of.Unknown {
	case conntype.Passed:
		return ": it goes to the driver, which refuses it"
	case conntype.Header:
		return ": it goes out as a header"
	}
	return ""
}

// unknown checks a key that neither the hook nor its driver reads.
func (l *linter) unknown(key string, v pyjson.Value) {
	suggestion, instead := "", "leave it out"
	right, known := l.of.MeantFor(key)
	say := l.of.Say(key)
	known = known || say != ""
	switch field := conntype.Field(key); {
	case field == "extra":
		instead = "write its members in the extra itself, or leave it out"
	case say != "":
		instead = orOut(say)
		if right != "" {
			suggestion = " (did you mean " + right + "?)"
		}
	case right != "":
		suggestion, instead = " (did you mean "+right+"?)", "write "+right+", or leave it out"
	case known:
	case l.filled(field):
		suggestion = " (the hook reads the field " + field + ")"
	case field != "" && field != "conn_type":
		suggestion, instead = " (did you mean the field "+field+"?)", "write it in the field "+field+", or leave it out"
	case l.guesses < mostGuesses:
		l.guesses++
		if right = conntype.Nearest(key, strings.Fields(l.of.Keys)); right != "" {
			suggestion, instead = " (did you mean "+right+"?)", "write "+right+", or leave it out"
		}
	}
	harmless := l.of.Unknown == conntype.Dropped && !known && suggestion == "" || !v.Truthy()
	if l.all || !harmless {
		l.add("unknown-key", "extra", "it has a key that the hook does not read"+l.fate()+suggestion, instead)
	}
}

// orOut adds the alternative, to leave a key out, to what to write.
func orOut(say string) string {
	if strings.HasPrefix(say, "leave it out") {
		return say
	}
	return say + ", or leave it out"
}

// filled reports whether a field has a value.
func (l *linter) filled(field string) bool {
	switch field {
	case "host":
		return l.Host != ""
	case "port":
		return l.Port != 0
	case "login":
		return l.Login != ""
	case "password":
		return l.Password != ""
	case "schema":
		return l.Schema != ""
	}
	return false
}

// header checks a key that is sent as a header: it may be meant as an option.
func (l *linter) header(key string) {
	right, known := l.of.MeantFor(key)
	suggestion, instead := "", "write an option by the name that the hook reads, and leave out all others"
	switch {
	case strings.EqualFold(key, "headers"):
		instead = "write each header as a key of the extra"
	case l.of.Say(key) != "":
		instead = orOut(l.of.Say(key))
		if right != "" {
			suggestion = " (did you mean " + right + "?)"
		}
	case right != "":
		suggestion, instead = " (did you mean "+right+"?)", "write "+right+", or leave it out"
	case known:
	default:
		option := l.of.Key(strings.ReplaceAll(strings.ToLower(key), "-", "_"))
		if option == "" {
			option = l.mistyped(key)
		}
		if option == "" {
			return
		}
		suggestion, instead = " (did you mean "+option+"?)", "write "+option+", or leave it out"
	}
	l.add("option-as-header", "extra", "it has a key that looks like an option and goes out as a header"+suggestion, instead)
}

// mistyped returns the option that becomes a key by one typing mistake, "" if there is none.
func (l *linter) mistyped(key string) string {
	if len(key) > 32 || strings.Contains(key, "-") || key != strings.ToLower(key) {
		return ""
	}
	for option := range strings.FieldsSeq(l.of.Keys) {
		if slip := len(key) - len(option); slip >= -1 && slip <= 1 && len(option) > 4 && conntype.Distance(key, option) == 1 {
			return option
		}
	}
	return ""
}

// isFalseWord reports whether a word is one that people write for false.
func isFalseWord(word string) bool {
	return slices.Contains([]string{"false", "0", "no", "n", "off", "f", "none", "null"}, strings.ToLower(pystr.Strip(word)))
}

// switches checks a value that is read as a switch.
func (l *linter) switches(key string, v pyjson.Value) {
	word := ""
	if v.Kind != pyjson.Array && v.Kind != pyjson.Object {
		word = strings.ToLower(pystr.Strip(v.Str()))
	}
	isFalse := isFalseWord(word)
	isText := v.Kind == pyjson.String
	switch {
	case conntype.Has(l.of.Truth, key) && isText && isFalse:
		l.inExtra("text-is-true", key, `is text, and every text but "" is true`, "leave "+key+" out, or write false without quotes in JSON")
	case conntype.Has(l.of.Paths, key) && isText && (isFalse || isTrueWord(word)):
		l.inExtra("text-is-path", key, "is text, and every text is taken for the path of a CA file", "write true or false without quotes in JSON, or a path")
	case conntype.Has(l.of.Exact, key) && (isFalse || isTrueWord(word)) && !slices.Contains([]string{"true", "false"}, strings.ToLower(v.Str())):
		l.inExtra("not-a-switch", key, "is neither true nor false to the hook, so it changes nothing", "write true or false")
	case conntype.Has(l.of.Words, key) && isText && word != "" && !isFalse && !isTrueWord(word):
		l.inExtra("not-a-switch", key, "is not a word that the hook takes for true", "write true or false")
	}
}
