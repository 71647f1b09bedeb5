package pyre

import (
	"math/bits"
	"slices"
)

// A node is a part of the pattern, its flags resolved.
type node struct {
	op      nodeOp
	lo, hi  uint64 // width in characters, see widths
	kids    []*node
	r       rune // nLiteral
	fold    fold // nLiteral, nBackReference
	set     *set // nSet
	repeat  repeat
	at      at
	number  int  // group: nCapture, nBackReference, nConditional
	behind  bool // nLook
	negated bool // nLook

	written  []*node // nSet: the alternatives that were joined to it
	from, to int32   // where it stands in the pattern, in characters; only items of a sequence know it
}

// parts are the nodes that a node is made of. Those of a set are the alternatives that were joined
// to it, which have characters of their own.
func (n *node) parts() []*node {
	if n.op == nSet {
		return n.written
	}
	return n.kids
}

type nodeOp uint8

const (
	nSequence      nodeOp = iota // kids; none matches ""
	nAlternatives                // kids
	nLiteral                     // one character
	nSet                         // one character
	nAt                          // a place
	nRepeat                      // kids[0]
	nCapture                     // kids[0]
	nAtomic                      // kids[0]
	nLook                        // kids[0]
	nBackReference               //
	nConditional                 // kids: yes, no
)

// An at is a place in the text.
type at uint8

const (
	atStart          at = iota // ^ \A
	atLineStart                // ^ with (?m)
	atEnd                      // \Z
	atLastLine                 // $: the end, or before a final newline
	atLineEnd                  // $ with (?m)
	atWordEdge                 // \b
	notWordEdge                // \B
	atWordEdgeASCII            // \b with (?a)
	notWordEdgeASCII           // \B with (?a)
	onLastLine                 // where .*$ matches: no newline follows, but a final one
)

// widest bounds widths so that sums and products stay in range. It is more than a look-behind may
// look: what has no upper limit must never look like a fixed width.
const widest = 1 << 62

func widths(lo, hi uint64) (uint64, uint64) { return min(lo, widest), min(hi, widest) }

func times(a, b uint64) uint64 {
	if over, n := bits.Mul64(a, b); over == 0 {
		return n
	}
	return widest
}

func newLiteral(r rune, f fold) *node { return &node{op: nLiteral, r: r, fold: f, lo: 1, hi: 1} }
func newSet(s *set) *node             { return &node{op: nSet, set: s, lo: 1, hi: 1} }
func newAt(a at) *node                { return &node{op: nAt, at: a} }

func newSequence(items []*node) *node {
	if len(items) == 1 {
		return items[0]
	}
	n := &node{op: nSequence, kids: items}
	for _, k := range items {
		n.lo, n.hi = widths(n.lo+k.lo, n.hi+k.hi)
	}
	return n
}

// newAlternatives makes one set of alternatives that are all a single character, so that a repeat
// of them is a repeat of one character. A negated set is not joined, nor is a large one, which deep
// nesting would join time and again.
func newAlternatives(all []*node) *node {
	if len(all) == 1 {
		return all[0]
	}
	n := &node{op: nAlternatives, kids: all, lo: all[0].lo, hi: all[0].hi}
	var sets []*set
	for i, k := range all {
		n.lo, n.hi = min(n.lo, k.lo), max(n.hi, k.hi)
		if len(sets) < i {
			continue // not a set
		}
		if s := k.single(false); s != nil && !s.negated && len(s.ranges) <= joinedRanges {
			sets = append(sets, s)
		}
	}
	if len(sets) == len(all) {
		joined := newSet(union(sets))
		joined.written = all
		return joined
	}
	return n
}

const joinedRanges = 32 // in each of the sets

// single returns the set of a node that matches exactly one character, or nil. A capturing group is
// seen through only where nobody asks what it matched.
func (n *node) single(throughCaptures bool) *set {
	for throughCaptures && n.op == nCapture {
		n = n.kids[0]
	}
	switch n.op {
	case nLiteral:
		return singleton(n.r, n.fold, false)
	case nSet:
		return n.set
	}
	return nil
}

// asksForGroup reports whether a conditional is in a node.
func (n *node) asksForGroup() bool {
	return n.op == nConditional || slices.ContainsFunc(n.kids, func(k *node) bool { return k.asksForGroup() })
}

// isWhole reports whether no part of a node matches for itself, as that of a look-around and an
// atomic group does.
func (n *node) isWhole() bool {
	own := n.op == nLook || n.op == nAtomic || n.op == nConditional || n.op == nRepeat && n.repeat.greed == possessive
	return !own && !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.isWhole() })
}

func newRepeat(n *node, r repeat) *node {
	lo, hi := widths(times(n.lo, r.min), times(n.hi, r.max))
	return &node{op: nRepeat, kids: []*node{n}, repeat: r, lo: lo, hi: hi}
}

func newCapture(n *node, number int) *node {
	return &node{op: nCapture, kids: []*node{n}, number: number, lo: n.lo, hi: n.hi}
}

func newAtomic(n *node) *node { return &node{op: nAtomic, kids: []*node{n}, lo: n.lo, hi: n.hi} }

func newLook(n *node, behind, negated bool) *node {
	return &node{op: nLook, kids: []*node{n}, behind: behind, negated: negated}
}

func newBackReference(number int, g group, f fold) *node {
	return &node{op: nBackReference, number: number, fold: f, lo: g.lo, hi: g.hi}
}

func newConditional(number int, yes, no *node) *node {
	return &node{op: nConditional, kids: []*node{yes, no}, number: number, lo: min(yes.lo, no.lo), hi: max(yes.hi, no.hi)}
}
