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

// inlineFlags reads (?flags), (?flags:…) and (?flags-flags:…) from the first letter on, and puts
// them in force. global says that they stand for the rest of the pattern: the first form, where
// mayBeGlobal allows it.
func (p *parser) inlineFlags(open int, mayBeGlobal bool) (global bool) {
	on, end := p.flagsOn()
	if end == ")" {
		if !mayBeGlobal {
			p.fail(open, "global flags not at the start of the expression")
		}
		if p.flags |= on; p.flags&typeOfText == typeOfText && p.clash < 0 {
			p.clash = open
		}
		return true
	}
	var off flags
	if end == "-" {
		off = p.flagsOff()
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

// flagsOn reads letters up to the sign that ends them. Of a and u only one may be given.
func (p *parser) flagsOn() (on flags, end string) {
	const missing = "missing -, : or )"
	for {
		letter := p.sign(missing)
		switch letter {
		case ")", ":", "-":
			return on, letter
		case "L":
			p.fail(p.pos, "bad inline flags: cannot use 'L' flag with a str pattern")
		}
		if on |= p.flag(letter, missing); on&typeOfText == typeOfText {
			p.fail(p.pos, "bad inline flags: flags 'a', 'u' and 'L' are incompatible")
		}
	}
}

// flagsOff reads one or more letters and the colon after them.
func (p *parser) flagsOff() (off flags) {
	missing := "missing flag"
	for {
		letter := p.sign(missing)
		if letter == ":" && off != 0 {
			return off
		}
		if letter == "L" || flagOf[letter]&typeOfText != 0 {
			p.fail(p.pos, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'")
		}
		off |= p.flag(letter, missing)
		missing = "missing :"
	}
}

func (p *parser) flag(letter, missing string) flags {
	f, ok := flagOf[letter]
	if !ok {
		r := []rune(letter)
		p.fail(p.pos-len(r), "%s", pick(unicode.IsLetter(r[0]), "unknown flag", missing))
	}
	return f
}

// Python also has t, which did nothing, warned and is gone in 3.13; it is refused here.
var flagOf = map[string]flags{
	"i": ignoreCase, "m": multiline, "s": dotAll, "x": verbose, "a": asciiOnly, "u": unicodeToo,
}
