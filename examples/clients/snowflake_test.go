package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// TestSnowflake parses the DSN again. ParseDSN of gosnowflake unescapes the names of database,
// schema, warehouse and role once more.
func TestSnowflake(t *testing.T) {
	c := connuri.Connection{Type: "snowflake", Login: "app@example.com", Password: connuri.NewSecret(password), Schema: "PUBLIC"}
	var err error
	c.Extra, err = connuri.NewExtra(map[string]any{"account": "acme-prod", "region": "eu-central-1", "warehouse": "LOADING", "database": "SHOP & CO", "role": "READER"})
	require.NoError(t, err)
	for form, c := range stored(t, c) {
		t.Run(form, func(t *testing.T) {
			dsn, err := openSnowflake(c)
			require.NoError(t, err)
			login, rest, _ := strings.Cut(dsn.Reveal(), "@")
			address, query, _ := strings.Cut(rest, "?")
			assert.Equal(t, "acme-prod.eu-central-1.snowflakecomputing.com:443", address)
			user, pass, _ := strings.Cut(login, ":")
			assert.Equal(t, "app%40example.com", user)
			pass, err = url.QueryUnescape(pass)
			require.NoError(t, err)
			assert.True(t, pass == password)
			settings, err := url.ParseQuery(query)
			require.NoError(t, err)
			assert.Equal(t, url.Values{"account": {"acme-prod"}, "warehouse": {"LOADING"}, "database": {"SHOP+%26+CO"}, "schema": {"PUBLIC"},
				"role": {"READER"}, "authenticator": {"snowflake"}}, settings)
		})
	}
	c.Extra = connuri.RawExtra(`{"account": "acme-prod", "refresh_token": "r"}`)
	_, err = openSnowflake(c)
	require.ErrorContains(t, err, "a token has to be asked for")
	noSecret(t, err)
}
