package setup

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/backend/setup/internal/cfgparser"
)

// ErrNoBackend means that no secrets backend is configured. The Settings returned
// with it have Backend.MultiTeam and Warnings all the same, for Airflow goes on with
// its environment variables (backend.Env). The text of the error includes those
// Warnings that may explain it, such as a misspelled option.
var ErrNoBackend = errors.New("no secrets backend is configured")

// Class is the secrets backend that this package is for, as Airflow's
// configuration has to name it.
const Class = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"

// A Process is the part of Airflow that a configuration is read for.
type Process uint8

// The processes. Before Airflow 3.0 both read the same options.
const (
	Server Process = iota // the API server, the scheduler and others: [secrets] backend alone
	Worker                // what runs tasks: [workers] secrets_backend, or else [secrets] backend
)

// Load reads the configuration that Airflow would start with: the variables of
// environ, such as os.Environ(), and airflow.cfg where they say it is. process is
// the part of Airflow whose secrets are asked for: a [Worker] reads [workers]
// secrets_backend first, a [Server] never does.
//
// Beside ErrNoBackend the error is for what Airflow would not start with either,
// for kwargs as with ParseKwargs, and for kwargs that a command (_CMD) or a
// secret (_SECRET) would have to give. Kwargs that are no JSON object leave
// Airflow's defaults in force; the first of the Warnings says so.
func Load(environ []string, process Process) (Settings, error) {
	return Versions{}.Load(environ, process)
}

// Load is the function Load by the rules of v.
func (v Versions) Load(environ []string, process Process) (Settings, error) {
	by, err := v.rules(given, given)
	if err != nil {
		return Settings{}, err
	}
	o := newOptions(environ)
	o.by = by
	if err := o.readFile(); err != nil {
		return Settings{}, err
	}
	return o.settings(process)
}

// options are Airflow's options by section and key: of the environment, else of
// the file.
type options struct {
	env      map[string]string // :: variable → value
	names    []string          // the variables in order
	file     *cfgparser.File   // nil where there is none
	path     string            // of the file
	verbatim bool              // variables are not put in for $NAME

	// How messages call what a variable sets, and the option of a section and key.
	origin func(variable string) string
	call   func(section, key string) string

	by   rules // of the versions
	mwaa bool  // the options are those of an MWAA environment
}

func newOptions(environ []string) *options {
	o := &options{env: map[string]string{}, origin: func(variable string) string { return variable }, call: variableOf}
	for _, pair := range environ {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := o.env[name]; ok && !twice { // of two the first counts, as for os.environ
			o.env[name] = value
			o.names = append(o.names, name)
		}
	}
	return o
}

// variableOf is the environment variable of an option.
func variableOf(section, key string) string {
	return "AIRFLOW__" + strings.ToUpper(section+"__"+key)
}

// readFile reads airflow.cfg, if there is one.
func (o *options) readFile() (err error) {
	path, given := o.env["AIRFLOW_CONFIG"]
	if !given {
		home, given := o.env["AIRFLOW_HOME"]
		if !given {
			home = "~/airflow"
		}
		if home, err = cfgparser.Expand(home, o.env); err != nil {
			return caused("AIRFLOW_HOME", "", "syntax", err)
		}
		path = filepath.Join(home, "airflow.cfg")
	} else if path, err = cfgparser.Expand(path, o.env); err != nil {
		return caused("AIRFLOW_CONFIG", "", "syntax", err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrPermission) {
		return unreadable(path, err) // Airflow would go on without the file
	}
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return unreadable(path, err)
	}
	o.path = path
	if o.file, err = cfgparser.Parse(string(text)); err != nil {
		return caused(path, "", "syntax", err)
	}
	return nil
}

func unreadable(path string, err error) error {
	problem := "the file cannot be read"
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		problem += ": " + e.Err.Error()
	}
	return &Error{Source: path, Rule: "unreadable", Problem: problem, err: err}
}

