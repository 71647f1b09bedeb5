package tune

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// A Guess is a prefix that the names under no prefix seem to have.
type Guess struct {
	Kind   lookup.Kind
	Prefix lookup.Prefix
	Calls  int  // calls for names under it
	Teams  bool // some names under it look like TEAM--ID

	ids int // how many there are
}

// A candidate is a prefix that a name may have: one whose last part says which kind it is for.
type candidate struct {
	kind   lookup.Kind
	prefix string
}

// A weight is the evidence for a candidate.
type weight struct {
	calls  int
	direct int             // for names that have no longer candidate
	plain  int             // for names that continue without a slash, as most ids do
	names  map[string]bool // what follows the candidate, without AWS's end
	bare   bool            // one was asked for by name
	whole  bool            // one was asked for by an ARN without AWS's end
	heads  map[string]bool // of the ARNs
	by     map[callerID]bool
	unsure bool // a denial names an ARN of another account: it may have been a name
	teams  bool
}

// Guess returns the prefixes that the names under no prefix seem to have. It guesses only if most
// calls are for such names, and only for kinds that have Airflow's default prefix, no id that was
// found, and hardly any calls.
//
// Other programs have prefixes too. So if some callers found an id of another kind or have
// MWAASession, each of these callers must ask for names under the guesses, and each guess needs one
// of these callers.
//
// A guessed prefix ends in a word for its kind, such as prod/conns or team-variables, and needs two
// ids. Next to a guess for another kind, one id is enough: prod/vars needs one if prod/conns is
// guessed. Names such as username and password are not ids. If several prefixes are possible, there
// is no guess.
func (l *Usage) Guess() []Guess {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, outside, named := l.candidates()
	airflows, ok := l.airflows()
	if l.use.full || 2*outside <= named || !ok {
		return nil
	}
	best := [3]Guess{}
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable,
		lookup.KindConfig} {
		if g := choose(all, kind); l.isOpen(g) && g.isAskedBy(airflows, all) {
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
		// A few names elsewhere may be anybody's.
		isMuch := lookup.Kind(kind) != lookup.KindConfig && 3*g.Calls >= outside && g.ids > 1
		if g.Calls == 0 || g != most && !g.isBeside(most) && !isMuch {
			continue
		}
		guesses = append(guesses, g)
		explained += g.Calls
	}
	if 3*explained < 2*outside {
		return nil
	}
	for id := range airflows {
		isBy := func(g Guess) bool { return g.isAskedBy(map[callerID]bool{id: true}, all) }
		if !slices.ContainsFunc(guesses, isBy) {
			return nil
		}
	}
	return guesses
}

// airflows gives the callers that are known to be Airflow: those with MWAASession, and those that
// found an id. ok is false if there are too many callers to tell.
func (l *Usage) airflows() (all map[callerID]bool, ok bool) {
	all = maps.Clone(l.use.mwaa)
	for key, u := range l.use.secrets {
		_, _, isID := find(l.paths, &Event{Secret: key.secret, full: key.full})
		if u.there.Found == 0 || !isID {
			continue
		}
		if u.crowded {
			return nil, false
		}
		for _, id := range u.by {
			all[id] = true
		}
	}
	return all, true
}

// isAskedBy reports whether one of some callers asks for names under a guess. It is true for no
// callers.
func (g Guess) isAskedBy(callers map[callerID]bool, all map[candidate]*weight) bool {
	if len(callers) == 0 || g.Calls == 0 {
		return true
	}
	name, _ := nameOf(string(g.Prefix))
	w := all[candidate{g.Kind, name}]
	return w != nil && slices.ContainsFunc(slices.Collect(maps.Keys(w.by)),
		func(id callerID) bool { return callers[id] })
}

// isBeside reports whether two prefixes differ in their last part only. One with a single id must
// have a similar last part, as prod/af-vars and prod/af-conns do: prod/db-var/x may be anybody's.
func (g Guess) isBeside(most Guess) bool {
	if !strings.Contains(string(g.Prefix), "/") || parent(g.Prefix) != parent(most.Prefix) {
		return false
	}
	return g.ids > 1 || stem(g.Prefix) == "" || stem(g.Prefix) == stem(most.Prefix)
}

// isOpen reports whether the prefix of a guess's kind may be guessed. One stray call under the
// default prefix to 20 under the guess does not matter, unless it found an id.
func (l *Usage) isOpen(g Guess) bool {
	calls := 0
	for key, e := range l.ids {
		if key.kind != g.Kind {
			continue
		}
		if e.Found > 0 {
			return false
		}
		calls += e.Calls
	}
	return 20*calls <= g.Calls && slices.ContainsFunc(l.cfg.Rules, func(r lookup.Rule) bool {
		return r.Kind == g.Kind && r.Prefix == "" && strings.HasSuffix(r.Path(), "/")
	})
}

