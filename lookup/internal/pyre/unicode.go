package pyre

import (
	"unicode"
	"unicode/utf8"
)

// A class is one of \d \D \s \S \w \W: its part below U+0080, and a name for the rest.
type class struct {
	ascii [2]uint64
	wide  wideClass
}

// A wideClass is a union of classes of runes from U+0080 on. Named rather than listed: letters and
// numbers make 700 ranges, and a pattern may have thousands of sets.
type wideClass uint8

const (
	wideDigit wideClass = 1 << iota
	wideNotDigit
	wideSpace
	wideNotSpace
	wideWord
	wideNotWord
	wideAll
)

func (w wideClass) has(r rune) bool {
	return w != 0 && (w&wideAll != 0 ||
		w&wideWord != 0 && isWord(r) || w&wideNotWord != 0 && !isWord(r) ||
		w&wideDigit != 0 && unicode.IsDigit(r) || w&wideNotDigit != 0 && !unicode.IsDigit(r) ||
		w&wideSpace != 0 && unicode.IsSpace(r) || w&wideNotSpace != 0 && !unicode.IsSpace(r))
}

// isWord is \w: letters, numbers of any kind (also ²) and the underscore; no marks, and no other
// connector.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return isWordASCII(r)
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

func isWordASCII(r rune) bool {
	return isDigit(r) || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
}

// isSpaceASCII is \s below U+0080. (?a) has the usual six; else U+001C to U+001F are spaces too.
func isSpaceASCII(r rune) bool { return r == ' ' || '\t' <= r && r <= '\r' }
func isSpaceLow(r rune) bool   { return isSpaceASCII(r) || 0x1c <= r && r <= 0x1f }

// With (?a) nothing from U+0080 on is a digit, space or word.
var (
	unicodeClasses = map[rune]class{
		'd': newClass(isDigit, false, wideDigit), 'D': newClass(isDigit, true, wideNotDigit),
		's': newClass(isSpaceLow, false, wideSpace), 'S': newClass(isSpaceLow, true, wideNotSpace),
		'w': newClass(isWordASCII, false, wideWord), 'W': newClass(isWordASCII, true, wideNotWord),
	}
	asciiClasses = map[rune]class{
		'd': newClass(isDigit, false, 0), 'D': newClass(isDigit, true, wideAll),
		's': newClass(isSpaceASCII, false, 0), 'S': newClass(isSpaceASCII, true, wideAll),
		'w': newClass(isWordASCII, false, 0), 'W': newClass(isWordASCII, true, wideAll),
	}
)

func newClass(in func(rune) bool, negated bool, wide wideClass) class {
	c := class{wide: wide}
	for r := range rune(utf8.RuneSelf) {
		if in(r) != negated {
			c.ascii[r>>6] |= 1 << (r & 63)
		}
	}
	return c
}

// isIdentifier is Python's str.isidentifier, which group names must satisfy.
func isIdentifier(name string) bool {
	for i, r := range name {
		if !isIdentifierStart(r) && (i == 0 || !isIdentifierPart(r)) {
			return false
		}
	}
	return name != ""
}

func isIdentifierStart(r rune) bool {
	if r < utf8.RuneSelf {
		return isWordASCII(r) && !isDigit(r)
	}
	return (unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_ID_Start)) &&
		!unicode.Is(notNormalized, r) && !unicode.Is(notNormalizedStart, r)
}

func isIdentifierPart(r rune) bool {
	return (unicode.IsLetter(r) || unicode.In(r, unicode.Nl, unicode.Other_ID_Start, unicode.Mn, unicode.Mc,
		unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)) && !unicode.Is(notNormalized, r)
}

// Letters that stop being one when normalized (NFKC), which identifiers exclude; the second table
// only at the start.
var (
	notNormalized = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x037a, Hi: 0x037a, Stride: 1}, {Lo: 0x2e2f, Hi: 0x2e2f, Stride: 1}, {Lo: 0x309b, Hi: 0x309c, Stride: 1},
		{Lo: 0xfc5e, Hi: 0xfc63, Stride: 1}, {Lo: 0xfdfa, Hi: 0xfdfb, Stride: 1}, {Lo: 0xfe70, Hi: 0xfe7e, Stride: 2},
	}}
	notNormalizedStart = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x0e33, Hi: 0x0e33, Stride: 1}, {Lo: 0x0eb3, Hi: 0x0eb3, Stride: 1}, {Lo: 0xff9e, Hi: 0xff9f, Stride: 1},
	}}
)
