package pyre

// A capital is a small letter with the first of those that it is written with in capitals.
type capital struct{ r, first rune }

// longCapitals are written with several, of which the first comes later than they do.
var longCapitals = []capital{{'ŉ', 'ʼ'}, {'ᾲ', 'Ὰ'}, {'ῂ', 'Ὴ'}, {'ῲ', 'Ὼ'}}

// capitals gives what ranges take though it folds to none of their members. CPython folds them up to U+FFFF; one that ends
// beyond it takes a character also if the first of its capitals lies in the range as written. For all but a few letters
// the two come to the same.
func (f fold) capitals(ranges []runeRange) (more []runeRange) {
	if f != foldUnicode {
		return nil
	}
	for _, in := range ranges {
		for _, c := range longCapitals {
			if in.hi > 0xffff && in.lo <= c.first {
				more = append(more, runeRange{c.r, c.r})
			}
		}
	}
	return more
}
