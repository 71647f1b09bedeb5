package hook_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

type corpusRow struct{ Text, Fixed string }

// corpus is what people store, and how to write it.
func corpus(t *testing.T) (rows []corpusRow) {
	file, err := os.Open("../testdata/lint.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row corpusRow
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		rows = append(rows, row)
	}
	require.NoError(t, lines.Err())
	return rows
}

// stays are the rules about what is in a connection as well as in its text.
var stays = []string{
	"unknown-type", "https-is-http", "path-as-schema", "path-database", "scheme-not-tls", "unread-field", "unknown-key", "option-as-header", "prefixed-key",
	"text-is-true", "text-is-path", "not-a-switch", "percent-encoded", "placeholder", "path-of-two", "login-in-extra", "protocol-in-host", "escaped-line-break",
	"extra-no-object", "wrong-value", "ssl-no-object", "control-character", "path-in-host", "tls-off",
}

// isAboutType reports whether connuri.Lint reads a text with another type than Airflow does.
func isAboutType(f connuri.Finding) bool { return f.Rule == "conn-id-as-type" }

// isDecoded reports whether the parser takes %DB in a variable such as %DB_PASS% for a byte, after
// which nothing in the connection shows that it was a variable.
func isDecoded(text string) bool { return strings.Contains(text, "%DB_PASS%") }

// TestCorpus holds Lint against what connuri.Lint finds in the same connections.
func TestCorpus(t *testing.T) {
	checked := map[string]bool{}
	for _, row := range corpus(t) {
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text)
		if err != nil || isDecoded(row.Text) || slices.ContainsFunc(connuri.Lint(row.Text, nil), isAboutType) {
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

// later are the rules about a setting that only counts once another advice is followed: TLS
// and host keys once there is a host or a type to connect to, the login once the hook gets that
// far, and what Go has no equivalent of once it is in the extra.
var later = []string{"not-in-go", "tls-off", "tls-optional", "tls-unverified", "tls-twice", "none-password", "no-login", "half-login", "unused-password",
	"host-unverified", "does-nothing"} // the second: a SASL login needs a security.protocol, too

// TestCorpusLeadsNowhereElse follows the advice of connuri.Lint, after which Lint finds nothing
// that it did not find before.
func TestCorpusLeadsNowhereElse(t *testing.T) {
	for i, row := range corpus(t) {
		before := map[string]bool{}
		if c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text); err == nil {
			for _, f := range hook.Lint(c) {
				before[f.Rule] = true
			}
		}
		if row.Fixed == "" {
			continue
		}
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Fixed)
		require.NoError(t, err)
		for _, f := range hook.Lint(c) {
			assert.True(t, before[f.Rule] || slices.Contains(later, f.Rule), "line %d: %s leads to %s", i+1, row.Fixed, f)
		}
	}
}
