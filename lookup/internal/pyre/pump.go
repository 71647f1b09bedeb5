package pyre

import (
	"math/bits"
	"slices"
)

// A roundabout is the loop of a pattern as an automaton whose states are its characters: after each
// comes one of those that may follow it, in one way or in several. Look-arounds, places and
// back-references take nothing and always hold here.
type roundabout struct {
	alphabet *alphabet
	members  []uint64    // :: state → characters
	follow   [][]passage // :: state → what may follow
	places   []uint8     // of the matrix while it is built: 0, 1 or many ways from one to another
	first    []passage
	copies   uint64 // of an iteration that are written out; a count above it is taken for no bound
	full     bool   // the loop is too large, and the rest of it left out
}

// A passage leads to a state in one way or in many.
type passage struct {
	to   int
	many bool
}

const mostStates = 160

// A part is what an expression comes to: how it can be entered and left, and in how many ways it
// matches "".
type part struct {
	first, last []passage
	empty       uint8 // 0, 1 or 2 for many
}

// newRoundabout returns the automaton of a loop.
func newRoundabout(loop *node, a *alphabet) *roundabout {
	r := &roundabout{alphabet: a, places: make([]uint8, mostStates*mostStates), copies: mostCopies}
	p := r.build(loop.kids[0])
	r.connect(p.last, p.first)
	r.first = p.first
	r.settle()
	return r
}

// settle reads the matrix out, of which no more is needed.
func (r *roundabout) settle() {
	r.follow = make([][]passage, len(r.members))
	for from := range r.members {
		for to := range r.members {
			if ways := r.places[from*mostStates+to]; ways > 0 {
				r.follow[from] = append(r.follow[from], passage{to, ways > 1})
			}
		}
	}
	r.places = nil
}

// connect lets each of to follow each of from.
func (r *roundabout) connect(from, to []passage) {
	for _, f := range from {
		for _, t := range to {
			at := &r.places[f.to*mostStates+t.to]
			n := uint8(1)
			if f.many || t.many {
				n = 2
			}
			*at = min(*at+n, 2)
		}
	}
}

func (r *roundabout) build(n *node) part {
	if r.full { // of which nothing more will be used
		return part{empty: 1}
	}
	switch n.op {
	case nLiteral, nSet:
		return r.character(n)
	case nAlternatives:
		var p part
		for _, k := range n.kids {
			q := r.build(k)
			p.first, p.last = join(p.first, q.first, false), join(p.last, q.last, false)
			p.empty = min(p.empty+q.empty, 2)
		}
		return p
	case nConditional:
		yes, no := r.build(n.kids[0]), r.build(n.kids[1])
		return part{join(yes.first, no.first, false), join(yes.last, no.last, false), min(yes.empty+no.empty, 2)}
	case nRepeat:
		return r.repeat(n)
	case nLook, nAt, nBackReference:
		return part{empty: 1}
	}
	p := part{empty: 1} // a sequence, or a group
	for _, k := range n.kids {
		p = r.then(p, r.build(k))
	}
	return p
}

func (r *roundabout) character(n *node) part {
	if len(r.members) == mostStates {
		r.full = true
		return part{empty: 1}
	}
	r.members = append(r.members, r.alphabet.members(n.single(false)))
	here := []passage{{to: len(r.members) - 1}}
	return part{first: here, last: here}
}

// then puts q after p.
func (r *roundabout) then(p, q part) part {
	r.connect(p.last, q.first)
	s := part{first: p.first, last: q.last, empty: min(p.empty*q.empty, 2)}
	if p.empty > 0 {
		s.first = join(p.first, q.first, p.empty > 1)
	}
	if q.empty > 0 {
		s.last = join(q.last, p.last, q.empty > 1)
	}
	return s
}

func join(p, q []passage, many bool) []passage {
	all := append([]passage{}, p...)
	for _, a := range q {
		all = append(all, passage{a.to, a.many || many})
	}
	return all
}

const mostCopies = 12 // of an iteration that is counted

