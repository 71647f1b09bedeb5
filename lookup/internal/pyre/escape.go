package pyre

import (
	"strconv"
	"unicode"
)

// escape reads what follows a backslash outside of a class.
func (p *parser) escape(at int) (*node, itemKind) {
	r := p.escaped()
	ascii := p.flags&asciiOnly != 0
	switch r {
	case 'A':
		return newAt(atStart), assertion
	case 'Z':
		return newAt(atEnd), assertion
	case 'b':
		return newAt(pick(ascii, atWordEdgeASCII, atWordEdge)), assertion
	case 'B':
		return newAt(pick(ascii, notWordEdgeASCII, notWordEdge)), assertion
	case '0':
		return p.literal(octal("0" + p.digits(2, isOctal))), other
	}
	if isDigit(r) {
		return p.digitEscape(at, r), other
	}
	if c, ok := p.classOf(r); ok {
		var b setBuilder
		b.addClass(c)
		return newSet(b.set(false)), other
	}
	return p.literal(p.characterEscape(at, r)), other
}

// escaped takes the character after a backslash.
func (p *parser) escaped() rune {
	if p.eof() {
		p.fail(p.pos-1, "bad escape (end of pattern)")
	}
	p.pos++
	return p.src[p.pos-1]
}

// digitEscape tells \12 the group from \123 the character: three octal digits are a character,
// anything else is a group of one or two digits.
func (p *parser) digitEscape(at int, r rune) *node {
	text := string(r)
	if !p.eof() && isDigit(p.src[p.pos]) {
		second := p.src[p.pos]
		p.pos++
		text += string(second)
		if isOctal(r) && isOctal(second) && !p.eof() && isOctal(p.src[p.pos]) {
			text += string(p.src[p.pos])
			p.pos++
			return p.literal(p.octalByte(at, text))
		}
	}
	number, _ := strconv.Atoi(text)
	if number >= len(p.groups) {
		p.fail(at+1, "invalid group reference %d", number)
	}
	return p.backReference(at, number)
}

func octal(digits string) rune {
	n, _ := strconv.ParseUint(digits, 8, 32)
	return rune(n)
}

func (p *parser) octalByte(at int, digits string) rune {
	r := octal(digits)
	if r > 0o377 {
		p.fail(at, `octal escape value \%s outside of range 0-0o377`, digits)
	}
	return r
}

// characterEscape reads the escapes that stand for one character, the same inside and outside of
// classes. Any sign stands for itself, also a letter that is not ASCII; other ASCII letters are
// kept for Python's future.
func (p *parser) characterEscape(at int, r rune) rune {
	switch r {
	case 'a':
		return '\a'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	case 'x':
		return p.hex(at, 2)
	case 'u':
		return p.hex(at, 4)
	case 'U':
		return p.hex(at, 8)
	case 'N':
		p.fail(at, `\N{NAME} is not supported; write the character itself or \uXXXX`)
	}
	if isDigit(r) || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
		p.fail(at, `bad escape \%c`, r)
	}
	return r
}

func (p *parser) hex(at, want int) rune {
	digits := p.digits(want, isHex)
	if len(digits) != want {
		p.fail(at, `incomplete escape \%c%s`, p.src[at+1], digits)
	}
	n, _ := strconv.ParseUint(digits, 16, 32)
	if n > unicode.MaxRune {
		p.fail(at, `bad escape \%c%s`, p.src[at+1], digits)
	}
	return rune(n)
}

// classOf reads the letter of \d \D \s \S \w \W.
func (p *parser) classOf(r rune) (class, bool) {
	if p.flags&asciiOnly != 0 {
		c, ok := asciiClasses[r]
		return c, ok
	}
	c, ok := unicodeClasses[r]
	return c, ok
}
