package main

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

// airflow.cfg, workers and MWAA.
func TestSources(t *testing.T) {
	forget(t)
	dir := t.TempDir()
	cfg := filepath.Join(dir, "airflow.cfg")
	write := func(text string) { require.NoError(t, os.WriteFile(cfg, []byte(text), 0o600)) }
	configure := func(s source) (map[string]Check, bool) {
		d := &doctor{source: s}
		ok := d.configure()
		return d.made, ok
	}
	inFile := func(process setup.Process) source {
		return airflow{[]string{"AIRFLOW_CONFIG=" + cfg}, process}
	}

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {\"sep\": \"-\"}\n")
	made, ok := configure(inFile(setup.Server))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Equal(t, "types and names are correct", made[kwargs].Seen)

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {'hunter2': 1}\n")
	made, ok = configure(inFile(setup.Server))
	assert.True(t, ok, "Airflow goes on with its defaults")
	assert.Equal(t, Failed, made[kwargs].Status)
	assert.NotContains(t, made[kwargs].Seen, "hunter2")

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": \"-\"}\n[workers]\nsecrets_backend = a.b.Worse\n")
	made, ok = configure(inFile(setup.Server))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Equal(t, "write "+setup.Class, made[class].Do)
	made, _ = configure(inFile(setup.Worker))
	assert.Contains(t, made[class].Seen, `"a.b.Worse" is not the class`)

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": 5}\n")
	made, ok = configure(inFile(setup.Worker))
	assert.False(t, ok)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Contains(t, made[kwargs].Seen, "sep must be a string", "one problem does not hide the next")

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {\"sep\": 5}\n")
	made, _ = configure(inFile(setup.Worker))
	assert.Equal(t, Failed, made[kwargs].Status)
	assert.Equal(t, Check{configuration, OK, "[secrets] backend of " + cfg, "", nil}, made[configuration])
	write("[workers]\nsecrets_backend = " + setup.Class + "\nsecrets_backend_kwargs = {\"sep\": \"%\"}\n")
	made, _ = configure(inFile(setup.Worker))
	assert.Equal(t, Failed, made[kwargs].Status)
	assert.Equal(t, Check{configuration, OK, "[workers] secrets_backend of " + cfg, "", nil}, made[configuration])

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwarg = {\"sep\": \"hunter2\"}\n")
	made, ok = configure(inFile(setup.Server))
	assert.True(t, ok)
	assert.Equal(t, Check{configuration, Warning, "[secrets] backend_kwarg of " + cfg + " does nothing; did you mean backend_kwargs?", "write backend_kwargs", nil}, made[configuration])
	assert.Equal(t, "not set, so Airflow uses its defaults", made[kwargs].Seen)
	write("[secret]\nbackend = " + setup.Class + "\nbackend_kwargs = {}\n")
	made, ok = configure(inFile(setup.Server))
	assert.False(t, ok)
	assert.Equal(t, Failed, made[configuration].Status)
	assert.Equal(t, "write [secrets] backend and [secrets] backend_kwargs", made[configuration].Do)

	write("[secrets\n")
	made, ok = configure(inFile(setup.Server))
	assert.False(t, ok)
	assert.Equal(t, Failed, made[configuration].Status)
	assert.NotContains(t, made, class)

	document := func(options map[string]string) mwaa {
		doc, err := json.Marshal(map[string]any{"Environment": map[string]any{"Name": "prod", "AirflowVersion": "2.10.3",
			"ExecutionRoleArn": "arn:aws:iam::123456789012:role/service-role/mwaa-prod", "AirflowConfigurationOptions": options}})
		require.NoError(t, err)
		return mwaa{doc}
	}
	m := document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": `{"connections_prefix": "prod"}`})
	made, ok = configure(m)
	assert.True(t, ok)
	assert.Equal(t, `the MWAA environment "prod"; kwargs: secrets.backend_kwargs`+ruled, made[configuration].Seen)
	assert.Equal(t, "mwaa-prod", roleOf(m.role()))
	made, ok = configure(document(map[string]string{"secrets.backends": setup.Class, "secrets.backend_kwargs": `{"sep": "hunter2"}`}))
	assert.False(t, ok)
	assert.Contains(t, made[configuration].Seen, "secrets.backends does nothing; did you mean secrets.backend?")
	assert.Contains(t, made[configuration].Seen, "secrets.backend_kwargs does nothing without secrets.backend")
	assert.Equal(t, "write secrets.backend", made[configuration].Do)
	made, _ = configure(document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwarg__sep": "-"}))
	assert.Equal(t, "not set, so MWAA's own apply", made[kwargs].Seen)
	assert.Equal(t, Check{configuration, Warning, "secrets.backend_kwarg__sep does nothing before Airflow 3.2; write the kwarg into secrets.backend_kwargs" + ruled, "write secrets.backend_kwargs instead", nil}, made[configuration])
	made, _ = configure(mwaa{fmt.Appendf(nil, `{"secrets.backend": %q, "secrets.backend_kwarg__sep": "-"}`, setup.Class)})
	assert.Equal(t, "types and names are correct", made[kwargs].Seen, "of the newest Airflow")
	made, _ = configure(mwaa{fmt.Appendf(nil, `{"workers.secrets_backend": %q, "workers.secrets_backend_kwargs": "{\"sep\": \"-\"}"}`, setup.Class)})
	assert.Equal(t, "types and names are correct", made[kwargs].Seen, "a worker's")
	made, _ = configure(document(map[string]string{"secrets.backend": "a.b.Wrong"}))
	assert.Equal(t, Failed, made[class].Status)
	made, _ = configure(document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": `{"sep": 5}`}))
	assert.Equal(t, Failed, made[kwargs].Status)
	old := &doctor{source: mwaa{fmt.Appendf(nil, `{"Environment": {"AirflowVersion": "2.10.1", "AirflowConfigurationOptions":
		{"secrets.backend": %q, "secrets.backend_kwargs": "{\"are_secret_values_urlencoded\": true}"}}}`, setup.Class)}}
	require.True(t, old.configure())
	old.checkProvider()
	assert.Equal(t, OK, old.made[provider].Status, "it is in the image")
	assert.Equal(t, Warning, old.made[kwargs].Status)
	assert.Equal(t, "store the values as they are, and remove are_secret_values_urlencoded", old.made[kwargs].Do)
	old.provider = version{9, 0, 0}
	require.True(t, old.configure())
	assert.False(t, old.settings.Backend.URLEncoded, "-provider comes first")
	plain := &doctor{source: document(map[string]string{"secrets.backend": setup.Class})}
	require.True(t, plain.configure())
	plain.checkAWSDefault(t.Context())
	assert.Equal(t, OK, plain.made[awsDefault].Status, "MWAA's default pattern is in force")
	made, _ = configure(mwaa{[]byte("no JSON")})
	assert.Equal(t, Failed, made[configuration].Status)

	made, ok = configure(given{[]byte(`{"sep": "-"}`), "-kwargs"})
	assert.True(t, ok)
	assert.Equal(t, "-kwargs", made[configuration].Seen)
	made, _ = configure(given{[]byte(`{`), "-kwargs"})
	assert.Equal(t, Failed, made[kwargs].Status)
}

// Doctor warns if it runs under another role than the environment's. A role or keys in the kwargs
// are the same for both.
func TestExecutionRole(t *testing.T) {
	const sameName = "arn:aws:iam::210987654321:role/service-role/reader"
	for _, test := range []struct {
		name string
		make func(*stage)
		role string
		want Status
	}{
		{"another", func(*stage) {}, "arn:aws:iam::123456789012:role/mwaa-prod", Warning},
		{"the same", func(s *stage) { s.sts.role = true }, "arn:aws:iam::123456789012:role/service-role/reader", OK},
		{"of another account", func(s *stage) { s.sts.role = true }, sameName, Warning},
		{"role_arn", func(s *stage) { s.kwargs["role_arn"] = "arn:aws:iam::123456789012:role/reader" }, "arn:aws:iam::123456789012:role/mwaa-prod", OK},
		{"keys", func(s *stage) {
			s.kwargs["aws_access_key_id"], s.kwargs["aws_secret_access_key"] = "AKIAHUNTER2", "hunter2"
		}, "arn:aws:iam::123456789012:role/mwaa-prod", OK},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := set(t)
			s.keys = nil
			test.make(s)
			d, err := s.doctor()
			require.NoError(t, err)
			d.source = environment(t, s.kwargs, map[string]string{"ExecutionRoleArn": test.role})
			d.examine(t.Context())
			got := d.report().find(t, credential)
			assert.Equal(t, test.want, got.Status, got.Seen)
			assert.Equal(t, test.want == Warning, strings.Contains(got.Seen, test.role))
			assertSecret(t, d.report())
		})
	}
}

