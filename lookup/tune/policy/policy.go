package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Needs are what a caller needs of Secrets Manager. Log.Needs of package tune gives those that CloudTrail shows; for what a list of
// secrets shows, fill in Secrets.
type Needs struct {
	Secrets []Secret // to be read
	Batch   bool     // BatchGetSecretValue is called
	Keys    []string // ARNs of KMS keys to decrypt with

	Denied  []string // names that were only ever denied; they are not allowed
	Missing int      // how many names were asked for and not found; they are not allowed either
	Partial bool     // there were more secrets than are here

	Paths []string // what names begin with by the rules of lookups: a prefix is not shorter
}

// Form says how a policy names secrets.
type Form string

// The forms.
const (
	Fit      Form = "fit"      // by name if one document has room for that, otherwise by prefix
	Names    Form = "names"    // by name, in as many documents as it takes
	Prefixes Form = "prefixes" // by prefix where two secrets share one
)

// Limits of IAM on the characters of a policy, without white space.
const (
	Managed    = 6144
	InlineUser = 2048 // all inline policies of a user together
)

// Config says how to write a policy. The zero Config makes managed policies in the form Fit.
type Config struct {
	Form  Form // "" is Fit
	Limit int  // characters of a document, 0 is Managed

	// Region and Account are those of secrets whose place is not known. Where they are not known either, the policy has * for them.
	Region, Account string

	// Exists are the secrets that are known to exist. No prefix opens one of them that is not used.
	Exists []Secret
}

// A Policy allows what is needed.
type Policy struct {
	Documents []string // JSON of the policies, one as a rule
	Grants    []Grant  // the resources in them, in order
	Notes     []string // what to know before attaching it
}

// A Grant is one resource of a policy.
type Grant struct {
	Resource string   // an ARN with wildcards
	Used     int      // how many secrets in it are used
	Prefix   string   // what the names of its secrets begin with; "" for those by name
	Anywhere bool     // its region or account is *
	Opens    []string // names of secrets that are known to exist, are not used, and are opened too
}

// Errors of New.
var (
	ErrNothing = errors.New("policy: no secret was found by this caller, so there is nothing to allow")
	ErrConfig  = errors.New("policy: Form is fit, names or prefixes, Region and Account are letters, digits and hyphens, and Limit is 2,048 at least")
)

// New makes the policy that allows what is needed, and opens nothing besides but what its Grants say.
//
// Names that no secret can have are left out, and a note says how many. The error is ErrNothing or ErrConfig.
func New(n Needs, cfg Config) (Policy, error) {
	cfg.Form, cfg.Limit = cmp.Or(cfg.Form, Fit), cmp.Or(cfg.Limit, Managed)
	isForm := cfg.Form == Fit || cfg.Form == Names || cfg.Form == Prefixes
	if !isForm || cfg.Limit < InlineUser || !only(cfg.Region, "-") || !only(cfg.Account, "") {
		return Policy{}, ErrConfig
	}
	secrets, invalid := placed(n.Secrets, cfg)
	if len(secrets) == 0 {
		return Policy{}, ErrNothing
	}
	m := maker{cfg: cfg, paths: n.Paths}
	m.exists, _ = placed(append(slices.Clone(cfg.Exists), secrets...), Config{}) // places that are not known stay so
	grants := m.names(secrets)
	if short := n.statements(resources(grants)); cfg.Form == Prefixes || cfg.Form == Fit && size(short) > cfg.Limit {
		grants = m.prefixes(secrets)
	}
	for i := range grants {
		grants[i].Opens = m.opens(grants[i], secrets)
	}
	p := Policy{Documents: documents(n, grants, cfg.Limit), Grants: grants}
	p.Notes = notes(n, cfg, p, invalid)
	return p, nil
}

