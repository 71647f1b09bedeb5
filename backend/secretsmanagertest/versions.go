package secretsmanagertest

import (
	"context"
	"slices"
	"strings"
)

func (s *Server) listSecretVersionIDs(_ context.Context, p *params) (answer, error) {
	id, deprecated := p.secretID(), p.flag("IncludeDeprecated")
	most, given := p.number("MaxResults", 1, maxList)
	if !given {
		most = maxList
	}
	token, _ := p.text("NextToken", 1, 4096)
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.findLocked(id) // even if it is marked for deletion
	if err != nil {
		return nil, err
	}
	// With the key of the secret, a token is valid only for that secret.
	l := listing{operation: "ListSecretVersionIds " + found.key, deleted: deprecated}
	after, err := l.open(token)
	if err != nil {
		return nil, err
	}

	var rest []*version // the versions on this page and on later ones
	for _, v := range found.versions {
		if (len(v.stages) > 0 || deprecated) && v.place() > after.Key {
			rest = append(rest, v)
		}
	}
	slices.SortFunc(rest, func(a, b *version) int { return strings.Compare(a.place(), b.place()) })
	out := found.ident()
	if len(rest) > most {
		rest = rest[:most]
		out["NextToken"] = cursor{Key: rest[most-1].place(), Binding: l.binding()}.token()
	}
	list := []answer{}
	for _, v := range rest {
		list = append(list, v.details())
	}
	out["Versions"] = list
	return out, nil
}

// place returns the sort key of a version, by creation. It does not depend on other versions.
func (v *version) place() string { return sortable(v.created) + v.id }

func (v *version) details() answer {
	out := answer{"VersionId": v.id, "CreatedDate": epoch(v.created)}
	if len(v.stages) > 0 {
		out["VersionStages"] = slices.Clone(v.stages)
	}
	if !v.accessed.IsZero() {
		out["LastAccessedDate"] = epoch(v.accessed)
	}
	return out
}

// getResourcePolicy returns no policy, since none can be stored.
func (s *Server) getResourcePolicy(_ context.Context, p *params) (answer, error) {
	id := p.secretID()
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	return found.ident(), nil
}
