package tune_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func TestIdleListsSecretsNobodyAskedFor(t *testing.T) {
	log := tune.New(tune.Config{User: "mwaa", Since: "2026-11-30T00:00:00Z"})
	for _, e := range []tune.Event{
		{Secret: "first", Time: "2026-11-01T00:00:10Z"},
		{Secret: "weeks ago", Time: "2026-11-10T00:00:00Z"},
		{Secret: "yesterday", Time: "2026-11-29T00:00:00Z"},
		{Secret: inAccount + "by ARN-AbCdEf", Time: "2026-11-30T00:00:00Z"},
		{Secret: inAccount + "partial", Time: "2026-11-30T00:00:00Z", Outcome: tune.Denied},
		{ID: "pg", Time: "2026-11-30T00:00:00Z", Outcome: tune.NotFound},
		{Secret: "some time"},
		{Secret: "last", Time: "2026-11-30T23:59:00Z"},
	} {
		log.Add(e)
	}
	list := []string{"first", "never", "weeks ago", "yesterday", inAccount + "by ARN-AbCdEf",
		"by ARN", inAccount + "partial-000000", "airflow/connections/pg", "some time", inAccount +
			"last"}
	idle, err := log.Idle(list, 14)
	require.NoError(t, err)
	assert.Equal(t, []tune.Idle{{Name: "never"}, {"first", "2026-11-01T00:00:10Z"},
		{"weeks ago", "2026-11-10T00:00:00Z"}}, idle)
	assert.Equal(t, "$1.20", tune.IdlePrice(len(idle)).String())

	idle, err = log.Idle([]string{"postgres://u:hunter2@h/db"}, 14)
	require.NoError(t, err)
	assert.Equal(t, []tune.Idle{{Name: "[redacted, not an id]"}}, idle)

	idle, err = log.Idle(list, 30)
	require.NoError(t, err, "November has 30 days")
	assert.Len(t, idle, 1)
	_, err = log.Idle(list, 31)
	require.ErrorIs(t, err, tune.ErrTooShort)
	_, err = tune.New(tune.Config{}).Idle(list, 1)
	require.ErrorIs(t, err, tune.ErrTooShort)

	idle, err = log.Idle([]string{"never", "first", "never", inAccount + "never-AbCdEf"}, 14)
	require.NoError(t, err)
	twice := []tune.Idle{{Name: inAccount + "never-AbCdEf"}, {Name: "never"},
		{"first", "2026-11-01T00:00:10Z"}}
	assert.Equal(t, twice, idle, "a secret that is listed twice counts once")
}

// TestIdleNeedsEnoughDays checks that N days take N days of calls, less the hour before the first
// call.
func TestIdleNeedsEnoughDays(t *testing.T) {
	for _, test := range []struct {
		last string
		days int
		ok   bool
	}{
		{"2026-11-01T00:00:00Z", 1, false},
		{"2026-11-01T12:00:00Z", 1, false},
		{"2026-11-01T22:59:59Z", 1, false},
		{"2026-11-01T23:00:00Z", 1, true},
		{"2026-11-02T12:00:00Z", 2, false},
		{"2026-11-30T00:00:00Z", 30, false},
		{"2026-11-30T23:58:00Z", 30, true},
	} {
		log := tune.New(tune.Config{})
		log.Add(tune.Event{Secret: "first", Time: "2026-11-01T00:00:00Z"})
		log.Add(tune.Event{Secret: "last", Time: test.last})
		idle, err := log.Idle([]string{"never", "first"}, test.days)
		if !test.ok {
			require.ErrorIs(t, err, tune.ErrTooShort, "%v", test)
			continue
		}
		require.NoError(t, err, "%v", test)
		assert.Equal(t, []tune.Idle{{Name: "never"}}, idle, "%v", test)
	}
}
