package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
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
	inFile := func(worker bool) source { return airflow{[]string{"AIRFLOW_CONFIG=" + cfg}, worker} }

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {\"sep\": \"-\"}\n")
	made, ok := configure(inFile(false))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Equal(t, "types and names are right", made[kwargs].Seen)

	write("[secrets]\nbackend = " + setup.Class + "\nbackend_kwargs = {'hunter2': 1}\n")
	made, ok = configure(inFile(false))
	assert.True(t, ok, "Airflow goes on with its defaults")
	assert.Equal(t, Failed, made[kwargs].Status)
	assert.NotContains(t, made[kwargs].Seen, "hunter2")

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": \"-\"}\n[workers]\nsecrets_backend = a.b.Worse\n")
	made, ok = configure(inFile(false))
	assert.True(t, ok)
	assert.Equal(t, "[secrets] backend of "+cfg, made[configuration].Seen)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Equal(t, "write "+setup.Class, made[class].Do)
	made, _ = configure(inFile(true))
	assert.Contains(t, made[class].Seen, `"a.b.Worse" is not the class`)

	write("[secrets]\nbackend = a.b.Wrong\nbackend_kwargs = {\"sep\": 5}\n")
	made, ok = configure(inFile(true))
	assert.False(t, ok)
	assert.Contains(t, made[class].Seen, `"a.b.Wrong" is not the class`)
	assert.Contains(t, made[kwargs].Seen, "sep must be a string", "one trouble does not hide the next")

	write("[secrets\n")
	made, ok = configure(inFile(false))
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
	assert.Equal(t, `the MWAA environment "prod"; kwargs: secrets.backend_kwargs`, made[configuration].Seen)
	assert.Equal(t, "mwaa-prod", roleOf(m.role()))
	made, _ = configure(document(map[string]string{"secrets.backend": "a.b.Wrong"}))
	assert.Equal(t, Failed, made[class].Status)
	made, _ = configure(document(map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": `{"sep": 5}`}))
	assert.Equal(t, Failed, made[kwargs].Status)
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

// Run under another role than the environment's, it says so.
func TestExecutionRole(t *testing.T) {
	s := set(t)
	d, err := s.doctor()
	require.NoError(t, err)
	all := maps.Clone(s.kwargs)
	maps.Copy(all, s.keys)
	kwargs, err := json.Marshal(all)
	require.NoError(t, err)
	doc, err := json.Marshal(map[string]any{"Environment": map[string]any{"ExecutionRoleArn": "arn:aws:iam::123456789012:role/mwaa-prod",
		"AirflowConfigurationOptions": map[string]string{"secrets.backend": setup.Class, "secrets.backend_kwargs": string(kwargs)}}})
	require.NoError(t, err)
	d.source = mwaa{doc}
	d.examine(t.Context())
	got := d.report().find(t, credential)
	assert.Equal(t, Warning, got.Status)
	assert.Contains(t, got.Seen, "role/mwaa-prod")
	assertSecret(t, d.report())
}
