package main

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// configure makes the checks of configuration, class and kwargs. It returns false if nothing can
// be looked up.
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
	if err != nil { // an error that goes away without the kwargs is about them
		plain, other := d.load(forced{d.forcedClass, true})
		if other != nil {
			d.set(configuration, Failed, problemOf(err), repair(wrong))
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
	d.addRules(s.Rules)
	if _, set := d.made[class]; !set {
		d.ok(class, setup.Class)
	}
	if err != nil {
		do := "correct that kwarg"
		if wrong != nil {
			do = cmp.Or(wrong.Instead, do)
		}
		d.set(kwargs, Failed, problemOf(err), do+"; until then nothing else can be checked")
		d.why = "the kwargs cannot be read"
		return false
	}
	d.settings = s
	if d.provider == nil && s.Versions.Provider != "" {
		d.provider, _ = parseVersion(s.Versions.Provider) // the one in the image of MWAA
	}
	d.checkKwargs()
	return true
}

// addRules adds the rules by which the configuration is read to its check, if a version is
// known.
func (d *doctor) addRules(rules string) {
	if rules == "" {
		return
	}
	check := d.made[configuration]
	check.Seen += "; " + rules
	d.made[configuration] = check
}

// load reads the source by the rules of the known versions.
func (d *doctor) load(force forced) (setup.Settings, error) {
	return d.source.load(d.versionsOf(), force)
}

// noBackend reports that no backend is configured, and the likely reason: names that nothing
// reads.
func (d *doctor) noBackend(warnings []setup.Warning) {
	seen := []string{"no secrets backend is configured, so Airflow does not ask Secrets Manager"}
	for _, w := range warnings {
		seen = append(seen, w.Text)
	}
	d.set(configuration, Failed, joined(seen, "; ", 6), d.getBackend(warnings))
	d.why = "nothing is configured"
}

// getBackend says how to get a backend. The name of the class comes before the names of the
// kwargs, which would not help alone.
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
	do := "set AIRFLOW__SECRETS__BACKEND to " + setup.Class
	alternative := ", or give a configuration with -kwargs or -mwaa"
	unset := func(w setup.Warning) bool { return w.Rule == "no-backend" }
	if i := slices.IndexFunc(warnings, unset); i >= 0 {
		do = "set " + warnings[i].Meant + " to " + setup.Class
	}
	if _, ok := d.source.(mwaa); ok {
		do = "set the environment's configuration option secrets.backend to " + setup.Class
		alternative = ""
	}
	if len(others) > 0 {
		return do + ", and write " + strings.Join(others, " and ")
	}
	return do + alternative
}

// problemOf returns the text of an error of setup without the name of the package.
func problemOf(err error) string { return strings.TrimPrefix(err.Error(), "setup: ") }

// repair says what to do about a configuration that cannot be read.
func repair(wrong *setup.Error) string {
	const neither = "; Airflow does not start with it either"
	switch {
	case wrong == nil:
		return "correct it there" + neither
	case wrong.Rule == "not-json", wrong.Rule == "type": // the document is not get-environment's
		return cmp.Or(wrong.Instead, "give -mwaa what `aws mwaa get-environment` prints")
	case wrong.Rule == "unreadable":
		return "let this user read the file"
	}
	return cmp.Or(wrong.Instead, "correct it there") + neither
}

func (d *doctor) checkClass(wrong *setup.Error) {
	if wrong.Rule == "parameter-store" {
		d.set(class, Warning, "SystemsManagerParameterStoreBackend is valid in Airflow, but doctor does not "+
			"check it: it keeps secrets in the Parameter Store",
			"look there; or, for Secrets Manager, write "+setup.Class)
		d.why = "the secrets are in the Parameter Store"
		return
	}
	d.set(class, Failed, wrong.Problem, wrong.Instead)
}

// warned returns the findings about the names of options and variables, or those about kwargs.
// Patterns and regions have their own checks.
func warned(warnings []setup.Warning, aboutNames bool) (found []Finding) {
	for _, w := range warnings {
		isName := w.Kwarg == "" && slices.Contains(rulesOfNames, w.Rule)
		switch {
		case isName != aboutNames, w.Rule == "pattern", w.Rule == "region":
		case w.Rule == "ignored-kwargs":
			found = append(found, Finding{Failed, w.Text, advice(w)})
		default:
			found = append(found, Finding{Warning, w.Text, advice(w)})
		}
	}
	return found
}

// rulesOfNames are the rules about the names of options and variables, unless they name a kwarg.
var rulesOfNames = []string{"misspelled", "no-backend", "no-effect", "version"}

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
		return "check whether it matters to you, and upgrade if it does"
	case "dropped":
		if w.Meant == "" {
			return "store the values as they are, and remove " + w.Kwarg
		}
	case "variable":
		return "replace the $VARIABLE with its value in the document"
	}
	if w.Meant != "" {
		return "write " + w.Meant + " instead"
	}
	return "remove it; Airflow ignores it without a word"
}

func (d *doctor) checkKwargs() {
	_, isMWAA := d.source.(mwaa)
	fine := "not set, so Airflow uses its defaults"
	switch {
	case d.hasKwargs(), isMWAA && d.source.kwargsAt() != "":
		fine = "types and names are correct"
	case isMWAA:
		fine = "not set, so MWAA's own apply"
	}
	d.setAll(kwargs, warned(d.settings.Warnings, false), fine)
}

// hasKwargs reports whether the kwargs change anything.
func (d *doctor) hasKwargs() bool {
	plain, err := d.load(forced{d.forcedClass, true})
	if err != nil {
		return false
	}
	set := d.settings
	return !reflect.DeepEqual(plain.Backend, set.Backend) || !reflect.DeepEqual(plain.AWS, set.AWS)
}
