package main

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// inWorkers is how a place in [workers] begins, in the environment, in airflow.cfg
// and in MWAA's options.
var inWorkers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(AIRFLOW__WORKERS__|\[workers\]|workers\.)`) })

// configure makes the checks of configuration, class and kwargs. It is false
// where nothing can be looked up.
func (d *doctor) configure() bool {
	s, err := d.source.load(forced{})
	if errors.Is(err, setup.ErrNoBackend) {
		do := "set AIRFLOW__SECRETS__BACKEND to " + setup.Class + ", or examine what -kwargs or -mwaa gives"
		if _, ok := d.source.(mwaa); ok {
			do = "set the environment's configuration option secrets.backend to " + setup.Class
		}
		d.set(configuration, Failed, "no secrets backend is configured: Airflow asks no Secrets Manager", do)
		d.why = "nothing is configured"
		return false
	}
	at := s.From
	if err != nil {
		// What goes away with another class, or without kwargs, is theirs.
		where, what, _ := strings.Cut(trouble(err), ": ")
		force := forced{class: true, workers: inWorkers().MatchString(where)}
		right, mended := d.source.load(force)
		force.noKwargs = true
		_, plain := d.source.load(force)
		switch {
		case plain != nil:
			d.set(configuration, Failed, trouble(err), "mend it there; Airflow does not start with it either")
			d.why = "the configuration cannot be read"
			return false
		case mended == nil || trouble(mended) != trouble(err):
			at = where
			d.checkClass(what)
			if d.why != "" {
				d.ok(configuration, at)
				return false
			}
			s, err = right, mended
		}
	}
	if at == "" && err != nil { // the kwargs keep it from being told
		s, _ := d.source.load(forced{workers: inWorkers().MatchString(trouble(err)), noKwargs: true})
		at = s.From
	}
	if _, alone := d.source.(given); alone || at == "" {
		at = d.source.kwargsAt()
	}
	if where := d.source.kwargsAt(); where != "" && where != at {
		at += "; kwargs: " + where
	}
	d.ok(configuration, at)
	if _, set := d.made[class]; !set {
		d.ok(class, setup.Class)
	}
	if err != nil {
		d.set(kwargs, Failed, trouble(err), "mend that kwarg; until then nothing else can be looked at")
		d.why = "the kwargs cannot be read"
		return false
	}
	d.settings = s
	d.checkKwargs()
	return true
}

// trouble is an error of setup without the name of the package.
func trouble(err error) string { return strings.TrimPrefix(err.Error(), "setup: ") }

func (d *doctor) checkClass(what string) {
	if strings.Contains(what, "SystemsManagerParameterStoreBackend") {
		d.set(class, Warning, "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend is valid in Airflow and not read here: it keeps secrets in the Parameter Store",
			"look there; or, for Secrets Manager, write "+setup.Class)
		d.why = "the secrets are in the Parameter Store"
		return
	}
	what, _, _ = strings.Cut(what, "; write ")
	d.set(class, Failed, what, "write "+setup.Class)
}

// checkKwargs reports what setup warns of. What is about patterns and regions
// has checks of its own.
func (d *doctor) checkKwargs() {
	var found []finding
	for _, w := range d.settings.Warnings {
		switch {
		case strings.Contains(w, "does not compile"), strings.HasPrefix(w, "AWS_REGION"):
		case strings.Contains(w, "its defaults are in force"):
			found = append(found, finding{Failed, w, "write them as one JSON object"})
		default:
			found = append(found, finding{Warning, w, "mend or remove it; Airflow says nothing about it"})
		}
	}
	fine := "types and names are right"
	if !d.hasKwargs() {
		fine = "none, so Airflow's defaults"
	}
	d.setAll(kwargs, found, fine)
}

// hasKwargs tells whether there are kwargs that change anything.
func (d *doctor) hasKwargs() bool {
	plain, err := d.source.load(forced{class: true, workers: inWorkers().MatchString(d.settings.From), noKwargs: true})
	if err != nil {
		return false
	}
	return !reflect.DeepEqual(plain.Backend, d.settings.Backend) || !reflect.DeepEqual(plain.AWS, d.settings.AWS)
}
