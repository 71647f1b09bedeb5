package setup_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// getEnvironment is the part of the output of `aws mwaa get-environment --name analytics` that
// matters here.
const getEnvironment = `{
    "Environment": {
        "AirflowConfigurationOptions": {
            "core.multi_team": "True",
            "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
            "secrets.backend_kwargs": "{\"connections_prefix\": \"airflow/connections\", \"connections_lookup_pattern\": \"^(?!aws_default$).*$\", \"variables_prefix\": \"\", \"sep\": \"-\", \"region_name\": \"eu-west-1\", \"role_arn\": \"arn:aws:iam::222222222222:role/reader\", \"assume_role_kwargs\": {\"ExternalId\": \"external\"}, \"extra_conn_words\": {\"login\": [\"nutzer\"]}, \"conections_prefix\": \"typo\"}",
            "webserver.warn_deployment_exposure": "False"
        },
        "AirflowVersion": "3.0.6",
        "Arn": "arn:aws:airflow:eu-west-1:123456789012:environment/analytics",
        "CreatedAt": "2026-01-20T11:08:18+00:00",
        "DagS3Path": "dags",
        "EnvironmentClass": "mw1.small",
        "LastUpdate": {"CreatedAt": "2026-01-20T11:31:51+00:00", "Status": "SUCCESS"},
        "LoggingConfiguration": {"TaskLogs": {"Enabled": true, "LogLevel": "INFO"}},
        "MaxWorkers": 10,
        "Name": "analytics",
        "NetworkConfiguration": {"SecurityGroupIds": ["sg-0"], "SubnetIds": ["subnet-0", "subnet-1"]},
        "Status": "AVAILABLE",
        "Tags": {}
    }
}`

// environOf returns the options of a document as the variables that MWAA sets for Airflow.
func environOf(t *testing.T, doc string) (environ []string, options []byte) {
	t.Helper()
	var parsed struct {
		Environment struct{ AirflowConfigurationOptions map[string]string }
	}
	require.NoError(t, json.Unmarshal([]byte(doc), &parsed))
	environ = []string{"AIRFLOW_CONFIG="}
	for name, value := range parsed.Environment.AirflowConfigurationOptions {
		environ = append(environ, "AIRFLOW__"+strings.ToUpper(strings.Replace(name, ".", "__", 1))+"="+value)
	}
	options, err := json.Marshal(parsed.Environment.AirflowConfigurationOptions)
	require.NoError(t, err)
	return environ, options
}

// An environment is read as Airflow in it reads its variables: by the rules of its versions, and
// without multi_team.
func TestMWAAIsTheEnvironment(t *testing.T) {
	workers := strings.NewReplacer(`"secrets.backend"`, `"workers.secrets_backend"`, `"secrets.backend_kwargs"`, `"workers.secrets_backend_kwargs"`)
	single := strings.NewReplacer(`"webserver.warn_deployment_exposure": "False"`, `"secrets.backend_kwarg__config_prefix": "null"`)
	broken := strings.NewReplacer(`"{\"`, `"{\"a': \"`)
	latest := strings.Replace(getEnvironment, "3.0.6", "3.3.1", 1)
	const forced = "core.multi_team does nothing: MWAA sets it to False; remove it"
	load := func(doc string, v setup.Versions) (want setup.Settings, options []byte) {
		environ, options := environOf(t, doc)
		want, err := v.Load(append([]string{"AIRFLOW__CORE__MULTI_TEAM=False"}, environ...), setup.Worker)
		require.NoError(t, err)
		want.Warnings = append(want.Warnings, setup.Warning{Rule: "no-effect", Text: forced})
		return want, options
	}
	for _, doc := range []string{latest, workers.Replace(latest), single.Replace(latest)} {
		want, options := load(doc, setup.Versions{Airflow: "3.3.1", Provider: "9.34.0"})
		got, err := setup.ParseMWAA([]byte(doc))
		require.NoError(t, err)
		assert.Equal(t, `the MWAA environment "analytics"`, got.From)
		assert.Equal(t, "connections are read as TaskSDK (Airflow 3.3.1, which the environment runs); kwargs as amazon provider 9.34.0, which is in the image of the environment", got.Rules)
		got.From, got.Rules = want.From, want.Rules
		assert.Equal(t, want, got)

		want, _ = load(doc, setup.Versions{})
		got, err = setup.ParseMWAA(options)
		require.NoError(t, err)
		got.From = want.From
		assert.Equal(t, want, got, "no version is known")
	}
	environ, _ := environOf(t, broken.Replace(latest))
	want, err := setup.Versions{Airflow: "3.3.1", Provider: "9.34.0"}.Load(environ, setup.Worker)
	require.NoError(t, err)
	got, err := setup.ParseMWAA([]byte(broken.Replace(latest)))
	require.NoError(t, err)
	want.Backend.MultiTeam = false
	assert.Equal(t, want.Backend, got.Backend)
	assert.Equal(t, strings.TrimPrefix(want.Warnings[0].Text, "AIRFLOW__SECRETS__BACKEND_KWARGS"), strings.TrimPrefix(got.Warnings[0].Text, "secrets.backend_kwargs"))
}

