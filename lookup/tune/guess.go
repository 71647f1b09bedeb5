package tune

import (
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A Guess is a prefix that the names under no prefix seem to have.
type Guess struct {
	Kind   lookup.Kind
	Prefix lookup.Prefix
	Calls  int  // for names under it
	Teams  bool // some of these look like TEAM--ID

	ids int // how many there are
}

// A candidate is a prefix that a name may have: one whose last part says which kind it is of.
type candidate struct {
	kind   lookup.Kind
	prefix string
}

// A weight is what speaks for a candidate.
type weight struct {
	calls  int
	direct int             // for names that have no longer candidate
	plain  int             // for names that go on without a slash, as most ids do
	names  map[string]bool // without the candidate
	bare   bool            // one was asked for by name
	whole  bool            // one was asked for by an ARN without AWS's end
	heads  map[string]bool // of the ARNs
	unsure bool            // a denial names an ARN of another account: what was asked for is not known
	teams  bool
}

// Guess gives the prefixes of the names under no prefix, where most names are under none and where they can be told: of kinds that
// have Airflow's default prefix, and hardly any of the calls. Only a prefix that ends in a word for its kind is told, such as prod/conns or
// team-variables; where several would do, there is no guess.
func (l *Usage) Guess() []Guess {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, outside, named := l.candidates()
	if l.use.full || 2*outside <= named {
		return nil
	}
	best := [3]Guess{}
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable, lookup.KindConfig} {
		if g := choose(all, kind); l.isOpen(g) {
			best[kind] = g
		}
	}
	most := best[lookup.KindConnection]
	if best[lookup.KindVariable].Calls > most.Calls {
		most = best[lookup.KindVariable]
	}
	if most.ids < 2 {
		return nil
	}
	var guesses []Guess
	explained := 0
	for kind, g := range best {
		isSibling := parent(g.Prefix) == parent(most.Prefix) && strings.Contains(string(g.Prefix), "/")
		isMuch := lookup.Kind(kind) != lookup.KindConfig && 3*g.Calls >= outside && g.ids > 1 // a few names may be anybody's
		if g.Calls == 0 || g != most && !isSibling && !isMuch {
			continue
		}
		guesses = append(guesses, g)
		explained += g.Calls
	}
	if 3*explained < 2*outside {
		return nil
	}
	return guesses
}

// isOpen reports whether the prefix of a guess's kind may be guessed. A stray call under the default prefix to 20 under the guess
// says nothing.
func (l *Usage) isOpen(g Guess) bool {
	calls := 0
	for key, e := range l.ids {
		if key.kind == g.Kind {
			calls += e.Calls
		}
	}
	return 20*calls <= g.Calls && slices.ContainsFunc(l.cfg.Rules, func(r lookup.Rule) bool {
		return r.Kind == g.Kind && r.Prefix == "" && strings.HasSuffix(r.Path(), "/")
	})
}

// candidates weighs those of all names under no prefix. outside counts the calls for such names, named those for any.
func (l *Usage) candidates() (all map[candidate]*weight, outside, named int) {
	all = map[candidate]*weight{}
	for key, u := range l.use.secrets {
		named += u.Calls
		if _, _, ok := find(l.paths, &Event{Secret: key.secret, full: key.full}); ok || u.Calls == 0 {
			continue
		}
		outside += u.Calls
		name, _ := nameOf(key.secret)
		of := candidatesOf(name)
		for i, c := range of {
			w := all[c]
			if w == nil {
				w = &weight{names: map[string]bool{}, heads: map[string]bool{}}
				all[c] = w
			}
			w.add(key, name[len(c.prefix)+1:], u.Calls)
			if i == len(of)-1 {
				w.direct += u.Calls
			}
		}
	}
	return all, outside, named
}

