package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// lookUpInAWS looks up connections with the configuration of the environment. It tries
// every id and returns the errors of those that failed.
func lookUpInAWS(ctx context.Context, p *page, environ, ids []string) error {
	settings, err := setup.Load(environ, setup.Server)
	if errors.Is(err, setup.ErrNoBackend) {
		return fmt.Errorf("%w: set AIRFLOW__SECRETS__BACKEND to %s", err, setup.Class)
	}
	if err != nil {
		return err
	}
	p.heading("Configuration: " + settings.From)
	for _, warning := range settings.Warnings {
		p.paragraph("warning: " + warning.String())
	}
	b, err := settings.Open(ctx)
	if err != nil {
		return err
	}

	p.heading("Connections")
	var failed []error
	for _, id := range ids {
		c, err := b.GetConnection(ctx, id)
		found := address(c)
		if err != nil {
			found = "nothing"
			failed = append(failed, err)
		}
		p.entry(term.Printable(id), found)
	}
	return errors.Join(failed...)
}
