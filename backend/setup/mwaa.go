package setup

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup/internal/cfgparser"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// mwaaProviders maps the version of an MWAA image to that of the amazon provider in it.
//
// Each image is built with Airflow's own constraints-VERSION/constraints-3.N.txt, which
// the repository aws/amazon-mwaa-docker-images has as etc/airflow_constraints.txt since
// 2.9.2. The requirements of an environment may install another version.
var mwaaProviders = map[string]string{
	"2.8.1":  "8.16.0",
	"2.9.2":  "8.24.0",
	"2.10.1": "8.28.0",
	"2.10.3": "9.0.0",
	"2.11.0": "9.8.0",
	"2.11.2": "9.22.0",
	"3.0.6":  "9.12.0",
	"3.2.1":  "9.25.0",
	"3.3.1":  "9.34.0",
}

// mwaaKwargs are the backend_kwargs that MWAA sets unless an option does, which then replaces all of
// them. Each image since 2.9.2 sets them for [secrets], and each since 3.0.6 for [workers] as well;
// see python/mwaa/config/airflow.py in the same repository.
const mwaaKwargs = `{"connections_lookup_pattern": "` + lookup.MWAAPattern + `"}`

// ParseMWAA reads the configuration of an Amazon MWAA environment, for a service outside it.
// doc is the output of `aws mwaa get-environment`, or only its AirflowConfigurationOptions.
// The options are those that a worker of the environment reads: secrets.backend,
// secrets.backend_kwargs and the same with workers. If no option sets backend_kwargs, those that
// MWAA sets apply: connections_lookup_pattern is lookup.MWAAPattern. The errors are those of Load.
//
// The AirflowVersion of the environment decides which rules apply. Its image decides the version
// of the provider. core.multi_team is always off, since MWAA sets it to False. A $VARIABLE is not
// expanded, with a warning, since only MWAA knows its value.
func ParseMWAA(doc []byte) (Settings, error) { return Versions{}.ParseMWAA(doc) }

// ParseMWAA is like the function ParseMWAA, but follows the rules of v. Its versions take
// precedence over those of the environment. Set Provider if the requirements.txt of the
// environment installs another version than that of the image.
func (v Versions) ParseMWAA(doc []byte) (Settings, error) {
	const document = "the MWAA document"
	env, err := parseEnvironment(doc)
	if err != nil {
		return Settings{}, from(document, err)
	}
	by, err := v.mwaaRules(env.AirflowVersion)
	if err != nil {
		return Settings{}, from(document, err)
	}
	option := map[string]string{} // the option of each variable
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(env.Options)) {
		section, key, _ := strings.Cut(name, ".")
		variable := variableOf(section, key)
		option[variable] = name
		environ = append(environ, variable+"="+env.Options[name])
	}
	o := newOptions(environ)
	o.verbatim, o.mwaa, o.by = true, true, by
	o.origin = func(variable string) string { return option[variable] }
	o.call = func(section, key string) string { return section + "." + key }
	s, err := o.settings(Worker)
	if err != nil {
		return s, err
	}
	s.From = "the configuration options of an MWAA environment"
	if env.Name != "" {
		s.From = "the MWAA environment " + quoted(env.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(env.Options)) {
		if isKwargs(name) && cfgparser.HasVariable(env.Options[name]) {
			s.Warnings = append(s.Warnings, Warning{Rule: "variable",
				Text: name + " contains a $VARIABLE, which only the MWAA environment can expand; here it stays as it is"})
		}
	}
	return s, nil
}

// mwaaRules returns the rules of an environment with that version of Airflow, or "" if it is
// unknown.
func (v Versions) mwaaRules(airflow string) (rules, error) {
	airflowFrom, providerFrom := given, given
	if v.Airflow == "" {
		v.Airflow, airflowFrom = airflow, "which the environment runs"
	}
	if v.Provider == "" {
		v.Provider, providerFrom = mwaaProviders[v.Airflow], "which is in the image of the environment"
	}
	by, err := v.rules(airflowFrom, providerFrom)
	if e, ok := errors.AsType[*Error](err); ok && airflowFrom != given && e.Field == "Versions.Airflow" {
		e.Field, e.Problem = "AirflowVersion", "AirflowVersion is not a version"
	}
	if by.dialect == connuri.Airflow2 && v.Provider == "" {
		by.warnings = append(by.warnings, Warning{Rule: "version",
			Text: "the provider in the image of Airflow " + v.Airflow + " is unknown here, so it is treated as the newest, which does not decode values; give its version"})
	}
	by.multiTeam = false
	return by, err
}

// isKwargs reports whether an option holds kwargs as JSON.
func isKwargs(option string) bool {
	return option == "secrets.backend_kwargs" || option == "workers.secrets_backend_kwargs"
}

// environment is the part of the output of get-environment that matters here.
type environment struct {
	Name, AirflowVersion string
	Options              map[string]string `json:"AirflowConfigurationOptions"`
}

func parseEnvironment(doc []byte) (environment, error) {
	top := map[string]json.RawMessage{}
	if json.Unmarshal(doc, &top) != nil {
		if json.Valid(doc) {
			return environment{}, refusal("", "not-json", "it is not a JSON object", "pass the output of `aws mwaa get-environment`")
		}
		return environment{}, caused("", "", "not-json", notJSON(string(doc)))
	}
	var env environment
	raw := json.RawMessage(doc)
	if nested, ok := top["Environment"]; ok {
		raw = nested
	} else if _, ok := top["AirflowConfigurationOptions"]; !ok {
		if json.Unmarshal(doc, &env.Options) != nil {
			return environment{}, refusal("AirflowConfigurationOptions", "type", "an option is not a string", "put every value in double quotes")
		}
		return env, nil
	}
	if json.Unmarshal(raw, &env) != nil {
		return environment{}, refusal("", "type", "it is not the output of get-environment", "pass the output of `aws mwaa get-environment`")
	}
	return env, nil
}
