package setup

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup/internal/cfgparser"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// ParseMWAA reads what `aws mwaa get-environment` prints, or the
// AirflowConfigurationOptions of it alone: the configuration of an Amazon MWAA
// environment, for a service outside it. The options are those of [Load], as a
// worker of the environment sees them (secrets.backend, secrets.backend_kwargs,
// core.multi_team, and the workers. forms), and so is the error.
//
// With an AirflowVersion before 3 the dialect is connuri.Airflow2, and there are
// no workers. forms. A $VARIABLE stays as it is written, with a warning: only
// MWAA knows its value.
func ParseMWAA(doc []byte) (Settings, error) {
	env, err := parseEnvironment(doc)
	if err != nil {
		return Settings{}, from("the MWAA document", err)
	}
	option := map[string]string{} // :: variable → the option that MWAA makes it of
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(env.Options)) {
		section, key, _ := strings.Cut(name, ".")
		variable := variableOf(section, key)
		option[variable] = name
		environ = append(environ, variable+"="+env.Options[name])
	}
	o := newOptions(environ)
	airflow2 := strings.HasPrefix(env.AirflowVersion, "2.") || strings.HasPrefix(env.AirflowVersion, "1.")
	o.verbatim, o.mwaa, o.noWorkers = true, true, airflow2
	o.origin = func(variable string) string { return option[variable] }
	o.call = func(section, key string) string { return section + "." + key }
	s, err := o.settings(!airflow2)
	if err != nil {
		return s, err
	}
	s.From = "the configuration options of an MWAA environment"
	if env.Name != "" {
		s.From = "the MWAA environment " + quoted(env.Name)
	}
	if airflow2 {
		s.Backend.Dialect = connuri.Airflow2
	}
	for _, name := range slices.Sorted(maps.Keys(env.Options)) {
		if isKwargs(name) && cfgparser.HasVariable(env.Options[name]) {
			s.Warnings = append(s.Warnings, Warning{Rule: "variable",
				Text: name + " has a $VARIABLE in it, which only the MWAA environment can put in; here it stays as it is written"})
		}
	}
	return s, nil
}

// isKwargs tells the options that hold kwargs as JSON.
func isKwargs(option string) bool {
	return option == "secrets.backend_kwargs" || option == "workers.secrets_backend_kwargs"
}

// environment is what get-environment says that matters here.
type environment struct {
	Name, AirflowVersion string
	Options              map[string]string `json:"AirflowConfigurationOptions"`
}

func parseEnvironment(doc []byte) (environment, error) {
	top := map[string]json.RawMessage{}
	if json.Unmarshal(doc, &top) != nil {
		if json.Valid(doc) {
			return environment{}, refusal("", "not-json", "it is not a JSON object", "give it what `aws mwaa get-environment` prints")
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
		return environment{}, refusal("", "type", "it is not what get-environment prints", "give it what `aws mwaa get-environment` prints")
	}
	return env, nil
}
