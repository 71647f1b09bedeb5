package tune

import (
	"cmp"
	"strings"
	"unique"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// uses is what is known of secrets by the names and ARNs that callers asked for. Policies, guesses
// and unused secrets need these: ids are not enough, because a team's secret and the global one
// share an id.
type uses struct {
	secrets     map[asking]*use
	full        bool // there were more
	keys        map[keyUse]bool
	callers     map[callerOf]bool
	partial     bool // there were more keys or callers
	batch       bool // the user called BatchGetSecretValue, and it succeeded
	batchFailed bool // it failed once
	first, last string
}

// An asking is how a secret was asked for. Places are few, so each is kept once.
type asking struct {
	secret string
	full   bool // see Event
	place  unique.Handle[place]
}

type place struct{ region, account string }

// A use is what the calls for one asking came to.
type use struct {
	Counts         // of the calls that count
	exists  bool   // a call by anybody showed that the secret exists
	reached bool   // a call that counts showed it
	last    string // the last call by anybody, at any time
	untimed bool   // somebody called at an unknown time
}

// A keyUse is a KMS key and the name of a secret that it decrypts; "" if that is not known.
type keyUse struct {
	key, secret string
	denied      bool
}

// A callerOf is the role or the name of a caller, in its account.
type callerOf struct{ account, name string }

func (s *uses) add(e *Event, c *Counts, counted bool, path string) {
	if c.First != "" && (s.first == "" || c.First < s.first) {
		s.first = c.First
	}
	s.last = max(s.last, c.Last)
	if counted {
		s.addKey(e)
		s.addCaller(e)
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

// addKey notes the KMS key that decrypted a secret, or that was denied for it.
func (s *uses) addKey(e *Event) {
	isAnswer := e.Outcome == Found || e.Outcome == Denied
	if e.Key == "" || len(e.Key) > maxLabel || len(e.Secret) > maxSecret || !isAnswer {
		return
	}
	name, _ := nameOf(e.Secret)
	if end := len(name) - 7; e.full && end > 0 && isSuffix(name[end:]) {
		name = name[:end]
	}
	of := keyUse{e.Key, name, e.Outcome == Denied}
	switch {
	case s.keys[of]:
	case len(s.keys) == maxIDs:
		s.partial = true
	default:
		s.keys[keyUse{strings.Clone(of.key), strings.Clone(of.secret), of.denied}] = true
	}
}

// addBatch notes a call of BatchGetSecretValue.
func (s *uses) addBatch(e *Event) {
	s.batch = s.batch || e.Outcome == Found
	s.batchFailed = s.batchFailed || e.Outcome != Found
}

func (s *uses) addCaller(e *Event) {
	of := callerOf{e.Account, cmp.Or(e.Role, e.Session)}
	switch {
	case s.callers[of]:
	case len(s.callers) == maxRows:
		s.partial = true
	default:
		s.callers[callerOf{strings.Clone(of.account), strings.Clone(of.name)}] = true
	}
}

// of gives the use of an event, or nil if the event has no name or there are too many.
func (s *uses) of(e *Event, path string) *use {
	key := asking{e.Secret, e.full, unique.Make(place{e.Region, e.Account})}
	if e.Secret == "" && e.ID != "" {
		key.secret = path + e.ID
	}
	u := s.secrets[key]
	if u != nil {
		return u
	}
	name, _ := nameOf(key.secret)
	if name == "" || len(key.secret) > maxSecret || !shown.IsID(name) {
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

// isBy reports whether a call is by a user: a session name, a role, both with a slash between
// them, or the name of a user, with or without ACCOUNT/ before it.
func (e *Event) isBy(user string) bool {
	isNamed := func(user string) bool {
		return e.Session == user || e.Role == user || caller(e) == user
	}
	rest, ok := strings.CutPrefix(user, e.Account+"/")
	return isNamed(user) || ok && e.Account != "" && isNamed(rest)
}
