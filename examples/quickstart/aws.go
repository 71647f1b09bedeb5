package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// runAWS looks connections up by the configuration of the environment.
func runAWS(ctx context.Context, out io.Writer, environ, ids []string) error {
	settings, err := setup.Load(environ, setup.Server)
	if errors.Is(err, setup.ErrNoBackend) {
		return fmt.Errorf("%w: set AIRFLOW__SECRETS__BACKEND to %s", err, setup.Class)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "configuration:", settings.From)
	for _, warning := range settings.Warnings {
		fmt.Fprintln(out, "warning:", warning)
	}
	b, err := settings.Open(ctx)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return errors.New("which conn_ids? give them as arguments")
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var failed []error
	for _, id := range ids {
		c, err := b.GetConnection(ctx, id)
		found := brief(c)
		if err != nil {
			found = "nothing"
			failed = append(failed, err)
		}
		fmt.Fprintf(table, "%s\t%s\n", id, found)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return errors.Join(failed...)
}
