package connuri

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/brokenjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// Finding is something that is wrong or surprising in the text of a connection. Its texts are fixed
// and hold nothing of the connection.
type Finding struct {
	Rule    string // a short name to tell findings apart, such as no-scheme
	Field   string // the field it is about, as Airflow names it; "uri" or "json" for the text as a whole
	Problem string // what Airflow makes of it
	Instead string // what to write
}

// String returns the finding as one line.
func (f Finding) String() string { return f.Field + ": " + f.Problem + "; " + f.Instead }

// Lint reports what Airflow refuses in a secret, and what it accepts but reads differently from
// what was meant. Airflow has no counterpart: it reports all of this as "The conn_id isn't
// defined", or a login fails. words are the extra_conn_words in force, nil for none.
//
// Lint also knows what the hooks of common types ignore or misread. Lint of package hook reports
// whether a connection uses TLS, and what a hook makes of rarer settings.
func Lint(secret string, words ConnWords) []Finding {
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
	l.addFinding(Finding{rule, field, problem, instead})
}

func (l *linter) addFinding(f Finding) {
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// found reports whether there is a finding with one of the rules.
func (l *linter) found(rules ...string) bool {
	return slices.ContainsFunc(l.findings, func(f Finding) bool { return slices.Contains(rules, f.Rule) })
}

// refusedJSON adds a finding for the error of a parser.
func (l *linter) refusedJSON(err error) {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
	case strings.Contains(e.Rule, brokenjson.Placeholder):
		l.add("placeholder", e.Field, "Airflow refuses it ("+e.Rule+")", e.Instead)
	default:
		l.add("unreadable", e.Field, "Airflow refuses it ("+e.Rule+")", e.Instead)
	}
}

// fields checks the connection that a parser returned.
func (l *linter) fields(c Connection) {
	switch {
	case c.Type == "" && l.found("conn-id-as-type"): // the other finding says to write it
	case c.Type == "":
		l.add("no-conn-type", "conn_type", "it is missing, so no hook takes the connection", "name the type, such as postgres")
	case trap.HasPlaceholder(c.Type), conntype.Mistaken(c.Type) != nil:
	case strings.Contains(c.Type, "+"):
		l.driver(c.Type)
	case strings.IndexFunc(c.Type, unicode.IsUpper) >= 0:
		l.add("conn-type-case", "conn_type", "no hook has a name with capitals", lowerType(c.Type))
	}
	if engine := conntype.OfEngine(c.Type); engine != nil {
		l.add("engine", "conn_type", "it is the name of an RDS engine, and no hook has this type", "write "+engine.Hook)
	}
	unread, isPlainHost := "", c.Type == ""
	if t := conntype.Meant(c.Type); t != nil {
		unread, isPlainHost = t.Unread, t.NoProtocol || t.OneName != ""
	}
	l.hostAndPort(c, unread, isPlainHost)
	extra := c.Extra.Reveal()
	if extra != "" && Server.checkExtra(extra) != nil {
		l.add("extra-no-object", "extra", "it is not a JSON object: some versions of Airflow and the API server refuse the connection, other tasks ignore it", trap.ExtraAdvice(extra))
	}
	for _, f := range [...]struct{ field, text string }{
		{"conn_type", c.Type}, {"host", c.Host}, {"login", c.Login}, {"password", c.Password.Reveal()}, {"schema", c.Schema},
	} {
		if f.text != pystr.Strip(f.text) && !conntype.Has(unread, f.field) {
			l.add("edge-space", f.field, "white space at its beginning or end is kept", "leave it out")
		}
	}
	stored := trap.Conn{Type: c.Type, Host: c.Host, Schema: c.Schema, Login: c.Login, Password: c.Password.Reveal(), Port: c.Port}
	stored.SetExtra(extra)
	ofText := slices.Clone(l.findings)
	for _, f := range trap.Find(&stored, false) {
		if f.Rule == "unknown-key" && l.found("html-escape") || f.Rule == "wrong-value" && l.found("query-separator") { // which it comes of
			continue
		}
		if told := func(g Finding) bool { return g.Rule == f.Rule && g.Field == f.Field }; f.Rule == "unknown-key" || !slices.ContainsFunc(ofText, told) {
			l.addFinding(Finding(f))
		}
	}
}

// lowerType returns what to write for a type with capitals, which may be the name that Airflow's
// form shows.
func lowerType(connType string) string {
	lower := strings.ReplaceAll(strings.ToLower(connType), " ", "_")
	if meant := conntype.Meant(lower); meant != nil && meant.Hook != lower {
		return "write " + meant.Hook
	}
	return "write it in lower case, with _ for each space"
}

// hostAndPort checks where a connection leads, in the fields that its hook reads. Hooks that take
// more than a plain host, such as that of http, accept a port in it.
func (l *linter) hostAndPort(c Connection, unread string, isPlainHost bool) {
	switch {
	case conntype.Has(unread, "host"): // package trap reports it
	case c.Type == "git": // its host is the address of a repository
	case strings.Contains(c.Host, "@"):
		l.add("uri-in-host", "host", "a login or a whole URI in the host stays there", "write host, login and password each in its own field")
	case trap.IsDSN(c.Host):
		l.addFinding(driverDSN)
	case isPlainHost && trap.HasPort(c.Host):
		l.add("port-in-host", "host", "a port in the host stays there", "write it as the port")
	}
	if (c.Port < 0 || c.Port > 65535) && !conntype.Has(unread, "port") {
		l.add("port-range", "port", "it is not a TCP port", "write a number from 1 to 65535")
	}
}

// driver checks a type that has a driver after it.
func (l *linter) driver(connType string) {
	instead := "write the type alone, without the + and what follows it"
	name, _, _ := strings.Cut(connType, "+")
	switch meant := conntype.Meant(name); {
	case meant == nil:
	case meant.Hook == "mongo" && strings.HasSuffix(connType, "+srv"):
		instead = "write mongo, and srv=true in the extra"
	default:
		instead = "write " + meant.Hook
	}
	l.add("driver", "conn_type", "Airflow knows no driver after a +, so no hook takes the connection", instead)
}
