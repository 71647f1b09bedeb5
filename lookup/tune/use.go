package tune

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unique"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// uses is what is known of secrets by the names and ARNs that they were asked for, for a policy, for guesses, and for secrets that
// nobody asks for. Ids are not enough for that: a team's secret and that of all share one.
type uses struct {
	secrets     map[asking]*use
	full        bool // there were more
	keys        map[string]bool
	batch       bool // the user called BatchGetSecretValue
	first, last string
}

// An asking is how a secret was asked for. Places are few, so each is kept once.
type asking struct {
	secret string
	full   bool // see Event
	place  unique.Handle[place]
}

type place struct{ region, account string }

// A use is what came of it.
type use struct {
	Counts         // of the calls that count
	exists  bool   // somebody's call told so
	reached bool   // a call that counts told so
	last    string // anybody's last call, at any time
	untimed bool   // anybody called at a time that is not known
}

// maxKeys is how many KMS keys are told apart.
const maxKeys = 1000

func (s *uses) add(e *Event, c *Counts, counted bool, path string) {
	if c.First != "" && (s.first == "" || c.First < s.first) {
		s.first = c.First
	}
	s.last = max(s.last, c.Last)
	if counted {
		s.key(e.Key)
	}
	u := s.of(e, path)
	if u == nil {
		return
	}
	u.exists = u.exists || e.Exists
	u.last = max(u.last, c.Last)
	u.untimed = u.untimed || c.Last == ""
	if counted {
		u.add(c)
		u.reached = u.reached || e.Exists
	}
}

func (s *uses) key(arn string) {
	if arn != "" && len(arn) <= maxLabel && len(s.keys) < maxKeys && !s.keys[arn] {
		s.keys[strings.Clone(arn)] = true
	}
}

// of is the use of an event; nil for what is no name, and if there are too many.
func (s *uses) of(e *Event, path string) *use {
	key := asking{e.Secret, e.full, unique.Make(place{e.Region, e.Account})}
	if e.Secret == "" && e.ID != "" {
		key.secret = path + e.ID
	}
	u := s.secrets[key]
	if u != nil {
		return u
	}
	if name, _ := nameOf(key.secret); name == "" || len(key.secret) > maxSecret || !shown.IsID(name) {
		return nil
	}
	if len(s.secrets) == maxIDs {
		s.full = true
		return nil
	}
	key.secret = strings.Clone(key.secret)
	u = &use{}
	s.secrets[key] = u
	return u
}

// pathOf is what the names of a kind begin with.
func (l *Usage) pathOf(kind lookup.Kind) string {
	for _, p := range l.paths {
		if p.kind == kind {
			return p.text
		}
	}
	return ""
}

// Needs says what the calls that were counted need of an IAM policy, for [policy.New]: each secret that was there and could be asked
// for, the KMS keys that decrypted them or were denied, and batches. What was only ever denied is in Denied, and not needed.
func (l *Usage) Needs() policy.Needs {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := policy.Needs{Batch: l.use.batch, Partial: l.use.full}
	denied := map[string]bool{}
	for key, u := range l.use.secrets {
		names := namedBy(key)
		switch {
		case u.Calls == 0:
		case u.reached:
			n.Secrets = append(n.Secrets, names...)
		case u.Denied == u.Calls:
			denied[names[0].Name] = true
		case u.NotFound > 0:
			n.Missing++
		}
	}
	for _, secret := range n.Secrets {
		delete(denied, secret.Name)
	}
	for name := range denied {
		n.Denied = append(n.Denied, name)
	}
	for key := range l.use.keys {
		n.Keys = append(n.Keys, key)
	}
	for _, p := range l.paths {
		if name, _ := nameOf(p.text); name != "" {
			n.Paths = append(n.Paths, name)
		}
	}
	slices.Sort(n.Denied)
	slices.Sort(n.Keys)
	slices.SortFunc(n.Secrets, policy.Secret.Compare)
	n.Secrets = slices.Compact(n.Secrets)
	return n
}

// namedBy gives the secrets that an asking may be for: two where the end of an ARN can be read both ways, for a policy
// with the wrong one alone denies what was used.
func namedBy(key asking) []policy.Secret {
	name, isARN := nameOf(key.secret)
	if !isARN {
		at := key.place.Value()
		return []policy.Secret{{Region: at.region, Account: at.account, Name: name}}
	}
	parts := strings.SplitN(key.secret, ":", 6)
	s := policy.Secret{Partition: parts[1], Region: parts[3], Account: parts[4], Name: name}
	end := len(name) - 7
	if end <= 0 || !isSuffix(name[end:]) {
		return []policy.Secret{s}
	}
	short := s
	short.Name = name[:end]
	if key.full {
		return []policy.Secret{short}
	}
	return []policy.Secret{short, s}
}

// Errors of Idle.
var (
	ErrTooShort = errors.New("tune: the calls do not go back so many days")
	ErrTooMany  = errors.New("tune: more names were asked for than can be told apart")
)

// An Idle secret is there, and nobody asks for it.
type Idle struct {
	Name string // as in the list; [redacted, no id] for what may hold a secret
	Last string // when anybody last asked for it, RFC 3339 in UTC; "" for never in the Usage
}

// IdlePrice is AWS's for secrets that are there: 40 cents a month for each.
func IdlePrice(secrets int) Dollars { return Dollars(secrets) * 0.40 }

// Idle gives those of a list of secrets, names or ARNs, that nobody asked for in so many days before the last call of the Usage: no
// caller at all, Config.User or not, by whatever name, with whatever outcome. Region and account play no part. The error is
// ErrTooShort if the calls do not go back so many days, and ErrTooMany if there are more names than can be told apart.
func (l *Usage) Idle(secrets []string, days int) ([]Idle, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.use.full {
		return nil, ErrTooMany
	}
	if l.use.first == "" || seconds(l.use.last)-seconds(l.use.first) <= (days-1)*86400 { // a log of whole days begins after midnight
		return nil, ErrTooShort
	}
	lasts := map[string]string{} // :: name → last call
	for key, u := range l.use.secrets {
		last := u.last
		if u.untimed {
			last = l.use.last // it may have been the last
		}
		name, isARN := nameOf(key.secret)
		lasts[name] = max(lasts[name], last)
		if end := len(name) - 7; isARN && end > 0 && isSuffix(name[end:]) {
			lasts[name[:end]] = max(lasts[name[:end]], last)
		}
	}
	var idle []Idle
	for _, secret := range secrets {
		last := lasts[policy.ParseSecret(secret).Name]
		if last == "" || seconds(l.use.last)-seconds(last) >= days*86400 {
			if name, _ := nameOf(secret); !shown.IsID(name) {
				secret = shown.Redacted
			}
			idle = append(idle, Idle{secret, last})
		}
	}
	slices.SortFunc(idle, func(a, b Idle) int { return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Name, b.Name)) })
	return idle, nil
}
