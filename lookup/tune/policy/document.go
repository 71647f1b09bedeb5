package policy

import (
	"encoding/json"
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

// statements gives the statements of a document: first the secrets, then batches and keys.
func (n Needs) statements(resources []string) []statement {
	all := []statement{{
		Sid: "ReadSecrets", Effect: "Allow", Action: "secretsmanager:GetSecretValue",
		Resource: resources,
	}}
	if n.Batch { // the action has no resources; each secret in a batch needs GetSecretValue too
		all = append(all, statement{
			Sid: "ReadBatches", Effect: "Allow", Action: "secretsmanager:BatchGetSecretValue",
			Resource: []string{"*"},
		})
	}
	if keys := validKeys(n.Keys); 0 < len(keys) && len(keys) <= fewKeys {
		all = append(all, decrypt(keys))
	}
	return all
}

// How many keys fit together with secrets, and in a document of their own.
const (
	fewKeys  = 3
	manyKeys = 10
)

// validKeys gives the valid ARNs of keys, each once.
func validKeys(all []string) []string {
	var keys []string
	for _, key := range all {
		if isKey(strings.SplitN(key, ":", 6)) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// decrypt allows Secrets Manager, and no other service, to use keys for the caller.
func decrypt(keys []string) statement {
	var services []string
	for _, key := range keys {
		region := strings.Split(key, ":")[3]
		// In China the name ends in .cn.
		services = append(services, "secretsmanager."+region+".amazonaws.com*")
	}
	slices.Sort(services)
	via := map[string][]string{"kms:ViaService": slices.Compact(services)}
	return statement{
		Sid: "DecryptSecrets", Effect: "Allow", Action: "kms:Decrypt", Resource: keys,
		Condition: map[string]map[string][]string{"StringLike": via},
	}
}

// isKey reports whether the parts of an ARN are those of a KMS key.
func isKey(parts []string) bool {
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "kms" &&
		only(parts[1], "-") && only(parts[3], "-") && parts[3] != "" && only(parts[4], "") &&
		strings.HasPrefix(parts[5], "key/") && only(parts[5], "/-")
}

// documents writes the statements into documents that fit. The first has what is needed besides
// secrets, except for many keys, which have documents of their own at the end.
func documents(n Needs, grants []Grant, limit int) []string {
	var docs, keys []string
	if all := validKeys(n.Keys); len(all) > fewKeys {
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
func size(statements []statement) int { return length(write(statements)) }

func length(document string) int {
	return len(strings.Join(strings.FieldsFunc(document, unicode.IsSpace), ""))
}

func write(statements []statement) string {
	text, _ := json.MarshalIndent(document{"2012-10-17", statements}, "", "  ") // text cannot fail
	return string(text)
}
