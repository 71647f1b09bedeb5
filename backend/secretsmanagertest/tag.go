package secretsmanagertest

import (
	"context"
	"slices"
	"strings"
)

const maxTags = 50 // on one secret

func (s *Server) tagResource(_ context.Context, p *params) (answer, error) {
	id, tags := p.secretID(), p.tags()
	if _, given := p.members["Tags"]; !given {
		p.invalid("Tags", "not be null")
	}
	if p.err != nil {
		return nil, p.err
	}
	if slices.ContainsFunc(tags, func(t tag) bool { return strings.HasPrefix(strings.ToLower(t.Key), "aws:") }) {
		return nil, invalidParameter("Tag keys can't start with aws:, which is reserved.")
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	merged := slices.Clone(found.tags)
	for _, t := range tags {
		if i := slices.IndexFunc(merged, func(have tag) bool { return have.Key == t.Key }); i >= 0 {
			merged[i] = t
		} else {
			merged = append(merged, t)
		}
	}
	if len(merged) > maxTags {
		return nil, invalidParameter("A secret can't have more than 50 tags.")
	}
	found.tags, found.changed = merged, s.now()
	return answer{}, nil
}

func (s *Server) untagResource(_ context.Context, p *params) (answer, error) {
	id, keys := p.secretID(), p.texts("TagKeys", 0, maxTags)
	if _, given := p.members["TagKeys"]; !given {
		p.invalid("TagKeys", "not be null")
	}
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.unlockChanged()
	found, err := s.liveLocked(id)
	if err != nil {
		return nil, err
	}
	found.tags = slices.DeleteFunc(slices.Clone(found.tags), func(t tag) bool { return slices.Contains(keys, t.Key) })
	found.changed = s.now()
	return answer{}, nil
}

// tags reads the member Tags.
func (p *params) tags() (tags []tag) {
	for _, q := range p.structs("Tags", maxTags) {
		var t tag
		t.Key, _ = q.text("Key", 1, 128)
		t.Value, _ = q.text("Value", 0, 256)
		if q.err != nil {
			p.fail(q.err)
		}
		tags = append(tags, t)
	}
	return tags
}
