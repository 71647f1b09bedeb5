package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

const account = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"

// secrets are those of a region and an account, or by name alone if the region is "".
func secrets(region string, names ...string) []policy.Secret {
	var all []policy.Secret
	for _, name := range names {
		s := policy.Secret{Region: region, Name: name}
		if region != "" {
			s.Account = "123456789012"
		}
		all = append(all, s)
	}
	return all
}

func TestNewMakesGrants(t *testing.T) {
	for _, test := range []struct {
		name   string
		used   []policy.Secret
		paths  []string
		cfg    policy.Config
		want   []string // resources, each with its line
		noted  string
		errors error
	}{
		{name: "names", used: secrets("eu-west-1", "b", "a", "a"), want: []string{
			account + "a-??????: the secret and no other", account +
				"b-??????: the secret and no other"}},
		{name: "China", used: secrets("cn-north-1", "a"),
			want: []string{"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-??????: the secret and no other"}},
		{name: "GovCloud", used: secrets("", "a"), cfg: policy.Config{Region: "us-gov-west-1",
			Account: "1"},
			want: []string{"arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:a-??????: the secret and no other"}},
		{name: "region not known", used: slices.Concat(secrets("eu-west-1", "b"), secrets("", "a")),
			cfg: policy.Config{Account: "1"}, errors: policy.ErrRegion},
		{name: "account not known", used: secrets("", "a"), cfg: policy.Config{Region: "eu-west-1"},
			errors: policy.ErrAccount},
		{name: "prefixes", used: secrets("eu-west-1", "pg_a", "pg_b", "my_a"),
			cfg: policy.Config{Form: policy.Prefixes, Exists: secrets("", "mx",
				"my_a")}, want: []string{
				account + "my_a-??????: the secret and no other", account +
					"pg_*: 2 secrets; also every secret created under it later"}},
		{name: "no shorter than the path", used: secrets("eu-west-1", "prod/conns/pg_a",
			"prod/conns/x"), paths: []string{"prod/conns/"},
			cfg: policy.Config{Form: policy.Prefixes},
			want: []string{account +
				"prod/conns/*: 2 secrets; also every secret created under it later"},
			noted: "Give a list of all secrets"},
		{name: "others are there", used: secrets("eu-west-1", "prod/conns/pg_a", "prod/conns/pg_b",
			"prod/conns/x"), cfg: policy.Config{Form: policy.Prefixes, Exists: secrets("",
			"prod/conns/y")}, want: []string{
			account +
				"prod/conns/pg_*: 2 secrets; also every secret created under it later", account +
				"prod/conns/x-??????: the secret and no other"}},
		{name: "others elsewhere", used: secrets("eu-west-1", "pg_a", "pg_b"),
			cfg:  policy.Config{Form: policy.Prefixes, Exists: secrets("us-east-1", "pg_c")},
			want: []string{account + "pg_*: 2 secrets; also every secret created under it later"}},
		{name: "AWS's end is reached into", used: secrets("eu-west-1", "pg-data1-a", "pg-data1-b"),
			cfg: policy.Config{Form: policy.Prefixes, Exists: secrets("", "pg")}, want: []string{
				account + "pg-data1-*: 2 secrets; also every secret created under it later"}},
		{name: "names that AWS itself makes", used: secrets("eu-west-1", "rds!db-1"),
			want: []string{account + "rds!db-1-??????: the secret and no other"}},
		{name: "nothing", errors: policy.ErrNothing},
		{name: "no names", used: secrets("eu-west-1", "*", "a?", "${aws:username}", ""),
			errors: policy.ErrNothing},
		{name: "no names among others", used: secrets("eu-west-1", "*", "a"),
			want: []string{account +
				"a-??????: the secret and no other"}, noted: "such a name: 1 name."},
		{name: "no form", used: secrets("eu-west-1", "a"), cfg: policy.Config{Form: "all"},
			errors: policy.ErrConfig},
		{name: "no account", used: secrets("eu-west-1", "a"), cfg: policy.Config{Account: "*"},
			errors: policy.ErrConfig},
		{name: "no region", used: secrets("eu-west-1", "a"), cfg: policy.Config{Region: "eu:west"},
			errors: policy.ErrConfig},
		{name: "hardly a limit", used: secrets("eu-west-1", "a"), cfg: policy.Config{Limit: 1000},
			errors: policy.ErrConfig},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := policy.New(policy.Needs{Secrets: test.used, Paths: test.paths,
				Keys: []string{"arn:aws:kms:eu-west-1:1:key/1"}}, test.cfg)
			require.ErrorIs(t, err, test.errors)
			var got []string
			for _, g := range p.Grants {
				got = append(got, g.Resource+": "+g.String())
			}
			assert.Equal(t, test.want, got)
			if test.noted == "" {
				assert.Empty(t, p.Notes)
			}
			assert.Contains(t, strings.Join(p.Notes, "\n"), test.noted)
			assert.Equal(t, test.want == nil, len(p.Documents) == 0)
		})
	}
}

