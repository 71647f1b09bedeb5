package tune

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/internal/arn"
)

// A path is the prefix and separator that the names of a rule's secrets begin with.
type path struct {
	text  string // "" where the id is the whole name
	kind  lookup.Kind
	teams bool
}

// paths returns the paths of rules in the order in which find tries them: the longest first, and
// equal ones by kind.
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

// named returns paths without the ARN before them, as the names in a list of secrets begin.
func named(paths []path) []path {
	all := slices.Clone(paths)
	for i := range all {
		all[i].text, _ = nameOf(all[i].text)
	}
	return sorted(all)
}

// An idKey is an id together with its kind.
type idKey struct {
	kind lookup.Kind
	id   string
}

// find gives the id that a name is for. alike is the id if the end of the name were read the other
// way, as a part of the name or as the suffix that AWS appends; it is "" if there is no doubt.
func find(paths []path, e *Event) (key idKey, alike string, ok bool) {
	name, isARN := nameOf(e.Secret)
	for _, p := range paths {
		text := name
		whole := !isARN
		if strings.HasPrefix(p.text, "arn:") { // the lookup itself asks by ARN: all of the rest is the id
			text, whole = e.Secret, !e.full
		}
		id, has := strings.CutPrefix(text, p.text)
		if !has || id == "" {
			continue
		}
		short := id
		if isARN {
			short, _ = arn.CutSuffix(id)
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
		isThere := e.full || e.Exists || e.Outcome == Found
		if !whole && (isThere || strings.ContainsFunc(text[len(text)-6:], isCapital)) {
			return idKey{p.kind, short}, id, true
		}
		return idKey{p.kind, id}, short, true
	}
	return idKey{}, "", false
}

// nameOf returns the name in the ARN of a secret, of any partition. Other text is returned as it
// is.
func nameOf(secret string) (name string, isARN bool) {
	if a, ok := arn.Parse(secret); ok {
		return a.Name, true
	}
	return secret, false
}

// isSuffix reports whether s may be the suffix that AWS appends to the name in an ARN.
func isSuffix(s string) bool { return arn.IsSuffix(s) }

func isCapital(r rune) bool { return 'A' <= r && r <= 'Z' }

// withoutTeam cuts TEAM-- from an id. With multi_team on, an id does not hold these hyphens itself.
func withoutTeam(id string) string {
	if at := strings.LastIndex(id, "--"); at >= 0 {
		return id[at+2:]
	}
	return id
}

// label returns the name of a secret as it is kept: shortened, and redacted if it cannot be a name,
// since it may be a misplaced connection string.
func label(s string) string {
	if name, _ := nameOf(s); !isName(name) {
		return shown.Redacted
	}
	return clip(s)
}

// isName reports whether AWS allows s as the name of a secret. Names with an exclamation mark are
// those that AWS makes itself.
func isName(s string) bool {
	return shown.IsID(s) && !strings.ContainsFunc(s, func(r rune) bool {
		isAlphanumeric := 'a' <= r && r <= 'z' || isCapital(r) || '0' <= r && r <= '9'
		return !isAlphanumeric && !strings.ContainsRune("/_+=.@-!", r)
	})
}

// clip shortens s to maxLabel bytes. It copies, so that the text around s can be freed.
func clip(s string) string {
	if len(s) > maxLabel {
		return strings.ToValidUTF8(s[:maxLabel], "") + "…"
	}
	return strings.Clone(s)
}
