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

// canon returns one character for all that a literal r matches, the same for each of them.
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

// canonWide returns the smallest rune of the orbit.
func canonWide(r rune) rune {
	least := r
	for s := nextCase(r); s != r; s = nextCase(s) {
		least = min(least, s)
	}
	return least
}

// nextCase goes round the orbit of r. Python folds by lower case and a few groups beside it; the
// orbits of unicode.SimpleFold agree, once these are merged: i I İ ı, and three pairs that share a
// capital.
func nextCase(r rune) rune {
	switch r {
	case 'I':
		return 'i'
	case 'i':
		return 'İ'
	case 'İ':
		return 'ı'
	case 'ı':
		return 'I'
	case 'ﬅ':
		return 'ﬆ'
	case 'ﬆ':
		return 'ﬅ'
	case '\u0390':
		return '\u1fd3'
	case '\u1fd3':
		return '\u0390'
	case '\u03b0':
		return '\u1fe3'
	case '\u1fe3':
		return '\u03b0'
	}
	return unicode.SimpleFold(r)
}

// lower is what a back-reference compares by. It does not follow orbits, so "sſ" does not match,
// although "iİ" does.
func (f fold) lower(r rune) rune {
	switch {
	case f == foldUnicode:
		return unicode.ToLower(r)
	case f == foldASCII && 'A' <= r && r <= 'Z':
		return r + ('a' - 'A')
	}
	return r
}

// A casing is a rune and the others of its orbit, of which there are at most three. None of them is
// 0.
type casing struct {
	r      rune
	others [3]rune
}

func casingOf(r rune) casing {
	c := casing{r: r}
	for i, s := 0, nextCase(r); s != r; i, s = i+1, nextCase(s) {
		c.others[i] = s
	}
	return c
}

// casings lists those that have others, in order. It takes a while, and few patterns have so wide a
// range.
var casings = sync.OnceValue(func() []casing {
	runes := []rune{'ﬅ', 'ﬆ', '\u0390', '\u1fd3', '\u03b0', '\u1fe3'}
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			runes = append(runes, r)
			for s := nextCase(r); s != r; s = nextCase(s) {
				runes = append(runes, s) // ß has no case of its own, and yet is in the orbit of ẞ
			}
		}
	}
	slices.Sort(runes)
	var all []casing
	for _, r := range slices.Compact(runes) {
		if c := casingOf(r); c.others[0] != 0 {
			all = append(all, c)
		}
	}
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
		for _, r := range ranges {
			out = r.addCases(out)
		}
	}
	return merge(out)
}

// addCases adds the other cases of what is in r, unless they are in it too.
func (r runeRange) addCases(out []runeRange) []runeRange {
	const narrow = 128 // runes that are looked up faster than the table of all cases is made
	add := func(c casing) {
		for _, s := range c.others {
			if s != 0 && (s < r.lo || s > r.hi) {
				out = append(out, runeRange{s, s})
			}
		}
	}
	if r.hi-r.lo < narrow {
		for c := r.lo; c <= r.hi; c++ {
			add(casingOf(c))
		}
		return out
	}
	all := casings()
	i, _ := slices.BinarySearchFunc(all, r.lo, func(c casing, lo rune) int { return int(c.r - lo) })
	for ; i < len(all) && all[i].r <= r.hi; i++ {
		add(all[i])
	}
	return out
}
