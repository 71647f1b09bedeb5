package tune

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// Needs returns what the counted calls need in an IAM policy, for [policy.New].
//
// A secret is needed if a counted call showed that it exists. A secret that was denied and never
// found is in Denied. A secret whose calls all failed otherwise, for example by throttling, is in
// Failed. Others has the other secrets that exist or may exist; other callers may have found them,
// or the same caller outside Config.Since and Until.
//
// BatchGetSecretValue is needed if a call of it succeeded. A KMS key is needed if it decrypted one
// of the needed secrets, or if KMS denied it to a call of GetSecretValue; KMS calls for other
// secrets do not count.
func (l *Usage) Needs() policy.Needs {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := policy.Needs{
		Batch: l.use.batch, BatchFailed: l.use.batchFailed && !l.use.batch,
		Partial: l.use.full || l.use.partial, Callers: l.use.callerNames(),
	}
	for key, u := range l.use.secrets {
		names, c := namedBy(key), u.counts()
		switch {
		case u.there.Calls > 0:
			n.Secrets = append(n.Secrets, names...)
			continue
		case c.Calls == 0:
		case c.NotFound > 0:
			n.Missing = append(n.Missing, names[0])
		case c.Denied > 0:
			n.Denied = append(n.Denied, names[0])
		default:
			n.Failed = append(n.Failed, names[0])
		}
		mayExist := u.exists || c.Denied > 0 // by either reading of its name
		if mayExist && names[0].Name != shown.Redacted {
			n.Others = append(n.Others, names...)
		}
	}
	needed := secretSet{}
	n.Secrets = needed.added(n.Secrets)
	asked, unused := maps.Clone(needed), maps.Clone(needed)
	n.Missing = asked.added(n.Missing)
	n.Denied = unused.added(asked.added(n.Denied))
	n.Failed = unused.added(asked.added(n.Failed))
	n.Others = unused.added(n.Others)
	n.Keys, n.KeysDenied = l.use.keysOf(needed)
	for _, p := range l.paths {
		if name, _ := nameOf(p.text); name != "" {
			n.Paths = append(n.Paths, name)
		}
	}
	return n
}

// A secretSet has secrets by name.
type secretSet map[string][]policy.Secret

// has reports whether a secret is in the set. One whose place is not known may be anywhere. Two
// redacted names are not the same.
func (set secretSet) has(s policy.Secret) bool {
	if s.Name == shown.Redacted {
		return false
	}
	maySame := func(a, b string) bool { return a == b || a == "" || b == "" }
	return slices.ContainsFunc(set[s.Name], func(t policy.Secret) bool {
		return maySame(s.Region, t.Region) && maySame(s.Account, t.Account)
	})
}

// added adds secrets, and gives those that were not in the set, in order and each once.
func (set secretSet) added(all []policy.Secret) []policy.Secret {
	fresh := slices.DeleteFunc(all, set.has)
	slices.SortFunc(fresh, policy.Secret.Compare)
	isSame := func(a, b policy.Secret) bool { return a.Compare(b) == 0 }
	fresh = slices.CompactFunc(fresh, isSame)
	for _, s := range fresh {
		set[s.Name] = append(slices.Clip(set[s.Name]), s) // clones of the set share the slice
	}
	return fresh
}

// keysOf gives the keys for secrets, and those among them that were denied each time. The secret
// is not known where KMS denied the key to GetSecretValue.
func (s *uses) keysOf(secrets secretSet) (keys, denied []string) {
	all, granted := map[string]bool{}, map[string]bool{}
	for of := range s.keys {
		if of.secret != "" && len(secrets[of.secret]) == 0 {
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
// be read both ways, because a policy with only the wrong one denies what was used. A name that no
// secret can have is redacted.
func namedBy(key asking) []policy.Secret {
	name, isARN := nameOf(key.secret)
	if !isName(name) {
		return []policy.Secret{{Name: shown.Redacted}}
	}
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
