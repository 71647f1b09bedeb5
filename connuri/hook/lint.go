package hook

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Lint finds what the hook of a connection ignores, or reads otherwise than it looks: a key
// of the extra that no hook reads, text "false" that is true, https:// that goes out as
// http, TLS that is not verified. It has no counterpart in Airflow, which says nothing.
// [connuri.Lint] looks at the stored text, and at what is wrong with a connection of any
// type; Lint does not repeat its findings, apart from an extra that is not an object.
//
// Nothing of the connection is in a finding: the keys that it names are the hook's own, and
// an unknown key is not shown, since it may be a secret that ended up in the wrong place. A
// setting that the hook or its driver refuses is an error of the function of the type, and
// not always a finding as well.
//
// Findings about connections in the clear leave out local hosts, and Redis, HTTP and SMTP
// without a password. A connection of a type that no function of this package is for has no
// findings, or those that hold for all types.
func Lint(c connuri.Connection) []connuri.Finding {
	t := conntype.Of(c.Type)
	if t == nil {
		t = conntype.OfEngine(c.Type)
	}
	if t == nil || t.Unknown == conntype.Unlisted {
		return nil
	}
	l := &linter{reader: &reader{hook: t.Hook, c: c, extra: map[string]pyjson.Value{}}, of: t}
	if !l.readable() {
		return l.findings
	}
	for _, key := range l.keys {
		l.key(key)
	}
	l.needs()
	l.fields()
	switch t.Hook {
	case "postgres":
		l.postgres()
	case "mysql":
		l.mysql()
	case "redis":
		l.redis()
	case "http":
		l.http()
	case "smtp":
		l.smtp()
	}
	return l.findings
}

type linter struct {
	*reader
	of       *conntype.Type
	findings []connuri.Finding
	guesses  int // how often a key like an unknown one was looked for
}

// mostGuesses bounds the work on an extra of thousands of unknown keys.
const mostGuesses = 20

