package pyre

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An alphabet is the characters that attacks are written in: one for each way in which the
// characters of a pattern tell them apart. A character is its place here, and a set of them the
// bits of its members.
type alphabet struct {
	runes []rune
	named int // the first of them are those that AWS takes in a name
}

const (
	nameRunes   = "abcdefghijklmnopqrstuvwxyz0123456789_-./=+@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	otherRunes  = "! \n,:;#é\u0130"
	mostRunes   = 64   // bits
	mostTellers = 2000 // different sets and literals that are looked at
	// foldedRunes are the characters beyond ASCII that a letter of ASCII stands for where case is
	// ignored, and kindRunes one of each kind that \w, \d, \s and their opposites tell apart beyond
	// ASCII.
	foldedRunes = "\u0130\u0131\u017f\u212a"
	kindRunes   = "\u00e9\u0661\u2028\u20ac"
)

// newAlphabet reads the sets and literals of trees, for characters of names and others. Of several
// characters that no set tells apart it takes the first.
func newAlphabet(others string, trees ...*node) *alphabet {
	c := characters{seen: map[setKey]bool{}}
	for _, t := range trees {
		c.walk(t)
	}
	return c.alphabet(others)
}

// wholeAlphabet is one that tells all characters apart that the trees do, so that what holds for
// its texts holds for all. It is nil where there are too many, or where a tree names other
// characters than those of ASCII.
func wholeAlphabet(trees ...*node) *alphabet {
	c := characters{seen: map[setKey]bool{}}
	for _, t := range trees {
		c.walk(t)
	}
	if slices.ContainsFunc(c.sets, func(s *set) bool { return !s.isASCII() }) || len(c.sets) >= mostTellers {
		return nil
	}
	var ascii strings.Builder
	for r := range rune(utf8.RuneSelf) {
		ascii.WriteRune(r)
	}
	if a := c.alphabet(ascii.String() + kindRunes + foldedRunes); len(a.runes) < mostRunes {
		return a
	}
	return nil
}

// isASCII reports whether a set names no other characters than those of ASCII, and what they stand
// for where case is ignored.
func (s *set) isASCII() bool {
	for _, r := range s.ranges {
		for c := max(r.lo, utf8.RuneSelf); c <= r.hi; c++ {
			if !strings.ContainsRune(foldedRunes, c) {
				return false
			}
		}
	}
	return true
}

// alphabet takes one of all characters that are not told apart.
func (c *characters) alphabet(others string) *alphabet {
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
	for _, k := range n.parts() {
		c.walk(k)
	}
}

var wordSet = func() *set {
	var b setBuilder
	b.addClass(unicodeClasses['w'])
	return b.set(false)
}()

// members returns the characters of a set.
func (a *alphabet) members(s *set) (bits uint64) {
	for i, r := range a.runes {
		if s.has(r) {
			bits |= 1 << i
		}
	}
	return bits
}

// isNamed reports whether AWS takes all characters of a text in a name.
func isNamed(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(nameRunes, r) })
}
