package setup_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// getEnvironment is what `aws mwaa get-environment --name analytics` prints, cut
// to what differs from one environment to the next.
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

// environOf gives the options of a document as MWAA gives them to Airflow.
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

func TestMWAAIsTheEnvironment(t *testing.T) {
	workers := strings.NewReplacer(`"secrets.backend"`, `"workers.secrets_backend"`, `"secrets.backend_kwargs"`, `"workers.secrets_backend_kwargs"`)
	single := strings.NewReplacer(`"webserver.warn_deployment_exposure": "False"`, `"secrets.backend_kwarg__config_prefix": "null"`)
	broken := strings.NewReplacer(`"{\"`, `"{\"a': \"`)
	for _, doc := range []string{getEnvironment, workers.Replace(getEnvironment), single.Replace(getEnvironment)} {
		environ, options := environOf(t, doc)
		want, err := setup.Load(environ, true)
		require.NoError(t, err)
		got, err := setup.ParseMWAA([]byte(doc))
		require.NoError(t, err)
		assert.Equal(t, `the MWAA environment "analytics"`, got.From)
		got.From = want.From
		assert.Equal(t, want, got)
		assert.True(t, got.Backend.MultiTeam)
		assert.NotEmpty(t, got.Warnings)

		got, err = setup.ParseMWAA(options)
		require.NoError(t, err)
		got.From = want.From
		assert.Equal(t, want, got)
	}
	environ, _ := environOf(t, broken.Replace(getEnvironment))
	want, err := setup.Load(environ, true)
	require.NoError(t, err)
	got, err := setup.ParseMWAA([]byte(broken.Replace(getEnvironment)))
	require.NoError(t, err)
	assert.Equal(t, want.Backend, got.Backend)
	assert.Equal(t, strings.TrimPrefix(want.Warnings[0].Text, "AIRFLOW__SECRETS__BACKEND_KWARGS"), strings.TrimPrefix(got.Warnings[0].Text, "secrets.backend_kwargs"))
}

func TestMWAADialect(t *testing.T) {
	for version, want := range map[string]connuri.Dialect{"3.0.6": connuri.TaskSDK, "2.10.3": connuri.Airflow2, "1.10.12": connuri.Airflow2, "12.0.0": connuri.TaskSDK} {
		s, err := setup.ParseMWAA([]byte(strings.Replace(getEnvironment, "3.0.6", version, 1)))
		require.NoError(t, err)
		assert.Equal(t, want, s.Backend.Dialect, version)
	}
	workers := strings.NewReplacer("secrets.backend", "workers.secrets_backend", "3.0.6", "2.10.3")
	_, err := setup.ParseMWAA([]byte(workers.Replace(getEnvironment)))
	assert.ErrorIs(t, err, setup.ErrNoBackend, "Airflow 2 has no workers. forms")
}

func TestMWAARefuses(t *testing.T) {
	for doc, want := range map[string]string{
		``:                                 "setup: the MWAA document: not JSON: it ends too soon; write a JSON object",
		"\ufeff{}":                         "setup: the MWAA document: not JSON at byte 0: it has a byte order mark; store it without the mark",
		`[]`:                               "setup: the MWAA document: it is not a JSON object; give it what `aws mwaa get-environment` prints",
		`{"Environment": []}`:              "setup: the MWAA document: it is not what get-environment prints; give it what `aws mwaa get-environment` prints",
		`{"secrets.backend": 1}`:           "setup: the MWAA document: an option is not a string; put every value in double quotes",
		`{"secrets.backend": "x.Backend"}`: `setup: secrets.backend: "x.Backend" is not the class that this package is for; write ` + setup.Class,
		`{"core.multi_team": "yes"}`:       "setup: core.multi_team: it is neither True nor False; write True or False",
		`{"secrets.backend": "` + setup.Class + `", "secrets.backend_kwargs": "{\"sep\": 5}"}`: "setup: secrets.backend_kwargs: sep must be a string, and is a number",
	} {
		_, err := setup.ParseMWAA([]byte(doc))
		assert.EqualError(t, err, want, doc)
	}
	for _, doc := range []string{`{}`, `{"Environment": {}}`, `{"AirflowConfigurationOptions": null}`, `null`} {
		_, err := setup.ParseMWAA([]byte(doc))
		assert.True(t, errors.Is(err, setup.ErrNoBackend), "%s: %v", doc, err)
	}
}

func TestMWAAVariable(t *testing.T) {
	t.Setenv("STAGE", "wrong")
	s, err := setup.ParseMWAA([]byte(`{"secrets.backend": "` + setup.Class + `", "secrets.backend_kwargs": "{\"connections_prefix\": \"$STAGE/c\"}"}`))
	require.NoError(t, err)
	assert.EqualValues(t, "$STAGE/c", s.Backend.ConnectionsPrefix)
	assert.Equal(t, []setup.Warning{{Rule: "variable",
		Text: "secrets.backend_kwargs has a $VARIABLE in it, which only the MWAA environment can put in; here it stays as it is written"}}, s.Warnings)
}
