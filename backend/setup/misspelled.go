package setup

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// place is a section and a key in which Airflow looks for an option.
type place struct{ section, key string }

var (
	places = []place{
		{"secrets", "backend"}, {"secrets", "backend_kwargs"},
		{"workers", "secrets_backend"}, {"workers", "secrets_backend_kwargs"},
		{"core", "multi_team"},
	}
	// backends are the places of the class of a backend.
	backends = []place{places[0], places[2]}
)

// singly joins the variable of a class and the name of a single kwarg in capitals.
const singly = "_KWARG__"

// aliases are wrong keys that people write in the section of a backend, with what the right
// key adds to that of the class. They differ from it in more than a letter.
var aliases = map[string]string{
	"class": "", "class_name": "", "backend": "", "backend_class": "", "secret_backend": "", "secrets_backend": "",
	"secret_backends": "", "secrets_backends": "", "backend_cmd": "", "backend_secret": "", "secrets_backend_cmd": "", "secrets_backend_secret": "",
	"kwargs": "_kwargs", "backend_args": "_kwargs", "backend_params": "_kwargs", "backend_parameters": "_kwargs", "backend_options": "_kwargs",
	"backend_config": "_kwargs", "backend_kwargs": "_kwargs", "secret_backend_kwargs": "_kwargs", "secrets_backend_kwargs": "_kwargs",
	"secret_backend_kwarg": "_kwargs", "secrets_backend_kwarg": "_kwargs",
}

// warnNames warns of sections, options and variables that Airflow does not read but that were
// probably meant for the backend, and of kwargs without a backend.
func (o *options) warnNames(class option) []Warning {
	n := &notes{}
	for _, p := range backends {
		switch {
		case p.section == "workers" && !o.by.workers:
			o.warnWorkers(n)
		case p.section == "workers" || class.text == "":
			o.warnNoBackend(n, p)
		}
	}
	for _, name := range slices.Sorted(slices.Values(o.names)) {
		if meant := o.meantByVariable(name); meant != "" {
			n.misspelled("", o.origin(name), meant)
		}
	}
	o.warnVersion(n)
	if o.file != nil {
		o.file.Keys(func(section, key string) bool {
			o.warnOption(n, section, key)
			return true
		})
	}
	if class.text == "" {
		o.warnKwargsAlone(n)
		slices.SortStableFunc(n.warnings, func(a, b Warning) int { return cmp.Compare(rank(a), rank(b)) })
	}
	return n.warnings
}

// rank orders warnings: those that explain why the backend is missing come first.
func rank(w Warning) int {
	if w.Rule == "no-backend" || meansClass(w) {
		return 0
	}
	return 1
}

// meansClass reports whether a misspelled name stands for the class of a backend.
func meansClass(w Warning) bool { return strings.HasSuffix(strings.ToLower(w.Meant), "backend") }

// warnKwargsAlone warns if only the name of the kwargs is misspelled: correcting it is not
// enough, since the class is missing too.
func (o *options) warnKwargsAlone(n *notes) {
	if slices.ContainsFunc(n.warnings, func(w Warning) bool { return rank(w) == 0 }) {
		return
	}
	i := slices.IndexFunc(n.warnings, func(w Warning) bool { return strings.Contains(strings.ToLower(w.Meant), "backend_kwarg") })
	if i < 0 {
		return
	}
	p := backends[0]
	if strings.Contains(strings.ToLower(n.warnings[i].Meant), "secrets_backend") {
		p = backends[1]
	}
	right := o.call(p.section, p.key)
	n.warnings = append(n.warnings, Warning{Rule: "no-backend", Meant: right,
		Text: fmt.Sprintf("kwargs do nothing without %s; set that to %s", right, Class)})
}

// warnNoBackend warns of kwargs whose class is missing.
func (o *options) warnNoBackend(n *notes, p place) {
	if class, err := o.get(p.section, p.key); err != nil || class.text != "" {
		return
	}
	at := ""
	kwargs, err := o.get(p.section, p.key+"_kwargs")
	if e, ok := errors.AsType[*Error](err); ok {
		at = e.Source
	} else if values, broken := parseObject(kwargs.text); (len(values) > 0 || broken != nil) && kwargs.text != mwaaKwargs {
		at = kwargs.at // MWAA sets its own whether there is a backend or not
	}
	prefix := variableOf(p.section, p.key) + singly
	for _, name := range o.names {
		if at == "" && strings.HasPrefix(name, prefix) && name != prefix {
			at = o.origin(name)
		}
	}
	if at == "" {
		return
	}
	right := o.call(p.section, p.key)
	n.warnings = append(n.warnings, Warning{Rule: "no-backend", Meant: right,
		Text: fmt.Sprintf("%s does nothing without %s; set that to %s", at, right, Class)})
}

