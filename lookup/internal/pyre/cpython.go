package pyre

// CPython's parser rewrites alternatives before it compiles them: it takes out what all of them begin with, and joins those that are
// then one character each to a set. Our own parser joins first, which comes to the same for what matches, but not for how
// often CPython goes back: a|a is one character here, and a(?:|) there, which has two ways to match.

// A cpython converts a tree as our parser makes it.
type cpython struct{ src []rune }

// convert gives the tree that CPython compiles.
func (c *cpython) convert(n *node) *node {
	if n.op == nSet && n.written == nil || n.op == nLiteral || len(n.kids)+len(n.written) == 0 {
		return n
	}
	kids := n.kids
	if n.written != nil {
		kids = n.written
	}
	converted := make([]*node, len(kids))
	for i, k := range kids {
		converted[i] = c.convert(k)
	}
	switch n.op {
	case nSet, nAlternatives:
		return c.splitPrefix(converted)
	case nSequence:
		return newSequence(flatten(converted))
	}
	with := *n
	with.kids = converted
	return &with
}

// flatten puts the items of nested sequences, which are groups that capture nothing, in their place.
func flatten(items []*node) []*node {
	var flat []*node
	for _, n := range items {
		if n.op == nSequence {
			flat = append(flat, n.kids...) // already flat
			continue
		}
		flat = append(flat, n)
	}
	return flat
}

// splitPrefix takes out what all alternatives begin with.
func (c *cpython) splitPrefix(all []*node) *node {
	rests := make([][]*node, len(all))
	for i, n := range all {
		rests[i] = flatten([]*node{n})
	}
	var prefix []*node
	for len(rests[0]) > 0 && c.allBeginAlike(rests) {
		prefix = append(prefix, rests[0][0])
		for i := range rests {
			rests[i] = rests[i][1:]
		}
	}
	alternatives := make([]*node, len(rests))
	for i, rest := range rests {
		alternatives[i] = newSequence(rest)
	}
	return newSequence(flatten(append(prefix, newAlternatives(alternatives))))
}

func (c *cpython) allBeginAlike(rests [][]*node) bool {
	for _, rest := range rests {
		if len(rest) == 0 || !c.alike(rest[0], rests[0][0]) {
			return false
		}
	}
	return true
}

// alike is CPython's comparison of parsed items, to which two groups or repeats are never the same. It knows sets as they are
// written: [a-z] and [A-Z] are two.
func (c *cpython) alike(a, b *node) bool {
	if a.op != b.op {
		return false
	}
	switch a.op {
	case nLiteral:
		return a.r == b.r && a.fold == b.fold
	case nSet:
		return a.set.key() == b.set.key() && string(c.src[a.from:a.to]) == string(c.src[b.from:b.to])
	case nAt:
		return a.at == b.at
	case nBackReference:
		return a.number == b.number
	}
	return false
}

// A setKey tells sets apart, but for those that differ beyond their first and last range.
type setKey struct {
	ascii       [2]uint64
	classes     wideClass
	negated     bool
	ranges      int
	first, last runeRange
}

func (s *set) key() setKey {
	k := setKey{ascii: s.ascii, classes: s.classes, negated: s.negated, ranges: len(s.ranges)}
	if n := len(s.ranges); n > 0 {
		k.first, k.last = s.ranges[0], s.ranges[n-1]
	}
	return k
}
