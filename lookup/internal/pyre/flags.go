package pyre

import "unicode"

// flags are the letters of (?aimsux). Case is ignored from the start, as the lookup does.
type flags uint8

const (
	ignoreCase flags = 1 << iota // i
	multiline                    // m
	dotAll                       // s
	verbose                      // x
	asciiOnly                    // a
	unicodeToo                   // u: the default; kept apart from "no a" since (?a)(?u) is an error
	typeOfText = asciiOnly | unicodeToo
)

func (f flags) fold() fold {
	switch {
	case f&ignoreCase == 0:
		return foldNone
	case f&asciiOnly != 0:
		return foldASCII
	}
	return foldUnicode
}

// inlineFlags reads (?flags), (?flags:…) and (?flags-flags:…) from the first letter on, and puts them in force.
// global says that they stand for the rest of the pattern: the first form, where mayBeGlobal allows it.
func (p *parser) inlineFlags(open int, mayBeGlobal bool) (global bool) {
	on, end := p.flagLetters(typeOfText)
	if end == ')' {
		if !mayBeGlobal {
			p.fail(open, "global flags not at the start of the expression")
		}
		p.flags |= on
		if p.flags&typeOfText == typeOfText {
			p.fail(open, "ASCII and UNICODE flags are incompatible")
		}
		return true
	}
	var off flags
	if end == '-' {
		if off, end = p.flagLetters(0); off == 0 {
			p.fail(p.pos-1, "missing flag")
		}
		if end != ':' {
			p.fail(p.pos-1, "missing :")
		}
	}
	if on&off != 0 {
		p.fail(p.pos-1, "bad inline flags: flag turned on and off")
	}
	if on&typeOfText != 0 { // (?u:…) inside (?a) turns it back
		p.flags &^= typeOfText
	}
	p.flags = (p.flags | on) &^ off
	return false
}

// flagLetters reads letters up to the sign that ends them. Of a and u only one may be given, and only where allowed has it.
func (p *parser) flagLetters(allowed flags) (set flags, end rune) {
	for ; ; p.pos++ {
		if p.eof() {
			p.fail(p.pos, "missing -, : or )")
		}
		r := p.src[p.pos]
		switch r {
		case ')', ':', '-':
			p.pos++
			return set, r
		case 'L':
			p.fail(p.pos, "bad inline flags: cannot use 'L' flag with a str pattern")
		}
		f, ok := flagOf[r]
		if !ok {
			p.fail(p.pos, "%s", pick(unicode.IsLetter(r), "unknown flag", "missing -, : or )"))
		}
		if f&typeOfText != 0 && allowed == 0 {
			p.fail(p.pos, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'")
		}
		set |= f
		if set&typeOfText == typeOfText {
			p.fail(p.pos, "bad inline flags: flags 'a', 'u' and 'L' are incompatible")
		}
	}
}

// Python also has t, which did nothing, warned and is gone in 3.13; it is refused here.
var flagOf = map[rune]flags{
	'i': ignoreCase, 'm': multiline, 's': dotAll, 'x': verbose, 'a': asciiOnly, 'u': unicodeToo,
}