// warnVersion warns of options that this version of Airflow does not read.
func (o *options) warnVersion(n *notes) {
	opt, err := o.get("core", "multi_team")
	on, ok := boolean(opt.text)
	switch {
	case o.by.multiTeam || err != nil || !opt.given || ok && !on:
	case o.mwaa:
		n.warn("", "no-effect", "%s does nothing: MWAA sets it to False; remove it", opt.at)
	default:
		n.warn("", "no-effect", "%s does nothing before Airflow 3.2; remove it", opt.at)
	}
	for _, p := range backends {
		for _, name := range o.names {
			if strings.HasPrefix(name, variableOf(p.section, p.key)+singly) && !o.by.single {
				meant := o.call(p.section, p.key+"_kwargs")
				n.warnings = append(n.warnings, Warning{Rule: "no-effect", Meant: meant,
					Text: fmt.Sprintf("%s does nothing before Airflow 3.2; write the kwarg into %s", o.origin(name), meant)})
			}
		}
	}
}

// callKwarg returns the name of the place of one kwarg in messages.
func (o *options) callKwarg(p place, kwarg string) string {
	if !o.by.single {
		return o.call(p.section, p.key+"_kwargs")
	}
	return o.call(p.section, p.key+strings.ToLower(singly)+kwarg)
}

// warnWorkers warns of options that Airflow before 3 does not read.
func (o *options) warnWorkers(n *notes) {
	workers := variableOf("workers", "secrets_backend")
	for _, name := range slices.Sorted(slices.Values(o.names)) {
		if rest, ok := strings.CutPrefix(name, workers); ok && o.isRead(name) {
			meant := o.call("secrets", "backend"+strings.ToLower(rest))
			n.warnings = append(n.warnings, Warning{Rule: "misspelled", Meant: meant,
				Text: fmt.Sprintf("%s does nothing before Airflow 3; write %s", o.origin(name), meant)})
		}
	}
}

// isRead reports whether Airflow reads a variable for its backend.
func (o *options) isRead(name string) bool {
	if name == "AIRFLOW_HOME" || name == "AIRFLOW_CONFIG" {
		return true
	}
	for _, p := range places {
		variable := variableOf(p.section, p.key)
		sensitive := strings.HasSuffix(variable, "_KWARGS")
		switch rest, ok := strings.CutPrefix(name, variable); {
		case !ok:
		case rest == "", sensitive && (rest == "_CMD" || rest == "_SECRET"),
			slices.Contains(backends, p) && strings.HasPrefix(rest, singly) && rest != singly:
			return true
		}
	}
	return false
}

// meantByVariable returns the variable that a misspelled one probably stands for, or "". In
// MWAA it returns the option.
func (o *options) meantByVariable(name string) string {
	if len(name) > 120 || o.isRead(name) {
		return ""
	}
	if section, key, ok := sectionOf(name); ok {
		if p, ok := o.byAlias(section, key); ok {
			return o.call(p.section, p.key)
		}
		if right := o.kwargIn(section, key); right != "" {
			return o.callKwarg(o.backendIn(section), right)
		}
	}
	m := nearer{name: letters(name), least: len(name)}
	for _, p := range places {
		if p.section == "workers" && !o.by.workers {
			continue
		}
		m.try(letters("AIRFLOW"+p.section+p.key), o.call(p.section, p.key))
		for _, kwarg := range kwargNames {
			if slices.Contains(backends, p) {
				m.try(letters("AIRFLOW"+p.section+p.key+singly+kwarg), o.callKwarg(p, kwarg))
			}
		}
	}
	if !o.mwaa {
		m.try("AIRFLOWHOME", "AIRFLOW_HOME")
		m.try("AIRFLOWCONFIG", "AIRFLOW_CONFIG")
	}
	return m.best
}

