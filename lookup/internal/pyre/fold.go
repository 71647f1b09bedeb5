package pyre

import (
	"slices"
	"sync"
	"unicode"
)

// fold says which characters count as the same.
type fold uint8

const (
	foldNone    fold = iota // (?-i:…)
	foldASCII               // (?a): a to z only
	foldUnicode             // the rule of a lookup
)

// canon gives one character for all that a literal r matches, the same for each of them.
func (f fold) canon(r rune) rune {
	switch {
	case f == foldNone:
		return r
	case r < 0x80:
		if 'a' <= r && r <= 'z' {
			return r - ('a' - 'A')
		}
		return r
	case f == foldASCII:
		return r
	}
	return canonWide(r)
}

// canonWide gives the smallest rune of the orbit. Python folds by lower case and a few groups beside it; the
// orbits of unicode.SimpleFold agree, once these are merged: i I İ ı, and three pairs that share a capital.
func canonWide(r rune) rune {
	switch r {
	case 'İ', 'ı':
		return 'I'
	case 'ﬆ':
		return 'ﬅ'
	case '\u1fd3':
		return '\u0390'
	case '\u1fe3':
		return '\u03b0'
	}
	least := r
	for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
		least = min(least, s)
	}
	return least
}

// lower is what a back-reference compares by: no orbit, so "sſ" is no pair, though "iİ" is one.
func (f fold) lower(r rune) rune {
	switch {
	case f == foldUnicode:
		return unicode.ToLower(r)
	case f == foldASCII && 'A' <= r && r <= 'Z':
		return r + ('a' - 'A')
	}
	return r
}

// A casing is a rune that has others to its orbit.
type casing struct {
	r     rune
	orbit []rune // r is in it
}

// casings lists them in order.
var casings = sync.OnceValue(func() []casing {
	orbits := map[rune][]rune{} // :: canonical rune → its orbit
	add := func(r rune) {
		k := foldUnicode.canon(r)
		if !slices.Contains(orbits[k], r) {
			orbits[k] = append(orbits[k], r)
		}
	}
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			add(r)
			for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
				add(s) // ß has no case of its own, and yet is in the orbit of ẞ
			}
		}
	}
	for _, r := range []rune{'ﬅ', 'ﬆ', '\u0390', '\u1fd3', '\u03b0', '\u1fe3'} {
		add(r)
	}
	var all []casing
	for _, orbit := range orbits {
		if len(orbit) > 1 {
			for _, r := range orbit {
				all = append(all, casing{r, orbit})
			}
		}
	}
	slices.SortFunc(all, func(a, b casing) int { return int(a.r - b.r) })
	return all
})

// widen adds to sorted ranges what folds to one of their members.
func (f fold) widen(ranges []runeRange) []runeRange {
	out := slices.Clip(ranges)
	switch f {
	case foldASCII:
		for _, r := range ranges {
			for c := max(r.lo, 'A'); c <= min(r.hi, 'z'); c++ {
				if other := c ^ 0x20; f.canon(c) == f.canon(other) {
					out = append(out, runeRange{other, other})
				}
			}
		}
	case foldUnicode:
		all := casings()
		for _, r := range ranges {
			i, _ := slices.BinarySearchFunc(all, r.lo, func(c casing, lo rune) int { return int(c.r - lo) })
			for ; i < len(all) && all[i].r <= r.hi; i++ {
				for _, s := range all[i].orbit {
					if s < r.lo || s > r.hi {
						out = append(out, runeRange{s, s})
					}
				}
			}
		}
	}
	return merge(out)
}