// option is the text of one option, and where it stands.
type option struct {
	text, at string
	given    bool
}

// get finds an option as AirflowConfigParser.get does.
func (o *options) get(section, key string) (option, error) {
	variable := variableOf(section, key)
	// Airflow takes these two from a command or a secret as well, each place
	// after its own plain form.
	sensitive := strings.HasSuffix(key, "backend_kwargs")
	if text, given := o.env[variable]; given {
		return o.expand(key, option{text, o.origin(variable), true})
	}
	for _, form := range []string{"_CMD", "_SECRET"} {
		if _, given := o.env[variable+form]; given && sensitive {
			return option{}, refuseForm(o.origin(variable+form), key, form)
		}
	}
	if o.file == nil {
		return option{}, nil
	}
	at := fmt.Sprintf("[%s] %s of %s", section, key, o.path)
	text, given, err := o.file.Get(section, key)
	if err != nil {
		return option{}, caused(at, key, "syntax", err)
	}
	if given {
		return o.expand(key, option{text, at, true})
	}
	for _, form := range []string{"_cmd", "_secret"} {
		if _, given, _ := o.file.Get(section, key+form); given && sensitive {
			return option{}, refuseForm(fmt.Sprintf("[%s] %s%s of %s", section, key, form, o.path), key, form)
		}
	}
	return option{}, nil
}

func refuseForm(at, key, form string) error {
	e := &Error{Source: at, Field: key, Rule: "unsupported"}
	if strings.EqualFold(form, "_cmd") {
		e.Problem, e.Instead = "commands are not run here", "put what it prints into the option without "+form
	} else {
		e.Problem, e.Instead = "it would have to ask the backend that is being set up", "put the kwargs into the option without "+form
	}
	return e
}

func (o *options) expand(key string, opt option) (option, error) {
	if o.verbatim {
		return opt, nil
	}
	text, err := cfgparser.Expand(opt.text, o.env)
	if err != nil {
		return option{}, caused(opt.at, key, "syntax", err)
	}
	opt.text = text
	return opt, nil
}

// settings follows get_custom_secret_backend.
func (o *options) settings(process Process) (Settings, error) {
	found := o.by.settings()
	multiTeam, err := o.multiTeam()
	if err != nil {
		return Settings{}, err
	}
	found.Backend.MultiTeam = multiTeam != ""

	class, section, key, err := o.class(process)
	if err != nil {
		return Settings{}, err
	}
	if class.text == "" {
		names := o.warnNames(class)
		found.Warnings = append(found.Warnings, names...)
		return found, noBackend(names)
	}
	if err := checkClass(class, key); err != nil {
		return Settings{}, err
	}
	kwargs, err := o.get(section, key+"_kwargs")
	if err != nil {
		return Settings{}, err
	}

	values, broken := parseObject(kwargs.text)
	values = o.single(values, variableOf(section, key)+singly)
	if found, err = newSettings(values, o.by); err != nil {
		return Settings{}, from(cmp.Or(kwargs.at, "backend_kwargs"), err)
	}
	found.From = class.at
	found.Backend.MultiTeam = multiTeam != ""
	if broken != nil {
		found.Warnings = slices.Insert(found.Warnings, 0, Warning{Rule: "ignored-kwargs",
			Text: fmt.Sprintf("%s is ignored, as Airflow does, and its defaults are in force: %v", kwargs.at, broken)})
	}
	if multiTeam != "" && o.by.noTeams != "" {
		found.Warnings = append(found.Warnings, Warning{Rule: "version", Text: multiTeam + " is on, and no lookup for a team is made: " + o.by.noTeams})
	}
	found.Warnings = append(found.Warnings, o.warnNames(class)...)
	o.warnRegion(&found)
	return found, nil
}

