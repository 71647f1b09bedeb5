package policy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

func TestMatchWildcards(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"**", "a/b:c", true},
		{"?", "", false},
		{"?", "a", true},
		{"a", "A", false},
		{"a*", "a", true},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"a?c*", "abc", true},
		{"pg-??????", "pg-AbCdEf", true},
		{"pg-??????", "pg-AbCdE", false},
		{"pg-??????", "pg-AbCdEfg", false},
		{"pg-??????", "pg-secret-AbCdEf", false},
		{"*??", "a", false},
		{"a.c", "abc", false},
		{"[a]", "a", false},
	} {
		assert.Equal(t, test.want, policy.Match(test.pattern, test.text), "%q %q", test.pattern,
			test.text)
	}
}

// FuzzMatch compares with the regular expression that says the same.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?", "axxbc")
	f.Add("**a*?", "aab")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if strings.ContainsFunc(pattern+text, func(r rune) bool { return r > 127 }) {
			t.Skip("names are ASCII")
		}
		expr := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		assert.Equal(t, regexp.MustCompile(`(?s)^`+expr+`$`).MatchString(text),
			policy.Match(pattern, text), "%q %q", pattern, text)
	})
}

func TestParseSecret(t *testing.T) {
	for text, want := range map[string]policy.Secret{
		"a/b":                           {Name: "a/b"},
		"a-AbCdEf":                      {Name: "a-AbCdEf"},
		"arn:aws:kms:eu-west-1:1:key/1": {Name: "arn:aws:kms:eu-west-1:1:key/1"},
		account + "a/b-AbCdEf": {Partition: "aws", Region: "eu-west-1",
			Account: "123456789012", Name: "a/b"},
		account + "a/b": {Partition: "aws", Region: "eu-west-1",
			Account: "123456789012", Name: "a/b"},
		account + "-AbCdEf": {Partition: "aws", Region: "eu-west-1",
			Account: "123456789012", Name: "-AbCdEf"},
		"arn:aws-cn:secretsmanager:cn-north-1:1:secret:x-000000": {Partition: "aws-cn",
			Region: "cn-north-1", Account: "1", Name: "x"},
	} {
		assert.Equal(t, want, policy.ParseSecret(text), text)
	}
}
