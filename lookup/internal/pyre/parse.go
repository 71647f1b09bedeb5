package pyre

import (
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep groups may nest. CPython gives up with a RecursionError somewhere between
// 150 and 1,500, depending on its version and on who calls; the limit keeps our own stack small.
const maxDepth = 1000

// maxBytes is how long a pattern may be. Python has no limit; this one keeps what a pattern costs
// to compile small.
const maxBytes = 64 << 10

// A parser reads a pattern from left to right, once.
type parser struct {
	expr  string
	src   []rune
	pos   int
	depth int   // open parentheses
	flags flags // in force here

	groups  []group          // by number; 0 stands for the whole match
	names   map[string]int   // :: group name → number
	behind  int              // groups opened before the outermost look-behind being read, or -1
	asked   []conditionGroup // numbers that conditionals test, checked at the end
	recalls bool             // some part asks what a group matched
	scoped  bool             // some part has flags of its own
	clash   int              // where (?a) meets (?u), or -1; reported at the end
	vague   *SyntaxError     // the first look-behind of no fixed width, or nil; the same
}

// A group is what a back-reference must know of a capturing group.
type group struct {
	closed bool
	lo, hi uint64 // width, once closed
}

type conditionGroup struct{ number, at int }

func newParser(expr string) *parser {
	return &parser{
		expr:   expr,
		flags:  ignoreCase,
		groups: []group{{}},
		names:  map[string]int{},
		behind: -1,
		clash:  -1,
	}
}

// fail leaves the parser. As in text/template/parse, a panic that parse recovers keeps the error's
// way out of every line between.
//
// CPython reads one sign ahead, a backslash together with what it escapes. So one that escapes
// nothing, at the end, comes before everything else that is wrong with the sign before it.
func (p *parser) fail(at int, format string, args ...any) {
	if last := len(p.src) - 1; p.pos >= last && p.endsEscaping() {
		at, format, args = last, "bad escape (end of pattern)", nil
	}
	panic(&SyntaxError{Offset: at, What: fmt.Sprintf(format, args...)})
}

// endsEscaping reports whether the pattern ends with a backslash that escapes nothing.
func (p *parser) endsEscaping() bool {
	n := len(p.src)
	for n > 0 && p.src[n-1] == '\\' {
		n--
	}
	return (len(p.src)-n)%2 == 1
}

func (p *parser) parse() (tree *node, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *SyntaxError:
			err = e
		default:
			panic(e)
		}
	}()
	if len(p.expr) > maxBytes {
		at := utf8.RuneCountInString(p.expr[:maxBytes])
		p.fail(at, "a pattern of %d bytes, more than %d, is not supported; "+
			"write the beginnings that ids share", len(p.expr), maxBytes)
	}
	p.src = []rune(p.expr)
	tree = p.alternatives(true)
	p.checkWhole()
	return tree, nil
}

// checkWhole looks for what CPython finds only after it has read the pattern, in CPython's order.
func (p *parser) checkWhole() {
	if p.clash >= 0 {
		p.fail(p.clash, "ASCII and UNICODE flags are incompatible")
	}
	if !p.eof() {
		p.fail(p.pos, "unbalanced parenthesis")
	}
	for _, c := range p.asked {
		// A conditional may test a group that opens later, but not one that never does.
		if c.number >= len(p.groups) {
			p.fail(c.at, "invalid group reference %d", c.number)
		}
	}
	if p.vague != nil {
		panic(p.vague) // recovered by parse, as of fail
	}
}

func (p *parser) eof() bool { return p.pos >= len(p.src) }

// accept takes the character r if it is the next one.
func (p *parser) accept(r rune) bool {
	if p.eof() || p.src[p.pos] != r {
		return false
	}
	p.pos++
	return true
}

// sign takes a character, a backslash with the one it escapes. missing is what to say at the end of
// the pattern.
func (p *parser) sign(missing string) string {
	start := p.pos
	if p.eof() {
		p.fail(start, "%s", missing)
	}
	if p.pos++; p.src[start] == '\\' {
		p.escaped()
	}
	return string(p.src[start:p.pos])
}

// digits takes up to most characters that digit accepts; most < 0 means all.
func (p *parser) digits(most int, digit func(rune) bool) string {
	start := p.pos
	for !p.eof() && p.pos-start != most && digit(p.src[p.pos]) {
		p.pos++
	}
	return string(p.src[start:p.pos])
}

// alternatives reads up to the closing parenthesis or the end. whole is true for the pattern itself.
func (p *parser) alternatives(whole bool) *node {
	all := []*node{p.sequence(whole)}
	for p.accept('|') {
		all = append(all, p.sequence(false))
	}
	return newAlternatives(all)
}

// What the last item of a sequence is, as far as a repeat after it must know.
type itemKind uint8

const (
	noItem    itemKind = iota
	assertion          // ^ $ \A \Z \b \B: not repeatable, unless in a group
	repeated           // not repeatable again, unless in a group
	other
)

// sequence reads up to a bar, a closing parenthesis or the end. first is true where (?i) may stand:
// before all else in the first alternative of the whole pattern.
func (p *parser) sequence(first bool) *node {
	var items []*node
	last := noItem
	at := p.pos
	add := func(n *node, kind itemKind) {
		n.from, n.to = int32(at), int32(p.pos)
		items = append(items, n)
		last = kind
	}
	for !p.eof() {
		at = p.pos
		r := p.src[at]
		if r == '|' || r == ')' {
			break
		}
		if p.flags&verbose != 0 && p.skipVerbose(r) {
			continue
		}
		p.pos++
		switch r {
		case '\\':
			add(p.escape(at))
		case '[':
			add(p.class(at), other)
		case '*', '+', '?', '{':
			r, ok := p.readRepeat(r, at)
			if !ok { // a brace that does not begin a repeat stands for itself
				add(p.literal('{'), other)
				continue
			}
			switch last {
			case noItem, assertion:
				p.fail(at, "nothing to repeat")
			case repeated:
				p.fail(at, "multiple repeat")
			}
			r.greed = p.readGreed()
			body := items[len(items)-1]
			repeat := newRepeat(body, r)
			repeat.from, repeat.to = body.from, int32(p.pos)
			items[len(items)-1] = repeat
			last = repeated
		case '.':
			add(newSet(anySet(p.flags&dotAll != 0)), other)
		case '^':
			add(newAt(pick(p.flags&multiline != 0, atLineStart, atStart)), assertion)
		case '$':
			add(newAt(pick(p.flags&multiline != 0, atLineEnd, atLastLine)), assertion)
		case '(':
			if n := p.group(at, first && len(items) == 0); n != nil {
				add(n, other)
			}
		default:
			add(p.literal(r), other)
		}
	}
	return newSequence(items)
}

func (p *parser) literal(r rune) *node { return newLiteral(r, p.flags.fold()) }

// skipVerbose skips what (?x) ignores outside of classes: six ASCII spaces, and a comment up to the
// end of its line. A backslash takes the newline after it along, so the comment goes on there.
func (p *parser) skipVerbose(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f':
		p.pos++
		return true
	case '#':
		p.skipTo('\n')
		return true
	}
	return false
}

// skipTo moves past the next unescaped r and reports whether there was one.
func (p *parser) skipTo(r rune) bool {
	for !p.eof() {
		switch p.src[p.pos] {
		case r:
			p.pos++
			return true
		case '\\':
			p.pos++
			p.escaped()
			continue
		}
		p.pos++
	}
	return false
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
