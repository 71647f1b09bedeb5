package backend_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Every method that returns a connection decodes its values once. Variables stay as they are.
func TestURLEncodedDecodesOnce(t *testing.T) {
	const text = `{"conn_type": "postgres", "password": "%2540"}`
	secrets := secretsmanagertest.Map{"airflow/connections/pg": text, "airflow/variables/v": text, "airflow/connections/bad": `{"port": 5432}`}
	for _, cache := range []backend.CachePolicy{{}, {On: true}} {
		b, err := backend.New(secrets, backend.Config{URLEncoded: true, Cache: cache})
		require.NoError(t, err)
		for range 2 {
			c, err := b.GetConnection(t.Context(), "pg")
			require.NoError(t, err)
			assert.Equal(t, "%40", c.Password.Reveal())
			value, err := b.GetConnValue(t.Context(), "pg")
			require.NoError(t, err)
			assert.Contains(t, value, `"password": "%40"`)
			answer, err := b.Secret(t.Context(), "airflow/connections/pg")
			require.NoError(t, err)
			assert.Equal(t, "%40", answer.Connection.Password.Reveal())
			value, err = b.GetVariable(t.Context(), "v")
			require.NoError(t, err)
			assert.Equal(t, text, value)
			_, err = b.GetConnection(t.Context(), "bad")
			assert.ErrorContains(t, err, "malformed secret: connuri: port: must be text, since are_secret_values_urlencoded is on")
			_, err = b.GetConnValue(t.Context(), "bad")
			assert.Error(t, err)
		}
	}
	c, err := backend.Config{URLEncoded: true}.Parse(text)
	require.NoError(t, err)
	assert.Equal(t, "%40", c.Password.Reveal())
	c, err = backend.Config{}.Parse(text)
	require.NoError(t, err)
	assert.Equal(t, "%2540", c.Password.Reveal())
}

func TestNoTeamsRefusesTeams(t *testing.T) {
	secrets := secretsmanagertest.Map{"airflow/connections/pg": "postgres://h", "airflow/connections/red--pg": "postgres://h", "airflow/config/k": "text"}
	b, err := backend.New(secrets, backend.Config{MultiTeam: true, NoTeams: "provider 9.25.0 ignores it"})
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "pg")
	require.NoError(t, err)
	_, err = b.GetConnection(t.Context(), "red--pg")
	require.NoError(t, err, "such a provider looks up an id that contains --")
	_, err = b.Team("red").GetConfig(t.Context(), "k")
	require.NoError(t, err, "options have no team")
	_, err = b.Team("red").Secret(t.Context(), "airflow/connections/pg")
	require.NoError(t, err, "a name has no team")
	_, err = b.Team("red").GetConnection(t.Context(), "pg")
	assert.EqualError(t, err, `backend: connection "pg": failed: lookups for a team are disabled: provider 9.25.0 ignores it`)
	_, err = b.Plan(backend.Query{Kind: lookup.KindVariable, ID: "v", Team: "red"})
	assert.ErrorContains(t, err, "lookups for a team are disabled")
	for _, err := range b.Team("red").LookupAll(t.Context(), lookup.KindConnection, []string{"pg"}) {
		assert.ErrorContains(t, err, "lookups for a team are disabled")
	}
}
