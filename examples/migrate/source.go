package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// source is where the configuration comes from.
type source struct {
	kwargs                 string
	connections, variables *lookup.Prefix // nil leaves it to the configuration
}

// prefix reads a flag. An empty one means that names begin with the id.
func (source) prefix(to **lookup.Prefix) func(string) error {
	return func(text string) error {
		p := cmp.Or(lookup.Prefix(text), lookup.NoPrefix)
		*to = &p
		return nil
	}
}

// settings reads the configuration and writes its warnings to stderr.
func (s source) settings(environ []string, stderr io.Writer) (setup.Settings, error) {
	settings, err := s.read(environ)
	if errors.Is(err, setup.ErrNoBackend) {
		say(stderr, "note: no secrets backend is configured here, so the prefixes are Airflow's defaults")
		err = nil
	}
	if err != nil {
		return settings, err
	}
	for _, warning := range settings.Warnings {
		say(stderr, "warning: "+warning.String())
	}
	if s.connections != nil {
		settings.Backend.ConnectionsPrefix = *s.connections
	}
	if s.variables != nil {
		settings.Backend.VariablesPrefix = *s.variables
	}
	return settings, nil
}

func (s source) read(environ []string) (setup.Settings, error) {
	if s.kwargs == "" {
		return setup.Load(environ, setup.Server)
	}
	_, settings, err := kwargs.Read(s.kwargs)
	if err != nil {
		return settings, fmt.Errorf("-kwargs: %w", err)
	}
	return settings, nil
}
