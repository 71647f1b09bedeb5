package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// TestNotesSayWhatIsNotAllowed checks that a policy says what it does not allow, and what it allows
// although it was denied.
func TestNotesSayWhatIsNotAllowed(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:123456789012:key/abc"
	for _, test := range []struct {
		name  string
		needs policy.Needs
		want  string
		sids  string // of the statements
	}{
		{"denied", policy.Needs{Denied: secrets("", "b", "c")},
			"denied and never found: 2 names.", ""},
		{"failed", policy.Needs{Failed: secrets("", "b")},
			"every call failed, as throttled calls do: 1 name.", ""},
		{"missing", policy.Needs{Missing: secrets("", "b")},
			"Asked for and not found: 1 name.", ""},
		{"a batch", policy.Needs{Batch: true}, "secretsmanager:ListSecrets", "ReadBatches"},
		{"a denied batch", policy.Needs{BatchFailed: true}, "BatchGetSecretValue is not allowed", ""},
		{"no key", policy.Needs{}, "kms:Decrypt is not allowed, because no call shows", ""},
		{"a denied key", policy.Needs{Keys: []string{key}, KeysDenied: []string{key}},
			"kms:Decrypt is allowed for 1 key although KMS denied it each time", "DecryptSecrets"},
		{"two callers", policy.Needs{Callers: []string{"a", "b"}}, "The calls are by 2 callers", ""},
		{"partial", policy.Needs{Partial: true}, "does not have them all", ""},
	} {
		test.needs.Secrets = secrets("eu-west-1", "a")
		p, err := policy.New(test.needs, policy.Config{})
		require.NoError(t, err, test.name)
		assert.Contains(t, strings.Join(p.Notes, "\n"), test.want, test.name)
		all := strings.Join(p.Documents, "")
		for _, sid := range []string{"ReadBatches", "DecryptSecrets"} {
			assert.Equal(t, sid == test.sids, strings.Contains(all, sid), "%s: %s", test.name, sid)
		}
	}
}
