package pyre

import (
	"slices"
	"sync"
	"unicode"
)

// Where case is ignored, CPython folds the members of a set, but only up to U+FFFF. A range that ends beyond it takes a
// character also if its capital lies in the range as written, by Unicode's rules even under (?a). For all but a few that
// comes to the same as folding, unless folding is ASCII's.

// A capital is a rune with what CPython upper-cases it to: the first of the runes that it is written with in capitals.
type capital struct{ r, first rune }

// longCapitals are written with several, the first of which comes later than they do.
var longCapitals = []capital{{'ŉ', 'ʼ'}, {'ΐ', 'Ι'}, {'ᾲ', 'Ὰ'}, {'ῂ', 'Ὴ'}, {'ῲ', 'Ὼ'}}

// allCapitals has all that CPython upper-cases to a later rune, or has beyond U+FFFF.
var allCapitals = sync.OnceValue(func() []capital {
	all := slices.Clone(longCapitals)
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			// A small letter with an iota is written with two capitals, its own being a title letter; the first is earlier.
			if up := unicode.ToUpper(r); up != r && !unicode.IsTitle(up) {
				all = append(all, capital{r, up})
			}
		}
	}
	return all
})

// capitals gives what ranges with an end beyond U+FFFF take by its capital.
func (f fold) capitals(far []runeRange) []runeRange {
	if f == foldNone || len(far) == 0 {
		return nil
	}
	all := longCapitals
	if f == foldASCII {
		all = allCapitals()
	}
	var more []runeRange
	s := set{ranges: far}
	for _, c := range all {
		if s.inRanges(c.first) {
			more = append(more, runeRange{c.r, c.r})
		}
	}
	return more
}
