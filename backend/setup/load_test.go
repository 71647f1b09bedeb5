package setup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

const backendIs = "AIRFLOW__SECRETS__BACKEND=" + setup.Class

// load reads an airflow.cfg and an environment.
func load(t *testing.T, cfg string, environ ...string) (setup.Settings, string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "airflow.cfg")
	require.NoError(t, os.WriteFile(file, []byte(cfg), 0o600))
	s, err := setup.Load(append([]string{"AIRFLOW_CONFIG=" + file}, environ...), setup.Server)
	return s, file, err
}

func TestLoadErrors(t *testing.T) {
	for _, row := range []struct {
		name, cfg string
		environ   []string
		want      string // FILE stands for the path
	}{
		{"quoted class", `[secrets]` + "\nbackend = '" + setup.Class + "'", nil,
			"setup: [secrets] backend of FILE: there are white space or quotes around the class, and Airflow keeps them; write " + setup.Class},
		{"another case", "", []string{"AIRFLOW__SECRETS__BACKEND=airflow.providers.amazon.aws.secrets.secrets_manager.secretsmanagerbackend"},
			"setup: AIRFLOW__SECRETS__BACKEND: the class has other capitals; write " + setup.Class},
		{"Parameter Store", "", []string{"AIRFLOW__SECRETS__BACKEND=airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"},
			"setup: AIRFLOW__SECRETS__BACKEND: SystemsManagerParameterStoreBackend reads the Parameter Store, which this package does not support; write " + setup.Class},
		{"no path", "", []string{"AIRFLOW__SECRETS__BACKEND=SecretsManagerBackend"},
			`setup: AIRFLOW__SECRETS__BACKEND: "SecretsManagerBackend" is not the full name of the class; write ` + setup.Class},
		{"kwargs for a class", "", []string{`AIRFLOW__SECRETS__BACKEND={"sep": "+"}`},
			"setup: AIRFLOW__SECRETS__BACKEND: it does not name a class; write " + setup.Class},
		{"command", "", []string{backendIs, "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD=cat /run/kwargs"},
			"setup: AIRFLOW__SECRETS__BACKEND_KWARGS_CMD: commands are not run here; write what it prints into the option without _CMD"},
		{"secret", "[secrets]\nbackend_kwargs_secret = x", []string{backendIs},
			"setup: [secrets] backend_kwargs_secret of FILE: it needs the backend that is being set up; write the kwargs into the option without _secret"},
		{"circle", "", []string{backendIs, "AIRFLOW__SECRETS__BACKEND_KWARGS=x$AIRFLOW__SECRETS__BACKEND_KWARGS"},
			"setup: AIRFLOW__SECRETS__BACKEND_KWARGS: a $VARIABLE refers to itself, or the text grows too long when the variables are expanded"},
		{"circle of two", "", []string{backendIs, "AIRFLOW__SECRETS__BACKEND_KWARGS=$A", "A=$B", "B=$A"},
			"setup: AIRFLOW__SECRETS__BACKEND_KWARGS: a $VARIABLE refers to itself, or the text grows too long when the variables are expanded"},
		{"closing brace", "[secrets]\nbackend_kwargs = {\n  \"sep\": \"+\"\n}\n", []string{backendIs},
			"setup: FILE: line 4: neither a [section] nor key = value; indent a line that continues a value, even a closing brace"},
		{"percent", "[secrets]\nbackend_kwargs = {\"sep\": \"%2F\"}\n", []string{backendIs},
			"setup: [secrets] backend_kwargs of FILE: a % that is neither %% nor %(key)s: write it as %%"},
		{"wrong type", "[secrets]\nbackend_kwargs = {\"sep\": 5}\n", []string{backendIs},
			"setup: [secrets] backend_kwargs of FILE: sep must be a string, and is a number"},
		{"multi_team", "[core]\nmulti_team = yes", []string{backendIs},
			"setup: [core] multi_team of FILE: it is neither True nor False; write True or False"},
	} {
		s, file, err := load(t, row.cfg, row.environ...)
		assert.EqualError(t, err, strings.ReplaceAll(row.want, "FILE", file), row.name)
		assert.NotErrorIs(t, err, setup.ErrNoBackend)
		assert.Zero(t, s, row.name)
	}
}

