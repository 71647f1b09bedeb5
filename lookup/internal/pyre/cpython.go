package pyre

// CPython's parser rewrites alternatives before it compiles them: it takes out what all of them
// begin with, and joins those that are then one character each to a set. Our own parser joins
// first, which comes to the same for what matches, but not for how often CPython goes back: a|a is
// one character here, and a(?:|) there, which has two ways to match.

// A cpython converts a tree as our parser makes it.
type cpython struct{ src []rune }

// convert returns the tree that CPython compiles.
func (c *cpython) convert(n *node) *node {
	kids := n.parts()
	if len(kids) == 0 {
		return n
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
	rest := newAlternatives(alternatives)
	rest.written = nil // CPython keeps the set alone
	return newSequence(flatten(append(prefix, rest)))
}

func (c *cpython) allBeginAlike(rests [][]*node) bool {
	for _, rest := range rests {
		if len(rest) == 0 || !c.alike(rest[0], rests[0][0]) {
			return false
		}
	}
	return true
}

// alike is CPython's comparison of parsed items, to which two groups or repeats are never the same.
// It knows sets as they are written: [a-z] and [A-Z] are two.
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

// A setKey tells sets apart.
type setKey struct {
	ascii   [2]uint64
	classes wideClass
	negated bool
	ranges  uint64 // a hash of all
}

func (s *set) key() setKey {
	k := setKey{ascii: s.ascii, classes: s.classes, negated: s.negated}
	for _, r := range s.ranges {
		k.ranges = (k.ranges*0x9e3779b97f4a7c15 ^ uint64(r.lo)<<32 ^ uint64(r.hi)) * 0xff51afd7ed558ccd
		k.ranges ^= k.ranges >> 32
	}
	return k
}
