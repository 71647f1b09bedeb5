package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

func TestProvider(t *testing.T) {
	for _, test := range []struct{ version, kwargs, want string }{
		{"7.2.1", `{"connections_lookup_pattern": "^p"}`, "lookup patterns came with 7.3.0"},
		{"7.3.0", `{"connections_lookup_pattern": "^p"}`, ""},
		{"7.3", `{"connections_lookup_pattern": "^p"}`, ""},
		{"7.2.1", `{"region_name": "eu-west-1"}`, ""},
		{"6.2.0", `{"extra_conn_words": {"host": ["where"]}}`, "JSON secrets as the default came with 7.0.0"},
		{"5.0", `{"role_arn": "arn:aws:iam::123456789012:role/r"}`, "role_arn and service_config came with 5.1.0"},
	} {
		s, err := setup.ParseKwargs([]byte(test.kwargs))
		require.NoError(t, err)
		v, err := parseVersion(test.version)
		require.NoError(t, err)
		d := &doctor{settings: s, provider: v}
		d.checkProvider()
		assert.Equal(t, test.want != "", d.made[provider].Status == Warning)
		assert.Contains(t, d.made[provider].Seen, test.want)
	}
	d := &doctor{provider: version{7, 2, 1}}
	d.settings.Backend.ConnectionsLookupPattern, d.settings.Backend.VariablesLookupPattern = "^(?!aws_default$)", "(a"
	d.checkPatterns()
	assert.Equal(t, "not set, so every id is asked for", d.made[patterns].Seen, "the provider does not know them")
	for text, want := range map[string]string{"9.25.0": "a team's own secrets came with 9.26.0", "9.33.0": "the refusal of ids with -- came with 9.34.0", "9.34.0": "supports everything"} {
		v, err := parseVersion(text)
		require.NoError(t, err)
		d := &doctor{provider: v}
		d.settings.Backend.MultiTeam = true
		d.checkProvider()
		assert.Contains(t, d.made[provider].Seen, want)
	}
}
