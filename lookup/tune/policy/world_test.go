package policy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// allowed gives the resources that a document allows to read.
func allowed(t *testing.T, document string) []string {
	t.Helper()
	var doc struct {
		Statement []struct {
			Action   string
			Resource []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(document), &doc))
	var all []string
	for _, s := range doc.Statement {
		if s.Action == "secretsmanager:GetSecretValue" {
			all = append(all, s.Resource...)
		}
	}
	return all
}

// A realm is the secrets that exist, by ARN, those of them that are used, and what New knows.
type realm struct {
	exist, used []string
	unused      map[string]bool // that the calls show to exist, and not to be used
	needs       policy.Needs
	cfg         policy.Config
}

// seen adds what calls may show of a secret that is not used.
func (r *realm) seen(how int, arn string) {
	secret := policy.ParseSecret(arn)
	switch how {
	case 0:
		r.needs.Denied = append(r.needs.Denied, secret)
	case 1:
		r.needs.Failed = append(r.needs.Failed, secret)
	case 2:
		r.needs.Others = append(r.needs.Others, secret)
	case 3:
		r.needs.Denied = append(r.needs.Denied, policy.Secret{Name: secret.Name})
	default:
		return
	}
	r.unused[arn] = true
}

func randomRealm(random *rand.Rand) realm {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	suffix := func() string {
		const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		b := make([]byte, 6)
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return "-" + string(b)
	}
	r := realm{unused: map[string]bool{}}
	r.cfg.Form = policy.Form(pick("", "names", "prefixes", "prefixes"))
	r.cfg.Limit = []int{0, policy.InlineUser}[random.IntN(2)]
	known := random.IntN(4) > 0
	if random.IntN(3) > 0 {
		r.cfg.Region, r.cfg.Account = "eu-west-1", "1"
	}
	seen := map[string]bool{}
	for range random.IntN(200) {
		name := path.Join(pick("airflow/connections", "airflow/variables", "a", "a-b", ""),
			pick("pg", "pg-data1", "pg_x", "my.db", "team-a", "x"))
		if random.IntN(2) == 0 {
			name += pick("_", "-", "/", ".", "") + fmt.Sprint(random.IntN(20))
		}
		if random.IntN(5) == 0 {
			name += suffix()
		}
		head := pick("arn:aws:secretsmanager:eu-west-1:1:secret:",
			"arn:aws:secretsmanager:eu-west-1:1:secret:",
			"arn:aws:secretsmanager:us-east-1:1:secret:",
			"arn:aws-cn:secretsmanager:cn-north-1:2:secret:")
		if seen[head+name] {
			continue
		}
		seen[head+name] = true
		arn := head + name + suffix()
		r.exist = append(r.exist, arn)
		secret := policy.ParseSecret(arn)
		if known {
			listed := secret
			if random.IntN(4) == 0 {
				listed = policy.Secret{Name: name}
			}
			r.cfg.Exists = append(r.cfg.Exists, listed)
		}
		if random.IntN(3) > 0 {
			r.seen(random.IntN(8), arn)
			continue
		}
		r.used = append(r.used, arn)
		if r.cfg.Region != "" && head == "arn:aws:secretsmanager:eu-west-1:1:secret:" &&
			random.IntN(2) == 0 {
			secret = policy.Secret{Name: name}
		}
		r.needs.Secrets = append(r.needs.Secrets, secret)
	}
	if random.IntN(2) == 0 {
		r.needs.Paths = []string{"airflow/connections/", "airflow/variables/"}
	}
	return r
}

// TestPoliciesOpenOnlyWhatTheySay checks that each policy allows all that is used, and opens only
// what its lines say.
func TestPoliciesOpenOnlyWhatTheySay(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 4))
	policies, prefixes, split := 0, 0, 0
	for n := range 1500 {
		r := randomRealm(random)
		p, err := policy.New(r.needs, r.cfg)
		if len(r.used) == 0 {
			require.ErrorIs(t, err, policy.ErrNothing)
			continue
		}
		require.NoError(t, err)
		policies++
		var resources []string
		limit := r.cfg.Limit
		if limit == 0 {
			limit = policy.Managed
		}
		for _, doc := range p.Documents {
			resources = append(resources, allowed(t, doc)...)
			assert.LessOrEqual(t, len(strings.Join(strings.Fields(doc), "")), limit, "realm %d", n)
		}
		if len(p.Documents) > 1 {
			split++
		}
		require.Len(t, resources, len(p.Grants))
		opened := func(arn string) (by []policy.Grant) {
			for i, resource := range resources {
				if policy.Match(resource, arn) {
					assert.Equal(t, resource, p.Grants[i].Resource)
					by = append(by, p.Grants[i])
				}
			}
			return by
		}
		for _, arn := range r.used {
			assert.NotEmpty(t, opened(arn), "realm %d: %s is used", n, arn)
		}
		for _, arn := range r.exist {
			if slices.Contains(r.used, arn) {
				continue
			}
			for _, g := range opened(arn) {
				known := len(r.cfg.Exists) > 0 || r.unused[arn]
				said := slices.Contains(g.Opens, policy.ParseSecret(arn).Name)
				assert.True(t, said || !known && g.Prefix != "",
					"realm %d: %s opens %s and does not say so", n, g.Resource, arn)
				if known {
					assert.Empty(t, g.Prefix, "realm %d: %s opens %s, which exists", n, g.Resource,
						arn)
				}
			}
		}
		for _, g := range p.Grants {
			if g.Prefix != "" {
				prefixes++
				assert.Contains(t, g.String(), "later")
				assert.Greater(t, g.Used, 1)
			}
			assert.NotContains(t, g.Resource, ":*:", "a place is never open")
			assert.Equal(t, g.Prefix != "", strings.HasSuffix(g.Resource, "*"))
		}
	}
	t.Logf("%d policies, %d prefixes, %d split", policies, prefixes, split)
	assert.Greater(t, policies, 1000)
	assert.Greater(t, prefixes, 500)
	assert.Greater(t, split, 50)
}
