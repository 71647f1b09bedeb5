package tune

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// Needs says what the counted calls need of an IAM policy, for [policy.New].
//
// A secret is needed if a call showed that it exists and that the caller may ask for it. A name
// that was denied and never found is in Denied, and one whose calls only failed otherwise, such as
// throttled ones, is in Failed. BatchGetSecretValue is needed if a call of it succeeded. A KMS key
// is needed if it decrypted one of the needed secrets, or if KMS denied it to a call of
// GetSecretValue; calls of KMS for other secrets do not count.
func (l *Usage) Needs() policy.Needs {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := policy.Needs{
		Batch: l.use.batch, BatchFailed: l.use.batchFailed && !l.use.batch,
		Partial: l.use.full || l.use.partial, Callers: l.use.callerNames(),
	}
	denied, failed, missing := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for key, u := range l.use.secrets {
		names := namedBy(key)
		switch {
		case u.Calls == 0:
		case u.reached:
			n.Secrets = append(n.Secrets, names...)
		case u.NotFound > 0:
			missing[names[0].Name] = true
		case u.Denied > 0:
			denied[names[0].Name] = true
		default:
			failed[names[0].Name] = true
		}
	}
	slices.SortFunc(n.Secrets, policy.Secret.Compare)
	n.Secrets = slices.Compact(n.Secrets)
	needed := map[string]bool{}
	for _, secret := range n.Secrets {
		needed[secret.Name] = true
	}
	n.Missing = len(without(missing, needed))
	n.Denied = without(denied, needed, missing)
	n.Failed = without(failed, needed, missing, denied)
	n.Keys, n.KeysDenied = l.use.keysOf(needed)
	for _, p := range l.paths {
		if name, _ := nameOf(p.text); name != "" {
			n.Paths = append(n.Paths, name)
		}
	}
	return n
}

// without gives the names of a set that are in none of the others, in order.
func without(set map[string]bool, others ...map[string]bool) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		isIn := func(other map[string]bool) bool { return other[name] }
		if !slices.ContainsFunc(others, isIn) {
			names = append(names, name)
		}
	}
	return names
}

// keysOf gives the keys for secrets, and those among them that were denied each time. The secret
// is not known where KMS denied the key to GetSecretValue.
func (s *uses) keysOf(secrets map[string]bool) (keys, denied []string) {
	all, granted := map[string]bool{}, map[string]bool{}
	for of := range s.keys {
		if of.secret != "" && !secrets[of.secret] {
			continue
		}
		all[of.key] = true
		granted[of.key] = granted[of.key] || !of.denied
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		keys = append(keys, key)
		if !granted[key] {
			denied = append(denied, key)
		}
	}
	return keys, denied
}

// callerNames gives the roles and users that called, as ACCOUNT/NAME where two accounts have the
// same name.
func (s *uses) callerNames() []string {
	accounts := map[string]int{} // :: name → accounts
	for of := range s.callers {
		accounts[of.name]++
	}
	var names []string
	for of := range s.callers {
		name := of.name
		if accounts[name] > 1 && of.account != "" {
			name = of.account + "/" + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// namedBy gives the secrets that an asking may be for. These are two where the end of an ARN can
// be read both ways, because a policy with only the wrong one denies what was used.
func namedBy(key asking) []policy.Secret {
	name, isARN := nameOf(key.secret)
	if !isARN {
		at := key.place.Value()
		return []policy.Secret{{Region: at.region, Account: at.account, Name: name}}
	}
	parts := strings.SplitN(key.secret, ":", 6)
	s := policy.Secret{Partition: parts[1], Region: parts[3], Account: parts[4], Name: name}
	end := len(name) - 7
	if end <= 0 || !isSuffix(name[end:]) {
		return []policy.Secret{s}
	}
	short := s
	short.Name = name[:end]
	if key.full {
		return []policy.Secret{short}
	}
	return []policy.Secret{short, s}
}
