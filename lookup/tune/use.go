package tune

import (
	"cmp"
	"slices"
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
	callers     map[callerOf]callerID
	mwaa        map[callerID]bool // callers with MWAASession
	partial     bool              // there were more keys or callers
	batch       bool              // the user called BatchGetSecretValue, and it succeeded
	batchFailed bool              // it failed once
	first, last string
}

// An asking is how a secret was asked for. Places are few, so each is kept once.
type asking struct {
	secret string
	full   bool // see Event
	place  unique.Handle[place]
	kind   lookup.Kind // if byID
	byID   bool        // only the id was given, and secret is what it makes
}

type place struct{ region, account string }

// A use is what the calls for one asking came to.
type use struct {
	there, rest Counts // of the calls that count: those that showed that the secret exists, others

	exists  bool       // a call by anybody showed that the secret exists
	last    string     // the last call by anybody, at any time
	untimed bool       // somebody called at an unknown time
	by      []callerID // of the calls that count
	crowded bool       // there are more of them
}

// counts are those of all calls that count.
func (u *use) counts() Counts {
	c := u.there
	c.add(&u.rest)
	return c
}

// A keyUse is a KMS key and the name of a secret that it decrypts; "" if that is not known.
type keyUse struct {
	key, secret string
	denied      bool
}

// A callerOf is the role or the name of a caller, in its account.
type callerOf struct{ account, name string }

// A callerID numbers the callers from 1. It is 0 for those beyond maxRows.
type callerID uint16

// maxBy is how many callers of a secret are kept.
const maxBy = 8

// calledBy notes a caller of a secret.
func (u *use) calledBy(id callerID) {
	switch {
	case slices.Contains(u.by, id):
	case id == 0 || len(u.by) == maxBy:
		u.crowded = true
	default:
		u.by = append(u.by, id)
	}
}

func (s *uses) add(e *Event, c *Counts, counted bool, path string) {
	if c.First != "" && (s.first == "" || c.First < s.first) {
		s.first = c.First
	}
	s.last = max(s.last, c.Last)
	var by callerID
	if counted {
		s.addKey(e)
		by = s.addCaller(e)
	}
	u := s.of(e, path)
	if u == nil {
		return
	}
	u.exists = u.exists || e.Exists
	u.last = max(u.last, c.Last)
	u.untimed = u.untimed || c.Last == ""
	if counted {
		if e.Exists {
			u.there.add(c)
		} else {
			u.rest.add(c)
		}
		u.calledBy(by)
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

// addCaller notes a caller, and gives its number.
func (s *uses) addCaller(e *Event) callerID {
	of := callerOf{e.Account, cmp.Or(e.Role, e.Session)}
	id := s.callers[of]
	if id == 0 && len(s.callers) == maxRows {
		s.partial = true
		return 0
	}
	if id == 0 {
		id = callerID(len(s.callers) + 1)
		s.callers[callerOf{strings.Clone(of.account), strings.Clone(of.name)}] = id
	}
	if e.Session == MWAASession {
		s.mwaa[id] = true
	}
	return id
}

// of gives the use of an event, or nil if the event has no name or there are too many.
func (s *uses) of(e *Event, path string) *use {
	at := unique.Make(place{e.Region, e.Account})
	key := asking{secret: e.Secret, full: e.full, place: at}
	if e.Secret == "" && e.ID != "" {
		key = asking{secret: path + e.ID, place: at, kind: e.Kind, byID: true}
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
func pathOf(paths []path, kind lookup.Kind) string {
	for _, p := range paths {
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