func TestLoadRegions(t *testing.T) {
	differ := "AWS_REGION and AWS_DEFAULT_REGION differ: this package uses the first, Airflow the second; set region_name"
	s, _, err := load(t, "", backendIs, "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2")
	require.NoError(t, err)
	assert.Equal(t, []setup.Warning{{Rule: "region", Text: differ}}, s.Warnings)
	for _, environ := range [][]string{
		{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}, {"AWS_REGION=eu-west-1"}, {"AWS_REGION=", "AWS_DEFAULT_REGION=eu-west-1"},
		{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2", "AIRFLOW__SECRETS__BACKEND_KWARG__REGION_NAME=eu-west-3"},
	} {
		s, _, err = load(t, "", append(environ, backendIs)...)
		require.NoError(t, err)
		assert.Empty(t, s.Warnings, environ)
	}
}

func TestLoadIgnoredKwargsComeFirst(t *testing.T) {
	s, file, err := load(t, "[secrets]\nbackend_kwargs = [1]", backendIs, "AIRFLOW__SECRETS__BACKEND_KWARG__FOO=x")
	require.NoError(t, err)
	assert.Equal(t, []setup.Warning{
		{Rule: "ignored-kwargs", Text: "[secrets] backend_kwargs of " + file + " is ignored, as in Airflow, and the defaults apply: JSON, but not an object"},
		{Rule: "unknown-kwarg", Kwarg: "foo", Text: "foo does nothing: the kwarg is unknown"},
	}, s.Warnings)
	assert.Equal(t, "AIRFLOW__SECRETS__BACKEND", s.From)
}

// If a variable is repeated, the first one counts, as in os.environ and os.Getenv. Entries that
// are not variables are ignored.
func TestLoadEnviron(t *testing.T) {
	s, _, err := load(t, "", "nonsense", backendIs, "AIRFLOW__SECRETS__BACKEND_KWARG__SEP=1", "AIRFLOW__SECRETS__BACKEND_KWARG__SEP=2", "=x")
	require.NoError(t, err)
	assert.EqualValues(t, "1", s.Backend.Sep)
	_, err = setup.Load(nil, setup.Worker)
	if home, _ := os.UserHomeDir(); home != "" {
		if _, there := os.Stat(filepath.Join(home, "airflow", "airflow.cfg")); there != nil {
			assert.ErrorIs(t, err, setup.ErrNoBackend)
		}
	}
}

// Airflow would run out of memory with these.
func TestLoadOfEndlessExpansionsEnds(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, 1000) }
	cfg := "[secrets]\nbackend_kwargs = " + many("%(a)s") + "\na = " + many("%(b)s") + "\nb = " + many("%(c)s") + "\nc = " + many("%%") + "\n"
	_, _, err := load(t, cfg, backendIs)
	assert.ErrorContains(t, err, "grows too long")
	_, _, err = load(t, "", backendIs, "AIRFLOW__SECRETS__BACKEND_KWARGS=$A", "A="+many("$B"), "B="+many("$C"), "C="+many("$A"))
	assert.ErrorContains(t, err, "grows too long")
}

// Text in place of the class is shown only if it looks like a class.
func TestLoadShowsNoTokenForAClass(t *testing.T) {
	for _, token := range []string{"eyJhbGciOi.eyJzdWIiOi.dBjftJeZ4CVP", "CorrectHorseBattery", "hunter.two.Secret1", "postgres.Pa55word"} {
		_, _, err := load(t, "", "AIRFLOW__SECRETS__BACKEND="+token)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), token)
	}
}
