package pyre

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A Runaway is an id on which CPython's re.match backtracks for more than a second.
type Runaway struct {
	ID      string
	Named   bool   // AWS takes all its characters in a name
	Instead string // a pattern that does not run away, see advice; "" if none was found
}

const (
	mostEffort  = 4_000_000
	mostCounted = 20_000 // instructions, for one id // units of the machine for all that is tried
	// CPython takes a second for what costs 200 to 1,200 million units, and a slow machine more;
	// patterns near it are rare.
	runaway   = 300_000_000
	costOfWay = 24 // a way shares most of itself with others
)

// FindRunaway looks for an id of at most 64 characters on which CPython's re.match(expr, id,
// re.IGNORECASE) takes more than a second of CPU time. An id that it finds is certain except for
// the time, which is extrapolated; there may be an id that it does not find.
func FindRunaway(expr string) (found Runaway, ok bool) {
	p := newParser(expr)
	tree, err := p.parse()
	if err != nil {
		return Runaway{}, false
	}
	h := newHunter(tree, p.src, len(p.groups), runaway)
	a, turns, ok := h.hunt()
	if !ok {
		return Runaway{}, false
	}
	id := a.id(turns)
	return Runaway{ID: id, Named: isNamed(id), Instead: advice(p, tree)}, true
}

// advice returns the pattern in (?-i:…) where capitals seem to be meant and that is enough, or else
// one that seems to match the same ids.
func advice(p *parser, tree *node) string {
	exact := exactly(p.expr)
	if MeansCapitals(p.expr) {
		if better, ok := Harmless(exact); ok && better == exact {
			return exact
		}
	}
	return instead(p, tree)
}

// A hunter makes attacks and tries them.
type hunter struct {
	finder
	stopwatch
	deep  bool    // a match may divide a text among many repeats
	most  float64 // what a match may cost, since counts bound the ways it has
	bound float64 // what costs that is found
	spare int     // for one long run
}

func newHunter(tree *node, src []rune, groups int, bound float64) *hunter {
	tree = (&cpython{src}).convert(tree)
	h := &hunter{bound: bound, deep: degree(tree) >= pick[uint64](bound < runaway, 4, 6)}
	h.left, h.spots, h.spare = mostEffort, 2*mostCounted, endurance
	h.shortest = min(tree.lo, longestAttack+1)
	h.most = math.Exp2(ways(tree)) * costOfWay
	h.alphabet = newAlphabet(otherRunes, tree)
	h.ends = []string{""}
	h.walk(tree, "")
	if tree.asksForGroup() { // it may want one that is optional
		h.more = 1
		h.walk(tree, "")
	}
	if len(h.loops) > 0 || h.deep {
		e := &emitter{recalls: true, chains: true}
		h.program, h.tree = e.emit(tree, groups, maxInstructions), tree
		h.base = int32(2 * groups)
		h.counts = h.program.countable(h.base)
		h.recalls = slices.ContainsFunc(h.program.code, func(in instruction) bool { return in.op == opRecall })
	}
	return h
}

// Attacks are looked at three times, fewer of them each time and longer ones.
const (
	mostPumps = 24 // of a loop
	length    = 16 // of the first ones

	short   = 4_000 // units for a run at first
	closer  = 40_000
	closest = 400_000

	endurance = 2_500_000 // for one that must not end

	kept     = 20 // attacks for the second look
	sameness = 2  // of them with the same pump
	tried    = 4  // for the third
)

// hunt returns an attack and how often to turn for it.
func (h *hunter) hunt() (found attack, turns int, ok bool) {
	if h.program == nil {
		return attack{}, 0, false
	}
	var attacks []attack
	for _, l := range h.loops {
		attacks = append(attacks, h.attacks(l)...)
	}
	if h.deep {
		for _, l := range h.ones {
			attacks = append(attacks, h.powers(l)...)
		}
	}
	h.look(attacks)
	for _, named := range []bool{true, false} {
		few := choose(attacks, named, kept, sameness)
		for i := range few {
			few[i].cost, few[i].most = h.estimate(few[i], closer)
		}
		for _, a := range choose(few, named, tried, 1) {
			if turns, ok := h.confirm(a); ok {
				return a, turns, true
			}
		}
	}
	return attack{}, 0, false
}

