package main

import (
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// rule returns the rule that the command line describes, together with the warnings about
// the kwargs. An error names the flag and never its value.
func (o options) rule() (rule lookup.Rule, warnings []string, err error) {
	_, settings, err := kwargs.Read(o.kwargs)
	if err != nil {
		return rule, nil, fmt.Errorf("-kwargs: %w", err)
	}
	kind, err := lookup.ParseKind(o.kind)
	if err != nil {
		return rule, nil, errors.New("-kind: want connection, variable or config")
	}
	rule, err = settings.Backend.Rule(kind)
	if o.pattern != nil {
		rule.Pattern, err = lookup.Compile(*o.pattern)
		if syntax, ok := errors.AsType[*lookup.PatternError](err); ok {
			return rule, nil, fmt.Errorf("-pattern: %s at position %d", syntax.What, syntax.Offset)
		}
	}
	if err != nil {
		return rule, nil, fmt.Errorf("-kwargs: %w", err)
	}
	rule.MultiTeam = o.multiTeam
	return rule, kwargs.Texts(settings.Warnings), nil
}
