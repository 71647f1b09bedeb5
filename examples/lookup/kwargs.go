package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// readRule makes the rule for a kind from backend_kwargs, and gives the warnings
// about them. A pattern that is not nil stands for the one of the kwargs.
func readRule(kwargs, kind string, pattern *string) (rule lookup.Rule, warnings []string, err error) {
	doc := []byte(kwargs)
	if file, ok := strings.CutPrefix(kwargs, "@"); ok {
		if doc, err = os.ReadFile(file); err != nil {
			return rule, nil, err
		}
	}
	if len(doc) == 0 {
		doc = []byte("{}")
	}
	settings, err := setup.ParseKwargs(doc)
	if err != nil {
		return rule, nil, err
	}
	cfg, expr := settings.Backend, ""
	rule.Sep = cfg.Sep
	switch kind {
	case "connection":
		rule.Kind, rule.Prefix, expr = lookup.Connection, cfg.ConnectionsPrefix, cfg.ConnectionsLookupPattern
	case "variable":
		rule.Kind, rule.Prefix, expr = lookup.Variable, cfg.VariablesPrefix, cfg.VariablesLookupPattern
	case "config":
		rule.Kind, rule.Prefix, expr = lookup.Config, cfg.ConfigPrefix, cfg.ConfigLookupPattern
	default:
		return rule, nil, fmt.Errorf("-kind %q: want connection, variable or config", kind)
	}
	if pattern != nil {
		expr = *pattern
	}
	rule.Pattern, err = lookup.Compile(expr)
	return rule, settings.Warnings, err
}
