package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	kwarg "github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
)

// source is where a configuration comes from.
type source interface {
	load(v setup.Versions, force forced) (setup.Settings, error)
	kwargsAt() string // where the kwargs are set, "" if they are not
}

// forced replaces what is configured, so that one problem does not hide the next.
type forced struct {
	class    string // the option that gets the right class, backend or secrets_backend, or ""
	noKwargs bool
}

// The options that name the class, by the key that setup uses for them.
var (
	classVariables = map[string]string{
		"backend": "AIRFLOW__SECRETS__BACKEND", "secrets_backend": "AIRFLOW__WORKERS__SECRETS_BACKEND",
	}
	classOptions = map[string]string{
		"backend": "secrets.backend", "secrets_backend": "workers.secrets_backend",
	}
)

// airflow is the configuration of this machine: its environment and airflow.cfg.
type airflow struct {
	environ []string
	process setup.Process
}

func (a airflow) load(v setup.Versions, force forced) (setup.Settings, error) {
	environ := slices.Clone(a.environ)
	if force.noKwargs {
		environ = slices.DeleteFunc(environ, func(pair string) bool {
			name, _, _ := strings.Cut(pair, "=")
			return strings.Contains(name, "BACKEND_KWARG")
		})
	}
	// The first of two variables with the same name counts.
	if variable := classVariables[force.class]; variable != "" {
		environ = slices.Insert(environ, 0, variable+"="+setup.Class)
	}
	for _, variable := range classVariables {
		if force.noKwargs {
			environ = slices.Insert(environ, 0, variable+"_KWARGS=")
		}
	}
	return v.Load(environ, a.process)
}

// kwargsAt returns the names of the variables, since setup does not say what airflow.cfg sets.
func (a airflow) kwargsAt() string {
	var names []string
	for _, pair := range a.environ {
		name, _, _ := strings.Cut(pair, "=")
		sets := strings.HasPrefix(name, "AIRFLOW__SECRETS__BACKEND_KWARG") ||
			a.process == setup.Worker && strings.HasPrefix(name, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG")
		if sets && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// given is backend_kwargs from the command line, without a class.
type given struct {
	doc []byte
	at  string
}

func (g given) load(v setup.Versions, force forced) (setup.Settings, error) {
	if force.noKwargs {
		return v.ParseKwargs(nil)
	}
	return v.ParseKwargs(g.doc)
}

func (g given) kwargsAt() string { return g.at }

// mwaa is what `aws mwaa get-environment` prints.
type mwaa struct {
	doc []byte
}

func (m mwaa) load(v setup.Versions, force forced) (setup.Settings, error) {
	if force == (forced{}) {
		return v.ParseMWAA(m.doc)
	}
	return v.ParseMWAA(m.with(force))
}

// with returns the document with some options changed. It returns any other document unchanged,
// for ParseMWAA to refuse.
func (m mwaa) with(force forced) []byte {
	top, options := m.options()
	if options == nil {
		return m.doc
	}
	if option := classOptions[force.class]; option != "" {
		options[option] = setup.Class
	}
	for name := range options {
		if force.noKwargs && strings.Contains(name, "backend_kwarg") {
			delete(options, name)
		}
	}
	doc, err := json.Marshal(top)
	if err != nil {
		return m.doc
	}
	return doc
}

// options returns the whole document and the configuration options in it.
func (m mwaa) options() (top, options map[string]any) {
	if json.Unmarshal(m.doc, &top) != nil {
		return nil, nil
	}
	options = top
	if env, ok := top["Environment"].(map[string]any); ok {
		options = env
	}
	if nested, ok := options["AirflowConfigurationOptions"].(map[string]any); ok {
		options = nested
	}
	return top, options
}

func (m mwaa) kwargsAt() string {
	_, options := m.options()
	var names []string
	for _, option := range []string{"secrets.backend_kwargs", "workers.secrets_backend_kwargs"} {
		if options[option] != nil {
			names = append(names, option)
		}
	}
	return strings.Join(names, ", ")
}

// mwaaRegion matches the region in the ARN of an environment.
var mwaaRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:airflow:([a-z0-9-]+):\d{12}:environment/`)
})

// region returns the region in which the environment runs and looks up secrets, or "" if the
// document does not name it.
func (m mwaa) region() string {
	var doc struct {
		Environment struct{ Arn string }
	}
	if json.Unmarshal(m.doc, &doc) != nil {
		return ""
	}
	if found := mwaaRegion().FindStringSubmatch(doc.Environment.Arn); found != nil {
		return found[1]
	}
	return ""
}

var isRole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
})

// role returns the execution role of the environment, or "" if the document does not name it.
func (m mwaa) role() string {
	var doc struct {
		Environment struct{ ExecutionRoleArn string }
	}
	if json.Unmarshal(m.doc, &doc) != nil {
		return ""
	}
	if arn := doc.Environment.ExecutionRoleArn; isRole().MatchString(arn) {
		return arn
	}
	return ""
}

// setSource sets the configuration to check: the kwargs or the environment of MWAA that the
// command line gives, or the configuration of this machine.
func (d *doctor) setSource(o *options, stdin func() ([]byte, error)) error {
	switch {
	case o.kwargs != "":
		doc, from, err := kwarg.Doc(o.kwargs, stdin)
		if err != nil {
			return cannotRead("-kwargs", err)
		}
		d.source = given{doc, cmp.Or(from, "-kwargs")}
	case o.mwaa != "":
		read := stdin
		if o.mwaa != "-" {
			read = func() ([]byte, error) { return cli.ReadFile(o.mwaa) }
		}
		doc, err := read()
		if err != nil {
			return cannotRead("-mwaa", err)
		}
		d.source = mwaa{doc}
	case o.worker:
		d.source = airflow{d.environ, setup.Worker}
	default:
		d.source = airflow{d.environ, setup.Server}
	}
	return nil
}

// cannotRead is the error for a flag that names a file. It does not hold the name, which may be
// a misplaced secret.
func cannotRead(flag string, err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return errors.New(flag + ": the file cannot be read: " + failed.Err.Error())
	}
	return errors.New(flag + ": " + err.Error())
}

// readAll reads to the end, or until ctx ends.
func readAll(ctx context.Context, from io.Reader) ([]byte, error) {
	done := make(chan struct{})
	var all []byte
	var failed error
	go func() {
		all, failed = cli.ReadAll(from)
		close(done)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-done:
		return all, failed
	}
}
