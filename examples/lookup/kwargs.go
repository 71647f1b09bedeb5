package main

import (
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// readRule makes the rule for a kind from backend_kwargs, and gives the warnings
// about them. A pattern that is not nil stands for the one of the kwargs.
func readRule(arg, kindName string, pattern *string) (rule lookup.Rule, warnings []string, err error) {
	_, settings, err := kwargs.Read(arg)
	if err != nil {
		return rule, nil, err
	}
	kind, err := lookup.ParseKind(kindName)
	if err != nil {
		return rule, nil, fmt.Errorf("-kind %q: want connection, variable or config", kindName)
	}
	rule, err = settings.Backend.Rule(kind)
	if pattern != nil {
		rule.Pattern, err = lookup.Compile(*pattern)
	}
	return rule, kwargs.Texts(settings.Warnings), err
}
