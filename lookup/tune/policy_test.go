package tune_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// A vault is a secret of an account world, and what one caller did with it.
type vault struct {
	arn, key string // key is "" for AWS's own
	name     string
	region   string
	own      bool // it is in the caller's account
}

// An account world has secrets, their keys, and the events of one caller and of others.
type accountWorld struct {
	*rand.Rand
	vaults []vault
	events strings.Builder

	used       map[string]bool // :: ARN of a secret that the caller found
	refused    map[string]bool // :: ARN of a secret that the caller asked for and never found
	ofOthers   map[string]bool // :: ARN of a secret that others found
	keys       map[string]bool // :: key of a secret that the caller found, and that decrypted it
	deniedKeys map[string]bool // :: key that KMS denied to a call of the caller
	batch      bool
}

func newAccountWorld(t *testing.T, seed uint64) *accountWorld {
	t.Helper()
	w := &accountWorld{
		Rand: rand.New(rand.NewPCG(19, seed)), used: map[string]bool{}, refused: map[string]bool{},
		ofOthers: map[string]bool{},
		keys:     map[string]bool{}, deniedKeys: map[string]bool{},
	}
	paths := []string{"airflow/connections/", "airflow/variables/", "prod/conns/", "billing/", ""}
	stems := []string{"pg_", "pg-data1-", "my.db.", "x", "PG_", "a/b/"}
	seen := map[string]bool{}
	for range 2 + w.IntN(40) {
		v := vault{region: w.pick("eu-west-1", "us-east-1"), own: w.IntN(5) > 0}
		v.name = w.pick(paths...) + w.pick(stems...) + fmt.Sprint(w.IntN(12))
		account := "123456789012"
		if !v.own {
			account = "999999999999"
		}
		head := "arn:aws:secretsmanager:" + v.region + ":" + account + ":secret:" + v.name
		if seen[head] {
			continue
		}
		seen[head] = true
		v.arn = head + w.suffix()
		if w.IntN(3) == 0 {
			v.key = fmt.Sprintf("arn:aws:kms:%s:%s:key/k%d", v.region, account, w.IntN(4))
		}
		w.vaults = append(w.vaults, v)
	}
	for range 5 + w.IntN(60) {
		w.call(t, w.vaults[w.IntN(len(w.vaults))])
	}
	if w.IntN(4) == 0 {
		w.batch = w.IntN(2) == 0
		code := "AccessDenied"
		if w.batch {
			code = ""
		}
		w.add(t, true, map[string]any{"eventName": "BatchGetSecretValue", "errorCode": code})
	}
	return w
}

func (w *accountWorld) pick(all ...string) string { return all[w.IntN(len(all))] }

func (w *accountWorld) suffix() string {
	const letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	b := []byte("-")
	for range 6 {
		b = append(b, letters[w.IntN(len(letters))])
	}
	return string(b)
}

func (w *accountWorld) add(t *testing.T, own bool, fields map[string]any) {
	t.Helper()
	role := "mwaa"
	if !own {
		role = "orders"
	}
	fields["userIdentity"] = map[string]any{
		"arn": "arn:aws:sts::123456789012:assumed-role/" + role + "/session",
	}
	w.events.WriteString(made(t, fields) + "\n")
}

// call adds a call for a secret, or for a name that does not exist.
func (w *accountWorld) call(t *testing.T, v vault) {
	t.Helper()
	own := w.IntN(5) > 0
	asked := w.pick(v.arn, v.arn[:len(v.arn)-7], v.name, v.name)
	if !v.own {
		asked = w.pick(v.arn, v.arn[:len(v.arn)-7])
	}
	fields := map[string]any{"awsRegion": v.region, "requestParameters": asking(asked)}
	found := false
	switch w.IntN(10) {
	case 0:
		fields["errorCode"] = "ThrottlingException"
	case 1:
		fields["errorCode"], fields["requestParameters"] = "AccessDenied", nil
		fields["errorMessage"] = "not authorized to perform: secretsmanager:GetSecretValue on resource: " +
			w.pick(v.arn, v.name) + " because"
	case 2:
		fields["requestParameters"] = asking("gone/" + v.name)
		fields["errorCode"] = "ResourceNotFoundException"
		w.add(t, own, fields)
		return
	case 3:
		if v.key != "" {
			fields["errorCode"], fields["requestParameters"] = "AccessDenied", nil
			fields["errorMessage"] = "not authorized to perform: kms:Decrypt on resource: " +
				v.key + " because"
			if own {
				w.deniedKeys[v.key] = true
			}
			w.add(t, own, fields)
			return
		}
		found = true
	default:
		found = true
	}
	w.add(t, own, fields)
	if own && found {
		w.used[v.arn] = true
	} else if own {
		w.refused[v.arn] = true
	} else if found {
		w.ofOthers[v.arn] = true
	}
	isRead := found && w.IntN(3) > 0
	if v.key == "" || !isRead && w.IntN(2) == 0 {
		return
	}
	w.add(t, own,
		map[string]any{ // without a read it belongs to another call, such as PutSecretValue
			"eventName": "Decrypt", "eventSource": "kms.amazonaws.com", "awsRegion": v.region,
			"resources": []any{map[string]any{"ARN": v.key}},
			"requestParameters": map[string]any{
				"encryptionContext": map[string]any{"SecretARN": v.arn},
			},
		})
	if own {
		w.keys[v.key+" "+v.arn] = true
	}
}

