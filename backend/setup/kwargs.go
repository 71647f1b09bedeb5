package setup

import (
	"errors"
	"fmt"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// ParseKwargs reads backend_kwargs, the JSON object in Airflow's [secrets] section. Unlike
// Load, it does not expand variables.
//
// An unknown name is a Warning with the nearest right one. ParseKwargs returns an *Error if
// the text is not a JSON object, in which case Airflow continues with its defaults, or if a
// kwarg has the wrong JSON type.
func ParseKwargs(doc []byte) (Settings, error) { return Versions{}.ParseKwargs(doc) }

// ParseKwargs is like the function ParseKwargs, but follows the rules of v.
func (v Versions) ParseKwargs(doc []byte) (Settings, error) {
	by, err := v.rules(given, given)
	if err != nil {
		return Settings{}, err
	}
	values, err := parseObject(string(doc))
	if err != nil {
		return Settings{}, caused("backend_kwargs", "", "not-json", err)
	}
	s, err := newSettings(values, by)
	if err != nil {
		return Settings{}, from("backend_kwargs", err)
	}
	s.From = "backend_kwargs"
	return s, nil
}

func newSettings(values object, by rules) (Settings, error) {
	r := reader{values: values, by: by, notes: &notes{warnings: slices.Clone(by.warnings)}}
	if r.given("self") {
		r.refuse("self", "unknown-name", "self is not a kwarg, and Airflow fails with a TypeError", "remove it")
	}
	if by.dropped {
		r.takeDropped()
	}
	s := by.settings()
	s.Backend, s.AWS = r.backend(), r.aws()
	r.warnUnknown(kwargNames)
	s.Warnings = r.warnings
	return s, r.err
}

// backend reads the kwargs that SecretsManagerBackend itself uses.
func (r reader) backend() backend.Config {
	return backend.Config{
		ConnectionsPrefix:        r.prefix("connections_prefix"),
		ConnectionsLookupPattern: r.pattern("connections_lookup_pattern", lookup.KindConnection),
		VariablesPrefix:          r.prefix("variables_prefix"),
		VariablesLookupPattern:   r.pattern("variables_lookup_pattern", lookup.KindVariable),
		ConfigPrefix:             r.prefix("config_prefix"),
		ConfigLookupPattern:      r.pattern("config_lookup_pattern", lookup.KindConfig),
		Sep:                      r.sep(),
		ExtraConnWords:           r.words(),
		Dialect:                  r.by.dialect,
		URLEncoded:               r.urlEncoded(),
		NoTeams:                  r.by.noTeams,
	}
}

func (r reader) prefix(name string) lookup.Prefix {
	if !r.given(name) {
		return ""
	}
	switch v := r.any(name).(type) {
	case nil:
		return lookup.Disabled
	case string:
		if v == "" {
			return lookup.NoPrefix
		}
		return lookup.Prefix(v)
	}
	r.refuseType(name, "a string, or null to disable lookups")
	return ""
}

func (r reader) pattern(name string, kind lookup.Kind) string {
	expr, _ := r.text(name)
	if expr != "" && !r.by.patterns {
		r.warn(name, "version", "%s does nothing before provider 7.3.0, so every %s is looked up; upgrade the provider", name, kind)
		return ""
	}
	if _, err := lookup.Compile(expr); err != nil {
		what := "it is not a regular expression of Python"
		if e, ok := errors.AsType[*lookup.PatternError](err); ok {
			what = fmt.Sprintf("%s at position %d", e.What, e.Offset)
		}
		r.warn(name, "pattern", "%s does not compile, so every lookup of a %s fails: %s", name, kind, what)
	}
	return expr
}

func (r reader) sep() lookup.Sep {
	if !r.given("sep") {
		return ""
	}
	sep, isText := r.any("sep").(string)
	switch {
	case !isText:
		r.refuseType("sep", "a string")
	case sep == "":
		return lookup.NoSep
	}
	return lookup.Sep(sep)
}

func (r reader) words() connuri.ConnWords {
	value := r.any("extra_conn_words")
	if falsy(value) {
		return nil
	}
	if _, isObject := value.(map[string]any); !isObject {
		r.refuseType("extra_conn_words", "an object of lists")
		return nil
	}
	words, err := connuri.ParseConnWords(string(r.values["extra_conn_words"]))
	if err != nil {
		if r.err == nil {
			r.err = caused("", "extra_conn_words", "value", err) // an error of connuri quotes nothing
		}
		return nil
	}
	if _, err := words.Standardize("{}"); err != nil {
		r.warn("extra_conn_words", "words", "extra_conn_words names a field that a connection does not have, so every JSON secret fails: the fields are conn_type, login, password, host, port, schema and extra")
	}
	return words
}
