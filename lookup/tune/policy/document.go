package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// statements are those of a document: first for the secrets, then for all else that is needed.
func (n Needs) statements(resources []string) []statement {
	all := []statement{{Sid: "ReadSecrets", Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: resources}}
	if n.Batch { // it knows no resources; each secret in a batch needs GetSecretValue too
		all = append(all, statement{Sid: "ReadBatches", Effect: "Allow", Action: "secretsmanager:BatchGetSecretValue", Resource: []string{"*"}})
	}
	if keys := n.keys(); 0 < len(keys) && len(keys) <= fewKeys {
		all = append(all, decrypt(keys))
	}
	return all
}

// How many keys have room beside secrets, and in a document of their own.
const (
	fewKeys  = 3
	manyKeys = 10
)

// keys are those to decrypt with, each once.
func (n Needs) keys() []string {
	var keys []string
	for _, key := range n.Keys {
		if isKey(strings.SplitN(key, ":", 6)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// decrypt allows Secrets Manager to use keys for the caller, and nobody else.
func decrypt(keys []string) statement {
	var services []string
	for _, key := range keys {
		services = append(services, "secretsmanager."+strings.Split(key, ":")[3]+".amazonaws.com*") // in China it ends in .cn
	}
	slices.Sort(services)
	return statement{Sid: "DecryptSecrets", Effect: "Allow", Action: "kms:Decrypt", Resource: keys,
		Condition: map[string]map[string][]string{"StringLike": {"kms:ViaService": slices.Compact(services)}}}
}

// isKey reports whether the parts of an ARN are those of a KMS key.
func isKey(parts []string) bool {
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "kms" && only(parts[1], "-") && only(parts[3], "-") && parts[3] != "" &&
		only(parts[4], "") && strings.HasPrefix(parts[5], "key/") && only(parts[5], "/-")
}

func resources(grants []Grant) []string {
	all := make([]string, 0, len(grants))
	for _, g := range grants {
		all = append(all, g.Resource)
	}
	return all
}

// documents writes the statements into documents that fit. What is needed besides secrets is in the first, but for many keys.
func documents(n Needs, grants []Grant, limit int) []string {
	var docs, keys []string
	if all := n.keys(); len(all) > fewKeys {
		for some := range slices.Chunk(all, manyKeys) {
			keys = append(keys, write([]statement{decrypt(some)}))
		}
	}
	rest := resources(grants)
	for len(rest) > 0 {
		used := 1
		room := limit - size(n.statements(rest[:1]))
		for used < len(rest) {
			if room -= len(rest[used]) + len(`"",`); room < 0 {
				break
			}
			used++
		}
		docs = append(docs, write(n.statements(rest[:used])))
		n, rest = Needs{}, rest[used:]
	}
	return append(docs, keys...)
}

// size counts the characters of a document as IAM does, without white space.
func size(statements []statement) int {
	return len(strings.Join(strings.FieldsFunc(write(statements), unicode.IsSpace), ""))
}

func write(statements []statement) string {
	text, _ := json.MarshalIndent(document{"2012-10-17", statements}, "", "  ") // text alone: it does not fail
	return string(text)
}

func names(n int) string {
	if n == 1 {
		return "1 name"
	}
	return fmt.Sprint(n, " names")
}

// notes says what a policy does not.
func notes(n Needs, cfg Config, p Policy, invalid int) []string {
	var all []string
	note := func(is bool, format string, args ...any) {
		if is {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	note(len(p.Documents) > 1, "The policy has %d documents of at most %d characters each. Attach all of them; a role takes 10 managed policies.", len(p.Documents), cfg.Limit)
	anywhere, prefixes := false, false
	for _, g := range p.Grants {
		anywhere, prefixes = anywhere || g.Anywhere, prefixes || g.Prefix != ""
	}
	note(anywhere, "Region or account of a secret is not known, so the policy has * for it. Give both to close that.")
	note(prefixes && len(cfg.Exists) == 0, "Which other secrets exist is known from the calls alone. Give a list of all secrets, so that no prefix opens one of them.")
	note(len(n.Denied) > 0, "Not allowed, since they were only ever denied: %s.", names(len(n.Denied)))
	note(n.Missing > 0, "Asked for and not found: %s. Under this policy such a call is denied, which Airflow raises as an error. Refuse the ids by a lookup pattern first.", names(n.Missing))
	note(len(n.keys()) == 0, "kms:Decrypt is not in it, since the calls show no key. Add it for secrets with a KMS key of your own.")
	note(n.Batch, "A batch that filters, instead of naming its secrets, needs secretsmanager:ListSecrets too.")
	note(invalid > 0, "Left out: %s that no secret can have.", names(invalid))
	note(n.Partial, "More names were asked for than can be told apart, so the policy does not have them all.")
	return all
}
