package pyre

import (
	"cmp"
	"slices"
	"sort"
	"unicode/utf8"
)

// A set is a set of runes, its letter case resolved.
type set struct {
	ascii   [2]uint64   // all below U+0080, with negated taken into account
	ranges  []runeRange // sorted, apart; from U+0080 on they and the classes decide
	classes wideClass
	negated bool // last: sets fold first and negate after, so [^i] refuses ı
}

type runeRange struct{ lo, hi rune }

func (s *set) has(r rune) bool {
	if uint32(r) < utf8.RuneSelf {
		return s.ascii[r>>6]>>(r&63)&1 != 0
	}
	return s.hasWide(r)
}

func (s *set) hasWide(r rune) bool {
	return (s.classes.has(r) || s.inRanges(r)) != s.negated
}

func (s *set) inRanges(r rune) bool {
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].hi >= r })
	return i < len(s.ranges) && s.ranges[i].lo <= r
}

// step returns where the rune of the set that begins at pos ends, or -1.
func (s *set) step(text string, pos int) int {
	if pos >= len(text) {
		return -1
	}
	if c := text[pos]; c < utf8.RuneSelf {
		if s.ascii[c>>6]>>(c&63)&1 != 0 {
			return pos + 1
		}
		return -1
	}
	r, n := utf8.DecodeRuneInString(text[pos:])
	if !s.hasWide(r) {
		return -1
	}
	return pos + n
}

// anySet is the dot: all but \n, and with (?s) all.
func anySet(newlineToo bool) *set {
	if newlineToo {
		return allRunes
	}
	return allButNewline
}

var (
	allRunes      = (&setBuilder{}).set(true)
	allButNewline = singleton('\n', foldNone, true)
)

func singleton(r rune, f fold, negated bool) *set {
	b := setBuilder{fold: f}
	b.addRange(r, r)
	return b.set(negated)
}

// A setBuilder gathers the members of a set.
type setBuilder struct {
	fold    fold
	ranges  []runeRange
	classes class
}

func (b *setBuilder) addRange(lo, hi rune) { b.ranges = append(b.ranges, runeRange{lo, hi}) }
func (b *setBuilder) addClass(c class) {
	b.classes.ascii[0] |= c.ascii[0]
	b.classes.ascii[1] |= c.ascii[1]
	b.classes.wide |= c.wide
}

// add adds a member of a class: c if it is one of \d \D \s \S \w \W, otherwise a range.
func (b *setBuilder) add(lo, hi rune, c *class) {
	if c != nil {
		b.addClass(*c)
		return
	}
	b.addRange(lo, hi)
}

func (b *setBuilder) set(negated bool) *set {
	s := &set{ascii: b.classes.ascii, classes: b.classes.wide, negated: negated}
	b.ranges = append(b.ranges, b.fold.capitals(b.ranges)...)
	s.ranges = b.fold.widen(merge(b.ranges)) // merged before too: the fold of many overlapping ranges would be huge
	for _, r := range s.ranges {
		for c := r.lo; c <= min(r.hi, utf8.RuneSelf-1); c++ {
			s.ascii[c>>6] |= 1 << (c & 63)
		}
	}
	if negated {
		s.ascii[0], s.ascii[1] = ^s.ascii[0], ^s.ascii[1]
	}
	return s
}

// union joins sets that are not negated.
func union(sets []*set) *set {
	u := &set{}
	for _, s := range sets {
		u.ascii[0] |= s.ascii[0]
		u.ascii[1] |= s.ascii[1]
		u.classes |= s.classes
		u.ranges = append(u.ranges, s.ranges...)
	}
	u.ranges = merge(u.ranges)
	return u
}

// merge sorts ranges in place and joins those that touch.
func merge(ranges []runeRange) []runeRange {
	slices.SortFunc(ranges, func(a, b runeRange) int { return cmp.Compare(a.lo, b.lo) })
	out := ranges[:0]
	for _, r := range ranges {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}