func (l *linter) add(rule, field, problem, instead string) {
	f := connuri.Finding{Rule: rule, Field: field, Problem: problem, Instead: instead}
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// inExtra adds a finding about a key of the extra that the hook knows.
func (l *linter) inExtra(rule, key, problem, instead string) {
	l.add(rule, "extra", key+" "+problem, instead)
}

// readable reads the extra, and reports whether the hook gets any further.
func (l *linter) readable() bool {
	text := l.c.Extra.Reveal()
	if _, err := pyjson.Load(text); text != "" && pyjson.IsSyntax(err) {
		l.add("extra-no-object", "extra", "it is not JSON, so the hook goes on without it", "write a JSON object")
	}
	if err := l.readExtra(); err != nil {
		l.add("extra-no-object", "extra", "it is not a JSON object that Airflow can read, so the hook fails", "write a JSON object")
		return false
	}
	return true
}

// has reports whether any of some keys is there and not null, in the long form too where the
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

func (l *linter) prefix() string { return "extra__" + l.hook + "__" }

// key looks at one key of the extra.
func (l *linter) key(key string) {
	v, given := l.get(key)
	name, long := strings.CutPrefix(key, l.prefix())
	switch {
	case long && conntype.Has(l.of.Prefixed, name):
		if _, short := l.extra[name]; short {
			l.inExtra("hidden-key", l.prefix()+name, "does nothing, because the extra has "+name+" as well", "write "+name+" alone")
			return
		}
	case strings.HasPrefix(key, "extra__") && strings.Contains(key[len("extra__"):], "__"):
		if given {
			_, name, _ = strings.Cut(key[len("extra__"):], "__")
			l.prefixed(name)
		}
		return
	default:
		name = l.of.Key(key)
	}
	switch {
	case !given:
	case name == "" && l.of.Unknown == conntype.Header:
		l.header(key)
	case name == "":
		l.unknown(key)
	case !l.idle(name):
		l.switches(name, v)
	}
}

// idle reports whether a key that the hook knows does nothing in this extra.
func (l *linter) idle(key string) bool {
	for _, need := range l.of.Needs {
		if conntype.Has(need.Keys, key) && !l.has(need.One) {
			return true
		}
	}
	return l.hook == "mysql" && !l.mysqlReads(key)
}

// prefixed looks at a key with extra__ before it that the hook does not read.
func (l *linter) prefixed(name string) {
	instead := "write the key without the prefix"
	if known := l.of.Key(name); known != "" {
		instead = "write " + known
	}
	l.add("prefixed-key", "extra", "it has a key that begins with extra__, and the hook does not read that"+l.fate(), instead)
}

// fate is what becomes of unknown keys, as the end of a sentence.
func (l *linter) fate() string {
	switch l.of.Unknown {
	case conntype.Passed:
		return ": it goes to the driver, which refuses it"
	case conntype.Header:
		return ": it goes out as a header"
	}
	return ""
}

// unknown looks at a key that neither the hook nor its driver reads.
func (l *linter) unknown(key string) {
	suggestion, instead := "", "leave it out"
	right, known := l.of.MeantFor(key)
	switch field := conntype.Field(key); {
	case right != "":
		suggestion, instead = " (did you mean "+right+"?)", "write "+right+", or leave it out"
	case known:
	case field != "" && field != "conn_type" && field != "extra":
		suggestion, instead = " (did you mean the field "+field+"?)", "write it in the field "+field+", or leave it out"
	case l.guesses < mostGuesses:
		l.guesses++
		suggestion = meant(key, strings.Fields(l.of.Keys))
	}
	l.add("unknown-key", "extra", "it has a key that the hook does not read"+l.fate()+suggestion, instead)
}

// header looks at a key that is sent as a header: it may be meant as an option.
func (l *linter) header(key string) {
	right, known := l.of.MeantFor(key)
	suggestion := ""
	switch {
	case right != "":
		suggestion = " (did you mean " + right + "?)"
	case known:
	default:
		option := l.of.Key(strings.ReplaceAll(strings.ToLower(key), "-", "_"))
		if option == "" {
			option = l.mistyped(key)
		}
		if suggestion = " (did you mean " + option + "?)"; option == "" {
			return
		}
	}
	l.add("option-as-header", "extra", "it has a key that looks like an option and goes out as a header"+suggestion,
		"write an option by the name that the hook reads, and leave out all others")
}

// mistyped is the option that one slip makes a key of, "" if there is none.
func (l *linter) mistyped(key string) string {
	if len(key) > 32 || strings.Contains(key, "-") || key != strings.ToLower(key) {
		return ""
	}
	for option := range strings.FieldsSeq(l.of.Keys) {
		if slip := len(key) - len(option); slip >= -1 && slip <= 1 && len(option) > 4 && distance(key, option) == 1 {
			return option
		}
	}
	return ""
}

// switches looks at a value that is read as a switch.
func (l *linter) switches(key string, v pyjson.Value) {
	word := ""
	if v.Kind != pyjson.Array && v.Kind != pyjson.Object {
		word = strings.ToLower(pystr.Strip(str(v)))
	}
	isFalse := slices.Contains([]string{"false", "0", "no", "n", "off", "f", "none", "null"}, word)
	isText := v.Kind == pyjson.String
	switch {
	case conntype.Has(l.of.Truth, key) && isText && isFalse:
		l.inExtra("text-is-true", key, `is text, and every text but "" is true`, "leave "+key+" out, or write false without quotes in JSON")
	case conntype.Has(l.of.Paths, key) && isText && (isFalse || isTrueWord(word)):
		l.inExtra("text-is-path", key, "is text, and every text is taken for the path of a CA file", "write true or false without quotes in JSON, or a path")
	case conntype.Has(l.of.Exact, key) && (isFalse || isTrueWord(word)) && !slices.Contains([]string{"true", "false"}, strings.ToLower(str(v))):
		l.inExtra("not-a-switch", key, "is neither true nor false to the hook, so it changes nothing", "write true or false")
	case conntype.Has(l.of.Words, key) && isText && word != "" && !isFalse && !isTrueWord(word):
		l.inExtra("not-a-switch", key, "is not a word that the hook takes for true", "write true or false")
	}
}

// needs looks for keys that do nothing without another one. One that is there and off is
// left alone: a form stores all its fields.
func (l *linter) needs() {
	for _, need := range l.of.Needs {
		if l.has(need.One) {
			continue
		}
		for key := range strings.FieldsSeq(need.Keys) {
			if l.truth(key) {
				one := strings.Join(strings.Fields(need.One), " or ")
				l.inExtra("does-nothing", key, "does nothing without "+one, "write "+one+" as well, or leave "+key+" out")
			}
		}
	}
}

// fields looks for fields that the hook does not read.
func (l *linter) fields() {
	c := l.c
	given := map[string]bool{
		"host": c.Host != "", "port": c.Port != 0, "login": c.Login != "", "schema": c.Schema != "", "password": c.Password.Reveal() != "",
	}
	for field := range strings.FieldsSeq(l.of.Unread) {
		if given[field] {
			l.add("unread-field", field, "the hook does not read it", "leave it empty")
		}
	}
}

// onThisMachine reports whether a host is this machine, or a socket on it.
func onThisMachine(host string) bool {
	name := strings.ToLower(strings.Trim(host, "[]"))
	return name == "" || name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "::1" ||
		strings.HasPrefix(name, "127.") && strings.Trim(name, "0123456789.") == "" || name[0] == '/' || name[0] == '@'
}

// inClear is the finding that a password or login crosses the network without TLS.
func (l *linter) inClear(what, instead string) {
	l.add("tls-off", "extra", "there is no TLS, so "+what+" cross the network in the clear", instead)
}
