package pyre

import (
	"slices"
	"strings"
)

// A capital is a small letter with the first of those that it is written with in capitals.
type capital struct{ r, first rune }

// longCapitals are written with several, of which the first comes later than they do.
var longCapitals = []capital{{'ŉ', 'ʼ'}, {'ᾲ', 'Ὰ'}, {'ῂ', 'Ὴ'}, {'ῲ', 'Ὼ'}}

// capitals returns what ranges take though it folds to none of their members. CPython folds them up
// to U+FFFF; one that ends beyond it takes a character also if the first of its capitals lies in
// the range as written. For all but a few letters the two come to the same.
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

// exactly is a pattern that keeps to the case of its letters. It does not compile where flags hold
// for the whole pattern.
func exactly(expr string) string { return "(?-i:" + expr + ")" }

// MeansCapitals reports whether a pattern names capitals without their small letters, and would
// take capitals alone if it were put into (?-i:…). What has such a part itself knows of case.
func MeansCapitals(expr string) bool {
	if strings.Contains(expr, "-i:") || !strings.Contains(expr, "A-Z") {
		return false
	}
	tree, err := newParser(exactly(expr)).parse()
	return err == nil && tree.hasCapitals(false)
}

// hasCapitals reports whether a part takes all capitals and no small letter. Of alternatives, one
// may take the small letters that another lacks; with repeated, these go round in a loop, so that
// each may be repeated itself.
func (n *node) hasCapitals(repeated bool) bool {
	if n.op == nSet {
		return !n.set.negated && n.set.hasAll('A', 'Z') && !n.set.hasAny('a', 'z')
	}
	inside := n.op == nRepeat && n.repeat.max == unbounded || n.op == nCapture && repeated
	both := n.op == nAlternatives && slices.ContainsFunc(n.kids, func(k *node) bool {
		s := k.letters(repeated)
		return s != nil && s.hasAll('a', 'z')
	})
	return slices.ContainsFunc(n.kids, func(k *node) bool {
		return (!both || k.letters(repeated) == nil) && k.hasCapitals(inside)
	})
}

// letters returns the set of one character, and with repeated that of what is repeated from one on.
func (n *node) letters(repeated bool) *set {
	for n.op == nCapture || repeated && n.op == nRepeat && n.repeat.min <= 1 {
		n = n.kids[0]
	}
	return n.single(false)
}

func (s *set) hasAll(lo, hi rune) bool {
	for r := lo; r <= hi; r++ {
		if !s.has(r) {
			return false
		}
	}
	return true
}

func (s *set) hasAny(lo, hi rune) bool {
	for r := lo; r <= hi; r++ {
		if s.has(r) {
			return true
		}
	}
	return false
}

// small writes A-Z as a-z. That is the same if case is ignored, and does not look as if only
// capitals were meant. After a hyphen or a backslash, A-Z is not a range.
func small(expr string) string {
	rest := strings.NewReplacer(`\\`, "x", `\-`, "x", "[-A-Z", "", "[^-A-Z", "").Replace(expr)
	if strings.Contains(rest, "-A-Z") || strings.Contains(rest, `\A-Z`) {
		return expr
	}
	parts := strings.Split(expr, "[")
	for i, part := range parts[1:] {
		class, _, _ := strings.Cut(part, "]")
		if !strings.Contains(class, "a-z") {
			parts[i+1] = strings.ReplaceAll(class, "A-Z", "a-z") + part[len(class):]
		}
	}
	return strings.Join(parts, "[")
}