// allowedIn gives the resources of an action in documents.
func allowedIn(t *testing.T, documents []string, action string) (all []string) {
	t.Helper()
	for _, text := range documents {
		var doc struct {
			Statement []struct {
				Action   string
				Resource []string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(text), &doc))
		for _, s := range doc.Statement {
			if s.Action == action {
				all = append(all, s.Resource...)
			}
		}
	}
	return all
}

// TestPoliciesFromEvents goes all the way from events to policies: each allows all that the caller
// used, and opens nothing that its own lines do not name. With or without a list of the secrets, it
// does not open what the events show to exist and not to be used.
func TestPoliciesFromEvents(t *testing.T) {
	policies, prefixes, refused, keys := 0, 0, 0, 0
	for n := range uint64(1000) {
		w := newAccountWorld(t, n)
		log := tune.New(tune.Config{User: "mwaa"})
		require.NoError(t, log.Read(t.Context(), strings.NewReader(w.events.String())))
		needs := log.Needs()
		cfg := policy.Config{Form: policy.Form(w.pick("fit", "names", "prefixes", "prefixes"))}
		isListed := w.IntN(3) > 0
		if isListed {
			for _, v := range w.vaults {
				cfg.Exists = append(cfg.Exists, policy.ParseSecret(v.arn))
			}
		}
		p, err := policy.New(needs, cfg)
		if len(w.used) == 0 {
			require.ErrorIs(t, err, policy.ErrNothing, "world %d", n)
			continue
		}
		require.NoError(t, err, "world %d", n)
		policies++
		resources := allowedIn(t, p.Documents, "secretsmanager:GetSecretValue")
		require.Len(t, resources, len(p.Grants))
		for _, v := range w.vaults {
			var by []policy.Grant
			for i, resource := range resources {
				require.Equal(t, resource, p.Grants[i].Resource)
				if policy.Match(resource, v.arn) {
					by = append(by, p.Grants[i])
				}
			}
			if w.used[v.arn] {
				assert.NotEmpty(t, by, "world %d: %s is used", n, v.arn)
				continue
			}
			if w.refused[v.arn] {
				refused++
			}
			if w.refused[v.arn] || w.ofOthers[v.arn] {
				assert.Empty(t, by, "world %d: %s exists and is not used", n, v.arn)
			}
			for _, g := range by {
				assert.NotEmpty(t, g.Prefix, "world %d: %s opens %s by name", n, g.Resource, v.arn)
				said := slices.Contains(g.Opens, v.name)
				assert.True(t, said || !isListed, "world %d: %s opens %s", n, g.Resource, v.arn)
			}
		}
		for _, g := range p.Grants {
			if g.Prefix != "" {
				prefixes++
			}
		}
		keys += w.checkKeys(t, n, allowedIn(t, p.Documents, "kms:Decrypt"), needs)
		batches := allowedIn(t, p.Documents, "secretsmanager:BatchGetSecretValue")
		assert.Equal(t, w.batch, len(batches) > 0, "world %d", n)
	}
	t.Logf("%d policies, %d prefixes, %d secrets refused, %d keys", policies, prefixes, refused,
		keys)
	assert.Greater(t, policies, 800)
	assert.Greater(t, prefixes, 500)
	assert.Greater(t, refused, 500)
	assert.Greater(t, keys, 500)
}

// checkKeys checks that the allowed keys are those that a used secret needed, or that were denied.
func (w *accountWorld) checkKeys(t *testing.T, n uint64, allowed []string, needs policy.Needs) int {
	t.Helper()
	want := map[string]bool{}
	for key := range w.deniedKeys {
		want[key] = true
	}
	for of := range w.keys {
		key, arn, _ := strings.Cut(of, " ")
		name := policy.ParseSecret(arn).Name
		isNeeded := func(s policy.Secret) bool { return s.Name == name }
		if slices.ContainsFunc(needs.Secrets, isNeeded) {
			want[key] = true
		}
	}
	for arn := range w.used {
		assert.True(t, slices.ContainsFunc(needs.Secrets, func(s policy.Secret) bool {
			return s.Name == policy.ParseSecret(arn).Name
		}), "world %d: %s", n, arn)
	}
	for _, key := range allowed {
		assert.True(t, want[key], "world %d: %s is allowed", n, key)
	}
	for key := range want {
		assert.Contains(t, allowed, key, "world %d", n)
	}
	return len(allowed)
}
