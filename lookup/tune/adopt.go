package tune

import (
	"slices"
	"strings"
)

// Adopt counts all calls again, as if the guessed prefixes had been in Config.Rules. Names under
// the old prefixes are then no longer ids. Ids from Exists are kept. Calls for redacted names, and
// for names beyond the first 100,000, stay counted as they are.
func (l *Usage) Adopt(guesses []Guess) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, u := range l.use.secrets {
		l.uncount(key, u)
	}
	l.cfg.Rules = slices.Clone(l.cfg.Rules)
	for i, rule := range l.cfg.Rules {
		for _, g := range guesses {
			if rule.Kind == g.Kind {
				l.cfg.Rules[i].Prefix = g.Prefix
			}
		}
	}
	old := l.paths
	l.paths = paths(l.cfg.Rules)
	secrets := make(map[asking]*use, len(l.use.secrets))
	for key, u := range l.use.secrets {
		if key.byID {
			key.secret = pathOf(l.paths, key.kind) + key.id(old)
		}
		secrets[key] = u
		l.recount(key, u)
	}
	l.use.secrets = secrets
}

// recount counts the calls for a secret.
func (l *Usage) recount(key asking, u *use) {
	for _, e := range u.events(key, l.paths) {
		of, alike, ok := l.key(&e.Event)
		switch {
		case ok && e.counts.Calls == 0:
			l.exists(of.kind, of.id, alike)
		case ok:
			l.addID(of, alike, &e.Event, &e.counts)
		case e.counts.Calls > 0:
			l.by.outside.add(label(key.secret), &e.counts)
		}
	}
}

// uncount undoes recount, or what add has counted.
func (l *Usage) uncount(key asking, u *use) {
	for _, e := range u.events(key, l.paths) {
		of, alike, ok := l.key(&e.Event)
		if !ok {
			l.by.outside.remove(label(key.secret), &e.counts)
			continue
		}
		if id := l.ids[of]; id != nil {
			id.remove(&e.counts)
		} else {
			l.others.remove(&e.counts)
		}
		l.forget(of)
		l.forget(idKey{of.kind, alike})
	}
}

// forget removes what calls have shown of an id, once all of them are removed.
func (l *Usage) forget(key idKey) {
	e := l.ids[key]
	if e == nil {
		return
	}
	e.exists = e.listed
	if e.Calls <= 0 && !e.listed {
		delete(l.ids, key)
	}
}

// An eventOf is calls for a secret that are alike, or none if others showed that it exists.
type eventOf struct {
	Event
	counts Counts
}

// events gives the calls for a secret, by outcome.
func (u *use) events(key asking, paths []path) (all []eventOf) {
	e := Event{Secret: key.secret, full: key.full}
	if key.byID {
		e.Secret, e.Kind, e.ID = "", key.kind, key.id(paths)
	}
	for _, c := range []Counts{u.rest, u.there} {
		e.Time = c.First
		counts := []int{Failed: c.Failed, Found: c.Found, NotFound: c.NotFound, Denied: c.Denied}
		for outcome, n := range counts {
			if e.Outcome = Outcome(outcome); n > 0 {
				all = append(all, eventOf{e, countsOf(&e, n, c.Last)})
			}
		}
		e.Exists = true // those of there
	}
	if u.exists {
		e.Outcome = Failed
		all = append(all, eventOf{Event: e})
	}
	return all
}

// id is the id that was asked for without a name.
func (key asking) id(paths []path) string {
	return strings.TrimPrefix(key.secret, pathOf(paths, key.kind))
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
	c.remove(less)
	if c.Calls <= 0 {
		delete(*t, name)
	}
}