// environment returns a document as get-environment prints it.
func environment(t *testing.T, kwargs map[string]any, more map[string]string) mwaa {
	options := map[string]string{}
	if kwargs != nil {
		text, err := json.Marshal(kwargs)
		require.NoError(t, err)
		options = map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": string(text)}
	}
	env := map[string]any{"AirflowConfigurationOptions": options}
	for name, text := range more {
		env[name] = text
	}
	doc, err := json.Marshal(map[string]any{"Environment": env})
	require.NoError(t, err)
	return mwaa{doc}
}

// The region is the environment's, not that of whoever runs doctor.
func TestEnvironmentRegion(t *testing.T) {
	for want, test := range map[string]struct{ arn, region string }{
		"ap-northeast-1": {"arn:aws:airflow:ap-northeast-1:123456789012:environment/prod", ""},
		"us-gov-west-1":  {"arn:aws-us-gov:airflow:us-gov-west-1:123456789012:environment/prod", ""},
		"eu-west-1":      {"arn:aws:airflow:ap-northeast-1:123456789012:environment/prod", "eu-west-1"},
		"sa-east-1":      {"", ""},
	} {
		t.Run(want, func(t *testing.T) {
			s := set(t)
			t.Setenv("AWS_REGION", "sa-east-1")
			delete(s.kwargs, "region_name")
			if test.region != "" {
				s.kwargs["region_name"] = test.region
			}
			d, err := s.doctor()
			require.NoError(t, err)
			d.source = environment(t, s.kwargs, map[string]string{"Arn": test.arn})
			d.examine(t.Context())
			assert.Equal(t, want, d.report().Caller.Region)
		})
	}
}