func TestDocumentAllowsBatchesAndKeys(t *testing.T) {
	key := "arn:aws:kms:eu-west-1:123456789012:key/0123-abc"
	p, err := policy.New(policy.Needs{
		Secrets: secrets("eu-west-1", "a"), Batch: true, Denied: secrets("eu-west-1", "b"),
		Missing: secrets("eu-west-1", "c", "d", "e"), Partial: true,
		Keys: []string{key, "arn:aws:kms:eu-west-1:1:alias/*", "*", key},
	}, policy.Config{})
	require.NoError(t, err)
	require.Len(t, p.Documents, 1)
	assert.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "ReadSecrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ["`+account+`a-??????"]},
		{"Sid": "ReadBatches", "Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": ["*"]},
		{"Sid": "DecryptSecrets", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": ["`+key+`"],
			"Condition": {"StringLike": {"kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com*"]}}}]}`, p.Documents[0])
	for i, note := range []string{"denied and never found: 1 name.", "not found: 3 names.",
		"ListSecrets", "more secrets"} {
		require.Greater(t, len(p.Notes), i)
		assert.Contains(t, p.Notes[i], note)
	}
}

// TestPrefixOpensNoUnusedSecret checks that no prefix opens a secret that was denied or failed, or
// that others found, whether or not the secrets that exist are listed, and that the notes say what
// is not allowed.
func TestPrefixOpensNoUnusedSecret(t *testing.T) {
	used := secrets("eu-west-1", "conns/pg_a", "conns/pg_b", "conns/x-1", "conns/x-2")
	byName := []string{account + "conns/pg_a-??????", account + "conns/pg_b-??????"}
	all := []string{account + "conns/*"}
	x := account + "conns/x-*"
	for _, test := range []struct {
		name  string
		needs policy.Needs
		want  []string
		noted string // "" if nothing is not allowed
	}{
		{"denied", policy.Needs{Denied: secrets("eu-west-1", "conns/pg_c")},
			append(byName, x), "denied and never found: 1 name."},
		{"denied, place not known", policy.Needs{Denied: secrets("", "conns/pg_c")},
			append(byName, x), "denied and never found: 1 name."},
		{"denied elsewhere", policy.Needs{Denied: secrets("us-east-1", "conns/pg_c")},
			all, "denied and never found: 1 name."},
		{"failed", policy.Needs{Failed: secrets("eu-west-1", "conns/pg_c")},
			append(byName, x), "every call failed, as throttled calls do: 1 name."},
		{"of others", policy.Needs{Others: secrets("eu-west-1", "conns/pg_c")},
			append(byName, x), ""},
		{"missing, under the prefix", policy.Needs{Missing: secrets("eu-west-1", "conns/pg_c")},
			all, ""},
		{"missing, of a used name elsewhere",
			policy.Needs{Missing: secrets("us-east-1", "conns/pg_a")}, all, "not found: 1 name."},
		{"missing, under no prefix",
			policy.Needs{Missing: secrets("eu-west-1", "conns/pg_c", "conn", "vars/y"),
				Others: secrets("eu-west-1", "conns/y")},
			[]string{account + "conns/pg_*", x}, "not found: 2 names."},
	} {
		for _, exists := range [][]policy.Secret{nil, secrets("", "unrelated")} {
			test.needs.Secrets, test.needs.Paths = used, []string{"conns/"}
			p, err := policy.New(test.needs,
				policy.Config{Form: policy.Prefixes, Exists: exists})
			require.NoError(t, err, test.name)
			var got []string
			for _, g := range p.Grants {
				got = append(got, g.Resource)
				assert.Empty(t, g.Opens, test.name)
			}
			assert.Equal(t, test.want, got, test.name)
			noted := strings.Join(p.Notes, "\n")
			assert.Contains(t, noted, test.noted, test.name)
			isNoted := strings.Contains(noted, "Not allowed") ||
				strings.Contains(noted, "not found")
			assert.Equal(t, test.noted != "", isNoted, "%s: %s", test.name, noted)
		}
	}
}

// TestPolicyIsSplitAtLimit checks that names that do not fit become prefixes, and that a policy
// that still does not fit is split.
func TestPolicyIsSplitAtLimit(t *testing.T) {
	var used []policy.Secret
	for n := range 100 {
		used = append(used, secrets("eu-west-1", fmt.Sprintf("airflow/connections/pg_%03d", n))...)
	}
	p, err := policy.New(policy.Needs{Secrets: used[:20]}, policy.Config{})
	require.NoError(t, err)
	assert.Len(t, p.Grants, 20)
	p, err = policy.New(policy.Needs{Secrets: used}, policy.Config{})
	require.NoError(t, err)
	assert.Len(t, p.Documents, 1)
	assert.Equal(t, account+"airflow/*", p.Grants[0].Resource)

	p, err = policy.New(policy.Needs{Secrets: used, Batch: true},
		policy.Config{Form: policy.Names, Limit: policy.InlineUser})
	require.NoError(t, err)
	assert.Greater(t, len(p.Documents), 3)
	assert.Contains(t, p.Notes[0], "Attach all of them")
	assert.Contains(t, p.Notes[0], "2048 characters together: these have ")
	var resources []string
	for _, doc := range p.Documents {
		assert.LessOrEqual(t, len(strings.Join(strings.Fields(doc), "")), policy.InlineUser)
		resources = append(resources, allowed(t, doc)...)
	}
	assert.Len(t, resources, 100)

	for _, test := range []struct {
		used, limit, documents int
		want                   string // of the note
	}{
		{10, policy.InlineUser, 1, ""},
		{90, policy.InlineUser, 5, "do not fit inline in a user, whose"},
		{100, policy.Managed, 2, "do not fit inline in a user, whose"},
	} {
		p, err := policy.New(policy.Needs{Secrets: used[:test.used]},
			policy.Config{Form: policy.Names, Limit: test.limit})
		require.NoError(t, err)
		assert.Len(t, p.Documents, test.documents)
		assert.Contains(t, p.Notes[0], test.want)
		assert.Equal(t, test.want != "", strings.Contains(p.Notes[0], "inline"), p.Notes[0])
	}
	used = append(used, secrets("eu-west-1", strings.Repeat("x", 512), strings.Repeat("y", 512))...)
	p, err = policy.New(policy.Needs{Secrets: used},
		policy.Config{Form: policy.Names, Limit: policy.InlineUser})
	require.NoError(t, err)
	assert.Contains(t, p.Notes[0], "2048 characters together and those of a role 10240, and these")
}

// TestManyKeysHaveTheirOwnDocuments checks that many keys have documents of their own.
func TestManyKeysHaveTheirOwnDocuments(t *testing.T) {
	var keys []string
	for n := range 25 {
		keys = append(keys,
			fmt.Sprintf("arn:aws-us-gov:kms:us-gov-west-%d:123456789012:key/mrk-0123456789abcdef0123456789abcdef", n))
	}
	used := secrets("eu-west-1", strings.Repeat("x", 512))
	for _, test := range []struct{ keys, documents int }{{3, 1}, {4, 2}, {25, 4}} {
		p, err := policy.New(policy.Needs{Secrets: used, Batch: true, Keys: keys[:test.keys]},
			policy.Config{Limit: policy.InlineUser})
		require.NoError(t, err)
		assert.Len(t, p.Documents, test.documents)
		all := strings.Join(p.Documents, "")
		for _, doc := range p.Documents {
			assert.LessOrEqual(t, len(strings.Join(strings.Fields(doc), "")), policy.InlineUser)
		}
		for _, key := range keys[:test.keys] {
			assert.Contains(t, all, key)
		}
	}
}
