package secretsmanagertest

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

func (s *Server) describeSecret(_ context.Context, p *params) (answer, error) {
	id := p.secretID()
	if p.err != nil {
		return nil, p.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.findLocked(id) // even if it is marked for deletion
	if err != nil {
		return nil, err
	}
	return found.details("VersionIdsToStages"), nil
}

const maxList = 100

func (s *Server) listSecrets(_ context.Context, p *params) (answer, error) {
	l := listing{operation: "ListSecrets", filters: p.filters(), most: maxList, deleted: p.flag("IncludePlannedDeletion")}
	if n, given := p.number("MaxResults", 1, maxList); given {
		l.most = n
	}
	token, _ := p.text("NextToken", 1, 4096)
	order, given := p.text("SortOrder", 0, 0)
	if given && order != "asc" && order != "desc" {
		p.invalid("SortOrder", "satisfy enum value set: [asc, desc]")
	}
	l.descending = order == "desc"
	l.by, _ = p.text("SortBy", 0, 0)
	if l.by == "" {
		l.by = "created-date"
	} else if sortKeys[l.by] == nil {
		p.invalid("SortBy", "satisfy enum value set: [created-date, last-accessed-date, last-changed-date, name]")
	}
	if p.err != nil {
		return nil, p.err
	}
	page, next, err := s.page(l, token)
	if err != nil {
		return nil, err
	}
	list := []answer{}
	s.mu.Lock()
	for _, found := range page {
		list = append(list, found.details("SecretVersionsToStages"))
	}
	s.mu.Unlock()
	out := answer{"SecretList": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

// listing says which list a request asks for. A token is valid only for the same listing, but
// the size of the page may differ.
type listing struct {
	operation  string
	filters    []filter
	deleted    bool // includes secrets marked for deletion
	by         string
	descending bool
	most       int // the number of secrets on a page
}

// sortKeys convert the attribute by which secrets are sorted to text that sorts the same.
var sortKeys = map[string]func(*secret) string{
	"created-date":       func(*secret) string { return "" }, // the order of creation decides
	"last-accessed-date": func(s *secret) string { return sortable(s.accessed) },
	"last-changed-date":  func(s *secret) string { return sortable(s.changed) },
	"name":               func(s *secret) string { return s.name },
}

func sortable(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000") }

// cursor is the place where a page ended. It is a place in the order instead of a number of
// secrets, so that no secret is skipped or repeated when others are added or removed.
type cursor struct {
	Key     string // the sort key of the last secret on the page
	Order   int    // the order of that secret
	Binding uint64 // the hash of its listing
}

func (l listing) cursor(s *secret) cursor {
	var key string
	if sortKey := sortKeys[l.by]; sortKey != nil {
		key = sortKey(s)
	}
	return cursor{key, s.order, l.binding()}
}

func (l listing) binding() uint64 {
	l.most = 0
	h := fnv.New64a()
	fmt.Fprintf(h, "%#v", l)
	return h.Sum64()
}

// compare orders the places of a listing.
func (l listing) compare(a, b cursor) int {
	order := cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.Order, b.Order))
	if l.descending {
		return -order
	}
	return order
}

// page returns the page of a listing for a token, or the first page for "". It also returns the
// token of the next page, which is "" after the last page.
func (s *Server) page(l listing, token string) (page []*secret, next string, err error) {
	after, err := l.open(token)
	if err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*secret
	for _, found := range s.sortedLocked() {
		switch {
		case !found.deletion.IsZero() && !l.deleted:
		case token != "" && l.compare(l.cursor(found), after) <= 0:
		case matchAll(l.filters, found):
			all = append(all, found)
		}
	}
	slices.SortFunc(all, func(a, b *secret) int { return l.compare(l.cursor(a), l.cursor(b)) })
	if len(all) <= l.most {
		return all, "", nil
	}
	page = all[:l.most]
	return page, l.cursor(page[l.most-1]).token(), nil
}

// token encodes a cursor for a client.
func (c cursor) token() string {
	doc, _ := json.Marshal(c) // never fails for strings and numbers
	return base64.RawURLEncoding.EncodeToString(doc)
}

// open decodes the token of a page of this listing. "" is the place before all secrets.
func (l listing) open(token string) (after cursor, err error) {
	if token == "" {
		return after, nil
	}
	doc, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(doc, &after) != nil || after.Binding != l.binding() {
		return cursor{}, errToken
	}
	return after, nil
}