func (w *weight) add(key asking, rest string, calls int) {
	w.calls += calls
	w.names[rest] = true
	if !strings.Contains(rest, "/") {
		w.plain += calls
	}
	if at := strings.Index(rest, "--"); at > 0 && at+2 < len(rest) {
		w.teams = true
	}
	name, isARN := nameOf(key.secret)
	switch {
	case !isARN:
		w.bare = true
	case key.full: // what the caller wrote is not known; it writes the ARN for another account
		own := strings.Contains(key.secret, ":"+key.place.Value().account+":secret:")
		w.bare, w.unsure = w.bare || own, w.unsure || !own
	default:
		w.heads[strings.TrimSuffix(key.secret, name)] = true
		w.whole = w.whole || len(rest) < 8 || !isSuffix(rest[len(rest)-7:])
	}
}

// words are those that the last part of a prefix ends in.
var words = map[string]lookup.Kind{
	"conn": lookup.KindConnection, "conns": lookup.KindConnection, "connection": lookup.KindConnection, "connections": lookup.KindConnection,
	"var": lookup.KindVariable, "vars": lookup.KindVariable, "variable": lookup.KindVariable, "variables": lookup.KindVariable,
	"config": lookup.KindConfig, "configs": lookup.KindConfig,
}

// candidatesOf gives those of a name, the shortest first. A part named config is none before one for another kind: configuration is
// asked for by names without a slash.
func candidatesOf(name string) []candidate {
	var all []candidate
	for i := 0; i < len(name)-1; i++ {
		if name[i] != '/' {
			continue
		}
		part := name[strings.LastIndexByte(name[:i], '/')+1 : i]
		kind, ok := words[strings.ToLower(part[strings.LastIndexAny(part, "-_.")+1:])]
		if !ok {
			continue
		}
		if len(all) > 0 && all[len(all)-1].kind == lookup.KindConfig {
			all = all[:len(all)-1]
		}
		all = append(all, candidate{kind, name[:i]})
	}
	return all
}

// choose gives the only candidate of a kind, or one that nearly all calls speak for; the zero Guess if there is none.
func choose(all map[candidate]*weight, kind lookup.Kind) Guess {
	sum, best := 0, candidate{}
	for c, w := range all {
		if c.kind != kind {
			continue
		}
		if outer := outerOf(all, c); outer != nil {
			if 10*outer.direct >= 9*outer.calls {
				continue // a part of ids, under that one
			}
			return Guess{}
		}
		sum += w.calls
		if b := all[best]; b == nil || w.calls > b.calls {
			best = c
		}
	}
	w := all[best]
	if w == nil || 10*w.calls < 9*sum || 10*w.direct < 9*w.calls || 2*w.plain < w.calls {
		return Guess{} // or the prefix goes on
	}
	g := Guess{Kind: kind, Prefix: lookup.Prefix(best.prefix), Calls: w.calls, Teams: w.teams, ids: len(w.names)}
	switch {
	case w.bare:
	case w.unsure || len(w.heads) != 1 && w.whole || len(w.names) < 2:
		return Guess{}
	case w.whole: // the prefix is an ARN itself
		for head := range w.heads {
			g.Prefix = lookup.Prefix(head + best.prefix)
		}
	}
	return g
}

// outerOf gives the weight of the shortest candidate that another lies under, nil if it lies under none.
func outerOf(all map[candidate]*weight, c candidate) *weight {
	for _, outer := range candidatesOf(c.prefix + "/x") {
		if w := all[outer]; w != nil && outer != c {
			return w
		}
	}
	return nil
}

// parent is a prefix without its last part.
func parent(p lookup.Prefix) string {
	return string(p)[:max(0, strings.LastIndexByte(string(p), '/'))]
}

// Adopt counts the calls as if the guessed prefixes had been in Config.Rules. Ids that Exists told of under the old prefixes are not
// resolved again.
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

// move counts the calls for a name that was under no prefix.
func (l *Usage) move(key asking, u *use) {
	if u.exists {
		if key, alike, ok := l.key(&Event{Secret: key.secret, full: key.full, Exists: true}); ok {
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

// remove takes calls back.
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
