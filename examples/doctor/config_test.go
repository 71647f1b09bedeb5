package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// What to do about a missing backend leads with the name that gives one.
func TestNoBackendAdvice(t *testing.T) {
	for _, row := range []struct {
		warnings []setup.Warning
		want     string
	}{
		{nil, "set AIRFLOW__SECRETS__BACKEND to " + setup.Class + ", or give a configuration with -kwargs or -mwaa"},
		{[]setup.Warning{{Rule: "misspelled", Meant: "backend_kwargs"}, {Rule: "misspelled", Meant: "backend"}}, "write backend and backend_kwargs"},
		{
			[]setup.Warning{{Rule: "no-backend", Meant: "AIRFLOW__SECRETS__BACKEND"}, {Rule: "misspelled", Meant: "AIRFLOW__SECRETS__BACKEND_KWARGS"}},
			"set AIRFLOW__SECRETS__BACKEND to " + setup.Class + ", and write AIRFLOW__SECRETS__BACKEND_KWARGS",
		},
	} {
		d := &doctor{source: airflow{}}
		assert.Equal(t, row.want, d.getBackend(row.warnings))
	}
}

// An endpoint on this machine may be one that was seeded under other names.
func TestSeedsOfLocalsecrets(t *testing.T) {
	local := &doctor{caller: Caller{Route: loopback}}
	assert.Contains(t, local.seeds(lookup.KindConnection), "-as connections")
	assert.Contains(t, local.seeds(lookup.KindVariable), "-as variables")
	assert.Empty(t, local.seeds(lookup.KindConfig))
	assert.Empty(t, (&doctor{}).seeds(lookup.KindConnection))
}
