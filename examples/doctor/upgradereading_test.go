package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What provider 9 does to URL-encoded values, through the command line.
func TestUpgradeOfProvider(t *testing.T) {
	forget(t)
	const on, off = `{"are_secret_values_urlencoded": true}`, `{}`
	const file = `{"word": {"host": "h", "password": "p%40hunter2"}, "port": {"host": "h", "password": "p%40hunter2", "port": 5432},
		"extra": {"host": "h", "extra": "%7B%22a%22%3A1%7D"}, "plain": {"host": "h", "password": "hunter2"}, "uri": "pg://u:p%40hunter2@h"}`
	two := map[string]string{"word": "changes url-encoded password", "port": "starts url-encoded password, url-encoded port", "extra": "changes url-encoded extra"}
	three := map[string]string{"word": "changes url-encoded password", "port": "starts url-encoded password, url-encoded port", "extra": "stops url-encoded extra"}
	back := map[string]string{"word": "changes url-encoded password", "port": "stops url-encoded password, url-encoded port", "extra": "changes url-encoded extra"}
	none := map[string]string{}
	for _, test := range []struct {
		name, runs, kwargs, upgrade, provider string
		want                                  map[string]string
		code                                  int
	}{
		{"2.10.1 to 2.10.3", "2.10.1", on, "2.10.1:2.10.3", "", two, 0},
		{"2.10.1 to 2.11.0", "2.10.1", on, "2.10.1:2.11.0", "", two, 0},
		{"2.8.1 to 3.0.6", "2.8.1", on, "2.8.1:3.0.6", "", three, 1},
		{"2.10.1 to 3.3.1", "2.10.1", on, "2.10.1:3.3.1", "", two, 0},
		{"both decode", "2.9.2", on, "2.9.2:2.10.1", "", map[string]string{"port": "neither url-encoded port"}, 0},
		{"neither decodes", "2.10.3", on, "2.10.3:2.11.0", "", none, 0},
		{"the kwarg is off", "2.10.1", off, "2.10.1:2.10.3", "", none, 0},
		{"downgrade", "2.10.3", on, "2.10.3:2.10.1", "", back, 1},
		{"another provider is installed", "2.10.1", on, "2.10.1:2.11.0", "9.0.0", none, 0},
		{"an old provider is installed", "2.10.3", on, "2.10.3:2.11.0", "8.28.0", two, 0},
		{"no such image", "2.10.2", on, "2.10.2:2.11.0", "", none, 1}, // and nothing is compared
		{"no such image, and no kwarg", "2.10.2", off, "2.10.2:2.11.0", "", none, 0},
		{"the environment runs another", "2.11.0", on, "2.10.1:2.11.0", "", two, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc, err := json.Marshal(map[string]any{"Environment": map[string]any{"Name": "prod", "AirflowVersion": test.runs, "AirflowConfigurationOptions": map[string]string{
				"secrets.backend":        "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
				"secrets.backend_kwargs": test.kwargs}}})
			require.NoError(t, err)
			path := filepath.Join(t.TempDir(), "m.json")
			require.NoError(t, os.WriteFile(path, doc, 0o600))
			args := []string{"-json", "-mwaa", path, "-upgrade", test.upgrade, "-file", "-"}
			if test.provider != "" {
				args = append(args, "-provider", test.provider)
			}
			code, out, errs := call(t, nil, file, args...)
			assert.Empty(t, errs)
			assert.Equal(t, test.code, code, out)
			var r Upgrade
			require.NoError(t, json.Unmarshal([]byte(out), &r))
			assert.Equal(t, test.want, effectsOf(&r))
			assert.NotContains(t, out, "hunter2")
			assert.NotContains(t, out, "%7B")
			var seen string
			for _, check := range r.Checks {
				seen += check.Seen + "\n"
			}
			assertContains := map[bool]func(assert.TestingT, any, any, ...any) bool{true: assert.Contains, false: assert.NotContains}
			assertContains[test.name == "the environment runs another"](t, seen, "runs Airflow 2.11.0, but the upgrade is from 2.10.1")
			assertContains[test.name == "no such image"](t, seen, "the provider before the upgrade is not known")
		})
	}
}

// Without -mwaa the provider is not known.
func TestUpgradeOfUnknownProvider(t *testing.T) {
	for _, test := range []struct {
		upgrade string
		value   any
		args    []string
		code    int
	}{
		{"2.10.1:2.10.3", true, nil, 1},
		{"2.10.1:2.10.3", "no", nil, 1},
		{"2.10.1:2.10.3", false, nil, 0},
		{"3.0.6:3.3.1", true, nil, 0},
		{"2.10.1:2.10.3", true, []string{"-provider", "9.0.0"}, 0},
		{"2.10.1:2.10.3", true, []string{"-provider", "8.24.0"}, 0},
	} {
		forget(t)
		kwargs, err := json.Marshal(map[string]any{"are_secret_values_urlencoded": test.value})
		require.NoError(t, err)
		args := append([]string{"-kwargs", string(kwargs), "-upgrade", test.upgrade, "-file", "-"}, test.args...)
		code, out, _ := call(t, []string{"AIRFLOW_CONFIG="}, `{"a": {"password": "p%40hunter2"}}`, args...)
		assert.Equal(t, test.code, code, out)
		if test.code == 1 {
			assert.Contains(t, out, "failed   provider\n  are_secret_values_urlencoded is on")
			assert.Contains(t, out, "-provider 8.28.0")
			assert.Contains(t, out, "no connection was compared")
		}
		if len(test.args) > 0 {
			want := "1 stays"
			if test.args[1] == "8.24.0" {
				want = "1 changes"
			}
			assert.Contains(t, out, want)
		}
	}
}
