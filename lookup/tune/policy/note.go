package policy

import (
	"fmt"
	"slices"
	"strings"
)

// notes says what a policy does not allow, and what to know before attaching it.
func notes(n Needs, cfg Config, p Policy, invalid int) []string {
	var all []string
	note := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	hasPrefix := false
	for _, g := range p.Grants {
		hasPrefix = hasPrefix || g.Prefix != ""
	}
	keys, denied := validKeys(n.Keys), validKeys(n.KeysDenied)
	note(len(p.Documents) > 1,
		"The policy has %d documents of at most %d characters each. Attach all of them; a role "+
			"takes 10 managed policies.%s", len(p.Documents), cfg.Limit, tooLong(p.Documents))
	note(len(n.Callers) > 1, "The calls are by %d callers, and the policy allows what any of them "+
		"needs. Count one caller to make a policy for it.", len(n.Callers))
	note(hasPrefix && len(cfg.Exists) == 0,
		"Only the calls say which other secrets exist. Give a list of all secrets, so that no "+
			"prefix opens one of them.")
	note(len(n.Denied) > 0, "Not allowed, because it was denied and never found: %s.",
		names(len(n.Denied)))
	note(len(n.Failed) > 0, "Not allowed, because every call failed, as throttled calls do: %s.",
		names(len(n.Failed)))
	missing := notOpened(n.Missing, p.Grants)
	note(missing > 0,
		"Asked for and not found: %s. Under this policy such a call is denied, which Airflow raises "+
			"as an error. Refuse these ids with a lookup pattern first.", names(missing))
	note(len(keys) == 0, "kms:Decrypt is not allowed, because no call shows a KMS key that one of "+
		"these secrets needs. Add it for secrets with a KMS key of your own.")
	note(len(denied) > 0,
		"kms:Decrypt is allowed for %s although KMS denied it each time, because the "+
			"caller asked for a secret that needs it. Remove it if the caller should not.",
		plural(len(denied), "key", "keys"))
	note(n.Batch, "A batch that filters secrets instead of naming them needs "+
		"secretsmanager:ListSecrets too.")
	note(!n.Batch && n.BatchFailed, "BatchGetSecretValue is not allowed, because no call of it "+
		"succeeded. Add it if the caller should read batches.")
	note(invalid > 0, "Left out, because no secret can have such a name: %s.", names(invalid))
	note(n.Partial, "The calls name more secrets, keys or callers than can be told apart, so the "+
		"policy does not have them all.")
	return all
}

// notOpened counts the secrets that no prefix opens, so that a call for one is denied. A secret
// whose place is not known may be anywhere.
func notOpened(secrets []Secret, grants []Grant) int {
	n := 0
	for _, s := range secrets {
		isOpen := func(g Grant) bool {
			return g.Prefix != "" && g.place().covers(s) && strings.HasPrefix(s.Name, g.Prefix)
		}
		if !slices.ContainsFunc(grants, isOpen) {
			n++
		}
	}
	return n
}

// tooLong says where documents do not fit inline, if they do not.
func tooLong(documents []string) string {
	sum := 0
	for _, doc := range documents {
		sum += length(doc)
	}
	switch {
	case sum > inlineRole:
		return fmt.Sprintf(" They do not fit inline: the inline policies of a user have %d "+
			"characters together and those of a role %d, and these have %d.",
			InlineUser, inlineRole, sum)
	case sum > InlineUser:
		return fmt.Sprintf(" They do not fit inline in a user, whose inline policies have %d "+
			"characters together: these have %d.", InlineUser, sum)
	}
	return ""
}

func names(n int) string { return plural(n, "name", "names") }
