package pyre

import (
	"strconv"
)

// group reads what follows an opening parenthesis, up to and with the closing one. It returns nil
// for what matches nothing and may not be repeated: a comment, and flags for the whole pattern.
func (p *parser) group(open int, mayBeGlobal bool) *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(open, "more than %d nested groups", maxDepth)
	}
	defer func() { p.depth-- }()
	if !p.accept('?') {
		return p.capture(open, "")
	}
	switch kind := p.extension(); kind {
	case "P":
		return p.named(open)
	case ":":
		return p.inner(open)
	case "#":
		if !p.skipTo(')') {
			p.fail(open, "missing ), unterminated comment")
		}
		return nil
	case "=", "!":
		return newLook(p.inner(open), false, kind == "!")
	case "<":
		switch kind := p.extension(); kind {
		case "=", "!":
			return p.lookBehind(open, kind == "!")
		default:
			p.fail(open+1, "unknown extension ?<%s", kind)
		}
	case "(":
		return p.conditional(open)
	case ">":
		return newAtomic(p.inner(open))
	default:
		if flagOf[kind] == 0 && kind != "-" && kind != "L" {
			p.fail(open+1, "unknown extension ?%s", kind)
		}
		p.pos--
		outside := p.flags
		if p.inlineFlags(open, mayBeGlobal) {
			return nil
		}
		p.scoped = true
		n := p.inner(open)
		p.flags = outside
		return n
	}
	return nil
}

// extension reads the sign that says what kind of group this is.
func (p *parser) extension() string { return p.sign("unexpected end of pattern") }

// inner reads the alternatives in a group and its closing parenthesis.
func (p *parser) inner(open int) *node {
	n := p.alternatives(false)
	p.close(open)
	return n
}

func (p *parser) close(open int) {
	if !p.accept(')') {
		p.fail(open, "missing ), unterminated subpattern")
	}
}

// capture reads a group that is numbered: by its opening parenthesis, from 1 on.
func (p *parser) capture(open int, name string) *node {
	number := len(p.groups)
	p.groups = append(p.groups, group{})
	if name != "" {
		if old, ok := p.names[name]; ok {
			p.fail(open+len("(?P<"), "redefinition of group name %q as group %d; was group %d", name, number, old)
		}
		p.names[name] = number
	}
	n := p.inner(open)
	p.groups[number] = group{closed: true, lo: n.lo, hi: n.hi}
	return newCapture(n, number)
}

// named reads (?P<name>…) and (?P=name).
func (p *parser) named(open int) *node {
	switch kind := p.extension(); kind {
	case "<":
		at := p.pos
		name := p.until('>')
		if !isIdentifier(name) {
			p.fail(at, "bad character in group name %q", name)
		}
		return p.capture(open, name)
	case "=":
		at := p.pos
		name := p.until(')')
		if !isIdentifier(name) {
			p.fail(at, "bad character in group name %q", name)
		}
		number, ok := p.names[name]
		if !ok {
			p.fail(at, "unknown group name %q", name)
		}
		return p.backReference(at, number)
	default:
		p.fail(open+1, "unknown extension ?P%s", kind)
	}
	return nil
}

// until reads a name and the sign that ends it.
func (p *parser) until(end rune) string {
	start := p.pos
	ended := p.skipTo(end)
	name := string(p.src[start:pick(ended, p.pos-1, p.pos)])
	switch {
	case name == "":
		p.fail(start, "missing group name")
	case !ended:
		p.fail(start, "missing %c, unterminated name", end)
	}
	return name
}

func (p *parser) backReference(at, number int) *node {
	if !p.groups[number].closed {
		p.fail(at, "cannot refer to an open group")
	}
	p.checkBehind(number)
	p.recalls = true
	return newBackReference(number, p.groups[number], p.flags.fold())
}

// checkBehind refuses a look-behind that asks for a group which opens inside of it, or is still open:
// it is read from its far end, where such a group has no meaning yet.
func (p *parser) checkBehind(number int) {
	if p.behind < 0 {
		return
	}
	if number >= len(p.groups) || !p.groups[number].closed {
		p.fail(p.pos, "cannot refer to an open group")
	}
	if number >= p.behind {
		p.fail(p.pos, "cannot refer to group defined in the same lookbehind subpattern")
	}
}

// furthest is how far a look-behind may look. No id is that long.
const furthest = 1<<32 - 1

// lookBehind reads (?<=…) and (?<!…), whose width must be fixed: every alternative is as wide as
// the others. Of those that are not, the leftmost is the one to report.
func (p *parser) lookBehind(open int, negated bool) *node {
	outside := p.behind
	if outside < 0 {
		p.behind = len(p.groups)
	}
	n := p.inner(open)
	p.behind = outside
	switch {
	case p.vague != nil && p.vague.Offset < open:
	case n.lo > furthest:
		p.vague = &SyntaxError{open, "looks too much behind"}
	case n.lo != n.hi:
		p.vague = &SyntaxError{open, "look-behind requires fixed-width pattern"}
	}
	return newLook(n, true, negated)
}

// mostGroups is the number from which CPython knows that a group cannot exist without having read
// the whole pattern.
const mostGroups = (1<<31 - 1) / 2

// conditional reads (?(1)yes|no) and (?(name)yes|no). A number may be that of a later group;
// versions of Python differ over numbers that are not plain ASCII digits, and those are refused.
func (p *parser) conditional(open int) *node {
	at := p.pos
	name := p.until(')')
	number, ok := p.names[name]
	switch {
	case ok:
	case isIdentifier(name):
		p.fail(at, "unknown group name %q", name)
	default:
		for _, r := range name {
			if !isDigit(r) {
				p.fail(at, "bad character in group name %q", name)
			}
		}
		var err error
		if number, err = strconv.Atoi(name); err != nil || number >= mostGroups {
			p.fail(at, "invalid group reference %s", name)
		}
		if number == 0 {
			p.fail(at, "bad group number")
		}
		p.asked = append(p.asked, conditionGroup{number, at})
	}
	p.checkBehind(number)
	p.recalls = true
	yes, no := p.sequence(false), newSequence(nil)
	if p.accept('|') {
		no = p.sequence(false)
		if !p.eof() && p.src[p.pos] == '|' {
			p.fail(p.pos, "conditional backref with more than two branches")
		}
	}
	p.close(open)
	return newConditional(number, yes, no)
}
