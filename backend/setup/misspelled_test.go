package setup_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

// Misspelled names: their places, and the names that are meant.
var nearMisses = []struct{ at, name, meant string }{
	{"variable", "AIRFLOW__SECRETS__BACKENDS", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS__BACKNED", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS_BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW_SECRETS_BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW_SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW___SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS__backend", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__Secrets__Backend", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRET__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLWO__SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_CLASS", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_CMD", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS__SECRETS_BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__CORE__SECRETS_BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS_BACKEND_KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW_SECRETS_BACKEND_KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_kwargs", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND__KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARG", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKENDS_KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_ARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRET__BACKEND_KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARGS__REGION_NAME", "AIRFLOW__SECRETS__BACKEND_KWARG__REGION_NAME"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARG_REGION_NAME", "AIRFLOW__SECRETS__BACKEND_KWARG__REGION_NAME"},
	{"variable", "AIRFLOW__SECRETS__CONNECTIONS_PREFIX", "AIRFLOW__SECRETS__BACKEND_KWARG__CONNECTIONS_PREFIX"},
	{"variable", "AIRFLOW__SECRETS__CONNECTION_PREFIX", "AIRFLOW__SECRETS__BACKEND_KWARG__CONNECTIONS_PREFIX"},
	{"variable", "airflow__secrets__backend_kwarg__sep", "AIRFLOW__SECRETS__BACKEND_KWARG__SEP"},
	{"variable", "AIRFLOW__SECRETS___BACKENDS", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS___KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__CORE__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS_BACKEND__BACKEND", "AIRFLOW__SECRETS__BACKEND"},
	{"variable", "AIRFLOW__SECRETS_BACKEND__KWARGS", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRET_BACKEND__VARIABLES_PREFIX", "AIRFLOW__SECRETS__BACKEND_KWARG__VARIABLES_PREFIX"},
	{"variable", "AIRFLOW__WORKERS__SECRET_BACKEND", "AIRFLOW__WORKERS__SECRETS_BACKEND"},
	{"variable", "AIRFLOW__WORKER__SECRETS_BACKEND", "AIRFLOW__WORKERS__SECRETS_BACKEND"},
	{"variable", "AIRFLOW__WORKERS__BACKEND_KWARGS", "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"},
	{"variable", "AIRFLOW__WORKERS__SECRETS__BACKEND_KWARGS", "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"},
	{"variable", "AIRFLOW__CORE__MULTITEAM", "AIRFLOW__CORE__MULTI_TEAM"},
	{"variable", "AIRFLOW__CORE__MULTI_TEAMS", "AIRFLOW__CORE__MULTI_TEAM"},
	{"variable", "AIRFLOW__HOME", "AIRFLOW_HOME"},
	{"variable", "AIRFLOW__CONFIG", "AIRFLOW_CONFIG"},
	{"[secrets]", "backends", "backend"},
	{"[secrets]", "Backend", "backend"},
	{"[secrets]", "bakcend", "backend"},
	{"[secrets]", "backend_class", "backend"},
	{"[secrets]", "secrets_backend", "backend"},
	{"[secrets]", "backend_cmd", "backend"},
	{"[secrets]", "backend_kwarg", "backend_kwargs"},
	{"[secrets]", "backend-kwargs", "backend_kwargs"},
	{"[secrets]", "kwargs", "backend_kwargs"},
	{"[secrets]", "backend_kwarg__region_name", "backend_kwargs"},
	{"[secrets]", "connections_prefix", "backend_kwargs"},
	{"[secrets]", "variable_prefix", "backend_kwargs"},
	{"[secret]", "backend", "[secrets] backend"},
	{"[Secrets]", "backend_kwargs", "[secrets] backend_kwargs"},
	{"[ secrets ]", "backend", "[secrets] backend"},
	{"[core]", "secrets_backend", "[secrets] backend"},
	{"[core]", "backend", "[secrets] backend"},
	{"[secrets_backend]", "backend", "[secrets] backend"},
	{"[secrets_backend]", "class_name", "[secrets] backend"},
	{"[secret_backend]", "backend_kwargs", "[secrets] backend_kwargs"},
	{"[secrets_backend]", "connections_prefix", "[secrets] backend_kwargs"},
	{"[worker]", "secrets_backend", "[workers] secrets_backend"},
	{"[workers]", "secrets_backends", "secrets_backend"},
	{"[workers]", "backend_kwargs", "secrets_backend_kwargs"},
	{"[core]", "multiteam", "multi_team"},
	{"MWAA", "secrets.backends", "secrets.backend"},
	{"MWAA", "secret.backend", "secrets.backend"},
	{"MWAA", "secrets_backend.backend", "secrets.backend"},
	{"MWAA", "core.backend", "secrets.backend"},
	{"MWAA", "secrets.backend_kwarg", "secrets.backend_kwargs"},
	{"MWAA", "secrets_backend_kwargs", "secrets.backend_kwargs"},
	{"MWAA", "secrets.connections_prefix", "secrets.backend_kwarg__connections_prefix"},
	{"MWAA", "secrets.backend_kwargs__sep", "secrets.backend_kwarg__sep"},
	{"MWAA", "worker.secrets_backend", "workers.secrets_backend"},
	{"kwarg", "connection_prefix", "connections_prefix"},
	{"kwarg", "connections_prefixes", "connections_prefix"},
	{"kwarg", "variables_lookup_patern", "variables_lookup_pattern"},
	{"kwarg", "config_prefx", "config_prefix"},
	{"kwarg", "separater", "sep"},
	{"kwarg", "externalid", "assume_role_kwargs.ExternalId"},
	{"kwarg", "separator", "sep"},
	{"kwarg", "lookup_pattern", "connections_lookup_pattern"},
	{"kwarg", "prefix", "connections_prefix"},
	{"kwarg", "extra_con_words", "extra_conn_words"},
	{"kwarg", "region", "region_name"},
	{"kwarg", "aws_region", "region_name"},
	{"kwarg", "profile", "profile_name"},
	{"kwarg", "endpoint", "endpoint_url"},
	{"kwarg", "rolearn", "role_arn"},
	{"kwarg", "aws_role_arn", "role_arn"},
	{"kwarg", "aws_iam_role", "role_arn"},
	{"kwarg", "aws_account_id", "role_arn"},
	{"kwarg", "s3_config_file", "profile_name"},
	{"kwarg", "external_id", "assume_role_kwargs.ExternalId"},
	{"kwarg", "host", "endpoint_url"},
	{"kwarg", "assume_role_kwarg", "assume_role_kwargs"},
}

// Names that are right, or that are about something else.
var quiet = []struct{ at, name string }{
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARGS"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARG__SEP"},
	{"variable", "AIRFLOW__SECRETS__BACKEND_KWARG__region_name"},
	{"variable", "AIRFLOW__SECRETS__USE_CACHE"},
	{"variable", "AIRFLOW__SECRETS__CACHE_TTL_SECONDS"},
	{"variable", "AIRFLOW__SECRETS__BACKENDS_ORDER"},
	{"variable", "AIRFLOW__WORKERS__STATE_STORE_BACKEND"},
	{"variable", "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT"},
	{"variable", "AIRFLOW__STATE_STORE__BACKEND"},
	{"variable", "AIRFLOW__CORE__MULTI_TEAM"},
	{"variable", "AIRFLOW__CORE__XCOM_BACKEND"},
	{"variable", "AIRFLOW__CORE__TEAM_NAME_CACHE_TTL"},
	{"variable", "AIRFLOW__CORE__FERNET_KEY_SECRET"},
	{"variable", "AIRFLOW__LINEAGE__BACKEND"},
	{"variable", "AIRFLOW__EMAIL__EMAIL_BACKEND"},
	{"variable", "AIRFLOW__CELERY__RESULT_BACKEND"},
	{"variable", "AIRFLOW__CELERY__RESULT_BACKEND_CMD"},
	{"variable", "AIRFLOW__API__AUTH_BACKENDS"},
	{"variable", "AIRFLOW__WEBSERVER__SECRET_KEY"},
	{"variable", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET"},
	{"variable", "AIRFLOW_CONN_SECRETS_BACKEND"},
	{"variable", "AIRFLOW_VAR_BACKEND_KWARGS"},
	{"variable", "AIRFLOW_UID"},
	{"variable", "AIRFLOW_HOME_DIR"},
	{"variable", "AIRFLOW_ENV_NAME"},
	{"variable", "AIRFLOW_CTX_DAG_ID"},
	{"variable", "SECRETS_BACKEND"},
	{"variable", "BACKEND_KWARGS"},
	{"variable", "MWAA__CORE__BACKEND"},
	{"variable", "HOME"},
	{"[secrets]", "backend_kwargs"},
	{"[secrets]", "use_cache"},
	{"[secrets]", "cache_ttl_seconds"},
	{"[secrets]", "my_own_option"},
	{"[workers]", "state_store_backend"},
	{"[state_store]", "backend"},
	{"[sentry]", "sentry_on"},
	{"[core]", "multi_team"},
	{"[core]", "xcom_backend"},
	{"[core]", "asset_manager_kwargs"},
	{"[lineage]", "backend"},
	{"[my_secrets]", "backend"},
	{"MWAA", "secrets.backend_kwargs"},
	{"MWAA", "secrets.backend_kwarg__sep"},
	{"MWAA", "secrets.use_cache"},
	{"MWAA", "core.xcom_backend"},
	{"MWAA", "celery.result_backend"},
	{"kwarg", "connections_prefix"},
	{"kwarg", "profile_name"},
	{"kwarg", "sep"},
}

// loadWith reads a configuration that has the class and one more name.
func loadWith(t *testing.T, at, name, value string) (s setup.Settings, where string) {
	t.Helper()
	var err error
	switch at {
	case "variable":
		where = name
		s, err = setup.Load([]string{"AIRFLOW_CONFIG=", backendIs, name + "=" + value}, setup.Server)
	case "MWAA":
		var doc []byte
		where = name
		doc, err = json.Marshal(map[string]string{"secrets.backend": setup.Class, name: value})
		require.NoError(t, err)
		s, err = setup.ParseMWAA(doc)
	case "kwarg":
		where = name
		s, err = setup.ParseKwargs(fmt.Appendf(nil, "{%q: %q}", name, value))
	default:
		cfg := at + "\n" + name + " = " + value + "\n"
		if s, where, err = load(t, cfg, backendIs); err == nil {
			where = at + " " + name + " of " + where
		}
	}
	require.NoError(t, err, name)
	return s, where
}

func TestMisspelledNamesHaveAWarning(t *testing.T) {
	assert.GreaterOrEqual(t, len(nearMisses), 60)
	for _, row := range nearMisses {
		s, where := loadWith(t, row.at, row.name, "hunter2")
		if !assert.Len(t, s.Warnings, 1, "%s %s", row.at, row.name) {
			continue
		}
		w := s.Warnings[0]
		assert.Equal(t, row.meant, w.Meant, "%s %s: %s", row.at, row.name, w)
		assert.True(t, strings.HasPrefix(w.Text, where+" "), w.Text)
		assert.NotContains(t, w.Text, "hunter2")
		assert.Equal(t, row.at == "kwarg", w.Kwarg != "", "%s is of a kwarg", w)
		if w.Rule == "misspelled" {
			assert.Contains(t, w.Text, "does nothing")
			assert.Contains(t, w.Text, w.Meant)
		}
	}
}

func TestNoWarningForRightOrForeignNames(t *testing.T) {
	assert.GreaterOrEqual(t, len(quiet), 40)
	for _, row := range quiet {
		value := "true"
		if strings.HasSuffix(strings.ToLower(row.name), "_kwargs") {
			value = "{}"
		}
		s, _ := loadWith(t, row.at, row.name, value)
		assert.Empty(t, s.Warnings, "%s %s", row.at, row.name)
	}
}

// After a misspelled name is corrected, its warning is gone.
func TestAdviceForMisspelledNamesWorks(t *testing.T) {
	for _, row := range nearMisses {
		at, meant := row.at, row.meant
		if section, key, ok := strings.Cut(meant, "] "); ok {
			at, meant = section+"]", key
		}
		value := "true"
		switch {
		case meant == "" || strings.Contains(meant, "."), strings.HasPrefix(meant, "AIRFLOW_HOME"), strings.HasPrefix(meant, "AIRFLOW_CONFIG"):
			continue
		case strings.HasSuffix(meant, "backend"), strings.HasSuffix(meant, "BACKEND"):
			value = setup.Class
		case strings.HasSuffix(strings.ToLower(meant), "_kwargs"), meant == "extra_conn_words":
			continue // an object
		case strings.HasSuffix(meant, "endpoint_url"):
			value = "http://localhost"
		}
		s, _ := loadWith(t, at, meant, value)
		assert.Empty(t, s.Warnings, "%s %s", at, meant)
	}
}

// With a misspelled name, the class has no effect, and the error says why.
func TestNoBackendSaysWhy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "airflow.cfg")
	require.NoError(t, os.WriteFile(file, []byte("[secrets]\nbackends = "+setup.Class+"\nbackend_kwargs = {\"sep\": \"hunter2\"}\n"), 0o600))
	s, err := setup.Load([]string{"AIRFLOW_CONFIG=" + file}, setup.Server)
	require.ErrorIs(t, err, setup.ErrNoBackend)
	assert.Equal(t, []setup.Warning{
		{Rule: "no-backend", Meant: "AIRFLOW__SECRETS__BACKEND", Text: "[secrets] backend_kwargs of " + file + " does nothing without AIRFLOW__SECRETS__BACKEND; set that to " + setup.Class},
		{Rule: "misspelled", Meant: "backend", Text: "[secrets] backends of " + file + " does nothing; did you mean backend?"},
	}, s.Warnings)
	assert.EqualError(t, err, "setup: no secrets backend is configured; "+s.Warnings[0].Text+"; "+s.Warnings[1].Text)
}

// The warning about the name of the class comes first. If only the name of the kwargs is
// misspelled, there is a warning about the missing class as well.
func TestNoBackendLeadsWithTheClass(t *testing.T) {
	file := filepath.Join(t.TempDir(), "airflow.cfg")
	require.NoError(t, os.WriteFile(file, []byte("[secrets]\nbackend_kwarg = {\"sep\": \"hunter2\"}\nbackends = "+setup.Class+"\n"), 0o600))
	for _, row := range []struct {
		environ []string
		meant   []string
	}{
		{[]string{"AIRFLOW_CONFIG=" + file}, []string{"backend", "backend_kwargs"}},
		{[]string{"AIRFLOW_CONFIG=", `AIRFLOW__SECRETS_BACKEND_KWARGS={"sep": "-"}`}, []string{"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND_KWARGS"}},
		{[]string{"AIRFLOW_CONFIG=", `AIRFLOW__WORKERS_SECRETS_BACKEND_KWARGS={"sep": "-"}`}, []string{"AIRFLOW__WORKERS__SECRETS_BACKEND", "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"}},
		{[]string{"AIRFLOW_CONFIG=", "AIRFLOW__CORE__MULTI_TEAMS=true"}, []string{"AIRFLOW__CORE__MULTI_TEAM"}},
	} {
		s, err := setup.Load(row.environ, setup.Worker)
		require.ErrorIs(t, err, setup.ErrNoBackend)
		var meant []string
		for _, w := range s.Warnings {
			meant = append(meant, w.Meant)
			assert.Contains(t, err.Error(), w.Text)
		}
		assert.Equal(t, row.meant, meant)
	}
}

func TestKwargsWithoutBackend(t *testing.T) {
	for _, row := range []struct {
		environ []string
		at      string // "" for none
	}{
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARGS={"sep": "-"}`}, "AIRFLOW__SECRETS__BACKEND_KWARGS"},
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARGS={'sep'`}, "AIRFLOW__SECRETS__BACKEND_KWARGS"},
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARGS_CMD=cat /run/kwargs`}, "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD"},
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARG__SEP=-`}, "AIRFLOW__SECRETS__BACKEND_KWARG__SEP"},
		{[]string{`AIRFLOW__SECRETS__BACKEND=`, `AIRFLOW__SECRETS__BACKEND_KWARGS={"sep": "-"}`}, "AIRFLOW__SECRETS__BACKEND_KWARGS"},
		{[]string{`AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS={"sep": "-"}`}, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"},
		{[]string{backendIs, `AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS={"sep": "-"}`}, "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"},
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARGS=`}, ""},
		{[]string{`AIRFLOW__SECRETS__BACKEND_KWARGS={}`}, ""},
		{[]string{backendIs, `AIRFLOW__SECRETS__BACKEND_KWARGS={"sep": "-"}`}, ""},
		{nil, ""},
	} {
		s, _ := setup.Load(append([]string{"AIRFLOW_CONFIG="}, row.environ...), setup.Worker)
		if row.at == "" {
			assert.Empty(t, s.Warnings, row.environ)
			continue
		}
		require.Len(t, s.Warnings, 1, row.environ)
		assert.Equal(t, "no-backend", s.Warnings[0].Rule)
		assert.True(t, strings.HasPrefix(s.Warnings[0].Text, row.at+" does nothing without "), s.Warnings[0])
	}
}

// Airflow 2 does not read [workers].
func TestWorkersBeforeAirflow3(t *testing.T) {
	doc := `{"Environment": {"AirflowVersion": "2.10.3", "AirflowConfigurationOptions": {
		"workers.secrets_backend": "` + setup.Class + `", "workers.secrets_backend_kwargs": "{}", "worker.secrets_backend": "x"}}}`
	s, err := setup.ParseMWAA([]byte(doc))
	require.ErrorIs(t, err, setup.ErrNoBackend)
	assert.Equal(t, []string{
		"workers.secrets_backend does nothing before Airflow 3; write secrets.backend",
		"worker.secrets_backend does nothing; did you mean secrets.backend?",
		"workers.secrets_backend_kwargs does nothing before Airflow 3; write secrets.backend_kwargs",
	}, texts(s.Warnings))
}
