package pyre

import "slices"

// A language is a deterministic automaton of the texts that a part of a pattern matches. State 0 is where it begins.
// A dead state is left out, so that next has -1 where no text goes on.
type language struct {
	next   [][]int // :: state, character of the alphabet → state
	accept []bool
}

const mostLanguage = 64 // states

// A positions is a set of an automaton's states.
type positions [(mostStates + 63) / 64]uint64

// newLanguage gives the language of a part. It is nil where the part is too large, or asks for more than characters in
// a row: a look-around, a place, a back-reference, and what gives nothing back.
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
	l := &language{}
	var sets []positions
	known := map[positions]int{}
	add := func(from []passage, c int, to *positions) {
		for _, x := range from {
			if r.members[x.to]>>c&1 == 1 {
				to[x.to/64] |= 1 << (x.to % 64)
			}
		}
	}
	for at := 0; at <= len(sets) && at < mostLanguage; at++ { // the beginning is at 0, and sets[at-1] at the others
		row := make([]int, len(a.runes))
		accept := at == 0 && p.empty > 0
		for _, x := range p.last {
			accept = accept || at > 0 && sets[at-1].has(x.to)
		}
		for c := range row {
			var to positions
			if at == 0 {
				add(p.first, c, &to)
			}
			for from := range r.members {
				if at > 0 && sets[at-1].has(from) {
					add(r.follow[from], c, &to)
				}
			}
			state, seen := known[to]
			switch {
			case to == positions{}:
				state = -1
			case !seen:
				sets = append(sets, to)
				state = len(sets)
				known[to] = state
			}
			row[c] = state
		}
		l.next, l.accept = append(l.next, row), append(l.accept, accept)
	}
	if len(sets) >= mostLanguage {
		return nil
	}
	return l
}

func (p *positions) has(state int) bool { return p[state/64]>>(state%64)&1 == 1 }

// isPlain says whether a part is made of characters, and repeats that give back what they took.
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

// equal says whether two languages have the same texts.
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

// smallest gives the automaton of the language that has the fewest states.
func (l *language) smallest() *language {
	class := make([]int, len(l.next)) // :: state → class of those that are not told apart
	for i, yes := range l.accept {
		if yes != l.accept[0] {
			class[i] = 1
		}
	}
	for count := 0; ; {
		var kinds [][]int
		refined := make([]int, len(class))
		for i, row := range l.next {
			kind := []int{class[i]}
			for _, to := range row {
				if to >= 0 {
					to = class[to]
				}
				kind = append(kind, to)
			}
			refined[i] = slices.IndexFunc(kinds, func(k []int) bool { return slices.Equal(k, kind) })
			if refined[i] < 0 {
				refined[i] = len(kinds)
				kinds = append(kinds, kind)
			}
		}
		class = refined
		if len(kinds) == count {
			break
		}
		count = len(kinds)
	}
	s := &language{}
	for i, row := range l.next {
		if class[i] < len(s.next) {
			continue
		}
		small := make([]int, len(row))
		for c, to := range row {
			if small[c] = to; to >= 0 {
				small[c] = class[to]
			}
		}
		s.next, s.accept = append(s.next, small), append(s.accept, l.accept[i])
	}
	return s
}