// confirm reports whether an attack costs too much, and with how many turns. What can be counted is
// not estimated. A back-reference always fails for the count, so that a long run must not end
// either: where the reference matches, the match may. A count that did not come to its end is the
// least that a match costs which fails whichever way it goes.
func (h *hunter) confirm(a attack) (turns int, ok bool) {
	cost, counted := h.count(a.id(a.most))
	switch turns = a.most; {
	case h.counts && !counted && h.alwaysFails(a.id(a.most)):
		return turns, min(cost, h.most) >= h.bound
	case h.recalls && counted && min(cost, h.most) >= h.bound:
		h.left, h.spare = h.left+h.spare, 0
		return turns, h.run(a.id(turns), endurance) >= endurance
	case !counted && !h.recalls:
		cost, turns = h.estimate(a, min(closest, h.left/4))
	}
	return turns, (counted || !h.recalls) && min(cost, h.most) >= h.bound
}

// choose returns the costliest attacks, at most so many, and at most same of one pump. Of those
// that cost the same, as all do that were stopped, a shorter pump turns more often.
func choose(attacks []attack, named bool, most, same int) (few []attack) {
	slices.SortStableFunc(attacks, func(a, b attack) int {
		return cmp.Or(cmp.Compare(b.cost, a.cost), cmp.Compare(width(a.pump), width(b.pump)))
	})
	pumps := map[string]int{}
	for _, a := range attacks {
		if len(few) < most && isNamed(a.id(1)) == named && pumps[a.pump] < same {
			pumps[a.pump]++
			few = append(few, a)
		}
	}
	return few
}

// look tries short attacks.
func (h *hunter) look(attacks []attack) {
	each := min(h.left/3/max(len(attacks), 1), short)
	for i := range attacks {
		a := &attacks[i]
		turns := max(length, int(h.shortest)-width(a.lead)-width(a.tail))/width(a.pump) + 1
		id := a.id(min(turns, max(a.turns(), 1)))
		a.cost = float64(each)
		if cost := h.run(id, each); cost < each {
			a.cost = float64(cost) / float64(width(id))
		}
	}
}

// attacks makes those on a loop that has two ways for the same text.
func (h *hunter) attacks(l loop) (all []attack) {
	r := newRoundabout(l.body, h.alphabet)
	var inside uint64
	for _, m := range r.members {
		inside |= m
	}
	seen := map[string]bool{}
	add := func(enter, pump string) {
		if pump != "" && !seen[pump] && len(seen) < mostPumps {
			seen[pump] = true
			all = append(all, h.around([]string{l.lead + enter, l.lead, enter}, pump, inside)...)
		}
	}
	effort := 40_000
	states := r.simplestFirst()
	for _, only := range []uint64{1<<h.alphabet.named - 1, 1<<len(h.alphabet.runes) - 1} {
		for _, state := range states {
			for _, pump := range r.pumps(state, only, &effort) {
				add(r.enter(state, only), pump)
			}
		}
	}
	if h.deep || r.full {
		for more := range uint64(3) {
			add("", h.sample(l.body.kids[0], more))
		}
	}
	return all
}

// powers makes attacks on many repeats of one character in a row.
func (h *hunter) powers(l loop) []attack {
	one := l.body.kids[0]
	return h.around([]string{l.lead}, h.sample(one, 0), h.alphabet.members(one.single(false)))
}

// around puts beginnings and ends to a pump.
func (h *hunter) around(leads []string, pump string, inside uint64) (all []attack) {
	if pump == "" {
		return nil
	}
	for _, lead := range slices.Compact(leads) {
		for _, tail := range h.tails(inside) {
			if width(lead)+width(tail)+2*width(pump) <= longestAttack {
				all = append(all, attack{lead: lead, pump: pump, tail: tail})
			}
		}
	}
	return all
}

// tails are what may make a match fail after a pump: nothing, a character that the loop does not
// take, or too many of one that it does, and what a look-ahead asks for.
func (h *hunter) tails(inside uint64) []string {
	const some = 5
	all := []string{""}
	in, out := some, some
	for i := len(h.alphabet.runes) - 1; i >= 0; i-- {
		one := string(h.alphabet.runes[i])
		switch {
		case inside>>i&1 == 0 && out > 0:
			out--
			all = append(all, one)
		case inside>>i&1 == 1 && in > 0:
			in--
			all = append(all, one, one+one)
		}
	}
	if h.alphabet.named > 0 {
		all = append(all, string(h.alphabet.runes[0]))
	}
	for _, look := range h.looked {
		all = append(all, look, look+"-", look+"!")
	}
	if h.shortest > length/2 && h.shortest < longestAttack {
		for _, tail := range all {
			if width(tail) == 1 {
				all = append(all, strings.Repeat(tail, int(h.shortest)))
			}
		}
	}
	return append(all, "\n\n", "\nx")
}
