package findings

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func TestOf(t *testing.T) {
	words := connuri.ConnWords{"host": {"where"}}
	for text, want := range map[string][]string{
		`{"conn_type": "redis", "where": "r.example.com ", "database": "3", "extra": {"ssl": "0"}}`: {"edge-space", "text-is-true", "path-database"},
		`{"conn_type": "ssh", "extra": "[1]"}`:                                                      {"extra-no-object"},
		"spark://h":                                                                                 nil,
	} {
		c, err := words.Parse(connuri.TaskSDK, text)
		require.NoError(t, err)
		var rules []string
		for _, f := range Of(text, words, c) {
			rules = append(rules, f.Rule)
		}
		assert.Equal(t, want, rules, text)
	}
}
