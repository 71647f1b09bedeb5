package backend_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"unicode"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/pytruth"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

var errKwargs = errors.New("a kwarg of a type that Airflow fails for")

// configOf converts the kwargs of a row. They may have any JSON type that Airflow accepts.
func configOf(kwargs map[string]any, multiTeam bool) (cfg backend.Config, err error) {
	cfg.MultiTeam = multiTeam
	if _, given := kwargs["self"]; given {
		return cfg, errKwargs
	}
	cfg.Sep, err = sepOf(kwargs)
	sepIsNull := false
	if sep, given := kwargs["sep"]; given && sep == nil {
		sepIsNull = true
	}
	prefix := func(name, byDefault string) lookup.Prefix {
		value, given := kwargs[name]
		text, isText := value.(string)
		switch {
		case !given:
			text = byDefault
		case value == nil:
			return lookup.Disabled
		case pytruth.IsFalsy(value):
			return lookup.NoPrefix
		case !isText:
			err = errKwargs
		}
		if sepIsNull {
			// Python strips white space and formats None.
			return lookup.Prefix(strings.TrimRightFunc(text, unicode.IsSpace) + "None")
		}
		return lookup.Prefix(text)
	}
	pattern := func(name string) string {
		value := kwargs[name]
		text, isText := value.(string)
		if !isText && !pytruth.IsFalsy(value) {
			// Like a broken pattern, this is a TypeError at each lookup of the kind.
			return "("
		}
		return text
	}
	cfg.ConnectionsPrefix = prefix("connections_prefix", "airflow/connections")
	cfg.VariablesPrefix = prefix("variables_prefix", "airflow/variables")
	cfg.ConfigPrefix = prefix("config_prefix", "airflow/config")
	cfg.ConnectionsLookupPattern = pattern("connections_lookup_pattern")
	cfg.VariablesLookupPattern = pattern("variables_lookup_pattern")
	cfg.ConfigLookupPattern = pattern("config_lookup_pattern")
	return cfg, err
}

func wordsOf(words any) (connuri.ConnWords, error) {
	doc, _ := json.Marshal(words)
	return connuri.ParseConnWords(string(doc))
}

// refusesClient reports whether Airflow cannot make a client of the kwargs; see package setup.
func refusesClient(kwargs map[string]any) bool {
	kwargs = maps.Clone(kwargs)
	maps.DeleteFunc(kwargs, func(name string, _ any) bool {
		return name == "sep" || name == "extra_conn_words" || strings.HasSuffix(name, "_prefix") || strings.HasSuffix(name, "_lookup_pattern")
	})
	if len(kwargs) == 0 {
		return false
	}
	doc, _ := json.Marshal(kwargs)
	s, err := setup.ParseKwargs(doc)
	if err == nil {
		_, err = s.Client(context.Background())
	}
	return err != nil
}

// namesCharacter reports whether a pattern is refused only because of \N{NAME}, which Python may
// accept.
func namesCharacter(refused *lookup.PatternError) bool {
	return strings.HasPrefix(refused.What, `\N{NAME}`) && strings.Contains(strings.ReplaceAll(refused.Expr, `\\`, ""), `\N{`)
}

func sepOf(kwargs map[string]any) (lookup.Sep, error) {
	value, given := kwargs["sep"]
	text, isText := value.(string)
	switch {
	case !given:
		return "", nil
	case value == nil || isText && text == "":
		return lookup.NoSep, nil
	case !isText:
		return "", errKwargs
	}
	return lookup.Sep(text), nil
}