// noBackend is ErrNoBackend with the warnings that may explain it.
func noBackend(warnings []Warning) error {
	err := fmt.Errorf("setup: %w", ErrNoBackend)
	for _, w := range warnings {
		if w.Rule != "no-effect" {
			err = fmt.Errorf("%w; %s", err, w)
		}
	}
	return err
}

// class finds the class, and the section and key that its kwargs go with.
func (o *options) class(process Process) (class option, section, key string, err error) {
	if process == Worker && o.by.workers {
		if class, err = o.get("workers", "secrets_backend"); err != nil || class.text != "" {
			return class, "workers", "secrets_backend", err
		}
	}
	class, err = o.get("secrets", "backend")
	return class, "secrets", "backend", err
}

var (
	// dotted is the name of a class with its modules, as Python has them; a token has no such capitals.
	dotted = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}(\.[a-z_][a-z0-9_]{0,31})*\.[A-Za-z]{1,60}$`)
	})
	word   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z][A-Za-z]{1,60}Backend$`) })
	around = "\"' \t\r\n"
)

// checkClass wants the one class. Another one is shown only where it looks like
// a class, for the kwargs may have got there by mistake.
func checkClass(class option, key string) error {
	if class.text == Class {
		return nil
	}
	e := &Error{Source: class.at, Field: key, Rule: "class", Problem: "it names no class", Instead: "write " + Class}
	switch inner := strings.Trim(class.text, around); {
	case inner == Class:
		e.Problem = "white space or quotes stand around the class, and Airflow keeps them"
	case strings.EqualFold(inner, Class):
		e.Problem = "the class is written with other capitals"
	case strings.HasSuffix(inner, ".SystemsManagerParameterStoreBackend"):
		e.Rule = "parameter-store"
		e.Problem = "SystemsManagerParameterStoreBackend is one of Airflow's and reads the Parameter Store, which this package does not"
	case dotted().MatchString(inner):
		e.Problem = fmt.Sprintf("%q is not the class that this package is for", inner)
	case word().MatchString(inner):
		e.Problem = fmt.Sprintf("%q is not the whole name of the class", inner)
	}
	return e
}

// single puts the kwargs that have variables of their own over the others. Their
// text is taken as it is: null is the string "null".
func (o *options) single(values object, prefix string) object {
	for _, name := range o.names {
		key, ok := strings.CutPrefix(name, prefix)
		if !ok || key == "" || !o.by.single {
			continue
		}
		if values == nil {
			values = object{}
		}
		raw, _ := json.Marshal(o.env[name])
		values[strings.ToLower(key)] = raw
	}
	return values
}

// multiTeam reads [core] multi_team as getboolean does, and returns where it is on, "" if
// it is off.
func (o *options) multiTeam() (at string, err error) {
	if !o.by.multiTeam {
		return "", nil
	}
	opt, err := o.get("core", "multi_team")
	if err != nil || !opt.given {
		return "", err
	}
	switch on, ok := boolean(opt.text); {
	case on:
		return opt.at, nil
	case ok:
		return "", nil
	}
	return "", &Error{Source: opt.at, Field: "multi_team", Rule: "value", Problem: "it is neither True nor False", Instead: "write True or False"}
}

// boolean is getboolean of Airflow's configuration.
func boolean(text string) (on, ok bool) {
	word, _, _ := strings.Cut(strings.ToLower(text), "#")
	switch strings.TrimSpace(word) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}

// warnRegion tells of the one place where the SDK and boto3 differ over regions:
// boto3 knows AWS_DEFAULT_REGION alone.
func (o *options) warnRegion(s *Settings) {
	region, byDefault := o.env["AWS_REGION"], o.env["AWS_DEFAULT_REGION"]
	if s.AWS.Region == "" && region != "" && byDefault != "" && region != byDefault {
		s.Warnings = append(s.Warnings, Warning{Rule: "region",
			Text: "AWS_REGION and AWS_DEFAULT_REGION differ: the first counts here, the second in Airflow; set region_name"})
	}
}
