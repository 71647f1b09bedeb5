package pyre

import "slices"

// A language is a deterministic automaton of the texts that a part of a pattern matches. State 0 is
// where it begins. A dead state is left out, so that next has -1 where no text goes on.
type language struct {
	next   [][]int // :: state, character of the alphabet → state
	accept []bool
}

const mostLanguage = 128 // states

// A positions is a set of an automaton's states.
type positions [(mostStates + 63) / 64]uint64

// newLanguage returns the language of a part. It is nil where the part is too large, or asks for
// more than characters in a row: a look-around, a place, a back-reference, and what gives nothing
// back.
func newLanguage(n *node, a *alphabet) *language {
	if !n.isPlain() {
		return nil
	}
	r := &roundabout{alphabet: a, places: make([]uint8, mostStates*mostStates), copies: mostStates}
	p := r.build(n)
	if r.full {
		return nil
	}
	r.settle()
	var last positions
	for _, x := range p.last {
		last.add(x.to)
	}
	l := &language{accept: []bool{p.empty > 0}}
	sets := []positions{{}} // :: state → where the roundabout may stand; nowhere yet at the beginning
	known := map[positions]int{}
	for at := 0; at < len(sets); at++ {
		l.next = append(l.next, make([]int, len(a.runes)))
		for c := range a.runes {
			to := r.after(sets[at], c)
			if at == 0 {
				to = r.among(p.first, c)
			}
			state, seen := known[to]
			switch {
			case to == positions{}:
				state = -1
			case !seen:
				state = len(sets)
				known[to] = state
				sets = append(sets, to)
				l.accept = append(l.accept, to.meets(last))
			}
			l.next[at][c] = state
		}
		if len(sets) > mostLanguage {
			return nil
		}
	}
	return l
}

// after is where a roundabout may stand after a character, if it stood at one of from.
func (r *roundabout) after(from positions, c int) (to positions) {
	for state := range r.members {
		if from.has(state) {
			more := r.among(r.follow[state], c)
			for i := range to {
				to[i] |= more[i]
			}
		}
	}
	return to
}

// among returns those of the passages that a character leads through.
func (r *roundabout) among(all []passage, c int) (to positions) {
	for _, x := range all {
		if r.members[x.to]>>c&1 == 1 {
			to.add(x.to)
		}
	}
	return to
}

func (p *positions) add(state int) { p[state/64] |= 1 << (state % 64) }

func (p *positions) meets(q positions) bool {
	for i := range p {
		if p[i]&q[i] != 0 {
			return true
		}
	}
	return false
}

func (p *positions) has(state int) bool { return p[state/64]>>(state%64)&1 == 1 }

// isPlain reports whether a part is made of characters, and repeats that give back what they took.
func (n *node) isPlain() bool {
	switch n.op {
	case nLiteral, nSet:
		return true
	case nSequence, nAlternatives, nCapture:
	case nRepeat:
		if n.repeat.greed == possessive {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.isPlain() })
}

// equal reports whether two languages have the same texts.
func (l *language) equal(m *language) bool {
	type both struct{ l, m int }
	pairs := []both{{0, 0}}
	seen := map[both]bool{pairs[0]: true}
	for i := 0; i < len(pairs); i++ {
		p := pairs[i]
		if l.accept[p.l] != m.accept[p.m] {
			return false
		}
		for c := range l.next[p.l] {
			to := both{l.next[p.l][c], m.next[p.m][c]}
			if to.l < 0 && to.m < 0 || seen[to] {
				continue
			}
			if to.l < 0 || to.m < 0 { // every state leads to some text
				return false
			}
			seen[to] = true
			pairs = append(pairs, to)
		}
	}
	return true
}

// smallest returns the automaton of the language that has the fewest states.
func (l *language) smallest() *language {
	class := make([]int, len(l.next)) // :: state → class of those that are not told apart
	for i, yes := range l.accept {
		if yes != l.accept[0] {
			class[i] = 1
		}
	}
	for count := 0; ; {
		refined, n := l.refine(class)
		if n == count {
			break
		}
		class, count = refined, n
	}
	s := &language{}
	for i, row := range l.next {
		if class[i] == len(s.next) { // the first of its class
			s.next, s.accept = append(s.next, through(class, row)), append(s.accept, l.accept[i])
		}
	}
	return s
}

// refine divides classes by where their states go on to. Classes are numbered as their first states
// come.
func (l *language) refine(class []int) (refined []int, count int) {
	var kinds [][]int
	for i, row := range l.next {
		kind := append([]int{class[i]}, through(class, row)...)
		n := slices.IndexFunc(kinds, func(k []int) bool { return slices.Equal(k, kind) })
		if n < 0 {
			n = len(kinds)
			kinds = append(kinds, kind)
		}
		refined = append(refined, n)
	}
	return refined, len(kinds)
}

// through returns the classes of states.
func through(class, states []int) (classes []int) {
	for _, s := range states {
		if s >= 0 {
			s = class[s]
		}
		classes = append(classes, s)
	}
	return classes
}