// candidates weighs the candidates of all names under no prefix. outside counts the calls for such
// names, and named the calls for any name.
func (l *Usage) candidates() (all map[candidate]*weight, outside, named int) {
	all = map[candidate]*weight{}
	for key, u := range l.use.secrets {
		calls := u.counts().Calls
		named += calls
		_, _, isID := find(l.paths, &Event{Secret: key.secret, full: key.full})
		if isID || calls == 0 {
			continue
		}
		outside += calls
		name, _ := nameOf(key.secret)
		of := candidatesOf(name)
		for i, c := range of {
			w := all[c]
			if w == nil {
				w = &weight{
					names: map[string]bool{}, heads: map[string]bool{}, by: map[callerID]bool{},
				}
				all[c] = w
			}
			w.add(key, name[len(c.prefix)+1:], calls, u.by)
			if i == len(of)-1 {
				w.direct += calls
			}
		}
	}
	return all, outside, named
}

func (w *weight) add(key asking, rest string, calls int, by []callerID) {
	w.calls += calls
	if !strings.Contains(rest, "/") {
		w.plain += calls
	}
	for _, id := range by {
		w.by[id] = true
	}
	if at := strings.Index(rest, "--"); at > 0 && at+2 < len(rest) {
		w.teams = true
	}
	name, isARN := nameOf(key.secret)
	id, hasEnd := rest, false
	if end := len(rest) - 7; isARN && end > 0 && isSuffix(rest[end:]) {
		id, hasEnd = rest[:end], true // the same id may also be asked for by name
	}
	w.names[id] = true
	switch {
	case !isARN:
		w.bare = true
	case key.full: // the caller may have written a name, except for another account
		own := strings.Contains(key.secret, ":"+key.place.Value().account+":secret:")
		w.bare, w.unsure = w.bare || own, w.unsure || !own
	default:
		w.heads[strings.TrimSuffix(key.secret, name)] = true
		w.whole = w.whole || !hasEnd
	}
}

// words are those that the last part of a prefix ends in.
var words = map[string]lookup.Kind{
	"conn": lookup.KindConnection, "conns": lookup.KindConnection,
	"connection": lookup.KindConnection, "connections": lookup.KindConnection,
	"var": lookup.KindVariable, "vars": lookup.KindVariable,
	"variable": lookup.KindVariable, "variables": lookup.KindVariable,
	"config": lookup.KindConfig, "configs": lookup.KindConfig,
}

// parts are names of the parts of one login, each in a secret of its own. They are not ids.
var parts = map[string]bool{
	"user": true, "username": true, "login": true, "pass": true, "password": true, "passwd": true,
	"host": true, "hostname": true, "port": true, "database": true, "dbname": true, "schema": true,
	"url": true, "uri": true, "dsn": true, "token": true, "secret": true, "key": true,
}

// areParts reports whether all names are parts of a login.
func (w *weight) areParts() bool {
	for name := range w.names {
		if !parts[strings.ToLower(name)] {
			return false
		}
	}
	return true
}

// candidatesOf gives the candidates of a name, the shortest first. A part named config does not
// count before one for another kind, because the names of configuration have no slash.
func candidatesOf(name string) []candidate {
	var all []candidate
	for i := 0; i < len(name)-1; i++ {
		if name[i] != '/' {
			continue
		}
		part := name[strings.LastIndexByte(name[:i], '/')+1 : i]
		kind, ok := words[strings.ToLower(part[len(stem(lookup.Prefix(part))):])]
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

// choose gives the only candidate of a kind, or one that has nearly all calls. It gives the zero
// Guess if there is none.
func choose(all map[candidate]*weight, kind lookup.Kind) Guess {
	sum, best := 0, candidate{}
	for c, w := range all {
		if c.kind != kind {
			continue
		}
		if outer := outerOf(all, c); outer != nil {
			if 10*outer.direct >= 9*outer.calls {
				continue // it is a part of ids under the outer one
			}
			return Guess{}
		}
		sum += w.calls
		if b := all[best]; b == nil || w.calls > b.calls {
			best = c
		}
	}
	w := all[best]
	if w == nil || 10*w.calls < 9*sum || w.areParts() {
		return Guess{}
	}
	if 10*w.direct < 9*w.calls || 2*w.plain < w.calls { // the prefix may be longer
		return Guess{}
	}
	g := Guess{
		Kind: kind, Prefix: lookup.Prefix(best.prefix), Calls: w.calls, Teams: w.teams,
		ids: len(w.names),
	}
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

// outerOf gives the weight of the shortest candidate that another is under, or nil.
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

// stem is the last part of a prefix without the word at its end: team- of prod/team-conns.
func stem(p lookup.Prefix) string {
	part := string(p)[strings.LastIndexByte(string(p), '/')+1:]
	return part[:strings.LastIndexAny(part, "-_.")+1]
}
