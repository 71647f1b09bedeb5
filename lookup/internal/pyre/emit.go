package pyre

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxInstructions bounds what counted groups may be written out to. A pattern that would be longer
// counts its iterations as it runs, and then cannot remember where it failed.
const maxInstructions = 10_000

type emitter struct {
	code     []instruction
	recalls  bool // groups are recorded, and every order of iterations matters
	counts   bool // counted groups are not written out
	counting bool // there is one
	chains   bool // alternatives are never a trie
	rows     int32
	low      int32 // registers: those of the loops around, up to the next look or atomic group, are low to next
	next     int32
	most     int32
}

func emit(tree *node, groups int, recalls bool) *Program {
	e := &emitter{recalls: recalls}
	return e.emit(tree, groups, maxInstructions)
}

func (e *emitter) emit(tree *node, groups int, most uint64) *Program {
	tree = dropTail(dropHead(tree))
	e.counts = e.size(tree) > most
	if e.recalls {
		e.next = int32(2 * groups)
	}
	e.low, e.most = e.next, e.next
	e.node(tree)
	e.add(instruction{op: opAccept})
	p := &Program{choices: e.lookForward(), code: e.code, registers: int(e.most), rows: int(e.rows)}
	p.straight = isStraight(p.code)
	if e.recalls || e.counting {
		p.rows = 0
	}
	return p
}

// dropHead leaves out what holds at the beginning anyway, since a match begins nowhere else.
func dropHead(n *node) *node {
	if n.op != nSequence {
		return n
	}
	kids := n.kids
	for len(kids) > 0 && kids[0].op == nAt && (kids[0].at == atStart || kids[0].at == atLineStart) {
		kids = kids[1:]
	}
	return &node{op: nSequence, kids: kids}
}

// dropTail leaves out what the pattern ends with and can do without. A match need not reach the end
// of the text, so of a final repeat only the least number of iterations decides.
func dropTail(n *node) *node {
	switch n.op {
	case nSequence:
		kids := n.kids
		if k := len(kids) - 2; k >= 0 && kids[k].isDotStar() && kids[k+1].op == nAt && kids[k+1].at == atLastLine {
			return &node{op: nSequence, kids: append(kids[:k:k], newAt(onLastLine))}
		}
		for len(kids) > 0 {
			last := dropTail(kids[len(kids)-1])
			kids = kids[:len(kids)-1]
			if last.op != nSequence || len(last.kids) > 0 {
				return &node{op: nSequence, kids: append(kids[:len(kids):len(kids)], last)}
			}
		}
		return &node{op: nSequence}
	case nRepeat:
		if n.repeat.min == 0 {
			return &node{op: nSequence}
		}
		r := n.repeat
		r.max = r.min
		return newRepeat(n.kids[0], r)
	}
	return n
}

// isDotStar is true of .* and its lazy and possessive forms, which come to the same where only a
// match is asked for.
func (n *node) isDotStar() bool {
	return n.op == nRepeat && n.kids[0].op == nSet && n.kids[0].set == allButNewline && n.repeat.min == 0 && n.repeat.max == unbounded
}

// size is how many instructions the tree comes to with counted groups written out.
func (e *emitter) size(n *node) uint64 {
	var sum uint64
	for _, k := range n.kids {
		sum = min(sum+e.size(k)+2, unbounded)
	}
	if n.op != nRepeat {
		return sum + 1
	}
	if n.kids[0].single(!e.recalls) != nil {
		return 1
	}
	copies := max(n.repeat.min, 1)
	if n.repeat.max != unbounded {
		copies = n.repeat.max
	}
	return min(times(sum+3, copies), unbounded)
}

func (e *emitter) add(in instruction) int {
	in.row = -1
	e.code = append(e.code, in)
	return len(e.code) - 1
}

// addChoice adds an instruction whose failures are worth remembering: a row for each number of
// loops around it that have taken nothing yet.
func (e *emitter) addChoice(in instruction) int {
	i := e.add(in)
	c := &e.code[i]
	c.row, c.low, c.high = e.rows, e.low, e.next
	e.rows += e.next - e.low + 1
	return i
}

// land makes the instruction at i go on here.
func (e *emitter) land(at ...int) {
	for _, i := range at {
		e.code[i].other = len(e.code)
	}
}