// Advice for an environment of MWAA names its options, not variables.
func TestNoBackend(t *testing.T) {
	d := &doctor{source: environment(t, nil, nil)}
	assert.False(t, d.configure())
	assert.Equal(t, "set the environment's configuration option secrets.backend to "+setup.Class, d.made[configuration].Do)
}

// MWAA's own pattern skips aws_default until an option sets another.
func TestMWAASkipsAWSDefault(t *testing.T) {
	for options, want := range map[string]string{
		"": "MWAA's own pattern skips it, as long as backend_kwargs is not set",
		`, "secrets.backend_kwarg__connections_lookup_pattern": "^pg"`: "not asked for",
		`, "secrets.backend_kwarg__connections_lookup_pattern": ""`: "it is asked for: these backend_kwargs do not set " +
			"connections_lookup_pattern, and on MWAA they replace the default, which skips it",
		`, "secrets.backend_kwargs": "{}"`: "it is asked for: these backend_kwargs do not set " +
			"connections_lookup_pattern, and on MWAA they replace the default, which skips it",
	} {
		d := &doctor{source: mwaa{fmt.Appendf(nil, `{"secrets.backend": %q%s}`, setup.Class, options)}}
		require.True(t, d.configure(), options)
		d.checkAWSDefault(t.Context())
		assert.Equal(t, want, d.made[awsDefault].Seen, options)
	}
}

// ruled says how the configuration of an environment that runs 2.10.3 is read.
const ruled = "; connections are read as Airflow2 (Airflow 2.10.3, which the environment runs); kwargs as amazon provider 9.0.0, which is in the image of the environment"
