package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A Grant is one resource of a policy.
type Grant struct {
	Resource string   // an ARN with wildcards
	Used     int      // how many of the secrets that it opens are used
	Prefix   string   // prefix of the names of its secrets; "" if it names one secret
	Opens    []string // names of existing secrets that it opens although they are not used
}

// named grants one secret by its name.
func named(s Secret) Grant {
	return Grant{Resource: s.head() + s.Name + "-??????", Used: 1}
}

// String describes in one line what a grant opens.
func (g Grant) String() string {
	if g.Prefix == "" {
		return "the secret and no other"
	}
	also := "every secret created under it later"
	if n := len(g.Opens); n > 0 {
		also = plural(n, "existing secret that is not used", "existing secrets that are not used") +
			", and " + also
	}
	return plural(g.Used, "secret", "secrets") + "; also " + also
}

// place is where the secrets of a grant are.
func (g Grant) place() Secret {
	parts := strings.SplitN(g.Resource, ":", 7)
	return Secret{Partition: parts[1], Region: parts[3], Account: parts[4]}
}

func resources(grants []Grant) []string {
	all := make([]string, 0, len(grants))
	for _, g := range grants {
		all = append(all, g.Resource)
	}
	return all
}

// plural is a count with its noun: 1 secret, 2 secrets.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// A maker makes the grants of a policy.
type maker struct {
	paths  []string
	exists []Secret
	used   map[string]bool // :: ARN without its end
}

// names grants each secret by its name.
func (m *maker) names(secrets []Secret) []Grant {
	grants := make([]Grant, 0, len(secrets))
	for _, s := range secrets {
		grants = append(grants, named(s))
	}
	return grants
}

// prefixes grants each secret by the shortest prefix that is free, or by its name if no other
// secret shares that prefix.
func (m *maker) prefixes(secrets []Secret) []Grant {
	var grants []Grant
	at := map[string]int{} // :: resource → its grant
	alone := map[string]Secret{}
	unused := m.unused(secrets)
	for _, s := range secrets {
		g := named(s)
		if prefix := m.free(s, unused[s.head()]); prefix != "" {
			g.Resource, g.Prefix = s.head()+prefix+"*", prefix
		}
		if i, ok := at[g.Resource]; ok {
			grants[i].Used++
			continue
		}
		at[g.Resource] = len(grants)
		alone[g.Resource] = s
		grants = append(grants, g)
	}
	for i, g := range grants {
		if g.Used == 1 {
			grants[i] = named(alone[g.Resource])
		}
	}
	return grants
}

// unused gives, for each head of an ARN, the names of the secrets that exist there and are not
// used, in order.
func (m *maker) unused(secrets []Secret) map[string][]string {
	all := map[string][]string{}
	for _, s := range secrets {
		head := s.head()
		if _, ok := all[head]; ok {
			continue
		}
		used := map[string]bool{}
		for _, t := range secrets {
			used[t.Name] = used[t.Name] || t.head() == head
		}
		all[head] = []string{}
		for _, t := range m.exists {
			if s.covers(t) && !used[t.Name] {
				all[head] = append(all[head], t.Name)
			}
		}
		slices.Sort(all[head])
	}
	return all
}

// mayOpenAny is mayOpen for one of several names, which are in order.
func mayOpenAny(prefix string, names []string) bool {
	at, _ := slices.BinarySearch(names, prefix)
	if at < len(names) && strings.HasPrefix(names[at], prefix) {
		return true
	}
	for end := len(prefix) - 1; end > 0 && len(prefix)-end <= len("-??????"); end-- {
		if _, ok := slices.BinarySearch(names, prefix[:end]); ok && mayOpen(prefix, prefix[:end]) {
			return true
		}
	}
	return false
}

// free gives the shortest prefix of a name that opens none of the unused secrets, or "" if every
// prefix opens one. A prefix ends in a separator and is not shorter than the path of the name.
func (m *maker) free(s Secret, unused []string) string {
	least := 0
	for _, path := range m.paths {
		if strings.HasPrefix(s.Name, path) {
			least = max(least, len(path))
		}
	}
	for i := max(0, least-1); i < len(s.Name)-1; i++ {
		if !strings.ContainsRune("/_-.", rune(s.Name[i])) && i != least-1 {
			continue
		}
		prefix := s.Name[:i+1]
		if !mayOpenAny(prefix, unused) {
			return prefix
		}
	}
	return ""
}

// opens gives the names of the unused secrets that a grant opens.
func (m *maker) opens(g Grant) []string {
	if g.Prefix == "" {
		return nil
	}
	place := g.place()
	var names []string
	for _, t := range m.exists {
		isOpen := mayOpen(g.Prefix, t.Name) && place.covers(t)
		if isOpen && !m.used[place.head()+t.Name] {
			names = append(names, t.Name)
		}
	}
	return slices.Compact(names)
}