func (e *emitter) node(n *node) {
	switch n.op {
	case nSequence:
		e.sequence(n.kids)
	case nAlternatives:
		e.alternatives(n.kids)
	case nLiteral:
		e.literals([]*node{n})
	case nSet:
		e.add(instruction{op: opSet, set: n.set})
	case nAt:
		e.add(instruction{op: opAt, at: n.at})
	case nRepeat:
		e.repeat(n)
	case nCapture:
		e.capture(n)
	case nAtomic:
		e.inside(instruction{op: opAtomic}, n.kids[0])
	case nLook:
		e.inside(instruction{op: opLook, behind: n.behind, negated: n.negated, min: n.kids[0].lo}, n.kids[0])
	case nBackReference:
		e.add(instruction{op: opRecall, register: int32(2 * n.number), fold: n.fold})
	case nConditional:
		test := e.add(instruction{op: opCondition, register: int32(2 * n.number)})
		e.node(n.kids[0])
		done := e.add(instruction{op: opJump})
		e.land(test)
		e.node(n.kids[1])
		e.land(done)
	}
}

func (e *emitter) sequence(kids []*node) {
	for i := 0; i < len(kids); {
		n := 1
		if kids[i].op == nLiteral {
			for i+n < len(kids) && kids[i+n].op == nLiteral && kids[i+n].fold == kids[i].fold {
				n++
			}
			e.literals(kids[i : i+n])
		} else {
			e.node(kids[i])
		}
		i += n
	}
}

// spelled returns the canonical character of a literal, unless no valid UTF-8 can spell it.
func (n *node) spelled() (r rune, ok bool) {
	r = n.fold.canon(n.r)
	return r, r != utf8.RuneError && !unicode.Is(unicode.Cs, r)
}

// literals emits neighbours as one text. What cannot be spelled stays a set: a lone surrogate
// matches nothing.
func (e *emitter) literals(run []*node) {
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			e.add(instruction{op: opText, text: text.String(), fold: run[0].fold})
			text.Reset()
		}
	}
	for _, n := range run {
		if r, ok := n.spelled(); ok {
			text.WriteRune(r)
			continue
		}
		flush()
		e.add(instruction{op: opSet, set: singleton(n.r, n.fold, false)})
	}
	flush()
}

// alternatives emits a chain of splits, in which a run of alternatives that begin with literals is
// one instruction. Only its head is remembered: the rest cannot be reached in another way.
func (e *emitter) alternatives(kids []*node) {
	var ends []int
	add := e.addChoice
	for i := 0; i < len(kids); add = e.add {
		heads, f := e.heads(kids[i:])
		n := max(len(heads), 1)
		last, split := i+n == len(kids), -1
		if !last {
			split = add(instruction{op: opSplit})
		}
		if n > 1 {
			ends = append(ends, e.trie(heads, f, n == len(kids))...)
		} else {
			e.node(kids[i])
		}
		if !last {
			ends = append(ends, e.add(instruction{op: opJump}))
			e.land(split)
		}
		i += n
	}
	e.land(ends...)
}

// capture records a group only where someone asks for it.
func (e *emitter) capture(n *node) {
	if !e.recalls {
		e.node(n.kids[0])
		return
	}
	e.add(instruction{op: opSave, register: int32(2 * n.number)})
	e.node(n.kids[0])
	e.add(instruction{op: opSave, register: int32(2*n.number + 1)})
}

// inside emits the body of a look or an atomic group. Whether it matches does not depend on the
// loops around it.
func (e *emitter) inside(in instruction, body *node) {
	e.enclosed(in, func() { e.node(body) })
}

func (e *emitter) enclosed(in instruction, body func()) {
	low := e.low
	e.low = e.next
	i := e.add(in)
	body()
	e.add(instruction{op: opAccept})
	e.land(i)
	e.low = low
}

// lookForward tells instructions what comes next, so that most of what must fail need not be tried,
// and reports whether any may need the stack.
func (e *emitter) lookForward() (choices bool) {
	for i := len(e.code) - 1; i >= 0; i-- {
		switch in := &e.code[i]; in.op {
		case opRepeatOne:
			in.first = e.firstOf(i + 1)
			next := e.skipJumps(i + 1)
			if e.code[next].op == opAt && e.code[e.skipJumps(next+1)].op == opAccept {
				in.last, in.at = true, e.code[next].at
			}
			choices = choices || in.greed == lazy || in.greed == greedy && !in.last
		case opLook:
			in.first = e.firstOf(i + 1)
		case opTrie:
			choices = choices || in.trie.forks
		case opJump:
			in.other = e.skipJumps(in.other) // from the last one back, so that no chain of them is walked twice
		case opText, opSet, opAt, opAtomic, opAccept:
		default:
			choices = true
		}
	}
	return choices
}

func (e *emitter) skipJumps(i int) int {
	for e.code[i].op == opJump {
		i = e.code[i].other
	}
	return i
}

// firstOf returns what the text must begin with for the instructions from i on, or nil.
func (e *emitter) firstOf(i int) *set {
	switch in := e.code[e.skipJumps(i)]; in.op {
	case opSet:
		return in.set
	case opText:
		r, _ := utf8.DecodeRuneInString(in.text)
		return singleton(r, in.fold, false)
	}
	return nil
}
