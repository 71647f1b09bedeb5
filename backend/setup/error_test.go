package setup_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// where is the part of an error that a program branches on.
type where struct{ source, field, rule string }

func assertError(t *testing.T, want where, err error, msg ...any) {
	t.Helper()
	e, ok := errors.AsType[*setup.Error](err)
	if assert.True(t, ok, "%v %T %v", err, err, msg) {
		assert.Equal(t, want, where{e.Source, e.Field, e.Rule}, "%v", err)
		assert.NotEmpty(t, e.Problem)
	}
}

func TestErrorsOfConfiguration(t *testing.T) {
	kwargs := "AIRFLOW__SECRETS__BACKEND_KWARGS"
	for text, want := range map[string]where{
		"AIRFLOW__SECRETS__BACKEND=a.b.C":                                   {"AIRFLOW__SECRETS__BACKEND", "backend", "class"},
		"AIRFLOW__WORKERS__SECRETS_BACKEND=a.b.C":                           {"AIRFLOW__WORKERS__SECRETS_BACKEND", "secrets_backend", "class"},
		"AIRFLOW__SECRETS__BACKEND=a.b.SystemsManagerParameterStoreBackend": {"AIRFLOW__SECRETS__BACKEND", "backend", "parameter-store"},
		"AIRFLOW__CORE__MULTI_TEAM=yes":                                     {"AIRFLOW__CORE__MULTI_TEAM", "multi_team", "value"},
		kwargs + "_CMD=cat":                                                 {kwargs + "_CMD", "backend_kwargs", "unsupported"},
		kwargs + "=$" + kwargs + "x$" + kwargs:                              {kwargs, "backend_kwargs", "syntax"},
		kwargs + `={"sep": 5}`:                                              {kwargs, "sep", "type"},
		kwargs + `={"region_name": ""}`:                                     {kwargs, "region_name", "value"},
		kwargs + `={"self": 5}`:                                             {kwargs, "self", "unknown-name"},
		kwargs + `={"session_kwargs": {"aws_session_token": 5}}`:            {kwargs, "session_kwargs.aws_session_token", "type"},
		kwargs + `={"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"X": 5}}`:    {kwargs, "assume_role_kwargs.X", "unknown-name"},
		kwargs + `={"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"Tags": 5}}`: {kwargs, "assume_role_kwargs.Tags", "value"},
		kwargs + `={"service_config": {"sts": {"endpoint_url": "localhost:456"}}}`:                      {kwargs, "service_config.sts.endpoint_url", "value"},
		kwargs + `={"extra_conn_words": {"login": 5}}`:                                                  {kwargs, "extra_conn_words", "value"},
		"AIRFLOW__SECRETS__BACKEND_KWARG__USE_SSL=":                                                     {},
	} {
		_, err := setup.Load([]string{"AIRFLOW_CONFIG=", text, backendIs}, setup.Worker)
		if want == (where{}) {
			assert.NoError(t, err, text)
			continue
		}
		assertError(t, want, err, text)
	}
	_, err := setup.ParseKwargs([]byte("{"))
	assertError(t, where{"backend_kwargs", "", "not-json"}, err)
	_, err = setup.ParseMWAA([]byte("["))
	assertError(t, where{"the MWAA document", "", "not-json"}, err)
	_, err = setup.ParseMWAA([]byte(`{"Environment": 1}`))
	assertError(t, where{"the MWAA document", "", "type"}, err)
	_, err = setup.Load([]string{"AIRFLOW_HOME=$A", "A=$A x"}, setup.Worker)
	assertError(t, where{"AIRFLOW_HOME", "", "syntax"}, err)
	_, file, err := load(t, "[secrets", backendIs)
	assertError(t, where{file, "", "syntax"}, err)
	_, file, err = load(t, "[secrets]\nbackend = %x")
	assertError(t, where{"[secrets] backend of " + file, "backend", "syntax"}, err)

	_, err = setup.Load([]string{"AIRFLOW_CONFIG="}, setup.Worker)
	_, ok := errors.AsType[*setup.Error](err)
	assert.False(t, ok, "ErrNoBackend is not an *Error")
}

func TestErrorsOfClient(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	noCA := filepath.Join(t.TempDir(), "ca.pem")
	for kwargs, want := range map[string]where{
		`{"api_version": "2020-01-01"}`: {"", "api_version", "value"},
		`{"region_name": "eu west"}`:    {"", "region_name", "value"},
		`{"aws_access_key_id": "A"}`:    {"", "aws_access_key_id", "missing"},
		`{"aws_session_token": "A"}`:    {"", "aws_session_token", "missing"},
		`{"profile_name": "nobody"}`:    {"", "profile_name", "not-found"},
		`{"verify": "` + noCA + `"}`:    {"", "verify", "not-found"},
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": "x"}`:                                                                                 {"", "assume_role_method", "value"},
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": "assume_role_with_saml"}`:                                                             {"", "assume_role_method", "unsupported"},
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"DurationSeconds": 1}}`:                                                              {"", "assume_role_kwargs.DurationSeconds", "value"},
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": "assume_role_with_web_identity", "assume_role_with_web_identity_federation": "file"}`: {"", "assume_role_with_web_identity_token_file", "missing"},
	} {
		s, err := setup.ParseKwargs([]byte(kwargs))
		require.NoError(t, err, kwargs)
		_, err = s.Open(t.Context())
		assertError(t, want, err, kwargs)
	}
	_, err := setup.LoadAWS(t.Context(), hook.AWSConfig{CAFile: noCA})
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{EndpointURL: "localhost"})
	assertError(t, where{"", "endpoint_url", "value"}, err)
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{}, func(*config.LoadOptions) error { return context.Canceled })
	assert.ErrorIs(t, err, context.Canceled)
	_, ok := errors.AsType[*setup.Error](err)
	assert.False(t, ok, "the error of an option is returned unchanged")
	require.NoError(t, os.Unsetenv("AWS_REGION"))
	_, err = setup.LoadAWS(t.Context(), hook.AWSConfig{})
	assertError(t, where{"", "region_name", "missing"}, err)
}