// sectionOf splits a variable into section and key, in lower case. Underscores may be missing.
func sectionOf(name string) (section, key string, ok bool) {
	rest, ok := strings.CutPrefix(strings.ToLower(name), "airflow_")
	if !ok {
		return "", "", false
	}
	rest = strings.TrimLeft(rest, "_")
	if section, key, ok := strings.Cut(rest, "__"); ok && hasBackend(section) {
		return section, strings.TrimLeft(key, "_"), true
	}
	for _, section := range []string{"secrets", "secret", "workers", "worker", "core"} {
		if key, ok := strings.CutPrefix(rest, section+"_"); ok {
			return section, strings.TrimLeft(key, "_"), true
		}
	}
	return "", "", false
}

// warnOption warns of an option in airflow.cfg.
func (o *options) warnOption(n *notes, section, key string) {
	p := place{section, key}
	plain := place{section, strings.TrimSuffix(strings.TrimSuffix(key, "_cmd"), "_secret")}
	sensitive := strings.HasSuffix(plain.key, "_kwargs")
	if len(section)+len(key) > 120 || slices.Contains(places, p) || sensitive && slices.Contains(places, plain) {
		return
	}
	at := fmt.Sprintf("[%s] %s of %s", section, key, o.path)
	inside := strings.ToLower(section)
	if right := o.kwargIn(inside, strings.ToLower(key)); right != "" {
		p := o.backendIn(inside)
		meant := p.key + "_kwargs"
		if p.section != section {
			meant = fmt.Sprintf("[%s] %s", p.section, meant)
		}
		n.warnings = append(n.warnings, Warning{Rule: "misspelled", Meant: meant,
			Text: fmt.Sprintf("%s does nothing: it is a kwarg; write %s into %s", at, right, meant)})
		return
	}
	right, ok := o.byAlias(inside, strings.ToLower(key))
	if !ok {
		m := nearer{name: letters("AIRFLOW" + section + key), least: len(section) + len(key)}
		for i, p := range places {
			if m.try(letters("AIRFLOW"+p.section+p.key), p.key) {
				right, ok = places[i], true
			}
		}
	}
	switch {
	case !ok:
	case right.section == section:
		n.misspelled("", at, right.key)
	default:
		n.misspelled("", at, fmt.Sprintf("[%s] %s", right.section, right.key))
	}
}

// backendIn returns the place of the class for a section.
func (o *options) backendIn(section string) place {
	if o.by.workers && strings.HasPrefix(section, "worker") {
		return backends[1]
	}
	return backends[0]
}

// hasBackend reports whether a section is [secrets] or [workers], or a name that people write for
// one of them.
func hasBackend(section string) bool {
	switch section {
	case "secrets", "secret", "secrets_backend", "secret_backend", "secrets_backends", "secret_backends",
		"workers", "worker":
		return true
	}
	return false
}

// byAlias finds the place for which a key is an alias. In [core], the key must be backend, or say
// that it is about secrets.
func (o *options) byAlias(section, key string) (place, bool) {
	suffix, ok := aliases[key]
	isMeant := hasBackend(section)
	if section == "core" {
		isMeant = strings.Contains(key, "secret") || key == "backend" || key == "backend_kwargs"
	}
	if !ok || !isMeant {
		return place{}, false
	}
	p := o.backendIn(section)
	p.key += suffix
	return p, p != place{section, key}
}

// kwargIn returns the kwarg that somebody wrote as an option, or "".
func (o *options) kwargIn(section, key string) string {
	if !hasBackend(section) {
		return ""
	}
	rest, isSingle := strings.CutPrefix(key, o.backendIn(section).key+strings.ToLower(singly))
	switch {
	case slices.Contains(kwargNames, rest):
		return rest
	case isSingle || len(rest) >= 6:
		return nearest(rest, kwargNames)
	}
	return ""
}

// letters returns a name in capitals and without separators, which people often get wrong.
func letters(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToUpper(name))
}

// nearer finds the nearest of several names.
type nearer struct {
	name  string // as letters returns it
	best  string
	least int
}

// try reports whether a name is nearer than those before it. One letter in nine may differ,
// not counting the prefix AIRFLOW.
func (m *nearer) try(right, meant string) bool {
	limit := (len(right) - len("AIRFLOW")) / 9
	if diff := len(right) - len(m.name); diff > limit || -diff > limit {
		return false
	}
	d := distance(m.name, right)
	if d > limit || d >= m.least {
		return false
	}
	m.best, m.least = meant, d
	return true
}
