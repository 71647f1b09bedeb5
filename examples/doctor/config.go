package main

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// configure makes the checks of configuration, class and kwargs. It is false
// where nothing can be looked up.
func (d *doctor) configure() bool {
	s, err := d.load(forced{})
	if errors.Is(err, setup.ErrNoBackend) {
		d.noBackend(s.Warnings)
		return false
	}
	at := s.From
	wrong, _ := errors.AsType[*setup.Error](err)
	if wrong != nil && (wrong.Rule == "class" || wrong.Rule == "parameter-store") {
		at = wrong.Source
		d.checkClass(wrong)
		if d.why != "" {
			d.ok(configuration, at)
			return false
		}
		d.forcedClass = wrong.Field
		s, err = d.load(forced{class: d.forcedClass})
		wrong, _ = errors.AsType[*setup.Error](err)
	}
	if err != nil { // what goes away without kwargs is theirs
		plain, other := d.load(forced{d.forcedClass, true})
		if other != nil {
			d.set(configuration, Failed, trouble(err), whatElse(wrong))
			d.why = "the configuration cannot be read"
			return false
		}
		at = cmp.Or(at, plain.From)
	}
	if _, alone := d.source.(given); alone || at == "" {
		at = d.source.kwargsAt()
	}
	if where := d.source.kwargsAt(); where != "" && where != at {
		at += "; kwargs: " + where
	}
	d.setAll(configuration, warned(s.Warnings, true), at)
	d.tellRules(s.Rules)
	if _, set := d.made[class]; !set {
		d.ok(class, setup.Class)
	}
	if err != nil {
		do := "correct that kwarg"
		if wrong != nil {
			do = cmp.Or(wrong.Instead, do)
		}
		d.set(kwargs, Failed, trouble(err), do+"; until then nothing else can be looked at")
		d.why = "the kwargs cannot be read"
		return false
	}
	d.settings = s
	if d.provider == nil && s.Versions.Provider != "" {
		d.provider, _ = parseVersion(s.Versions.Provider) // of the image of MWAA
	}
	d.checkKwargs()
	return true
}

// tellRules adds to the check of the configuration by which rules it is read, if a version
// is known.
func (d *doctor) tellRules(rules string) {
	if rules == "" {
		return
	}
	check := d.made[configuration]
	check.Seen += "; " + rules
	d.made[configuration] = check
}

// load reads the source by the rules of the versions that are known.
func (d *doctor) load(force forced) (setup.Settings, error) {
	return d.source.load(d.versionsOf(), force)
}

// noBackend tells that there is none, and the likely reason: names that nothing reads.
func (d *doctor) noBackend(warnings []setup.Warning) {
	seen := []string{"no secrets backend is configured: Airflow asks no Secrets Manager"}
	for _, w := range warnings {
		seen = append(seen, w.Text)
	}
	d.set(configuration, Failed, joined(seen, "; ", 6), d.getBackend(warnings))
	d.why = "nothing is configured"
}

// getBackend says how to get a backend: the name of the class comes first, and those of the
// kwargs after it, which alone would not help.
func (d *doctor) getBackend(warnings []setup.Warning) string {
	var classes, others []string
	for _, w := range warnings {
		switch {
		case w.Rule != "misspelled" || slices.Contains(classes, w.Meant) || slices.Contains(others, w.Meant):
		case strings.HasSuffix(strings.ToLower(w.Meant), "backend"):
			classes = append(classes, w.Meant)
		default:
			others = append(others, w.Meant)
		}
	}
	if len(classes) > 0 {
		return "write " + strings.Join(append(classes, others...), " and ")
	}
	do, otherwise := "set AIRFLOW__SECRETS__BACKEND to "+setup.Class, ", or examine what -kwargs or -mwaa gives"
	if i := slices.IndexFunc(warnings, func(w setup.Warning) bool { return w.Rule == "no-backend" }); i >= 0 {
		do = "set " + warnings[i].Meant + " to " + setup.Class
	}
	if _, ok := d.source.(mwaa); ok {
		do, otherwise = "set the environment's configuration option secrets.backend to "+setup.Class, ""
	}
	if len(others) > 0 {
		return do + ", and write " + strings.Join(others, " and ")
	}
	return do + otherwise
}

// trouble is an error of setup without the name of the package.
func trouble(err error) string { return strings.TrimPrefix(err.Error(), "setup: ") }

// whatElse is what to do about a configuration that cannot be read.
func whatElse(wrong *setup.Error) string {
	const neither = "; Airflow does not start with it either"
	switch {
	case wrong == nil:
		return "correct it there" + neither
	case wrong.Rule == "not-json", wrong.Rule == "type": // of what get-environment prints
		return cmp.Or(wrong.Instead, "give -mwaa what `aws mwaa get-environment` prints")
	case wrong.Rule == "unreadable":
		return "let this user read the file"
	}
	return cmp.Or(wrong.Instead, "correct it there") + neither
}

func (d *doctor) checkClass(wrong *setup.Error) {
	if wrong.Rule == "parameter-store" {
		d.set(class, Warning, "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend is valid in Airflow and not read here: it keeps secrets in the Parameter Store",
			"look there; or, for Secrets Manager, write "+setup.Class)
		d.why = "the secrets are in the Parameter Store"
		return
	}
	d.set(class, Failed, wrong.Problem, wrong.Instead)
}

// warned are the warnings about the names of options and variables, or those about kwargs.
// Those about patterns and regions have checks of their own.
func warned(warnings []setup.Warning, aboutNames bool) (found []finding) {
	for _, w := range warnings {
		isName := w.Kwarg == "" && slices.Contains([]string{"misspelled", "no-backend", "no-effect", "version"}, w.Rule)
		switch {
		case isName != aboutNames, w.Rule == "pattern", w.Rule == "region":
		case w.Rule == "ignored-kwargs":
			found = append(found, finding{Failed, w.Text, advice(w)})
		default:
			found = append(found, finding{Warning, w.Text, advice(w)})
		}
	}
	return found
}

// advice is the one thing to do about a warning.
func advice(w setup.Warning) string {
	switch w.Rule {
	case "misspelled":
		return "write " + w.Meant
	case "no-backend":
		return "set " + w.Meant + " to " + setup.Class + ", or remove the kwargs"
	case "ignored-kwargs":
		return "write them as one JSON object"
	case "needs-role":
		return "set role_arn, or remove " + w.Kwarg
	case "not-boolean":
		return "write true or false without quotes"
	case "words":
		return "name one of those fields in extra_conn_words"
	case "version":
		if w.Kwarg != "" {
			return "install apache-airflow-providers-amazon " + patterned + " or later"
		}
		return "see whether it matters to you, and upgrade"
	case "dropped":
		if w.Meant == "" {
			return "store the values as they are, and remove " + w.Kwarg
		}
	case "variable":
		return "replace the $VARIABLE by its value in the document"
	}
	if w.Meant != "" {
		return "write " + w.Meant + " instead"
	}
	return "remove it; Airflow says nothing about it"
}

func (d *doctor) checkKwargs() {
	fine := "types and names are right"
	if !d.hasKwargs() {
		fine = "none, so Airflow's defaults"
	}
	d.setAll(kwargs, warned(d.settings.Warnings, false), fine)
}

// hasKwargs reports whether there are kwargs that change anything.
func (d *doctor) hasKwargs() bool {
	plain, err := d.load(forced{d.forcedClass, true})
	if err != nil {
		return false
	}
	return !reflect.DeepEqual(plain.Backend, d.settings.Backend) || !reflect.DeepEqual(plain.AWS, d.settings.AWS)
}
