package tune

import (
	"slices"
)

// Adopt counts the calls as if the guessed prefixes had been in Config.Rules. It does not resolve
// again the ids that Exists named under the old prefixes.
func (l *Usage) Adopt(guesses []Guess) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.paths
	l.cfg.Rules = slices.Clone(l.cfg.Rules)
	for i, rule := range l.cfg.Rules {
		for _, g := range guesses {
			if rule.Kind == g.Kind {
				l.cfg.Rules[i].Prefix = g.Prefix
			}
		}
	}
	l.paths = paths(l.cfg.Rules)
	for key, u := range l.use.secrets {
		e := Event{Secret: key.secret, full: key.full}
		if _, _, ok := find(old, &e); ok {
			continue
		}
		if _, _, ok := find(l.paths, &e); ok {
			l.move(key, u)
		}
	}
}

// move counts for an id the calls for a name that was under no prefix.
func (l *Usage) move(key asking, u *use) {
	if u.exists {
		e := Event{Secret: key.secret, full: key.full, Exists: true}
		if key, alike, ok := l.key(&e); ok {
			l.exists(key.kind, key.id, alike)
		}
	}
	if u.Calls == 0 {
		return
	}
	counts := []int{Failed: u.Failed, Found: u.Found, NotFound: u.NotFound, Denied: u.Denied}
	for outcome, n := range counts {
		if n == 0 {
			continue
		}
		e := Event{Secret: key.secret, full: key.full, Outcome: Outcome(outcome), Time: u.First}
		e.Exists = e.Outcome == Found || u.reached && u.Found == 0
		c := countsOf(&e, n, u.Last)
		if key, alike, ok := l.key(&e); ok {
			l.addID(key, alike, &e, &c)
		}
	}
	l.by.outside.remove(label(key.secret), &u.Counts)
}

// remove subtracts calls.
func (t *table) remove(name string, less *Counts) {
	if (*t)[name] == nil {
		name = others
	}
	c := (*t)[name]
	if c == nil {
		return
	}
	c.Calls -= less.Calls
	c.Found -= less.Found
	c.NotFound -= less.NotFound
	c.Denied -= less.Denied
	c.Failed -= less.Failed
	if c.Calls <= 0 {
		delete(*t, name)
	}
}
