package pyre

// class reads a set in brackets. There are no POSIX names and no operators: [[:alpha:]] is the set
// "[:alph" followed by a bracket. A bracket right after the opening one stands for itself.
func (p *parser) class(open int) *node {
	b := setBuilder{fold: p.flags.fold()}
	negated := p.accept('^')
	for first := true; ; first = false {
		at := p.pos
		r := p.inClass(open)
		if r == ']' && !first {
			return newSet(b.set(negated))
		}
		lo, c := p.member(at, r)
		this := pick(r == '\\', 2, 1)
		if !p.accept('-') {
			b.add(lo, lo, c)
			continue
		}
		r = p.inClass(open)
		if r == ']' { // a hyphen at the end stands for itself
			b.add(lo, lo, c)
			b.addRange('-', '-')
			return newSet(b.set(negated))
		}
		hi, d := p.member(p.pos-1, r)
		if c != nil || d != nil || hi < lo {
			// CPython counts back from the end, over two characters of an escape: of [b-\x61], 3
			// rather than 1.
			back := this + 1 + pick(r == '\\', 2, 1)
			p.fail(p.pos-back, "bad character range %s", string(p.src[at:p.pos]))
		}
		b.addRange(lo, hi)
	}
}

func (p *parser) inClass(open int) rune {
	if p.eof() {
		p.fail(open, "unterminated character set")
	}
	p.pos++
	return p.src[p.pos-1]
}

// member reads one member of a class: a character, or one of \d \D \s \S \w \W. Digits are octal
// here, never a group, \b is a backspace, and the assertions have no place.
func (p *parser) member(at int, r rune) (rune, *class) {
	if r != '\\' {
		return r, nil
	}
	r = p.escaped()
	if c, ok := p.classOf(r); ok {
		return 0, &c
	}
	switch {
	case r == 'b':
		return '\b', nil
	case isOctal(r):
		return p.octalByte(at, string(r)+p.digits(2, isOctal)), nil
	}
	return p.characterEscape(at, r), nil
}