// The images of MWAA and the effect of their versions.
func TestMWAAImages(t *testing.T) {
	const kwargs = `{\"connections_lookup_pattern\": \"^pg\", \"are_secret_values_urlencoded\": true}`
	for _, image := range []struct {
		airflow, provider string
		dialect           connuri.Dialect
		encoded           bool
		teams             string // what the provider does with teams; "" if they are supported
	}{
		{"2.8.1", "8.16.0", connuri.Airflow2, true, "does not support teams"},
		{"2.9.2", "8.24.0", connuri.Airflow2, true, "does not support teams"},
		{"2.10.1", "8.28.0", connuri.Airflow2, true, "does not support teams"},
		{"2.10.3", "9.0.0", connuri.Airflow2, false, "does not support teams"},
		{"2.11.0", "9.8.0", connuri.Airflow2, false, "does not support teams"},
		{"2.11.2", "9.22.0", connuri.Airflow2, false, "accepts a team and ignores it"},
		{"3.0.6", "9.12.0", connuri.Airflow30, false, "does not support teams"},
		{"3.2.1", "9.25.0", connuri.TaskSDK, false, "accepts a team and ignores it"},
		{"3.3.1", "9.34.0", connuri.TaskSDK, false, ""},
	} {
		t.Run(image.airflow, func(t *testing.T) {
			s, err := setup.ParseMWAA([]byte(`{"Environment": {"AirflowVersion": "` + image.airflow + `", "AirflowConfigurationOptions":
				{"core.multi_team": "True", "secrets.backend": "` + setup.Class + `", "secrets.backend_kwargs": "` + kwargs + `"}}}`))
			require.NoError(t, err)
			assert.Equal(t, setup.Versions{Airflow: image.airflow, Provider: image.provider}, s.Versions)
			assert.Equal(t, "connections are read as "+image.dialect.String()+" (Airflow "+image.airflow+", which the environment runs); kwargs as amazon provider "+
				image.provider+", which is in the image of the environment", s.Rules)
			assert.Equal(t, image.dialect, s.Backend.Dialect)
			assert.Equal(t, "^pg", s.Backend.ConnectionsLookupPattern, "all have lookup patterns")
			assert.Equal(t, image.encoded, s.Backend.URLEncoded)
			assert.False(t, s.Backend.MultiTeam)
			require.Len(t, s.Warnings, 2)
			assert.Equal(t, "are_secret_values_urlencoded", s.Warnings[0].Kwarg)
			assert.Equal(t, map[bool]string{true: "dropped", false: "no-effect"}[image.encoded], s.Warnings[0].Rule)
			assert.Equal(t, "core.multi_team does nothing: MWAA sets it to False; remove it", s.Warnings[1].Text)

			b, err := backend.New(secretsmanagertest.Map{"airflow/connections/red--pg": "pg://%41", "airflow/connections/pg": `{"login": "%41", "extra": "x"}`}, s.Backend)
			require.NoError(t, err)
			_, err = b.Team("red").GetConnection(t.Context(), "pg")
			if image.teams == "" {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, `backend: connection "pg": failed: lookups for a team are disabled: amazon provider `+image.provider+" "+image.teams+
					"; ask without a team, or upgrade the provider to 9.34.0")
			}
			c, err := b.GetConnection(t.Context(), "pg")
			if image.dialect == connuri.Airflow30 {
				assert.ErrorContains(t, err, "extra: ")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, map[bool]string{true: "A", false: "%41"}[image.encoded], c.Login)
		})
	}
}

