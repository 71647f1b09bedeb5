package setup_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

var noCfg = []string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__BACKEND=" + setup.Class}

// loadBy reads variables by the rules of v.
func loadBy(v setup.Versions, process setup.Process, environ ...string) (setup.Settings, error) {
	return v.Load(append(environ, noCfg...), process)
}

func TestAirflowVersions(t *testing.T) {
	for version, want := range map[string]struct {
		dialect         connuri.Dialect
		single, workers bool
	}{
		"":              {connuri.TaskSDK, true, true},
		"1.10.15":       {connuri.Airflow2, false, false},
		"2.11.2":        {connuri.Airflow2, false, false},
		"3.0":           {connuri.Airflow30, false, true},
		"3.0.6+astro.1": {connuri.Airflow30, false, true},
		"3.1.8":         {connuri.TaskSDK, false, true},
		"v3.2.0rc1":     {connuri.TaskSDK, true, true},
		"3.10.0":        {connuri.TaskSDK, true, true},
		"4.0.0":         {connuri.TaskSDK, true, true},
	} {
		t.Run(version, func(t *testing.T) {
			v := setup.Versions{Airflow: version}
			s, err := loadBy(v, setup.Worker, "AIRFLOW__SECRETS__BACKEND_KWARG__SEP=+", "AIRFLOW__CORE__MULTI_TEAM=t")
			require.NoError(t, err)
			assert.Equal(t, want.dialect, s.Backend.Dialect)
			assert.Equal(t, want.single, s.Backend.Sep == "+")
			assert.Equal(t, want.single, s.Backend.MultiTeam, "both came with 3.2")
			assert.Equal(t, v, s.Versions)
			if want.single {
				assert.Empty(t, s.Warnings)
			} else {
				assert.Subset(t, texts(s.Warnings), []string{
					"AIRFLOW__CORE__MULTI_TEAM does nothing before Airflow 3.2; remove it",
					"AIRFLOW__SECRETS__BACKEND_KWARG__SEP does nothing before Airflow 3.2; write the kwarg into AIRFLOW__SECRETS__BACKEND_KWARGS",
				})
			}
			s, err = loadBy(v, setup.Worker, "AIRFLOW__WORKERS__SECRETS_BACKEND="+setup.Class, `AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS={"sep": "-"}`)
			require.NoError(t, err)
			assert.Equal(t, want.workers, s.Backend.Sep == "-")
			if !want.workers {
				assert.Contains(t, texts(s.Warnings), "AIRFLOW__WORKERS__SECRETS_BACKEND does nothing before Airflow 3; write AIRFLOW__SECRETS__BACKEND")
			}
		})
	}
	s, err := loadBy(setup.Versions{Airflow: "2.10.3"}, setup.Server, "AIRFLOW__SECRETS__SEP=+", "AIRFLOW__CORE__MULTI_TEAM=yes")
	require.NoError(t, err, "Airflow 2 does not read multi_team")
	assert.Contains(t, texts(s.Warnings), "AIRFLOW__SECRETS__SEP does nothing; did you mean AIRFLOW__SECRETS__BACKEND_KWARGS?", "it suggests no variable that 2.10 does not read")
	s, err = loadBy(setup.Versions{Airflow: "2.10.3"}, setup.Server, "AIRFLOW__CORE__MULTI_TEAM=False")
	require.NoError(t, err)
	assert.Empty(t, s.Warnings)
	assert.Equal(t, "connections are read as Airflow2 (Airflow 2.10.3, as given); kwargs as the newest amazon provider, since its version is unknown", s.Rules)
}

