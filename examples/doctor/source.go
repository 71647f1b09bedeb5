package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// source is where a configuration comes from. What is forced stands in the place
// of what is configured, so that one trouble does not hide the next: the class,
// and kwargs without any.
type source interface {
	load(v setup.Versions, force forced) (setup.Settings, error)
	kwargsAt() string // where the kwargs stand, "" where there are none
}

type forced struct {
	class    string // the option that gets the right class: backend or secrets_backend; "" for neither
	noKwargs bool
}

// The options of a class, by the key that setup calls them by.
var (
	classVariables = map[string]string{"backend": "AIRFLOW__SECRETS__BACKEND", "secrets_backend": "AIRFLOW__WORKERS__SECRETS_BACKEND"}
	classOptions   = map[string]string{"backend": "secrets.backend", "secrets_backend": "workers.secrets_backend"}
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
	// Of two variables of one name the first counts.
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

// kwargsAt names the variables; setup does not say what airflow.cfg gives.
func (a airflow) kwargsAt() string {
	var names []string
	for _, pair := range a.environ {
		name, _, _ := strings.Cut(pair, "=")
		section := strings.HasPrefix(name, "AIRFLOW__SECRETS__BACKEND_KWARG") || a.process == setup.Worker && strings.HasPrefix(name, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG")
		if section && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// given are backend_kwargs from the command line, where no class stands.
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

// with is the document with some options changed. What is no such document stays
// as it is, for ParseMWAA to refuse.
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

// options are the configuration options within the whole document.
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

// mwaaRegion is the region in the ARN of an environment.
var mwaaRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:airflow:([a-z0-9-]+):\d{12}:environment/`)
})

// region is where the environment runs, and so where its lookups go; "" where the
// document does not tell.
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

var isRole = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`) })

// role is the execution role of the environment, "" where the document names
// none.
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

// readDoc is an argument, or the file that it names behind an @.
func readDoc(arg string) ([]byte, string, error) {
	file, isFile := strings.CutPrefix(arg, "@")
	if !isFile {
		return []byte(arg), "-kwargs", nil
	}
	doc, err := os.ReadFile(file)
	return doc, file, err
}
