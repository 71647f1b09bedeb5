package hook

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/trap"
)

// Lint reports what the hook of a connection ignores or reads differently from what it looks like:
// a key of the extra that no hook reads, the text "false" that is true, https:// that goes out as
// http, a placeholder that was never filled in, TLS that is not verified. Airflow reports none of
// this. [connuri.Lint] checks the stored text. What both can see has the same rule and field in
// both.
//
// A finding holds nothing of the connection. The keys that it names are the hook's own; it does not
// show an unknown key, which may be a secret that ended up in the wrong place. A setting that the
// hook or its driver refuses is an error of the type's function, and not always a finding too.
//
// Findings about unencrypted connections leave out local hosts, and Redis, HTTP and SMTP without a
// password. For a type that this package has no function for, Lint reports little more than what
// holds for all types.
func Lint(c connuri.Connection) []connuri.Finding {
	t := conntype.Meant(c.Type)
	known := t != nil && t.Unknown != conntype.Unlisted
	l := &linter{reader: &reader{c: c, extra: map[string]pyjson.Value{}}, of: t}
	if known {
		l.hook = t.Hook
		if !l.readable() {
			return l.findings
		}
	}
	stored := trap.Conn{Type: c.Type, Host: c.Host, Schema: c.Schema, Login: c.Login, Password: c.Password.Reveal(), Port: c.Port, Keys: l.keys, Extra: l.extra}
	if !known {
		stored.SetExtra(c.Extra.Reveal())
	}
	for _, f := range trap.Find(&stored, true) {
		l.findings = append(l.findings, connuri.Finding(f))
	}
	if !known {
		return l.findings
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
	case "mongo":
		l.mongo()
	case "kafka":
		l.kafka()
	case "ssh":
		l.ssh()
	case "mssql":
		l.mssql()
	case "snowflake":
		l.snowflake()
	case "google_cloud_platform":
		l.google()
	}
	return l.findings
}

type linter struct {
	*reader
	of       *conntype.Type
	findings []connuri.Finding
}

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

// readable reads the extra and reports whether the hook gets past it.
func (l *linter) readable() bool {
	text := l.c.Extra.Reveal()
	if _, err := pyjson.Load(text); text != "" && pyjson.IsSyntax(err) {
		l.add("extra-no-object", "extra", "it is not JSON, so the hook goes on without it", trap.ExtraAdvice(text))
	}
	if err := l.readExtra(); err != nil {
		l.add("extra-no-object", "extra", "it is not a JSON object that Airflow can read, so the hook fails", "write a JSON object")
		return false
	}
	return true
}

// has reports whether one of some keys is present and not null, also under its long name if the
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

// needs looks for keys that do nothing without another one. A key that is present but off is left
// alone, because a form stores all its fields.
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

// fields reports fields that the hook does not read.
func (l *linter) fields() {
	c := l.c
	given := map[string]bool{
		"host": c.Host != "", "port": c.Port != 0, "login": c.Login != "", "schema": c.Schema != "", "password": c.Password.Reveal() != "",
	}
	for field := range strings.FieldsSeq(l.of.Unread) {
		told := func(f connuri.Finding) bool { return f.Rule == "unread-field" && f.Field == field }
		if given[field] && !slices.ContainsFunc(l.findings, told) {
			l.add("unread-field", field, "the hook does not read it", "leave it empty")
		}
	}
}

func onThisMachine(host string) bool { return trap.OnThisMachine(host) }

// inClear adds the finding that a password or login crosses the network without TLS.
func (l *linter) inClear(what, instead string) {
	l.add("tls-off", "extra", "there is no TLS, so "+what+" cross the network in the clear", instead)
}
