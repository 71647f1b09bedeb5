package policy

import (
	"cmp"
	"errors"
	"slices"
)

// A Form says how a policy names secrets.
type Form string

// The forms.
const (
	Fit      Form = "fit"      // by name if they fit in one document, otherwise by prefix
	Names    Form = "names"    // by name, in as many documents as it takes
	Prefixes Form = "prefixes" // by prefix if two secrets share one, otherwise by name
)

// IAM's limits on the characters of a policy, not counting white space.
const (
	Managed    = 6144  // a managed policy
	InlineUser = 2048  // all inline policies of a user together
	inlineRole = 10240 // all inline policies of a role together
)

// A Config says how to write a policy. The zero Config makes managed policies in the form Fit.
type Config struct {
	Form  Form // "" is Fit
	Limit int  // maximum characters of a document; 0 is Managed

	// Region and Account apply to secrets whose region or account is not known.
	Region, Account string

	// Exists has more secrets that are known to exist, besides those in Needs. No prefix opens one
	// of them unless it is used.
	Exists []Secret
}

// A Policy is an IAM policy, and says what it opens.
type Policy struct {
	Documents []string // JSON of the policies, usually one
	Grants    []Grant  // the resources in them, in order
	Notes     []string // what to know before attaching the policy
}

// Errors of New.
var (
	ErrNothing = errors.New("policy: the caller found no secret, so there is nothing to allow")
	ErrConfig  = errors.New("policy: Config is not valid; write fit, names or prefixes for Form, " +
		"letters, digits and hyphens for Region and Account, and at least 2,048 for Limit")
	ErrRegion  = errors.New("policy: the region of a secret is not known; set Config.Region")
	ErrAccount = errors.New("policy: the account of a secret is not known; set Config.Account")
)

// New makes a policy that allows what is needed. The Grants say what else the policy opens.
//
// New leaves out names that no secret can have, and a note counts them. The error is ErrNothing,
// ErrConfig, ErrRegion or ErrAccount.
func New(n Needs, cfg Config) (Policy, error) {
	cfg.Form, cfg.Limit = cmp.Or(cfg.Form, Fit), cmp.Or(cfg.Limit, Managed)
	isForm := cfg.Form == Fit || cfg.Form == Names || cfg.Form == Prefixes
	if !isForm || cfg.Limit < InlineUser || !only(cfg.Region, "-") || !only(cfg.Account, "") {
		return Policy{}, ErrConfig
	}
	secrets, invalid := placed(n.Secrets, cfg)
	switch {
	case len(secrets) == 0:
		return Policy{}, ErrNothing
	case slices.ContainsFunc(secrets, func(s Secret) bool { return s.Region == "" }):
		return Policy{}, ErrRegion
	case slices.ContainsFunc(secrets, func(s Secret) bool { return s.Account == "" }):
		return Policy{}, ErrAccount
	}
	m := maker{paths: n.Paths, used: map[string]bool{}}
	for _, s := range secrets {
		m.used[s.head()+s.Name] = true
	}
	m.exists, _ = placed(slices.Concat(cfg.Exists, secrets, n.Denied, n.Failed, n.Others), Config{})
	grants := m.names(secrets)
	isLong := size(n.statements(resources(grants))) > cfg.Limit
	if cfg.Form == Prefixes || cfg.Form == Fit && isLong {
		grants = m.prefixes(secrets)
	}
	for i := range grants {
		grants[i].Opens = m.opens(grants[i])
	}
	p := Policy{Documents: documents(n, grants, cfg.Limit), Grants: grants}
	p.Notes = notes(n, cfg, p, invalid)
	return p, nil
}

// placed gives the secrets that a policy can name, each once. One whose place is not known is in
// the place of cfg.
func placed(all []Secret, cfg Config) (valid []Secret, invalid int) {
	for _, s := range all {
		s.Region, s.Account = cmp.Or(s.Region, cfg.Region), cmp.Or(s.Account, cfg.Account)
		if !s.isValid() {
			invalid++
			continue
		}
		valid = append(valid, s)
	}
	slices.SortFunc(valid, Secret.Compare)
	same := func(a, b Secret) bool { return a.Compare(b) == 0 }
	return slices.CompactFunc(valid, same), invalid
}