// Until an option sets kwargs, MWAA's own apply.
func TestMWAADefaults(t *testing.T) {
	const backendOnly = `"secrets.backend": "` + setup.Class + `"`
	for options, want := range map[string]string{
		backendOnly: lookup.MWAAPattern,
		`"workers.secrets_backend": "` + setup.Class + `"`:                                     lookup.MWAAPattern,
		backendOnly + `, "workers.secrets_backend_kwargs": "{}"`:                               lookup.MWAAPattern,
		backendOnly + `, "secrets.backend_kwarg__config_prefix": "x"`:                          lookup.MWAAPattern,
		backendOnly + `, "secrets.backend_kwarg__connections_lookup_pattern": "^pg"`:           "^pg",
		backendOnly + `, "secrets.backend_kwargs": "{}"`:                                       "",
		backendOnly + `, "secrets.backend_kwargs": ""`:                                         "",
		backendOnly + `, "secrets.backend_kwargs": "{\"connections_lookup_pattern\": \"^a\"}"`: "^a",
		backendOnly + `, "secrets.backend_kwargs": "{'sep': '-'}"`:                             "",
		`"workers.secrets_backend": "` + setup.Class + `", "secrets.backend_kwargs": "{}"`:     lookup.MWAAPattern,
	} {
		s, err := setup.ParseMWAA([]byte("{" + options + "}"))
		require.NoError(t, err, options)
		assert.Equal(t, want, s.Backend.ConnectionsLookupPattern, options)
		assert.Empty(t, s.Backend.VariablesLookupPattern, options)
	}
	s, err := setup.ParseMWAA([]byte(`{"core.multi_team": "False"}`))
	require.ErrorIs(t, err, setup.ErrNoBackend)
	assert.Empty(t, s.Warnings, "MWAA's kwargs alone are nobody's mistake")
}

// Inside an environment, MWAA's own kwargs are variables, also of [workers] and without a backend.
func TestMWAAVariables(t *testing.T) {
	const own = `={"connections_lookup_pattern": "^(?!aws_default$).*$"}`
	environ := []string{"AIRFLOW_CONFIG=", "AIRFLOW__SECRETS__BACKEND_KWARGS" + own, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS" + own}
	for _, process := range []setup.Process{setup.Worker, setup.Server} {
		s, err := setup.Load(environ, process)
		require.ErrorIs(t, err, setup.ErrNoBackend)
		assert.Empty(t, s.Warnings)
		s, err = setup.Load(append(environ, "AIRFLOW__SECRETS__BACKEND="+setup.Class), process)
		require.NoError(t, err)
		assert.Empty(t, s.Warnings)
		assert.Equal(t, lookup.MWAAPattern, s.Backend.ConnectionsLookupPattern)
	}
}

// A version from the program takes precedence over those of the environment.
func TestMWAAGivenVersions(t *testing.T) {
	s, err := setup.Versions{Provider: "8.29.0"}.ParseMWAA([]byte(getEnvironment))
	require.NoError(t, err)
	assert.Equal(t, setup.Versions{Airflow: "3.0.6", Provider: "8.29.0"}, s.Versions)
	assert.Equal(t, "connections are read as Airflow30 (Airflow 3.0.6, which the environment runs); kwargs as amazon provider 8.29.0, as given", s.Rules)
	s, err = setup.Versions{Airflow: "2.10.1"}.ParseMWAA([]byte(getEnvironment))
	require.NoError(t, err)
	assert.Equal(t, setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}, s.Versions)
	assert.Equal(t, connuri.Airflow2, s.Backend.Dialect)
}