func TestProviderVersions(t *testing.T) {
	const kwargs = `{"connections_lookup_pattern": "^pg", "are_secret_values_urlencoded": true}`
	for provider, want := range map[string]struct {
		pattern string
		encoded bool
		teams   string
	}{
		"7.2.1":     {"", true, "amazon provider 7.2.1 does not support teams"},
		"7.3.0":     {"^pg", true, "amazon provider 7.3.0 does not support teams"},
		"8.29.0":    {"^pg", true, "amazon provider 8.29.0 does not support teams"},
		"9.0.0rc1":  {"^pg", false, "amazon provider 9.0.0rc1 does not support teams"},
		"9.18.1":    {"^pg", false, "amazon provider 9.18.1 does not support teams"},
		"9.25.0":    {"^pg", false, "amazon provider 9.25.0 accepts a team and ignores it"},
		"9.26.0":    {"^pg", false, "amazon provider 9.26.0 looks for the secrets of a team only under PREFIX/TEAM/ID"},
		"9.33.0":    {"^pg", false, "amazon provider 9.33.0 lets a team ask for the secrets of another team by an id such as red--pg"},
		"9.34.0":    {"^pg", false, ""},
		"10.1.0":    {"^pg", false, ""},
		"":          {"^pg", false, ""},
		"v9.39.0+x": {"^pg", false, ""},
	} {
		t.Run(provider, func(t *testing.T) {
			s, err := setup.Versions{Provider: provider}.ParseKwargs([]byte(kwargs))
			require.NoError(t, err)
			assert.Equal(t, want.pattern, s.Backend.ConnectionsLookupPattern)
			assert.Equal(t, want.encoded, s.Backend.URLEncoded)
			assert.Equal(t, connuri.TaskSDK, s.Backend.Dialect)
			s, err = loadBy(setup.Versions{Provider: provider}, setup.Server, "AIRFLOW__CORE__MULTI_TEAM=True")
			require.NoError(t, err)
			assert.True(t, s.Backend.MultiTeam)
			if want.teams == "" {
				assert.Empty(t, s.Backend.NoTeams)
				assert.Empty(t, s.Warnings)
				return
			}
			const instead = "; ask without a team, or upgrade the provider to 9.34.0"
			assert.Equal(t, want.teams+instead, s.Backend.NoTeams)
			assert.Contains(t, texts(s.Warnings), "AIRFLOW__CORE__MULTI_TEAM is on, but lookups for a team are disabled: "+want.teams+instead)
		})
	}
	s, err := setup.Versions{Provider: "7.2.1"}.ParseKwargs([]byte(`{"connections_lookup_pattern": "(", "variables_lookup_pattern": ""}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"connections_lookup_pattern does nothing before provider 7.3.0, so every connection is looked up; upgrade the provider"}, texts(s.Warnings))
	for provider, want := range map[string]string{
		"6.2.0":  "provider 6.2.0 reads JSON secrets only if full_url_mode is false, and by older rules, but here they are read as in 7.0; upgrade the provider",
		"9.27.0": "provider 9.27.0 never looks up an id such as red--pg, but here it is looked up; rename such ids, or upgrade to 9.34.0",
	} {
		s, err := setup.Versions{Provider: provider}.ParseKwargs(nil)
		require.NoError(t, err)
		assert.Equal(t, []string{want}, texts(s.Warnings))
	}
}

func TestVersionsRefuse(t *testing.T) {
	for _, text := range []string{"latest", "9", "9.", "9.x", ".1", "-1.0", "99999999999.1", "9,1", " ", "9.1 hunter2", "http://u:hunter2@h", "9.1" + strings.Repeat("0", 30)} {
		_, err := setup.Versions{Provider: text}.ParseKwargs(nil)
		assert.EqualError(t, err, "setup: the version of the provider is not a version; write numbers such as 9.34.0", text)
		_, err = setup.Versions{Airflow: text}.Load(nil, setup.Server)
		assert.EqualError(t, err, "setup: the version of Airflow is not a version; write numbers such as 2.10.3", text)
		_, err = setup.Versions{Provider: text}.ParseMWAA([]byte(`{}`))
		assert.ErrorContains(t, err, "the version of the provider is not a version; write numbers such as 9.34.0", text)
	}
}