// repeat writes counts out up to copies, and takes a larger one for no bound. The automaton of a
// language has copies for all: one that needs more is full.
func (r *roundabout) repeat(n *node) part {
	least, most := n.repeat.min, n.repeat.max
	if n.repeat.max == 0 {
		return part{empty: 1}
	}
	if r.copies > mostCopies && max(least, most%unbounded) > r.copies {
		r.full = true
	}
	if most > r.copies {
		most = unbounded
	}
	all := part{empty: 1}
	for range min(max(least, 1)-1, r.copies) {
		all = r.then(all, r.build(n.kids[0]))
	}
	one := r.build(n.kids[0])
	last := one
	if most == unbounded {
		r.connect(one.last, one.first)
	} else {
		for range most - max(least, 1) { // a(a(a)?)?
			next := r.build(n.kids[0])
			r.connect(one.last, next.first)
			if last.empty > 0 {
				last.first = join(last.first, next.first, false)
			}
			last.last = join(last.last, next.last, false)
			one = next
		}
	}
	if least == 0 {
		last.empty = min(last.empty+1, 2)
	}
	return r.then(all, last)
}

// simplestFirst are the states, first those that may follow themselves: the way round through a
// long word has many longer pumps, which would leave no room for the short one of the class beside
// it.
func (r *roundabout) simplestFirst() (states []int) {
	var others []int
	for state, follow := range r.follow {
		if slices.ContainsFunc(follow, func(x passage) bool { return x.to == state }) {
			states = append(states, state)
		} else {
			others = append(others, state)
		}
	}
	return append(states, others...)
}

// A pair is where a search stands: at two states that the same text leads to, and whether the ways
// there differ.
type pair struct {
	a, b  int
	apart bool
}

// A visit is a step of a search, and the one before it.
type visit struct {
	pair
	from   int
	common uint64 // the characters that lead here
}

// texts are what leads from the beginning of a search to its visit at i, in several spellings: each
// of the first characters that do, each of the last, the one after the other, and a mixture.
func (r *roundabout) texts(visits []visit, i int) []string {
	var low, high, mixed []rune
	for n := uint32(1); visits[i].from >= 0; i = visits[i].from {
		c := visits[i].common
		low = append(low, r.alphabet.runes[bits.TrailingZeros64(c)])
		high = append(high, r.alphabet.runes[bits.Len64(c)-1])
		n = n*1664525 + 1013904223
		for skip := n >> 24 % uint32(bits.OnesCount64(c)); skip > 0; skip-- {
			c &= c - 1
		}
		mixed = append(mixed, r.alphabet.runes[bits.TrailingZeros64(c)])
	}
	slices.Reverse(low)
	slices.Reverse(high)
	slices.Reverse(mixed)
	return []string{string(low), string(high), string(low) + string(high), string(mixed)}
}

// pumps give the shortest text with two different ways from a state to itself, in its spellings, or
// nil. Each way that is looked at is taken off effort.
func (r *roundabout) pumps(state int, only uint64, effort *int) []string {
	goal := pair{state, state, true}
	visits := []visit{{pair: pair{state, state, false}, from: -1}}
	seen := map[pair]bool{}
	for i := 0; i < len(visits); i++ {
		v := visits[i]
		for _, x := range r.follow[v.a] {
			for _, y := range r.follow[v.b] {
				if *effort--; *effort < 0 {
					return nil
				}
				common := r.members[x.to] & r.members[y.to] & only
				next := pair{min(x.to, y.to), max(x.to, y.to), v.apart || x.to != y.to || x.many && v.a == v.b}
				if common == 0 || seen[next] {
					continue
				}
				seen[next] = true
				visits = append(visits, visit{next, i, common})
				if next == goal {
					return r.texts(visits, len(visits)-1)
				}
			}
		}
	}
	return nil
}

// enter returns the shortest text that leads from the beginning of the loop to a state, or "".
func (r *roundabout) enter(state int, only uint64) string {
	visits := []visit{{pair: pair{a: -1}, from: -1}}
	seen := make([]bool, len(r.members))
	for i := 0; i < len(visits); i++ {
		next := r.first
		if a := visits[i].a; a >= 0 {
			next = r.follow[a]
		}
		for _, x := range next {
			common := r.members[x.to] & only
			if common == 0 || seen[x.to] {
				continue
			}
			seen[x.to] = true
			visits = append(visits, visit{pair{a: x.to}, i, common})
			if x.to == state {
				return r.texts(visits, len(visits)-1)[0]
			}
		}
	}
	return ""
}