func TestMWAAOtherVersions(t *testing.T) {
	for version, want := range map[string]struct {
		dialect connuri.Dialect
		warning string
	}{
		"3.1.7":   {connuri.TaskSDK, "Airflow 3.1.7 reads JSON as TaskSDK but a URI as airflow.models, and here both are read as TaskSDK; store connections as JSON, or upgrade to 3.2"},
		"2.7.2":   {connuri.Airflow2, "the provider in the image of Airflow 2.7.2 is unknown here, so it is treated as the newest, which does not decode values; give its version"},
		"1.10.12": {connuri.Airflow2, "the provider in the image of Airflow 1.10.12 is unknown here, so it is treated as the newest, which does not decode values; give its version"},
		"12.0.0":  {connuri.TaskSDK, ""},
	} {
		s, err := setup.ParseMWAA([]byte(strings.Replace(getEnvironment, "3.0.6", version, 1)))
		require.NoError(t, err)
		assert.Equal(t, want.dialect, s.Backend.Dialect, version)
		assert.Equal(t, setup.Versions{Airflow: version}, s.Versions)
		i := slices.IndexFunc(s.Warnings, func(w setup.Warning) bool { return w.Rule == "version" })
		if want.warning == "" {
			assert.Negative(t, i, version)
		} else if assert.GreaterOrEqual(t, i, 0, version) {
			assert.Equal(t, want.warning, s.Warnings[i].Text)
		}
	}
	workers := strings.NewReplacer("secrets.backend", "workers.secrets_backend", "3.0.6", "2.10.3")
	s, err := setup.ParseMWAA([]byte(workers.Replace(getEnvironment)))
	require.ErrorIs(t, err, setup.ErrNoBackend, "Airflow 2 has no workers. forms")
	assert.Equal(t, connuri.Airflow2, s.Backend.Dialect, "for backend.Env")
	_, err = setup.ParseMWAA([]byte(strings.Replace(getEnvironment, "3.0.6", "latest", 1)))
	assert.EqualError(t, err, "setup: the MWAA document: AirflowVersion is not a version; write numbers such as 2.10.3")
}

func TestMWAARefuses(t *testing.T) {
	for doc, want := range map[string]string{
		``:                                 "setup: the MWAA document: not JSON: it ends too soon; write a JSON object",
		"\ufeff{}":                         "setup: the MWAA document: not JSON at byte 0: it has a byte order mark; store it without the mark",
		`[]`:                               "setup: the MWAA document: it is not a JSON object; pass the output of `aws mwaa get-environment`",
		`{"Environment": []}`:              "setup: the MWAA document: it is not the output of get-environment; pass the output of `aws mwaa get-environment`",
		`{"secrets.backend": 1}`:           "setup: the MWAA document: an option is not a string; put every value in double quotes",
		`{"secrets.backend": "x.Backend"}`: `setup: secrets.backend: "x.Backend" is not the class that this package supports; write ` + setup.Class,
		`{"secrets.backend": "` + setup.Class + `", "secrets.backend_kwargs": "{\"sep\": 5}"}`: "setup: secrets.backend_kwargs: sep must be a string, and is a number",
	} {
		_, err := setup.ParseMWAA([]byte(doc))
		assert.EqualError(t, err, want, doc)
	}
	for _, doc := range []string{`{}`, `{"core.multi_team": "yes"}`, `{"Environment": {}}`, `{"AirflowConfigurationOptions": null}`, `null`} {
		_, err := setup.ParseMWAA([]byte(doc))
		assert.True(t, errors.Is(err, setup.ErrNoBackend), "%s: %v", doc, err)
	}
}

func TestMWAAKeepsVariablesAsWritten(t *testing.T) {
	t.Setenv("STAGE", "wrong")
	s, err := setup.ParseMWAA([]byte(`{"secrets.backend": "` + setup.Class + `", "secrets.backend_kwargs": "{\"connections_prefix\": \"$STAGE/c\"}"}`))
	require.NoError(t, err)
	assert.EqualValues(t, "$STAGE/c", s.Backend.ConnectionsPrefix)
	assert.Equal(t, []setup.Warning{{Rule: "variable",
		Text: "secrets.backend_kwargs contains a $VARIABLE, which only the MWAA environment can expand; here it stays as it is"}}, s.Warnings)
}
