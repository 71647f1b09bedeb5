package tune

import (
	"cmp"
	"errors"
	"slices"

	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune/policy"
)

// Errors of Idle.
var (
	ErrTooShort = errors.New("tune: the calls do not go back that many days; read more of the trail")
	ErrTooMany  = errors.New("tune: there are more names than can be told apart; read fewer days")
)

// An Idle is a secret that exists and that nobody asks for.
type Idle struct {
	Name string // as in the list; [redacted, not an id] for text that may hold a secret
	Last string // time of the last call for it by any caller, RFC 3339 in UTC; "" if nobody called
}

// IdlePrice returns what AWS charges a month to store secrets: 40 cents for each.
func IdlePrice(secrets int) Dollars { return Dollars(secrets) * 0.40 }

// slack is by how many seconds the calls may fall short of the days of Idle: a trail of whole days
// begins with its first call, some time after midnight.
const slack = 3600

// Idle returns the secrets, of a list of names or ARNs, that nobody asked for in the given number
// of days before the last call of the Usage. The calls of all callers count, whatever Config.User,
// Since and Until say, and whatever the outcome. Idle ignores regions and accounts. A secret that
// is listed twice counts once.
//
// The error is ErrTooShort if the calls span fewer days than that, less an hour, and ErrTooMany if
// there are more names than a Usage keeps apart.
func (l *Usage) Idle(secrets []string, days int) ([]Idle, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.use.full {
		return nil, ErrTooMany
	}
	if l.use.first == "" || seconds(l.use.last)-seconds(l.use.first) < days*86400-slack {
		return nil, ErrTooShort
	}
	lasts := l.use.lasts()
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
	slices.SortFunc(idle, func(a, b Idle) int {
		return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(idle), nil
}

// lasts gives the last call for each name.
func (s *uses) lasts() map[string]string {
	all := map[string]string{}
	for key, u := range s.secrets {
		last := u.last
		if u.untimed {
			last = s.last // it may have been the last
		}
		name, isARN := nameOf(key.secret)
		all[name] = max(all[name], last)
		if end := len(name) - 7; isARN && end > 0 && isSuffix(name[end:]) {
			all[name[:end]] = max(all[name[:end]], last)
		}
	}
	return all
}
