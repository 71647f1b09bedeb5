package pyre

import "strings"

// An alphabet is the characters that attacks are written in: one for each way in which the characters of a pattern
// tell them apart. A character is its place here, and a set of them the bits of its members.
type alphabet struct {
	runes []rune
	named int // the first of them are those that AWS takes in a name
}

const (
	nameRunes   = "abcdefghijklmnopqrstuvwxyz0123456789_-./=+@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	otherRunes  = "! \n,:;#é\u0130"
	rareRunes   = "\u0661\u212a\u017f\u2028\u4e00" // what else Unicode's classes and cases tell apart; no attack needs them
	mostRunes   = 64                               // bits
	mostTellers = 2000                             // different sets and literals that are looked at
)

// newAlphabet reads the sets and literals of a tree, for characters of names and others. Of several characters that no set tells apart it takes the first.
func newAlphabet(tree *node, others string) *alphabet {
	c := characters{seen: map[setKey]bool{}}
	c.walk(tree)
	a := &alphabet{}
	kinds := map[uint64]bool{}
	add := func(r rune) {
		var kind uint64
		for _, s := range c.sets {
			kind *= 0x9e3779b97f4a7c15
			if s.has(r) {
				kind ^= kind>>32 + 1
			}
		}
		if !kinds[kind] && len(a.runes) < mostRunes {
			kinds[kind] = true
			a.runes = append(a.runes, r)
		}
	}
	for _, r := range nameRunes {
		add(r)
	}
	a.named = len(a.runes)
	for _, r := range others {
		add(r)
	}
	for _, r := range c.rare {
		add(r)
	}
	return a
}

// characters gathers what tells characters apart.
type characters struct {
	sets  []*set
	rare  []rune // members of them that are not among those that are always tried
	seen  map[setKey]bool
	edges bool // there is a \b or \B, which tells words from the rest
}

func (c *characters) walk(n *node) {
	if len(c.sets) >= mostTellers {
		return
	}
	if s := n.single(false); s != nil && !c.seen[s.key()] {
		c.seen[s.key()] = true
		c.sets = append(c.sets, s)
		if len(s.ranges) > 0 && !strings.ContainsRune(nameRunes+otherRunes, s.ranges[0].lo) && len(c.rare) < mostRunes {
			c.rare = append(c.rare, s.ranges[0].lo)
		}
	}
	if n.op == nAt && n.at >= atWordEdge && n.at <= notWordEdgeASCII && !c.edges {
		c.edges = true
		c.sets = append(c.sets, wordSet)
	}
	for _, k := range n.kids {
		c.walk(k)
	}
}

var wordSet = func() *set {
	var b setBuilder
	b.addClass(unicodeClasses['w'])
	return b.set(false)
}()

// members gives the characters of a set.
func (a *alphabet) members(s *set) (bits uint64) {
	for i, r := range a.runes {
		if s.has(r) {
			bits |= 1 << i
		}
	}
	return bits
}

// isNamed says whether AWS takes all characters of a text in a name.
func isNamed(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(nameRunes, r) })
}
