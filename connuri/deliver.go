package connuri

import (
	"cmp"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// deliver returns the connection that a task gets for a secret, or the reasons why it gets none.
// Unlike Parse it accepts and refuses exactly what Airflow does. Airflow keeps fields that are not
// text; a Connection cannot hold them, so they are missing from the result.
func (r Reading) deliver(secret string) (Connection, []Finding) {
	d, l := r.Dialect, linter{}
	if !looksLikeJSON(secret) {
		c, err := d.Parse(secret)
		if err != nil {
			whole, _ := TaskSDK.Parse(secret) // never looks at the extra
			l.refused(err, trap.ExtraAdvice(whole.Extra.Reveal())+"; percent-encode it")
			return Connection{}, l.findings
		}
		l.unwritable(d, c)
		return c, l.findings
	}
	var doc document
	if err := r.Words.read(&doc, secret, false); err != nil {
		l.refused(adviseJSON(err, secret), "")
		return Connection{}, l.findings
	}
	if r.URLEncoded {
		if l.undecoded(&doc); l.findings != nil {
			return Connection{}, l.findings
		}
	}
	l.takeOdd(d, &doc)
	c, err := d.connection(&doc)
	if err != nil {
		l.refused(err, trap.ExtraAdvice(extraOf(doc.values[keyExtra]).Reveal()))
		return Connection{}, l.findings
	}
	l.halves(d, &doc, c)
	l.unwritable(d, c)
	return c, l.findings
}

// undecoded decodes the values of doc, and adds a finding for each that cannot be decoded.
func (l *linter) undecoded(doc *document) {
	for k := range standardKeys {
		if doc.unquoteValue(k) == nil {
			continue
		}
		instead := "write text in double quotes, or null for none"
		switch kind := doc.values[k].Kind; {
		case kind == pyjson.Int || kind == pyjson.Float:
			instead = "put the number in double quotes"
		case k == keyExtra:
			instead = "write a JSON object, or null for none"
		}
		l.add(urlEncoded, keyNames[k], "it is not text, and a provider before 9.0 fails for it where are_secret_values_urlencoded is on", instead)
	}
}

// buildsURI reports whether Airflow calls get_uri on a connection before a task
// gets it, to put it into its SecretCache.
func (d Dialect) buildsURI() bool { return d == TaskSDK || d == Airflow2 }

// refused adds the reason why a parser refused a secret. extraAdvice says what to write instead of
// its extra.
func (l *linter) refused(err error, extraAdvice string) {
	const refuses = ", and tasks of Airflow 3.0 and the API server refuse the connection"
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
	case e.Field == "extra" && e.Rule == notObject:
		l.add("extra-not-object", "extra", "it is JSON but not an object"+refuses, extraAdvice)
	case e.Field == "extra" && e.Rule == pyjson.ErrSyntax.Error():
		l.add("extra-not-json", "extra", "it is not JSON"+refuses, extraAdvice)
	default:
		l.add("unreadable", e.Field, "Airflow refuses it ("+e.Rule+")", cmp.Or(e.Instead, insteadOf(e)))
	}
}

// unwritable adds the reason why get_uri fails, if Airflow calls it.
func (l *linter) unwritable(d Dialect, c Connection) {
	if !d.buildsURI() {
		return
	}
	_, err := d.URI(c)
	if e, ok := errors.AsType[*Error](err); ok && e.Rule == halfInURI {
		l.surrogate("extra")
	} else {
		l.refused(err, "")
	}
}

func (l *linter) surrogate(field string) {
	l.add("surrogate", field, "it holds half of a surrogate pair, and a task of Airflow 2, or of 3.2 and later, gets no connection",
		`remove each escape from \ud800 to \udfff that is not part of a pair`)
}

// takeOdd removes from doc the values that are not text but that from_json accepts, and adds a
// finding for each for which get_uri fails.
func (l *linter) takeOdd(d Dialect, doc *document) {
	if _, err := portOf(doc.values[keyPort]); errors.Is(err, pystr.ErrRange) {
		doc.values[keyPort] = pyjson.Value{} // to Python it is an int
	}
	for _, k := range [...]key{keyType, keyHost, keySchema, keyLogin, keyPassword} {
		v := doc.values[k]
		if v.Kind == pyjson.Null || v.Kind == pyjson.String {
			continue
		}
		fails := d.buildsURI()
		switch k {
		case keyType:
			if v.Kind != pyjson.Array && v.Kind != pyjson.Object || hasHyphen(v) {
				continue // from_json refuses it
			}
			fails = fails && v.Truthy()
		case keyHost, keySchema:
			fails = fails && v.Truthy()
		case keyPassword:
			if d != TaskSDK {
				continue // passwordOf knows
			}
		}
		doc.values[k] = pyjson.Value{}
		if fails {
			l.notText(k, v)
		}
	}
}

func (l *linter) notText(k key, v pyjson.Value) {
	problem := "it is not text, and a task of Airflow 2, or of 3.2 and later, gets no connection"
	instead := "write text in double quotes, or null for none"
	switch {
	case k == keyPassword:
		problem = "it is not text: a task of Airflow 3.2 and later gets no connection, an earlier one no password"
	case v.Kind == pyjson.Int || v.Kind == pyjson.Float:
		instead = "put the number in double quotes"
	}
	l.add(keyNames[k]+"-not-text", keyNames[k], problem, instead)
}

// hasHyphen is `"-" in v` for a list or an object. Such a conn_type is an AttributeError in the
// constructor, which replaces hyphens.
func hasHyphen(v pyjson.Value) (found bool) {
	look := func(v pyjson.Value) {
		text, _ := v.Text()
		found = found || v.Kind == pyjson.String && text == "-"
	}
	if v.Kind == pyjson.Array {
		_ = pyjson.Elements(v.Raw, func(v pyjson.Value) error { look(v); return nil })
	} else {
		_ = pyjson.Members(v.Raw, func(name, _ pyjson.Value) error { look(name); return nil })
	}
	return found
}

// halves adds a finding for each field with half of a surrogate pair that Airflow has to encode:
// get_uri encodes all fields but the protocol of a host, and a Connection of airflow.models
// encrypts its password and extra. c is the connection that was read from doc.
func (l *linter) halves(d Dialect, doc *document, c Connection) {
	_, host := d.cutProtocol(c)
	add := func(k key, encoded string) {
		v := doc.values[k]
		if v.Kind != pyjson.String || !strings.ContainsRune(encoded, utf8.RuneError) {
			return
		}
		if _, whole := v.Text(); !whole || doc.half[k] {
			l.surrogate(keyNames[k])
		}
	}
	if d.buildsURI() {
		add(keyLogin, c.Login)
		add(keyHost, host)
		add(keySchema, c.Schema)
	}
	add(keyPassword, c.Password.Reveal())
	add(keyExtra, c.Extra.Reveal())
}
