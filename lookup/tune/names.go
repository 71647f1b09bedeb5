package tune

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// A path is what the names of a rule's secrets begin with.
type path struct {
	text  string // "" where the id is the whole name
	kind  lookup.Kind
	teams bool
}

// paths are those of the rules, in the order in which they are tried: the longest first, so that it wins over one that it begins
// with; of equal ones the kind decides.
func paths(rules []lookup.Rule) []path {
	var all []path
	for _, r := range rules {
		if r.Prefix == lookup.Disabled {
			continue
		}
		all = append(all, path{r.Path(), r.Kind, r.MultiTeam && r.Kind != lookup.KindConfig})
	}
	return sorted(all)
}

func sorted(all []path) []path {
	slices.SortStableFunc(all, func(a, b path) int {
		if a.text != b.text {
			return len(b.text) - len(a.text)
		}
		return int(a.kind) - int(b.kind)
	})
	return all
}

// named are paths as the names of secrets in a list begin: without an ARN before them.
func named(paths []path) []path {
	all := slices.Clone(paths)
	for i := range all {
		all[i].text, _ = nameOf(all[i].text)
	}
	return sorted(all)
}

// An idKey is an id of a kind.
type idKey struct {
	kind lookup.Kind
	id   string
}

// find gives the id that a name is for. alike is what the name would be for if its end were read the other way, as a part of the
// name or as AWS's own six characters; "" if there is no doubt.
func find(paths []path, e *Event) (key idKey, alike string, ok bool) {
	name, isARN := nameOf(e.Secret)
	for _, p := range paths {
		text := name
		whole := !isARN
		if strings.HasPrefix(p.text, "arn:") { // the lookup itself asks by ARN: what is behind the path is the id, all of it
			text, whole = e.Secret, !e.full
		}
		id, has := strings.CutPrefix(text, p.text)
		if !has || id == "" {
			continue
		}
		short := id
		if end := len(id) - 7; isARN && end > 0 && isSuffix(id[end:]) {
			short = id[:end]
		}
		if p.teams {
			id, short = withoutTeam(id), withoutTeam(short)
		}
		if id == "" || short == "" {
			continue
		}
		if short == id {
			return idKey{p.kind, id}, "", true
		}
		if !whole && (e.full || e.Exists || e.Outcome == Found || strings.ContainsFunc(text[len(text)-6:], isCapital)) {
			return idKey{p.kind, short}, id, true
		}
		return idKey{p.kind, id}, short, true
	}
	return idKey{}, "", false
}

// nameOf gives the name in an ARN, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, of any partition.
func nameOf(secret string) (name string, isARN bool) {
	if !strings.HasPrefix(secret, "arn:") {
		return secret, false
	}
	parts := strings.SplitN(secret, ":", 7)
	if len(parts) == 7 && parts[2] == "secretsmanager" && parts[5] == "secret" {
		return parts[6], true
	}
	return secret, false
}

// isSuffix tells what may be the end that AWS gives to an ARN: a hyphen and six letters or digits.
func isSuffix(s string) bool {
	return s[0] == '-' && !strings.ContainsFunc(s[1:], func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !isCapital(r)
	})
}

func isCapital(r rune) bool { return 'A' <= r && r <= 'Z' }

// withoutTeam takes TEAM-- from an id: with multi_team on, no id holds the mark.
func withoutTeam(id string) string {
	if at := strings.LastIndex(id, "--"); at >= 0 {
		return id[at+2:]
	}
	return id
}

// label is text of others, as it is kept: not longer than needed, and never a connection string that went astray.
func label(s string) string {
	if name, _ := nameOf(s); !shown.IsID(name) {
		return shown.Redacted
	}
	return clip(s)
}

// clip also copies, so that the text around it can be let go.
func clip(s string) string {
	if len(s) > maxLabel {
		return strings.ToValidUTF8(s[:maxLabel], "") + "…"
	}
	return strings.Clone(s)
}
