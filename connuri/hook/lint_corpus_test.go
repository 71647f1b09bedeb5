package hook_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// stays are the rules about what is in a connection as well as in its text.
var stays = []string{
	"unknown-type", "https-is-http", "path-as-schema", "path-database", "scheme-not-tls", "unread-field", "unknown-key", "option-as-header", "prefixed-key",
	"text-is-true", "text-is-path", "not-a-switch", "percent-encoded", "placeholder", "path-of-two", "login-in-extra", "protocol-in-host", "escaped-line-break",
	"extra-no-object",
}

// TestCorpus holds Lint against what connuri.Lint finds in the same connections.
func TestCorpus(t *testing.T) {
	file, err := os.Open("../testdata/lint.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	checked := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct{ Text string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		c, err := connuri.Words(nil).Parse(connuri.TaskSDK, row.Text)
		if err != nil {
			continue
		}
		found := hook.Lint(c)
		for _, f := range connuri.Lint(row.Text, nil) {
			if slices.Contains(stays, f.Rule) && f.Field != "uri" {
				checked[f.Rule] = true
				same := func(g connuri.Finding) bool { return f.Rule == g.Rule && f.Field == g.Field }
				assert.True(t, slices.ContainsFunc(found, same), "%s: only connuri.Lint finds %s", row.Text, f.Rule)
			}
		}
	}
	assert.Len(t, checked, len(stays))
}