// placed gives the secrets that a policy can hold, each once, in the place of cfg where theirs is not known.
func placed(all []Secret, cfg Config) (valid []Secret, invalid int) {
	for _, s := range all {
		if s.Region == "" {
			s.Region = cfg.Region
		}
		if s.Account == "" {
			s.Account = cfg.Account
		}
		if !s.isValid() {
			invalid++
			continue
		}
		valid = append(valid, s)
	}
	slices.SortFunc(valid, Secret.Compare)
	return slices.CompactFunc(valid, func(a, b Secret) bool { return a.Compare(b) == 0 }), invalid
}

// A maker makes the grants of a policy.
type maker struct {
	cfg    Config
	paths  []string
	exists []Secret
}

func (m *maker) names(secrets []Secret) []Grant {
	grants := make([]Grant, 0, len(secrets))
	for _, s := range secrets {
		grants = append(grants, named(s))
	}
	return grants
}

func named(s Secret) Grant {
	return Grant{Resource: s.head() + s.Name + "-??????", Used: 1, Anywhere: s.Region == "" || s.Account == ""}
}

// prefixes gives each secret the shortest prefix that is free, and its name if no other secret shares that.
func (m *maker) prefixes(secrets []Secret) []Grant {
	var grants []Grant
	at := map[string]int{} // :: resource → its grant
	alone := map[string]Secret{}
	taken := m.taken(secrets)
	for _, s := range secrets {
		g := named(s)
		if prefix := m.free(s, taken[s.head()]); prefix != "" {
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

// taken gives the names of the secrets that exist and are not used, for each head of an ARN, in order.
func (m *maker) taken(secrets []Secret) map[string][]string {
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
			if covers(s, t) && !used[t.Name] {
				all[head] = append(all[head], t.Name)
			}
		}
	}
	return all
}

// covers reports whether a secret may be in the place of another: any, where that is not known.
func covers(s, t Secret) bool {
	region := s.Region == "" || t.Region == "" || s.Region == t.Region
	account := s.Account == "" || t.Account == "" || s.Account == t.Account
	partition := t.Partition == "" && t.Region == "" || s.Partition == "" && s.Region == "" || s.partition() == t.partition()
	return region && account && partition
}

// free is the shortest prefix of a name that opens none of those that are taken; "" if none does. It ends in a separator, and is not
// shorter than the path of the name.
func (m *maker) free(s Secret, taken []string) string {
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
		if !slices.ContainsFunc(taken, func(name string) bool { return mayOpen(prefix, name) }) {
			return prefix
		}
	}
	return ""
}

// opens gives the names of the secrets that a grant opens and that are not used.
func (m *maker) opens(g Grant, secrets []Secret) []string {
	if g.Prefix == "" && !g.Anywhere {
		return nil
	}
	var names []string
	for _, t := range m.exists {
		isUsed := slices.ContainsFunc(secrets, func(s Secret) bool { return s.Name == t.Name && strings.HasPrefix(g.Resource, s.head()) })
		if !isUsed && g.opens(t) {
			names = append(names, t.Name)
		}
	}
	return slices.Compact(names)
}

func (g Grant) opens(s Secret) bool {
	parts := strings.SplitN(g.Resource, ":", 7)
	region := s.Region == "" || Match(parts[3], s.Region)
	account := s.Account == "" || Match(parts[4], s.Account)
	partition := s.Partition == "" && s.Region == "" || parts[1] == s.partition()
	if !region || !account || !partition {
		return false
	}
	if g.Prefix != "" {
		return mayOpen(g.Prefix, s.Name)
	}
	return parts[6] == s.Name+"-??????"
}

// String says what a grant opens, on a line.
func (g Grant) String() string {
	what := "the secret"
	if g.Prefix != "" {
		what = fmt.Sprintf("%d secrets", g.Used)
	}
	var besides []string
	if len(g.Opens) > 0 {
		besides = append(besides, fmt.Sprintf("%d that exist and are not used", len(g.Opens)))
	}
	if g.Prefix != "" {
		besides = append(besides, "every secret made under it later")
	}
	if g.Anywhere {
		besides = append(besides, "those of its name in other places")
	}
	if len(besides) == 0 {
		return what + " and no other"
	}
	return what + "; also " + strings.Join(besides, ", and ")
}
