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

// ErrNoBackend means that no secrets backend is configured. The Settings returned with it
// have Backend.MultiTeam and Warnings, since Airflow then continues with its environment
// variables (backend.Env). The text of the error includes the Warnings that may explain it,
// such as that of a misspelled option.
var ErrNoBackend = errors.New("no secrets backend is configured")

// Class is the name of SecretsManagerBackend in Airflow's configuration.
const Class = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"

// Process is the part of Airflow for which a configuration is read.
type Process uint8

// The processes. Before Airflow 3.0 both read the same options.
const (
	Server Process = iota // the API server, the scheduler and others: reads [secrets] backend
	Worker                // runs tasks: reads [workers] secrets_backend, otherwise [secrets] backend
)

// Load reads the configuration with which Airflow would start: the variables of environ,
// such as os.Environ(), and the airflow.cfg that they point to. process is the part of
// Airflow. A [Worker] reads [workers] secrets_backend first; a [Server] never does.
//
// If no backend is configured, the error matches ErrNoBackend. Load returns an *Error for a
// configuration with which Airflow would not start either, for kwargs that ParseKwargs refuses,
// and for kwargs from a command (_CMD) or a secret (_SECRET). Kwargs that are not a JSON object
// are not an error: Airflow's defaults apply, and the first of the Warnings says so.
func Load(environ []string, process Process) (Settings, error) {
	return Versions{}.Load(environ, process)
}

// Load is like the function Load, but follows the rules of v.
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

// options are Airflow's options by section and key, from the environment or the file.
type options struct {
	env      map[string]string // the values of the variables
	names    []string          // the variables in order
	file     *cfgparser.File   // nil without a file
	path     string            // the path of the file
	verbatim bool              // $NAME is not expanded

	// origin and call return the names that messages use: for the setting that a variable
	// makes, and for the option of a section and key.
	origin func(variable string) string
	call   func(section, key string) string

	by   rules // the rules of the versions
	mwaa bool  // the options are those of an MWAA environment
}

func newOptions(environ []string) *options {
	o := &options{env: map[string]string{}, origin: func(variable string) string { return variable }, call: variableOf}
	for _, pair := range environ {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := o.env[name]; ok && !twice { // the first of two counts, as in os.environ
			o.env[name] = value
			o.names = append(o.names, name)
		}
	}
	return o
}

// variableOf returns the environment variable of an option.
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
		return unreadable(path, err) // Airflow continues without the file
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

// option is the text of one option.
type option struct {
	text, at string // at names the place of the option
	given    bool
}

// get finds an option as AirflowConfigParser.get does.
func (o *options) get(section, key string) (option, error) {
	variable := variableOf(section, key)
	// Airflow also reads these two from a command or a secret, in each place after the plain
	// form.
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
		e.Problem, e.Instead = "commands are not run here", "write what it prints into the option without "+form
	} else {
		e.Problem, e.Instead = "it needs the backend that is being set up", "write the kwargs into the option without "+form
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
	if o.mwaa && !kwargs.given {
		kwargs.text = mwaaKwargs
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
			Text: fmt.Sprintf("%s is ignored, as in Airflow, and the defaults apply: %v", kwargs.at, broken)})
	}
	if multiTeam != "" && o.by.noTeams != "" {
		found.Warnings = append(found.Warnings, Warning{Rule: "version", Text: multiTeam + " is on, but lookups for a team are disabled: " + o.by.noTeams})
	}
	found.Warnings = append(found.Warnings, o.warnNames(class)...)
	o.warnRegion(&found)
	return found, nil
}

// noBackend returns ErrNoBackend with the warnings that may explain it.
func noBackend(warnings []Warning) error {
	err := fmt.Errorf("setup: %w", ErrNoBackend)
	for _, w := range warnings {
		if w.Rule != "no-effect" {
			err = fmt.Errorf("%w; %s", err, w)
		}
	}
	return err
}

// class finds the class of the backend, and the section and key that its kwargs belong to.
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
	// dotted matches the name of a Python class with its modules. Tokens have capitals elsewhere.
	dotted = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}(\.[a-z_][a-z0-9_]{0,31})*\.[A-Za-z]{1,60}$`)
	})
	// word matches the name of a backend's class without its modules.
	word   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z][A-Za-z]{1,60}Backend$`) })
	around = "\"' \t\r\n"
)

// checkClass refuses every class except Class. The error shows the text only if it looks like
// a class, since it may be misplaced kwargs.
func checkClass(class option, key string) error {
	if class.text == Class {
		return nil
	}
	e := &Error{Source: class.at, Field: key, Rule: "class", Problem: "it does not name a class", Instead: "write " + Class}
	switch inner := strings.Trim(class.text, around); {
	case inner == Class:
		e.Problem = "there are white space or quotes around the class, and Airflow keeps them"
	case strings.EqualFold(inner, Class):
		e.Problem = "the class has other capitals"
	case strings.HasSuffix(inner, ".SystemsManagerParameterStoreBackend"):
		e.Rule = "parameter-store"
		e.Problem = "SystemsManagerParameterStoreBackend reads the Parameter Store, which this package does not support"
	case dotted().MatchString(inner):
		e.Problem = fmt.Sprintf("%q is not the class that this package supports", inner)
	case word().MatchString(inner):
		e.Problem = fmt.Sprintf("%q is not the full name of the class", inner)
	}
	return e
}

// single replaces those kwargs for which there is a single variable. Its value is a string:
// null is "null".
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

// multiTeam reads [core] multi_team as getboolean does. It returns the place where it is on,
// or "" if it is off.
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

// warnRegion warns if the SDK and boto3 use different regions. boto3 reads only
// AWS_DEFAULT_REGION.
func (o *options) warnRegion(s *Settings) {
	region, byDefault := o.env["AWS_REGION"], o.env["AWS_DEFAULT_REGION"]
	if s.AWS.Region == "" && region != "" && byDefault != "" && region != byDefault {
		s.Warnings = append(s.Warnings, Warning{Rule: "region",
			Text: "AWS_REGION and AWS_DEFAULT_REGION differ: this package uses the first, Airflow the second; set region_name"})
	}
}
