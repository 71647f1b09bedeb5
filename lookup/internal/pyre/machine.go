package pyre

import (
	"errors"
	"math"
	"sync"
	"unicode/utf8"
)

// ErrBudget is the error of a match that was given up.
var ErrBudget = errors.New("the match takes too many steps")

// Budget is what a match may cost, whatever the pattern and the text: 2^23 steps. It is counted in
// units of at most about 7 nanoseconds, so that a match takes less than 300 milliseconds. What an
// instruction does for a number of characters, frames or words that it does not know in advance is
// charged in addition to its step.
const Budget = 1 << 23 * step

const (
	step      = 4
	character = 1  // one more in a scan
	wide      = 12 // and it is beyond ASCII: its case or class is looked up
	spelled   = 4  // bytes of a literal for a unit
	scanned   = 64 // bytes searched or compared as they are for a unit
	cleared   = 4  // words of memory cleared for a unit
	nested    = 4  // a run for a look or an atomic group
	recalled  = 1  // a look into the memory of failures

	maxFrames   = 1 << 19 // 10 MB
	maxStates   = 1 << 27 // 16 MB
	longestText = math.MaxInt32 / 2
)

// A machine runs a program over a text. It takes the first way and puts the others on a stack,
// together with what must be undone before they can be taken.
type machine struct {
	program   *Program
	text      string
	stack     []frame
	top       int     // frames in use
	most      int     // frames it may grow to
	registers []int32 // groups' ends and loops' marks; -1 is not set
	failures  []uint64
	remembers bool // uses failures
	left      int  // of the budget; below 0: given up
}

type frame struct {
	kind frameKind
	at   int32 // instruction or register
	pos  int32
	low  int32 // shrink, grow: the least the repeat may take
	left int32 // grow: how many more it may take; untried: the alternative that was tried
}

type frameKind uint8

const (
	choice  frameKind = iota // go on from the other side of the split at, at pos
	failed                   // both sides of the split at failed at pos
	shrink                   // a greedy repeat of one character gives one back
	grow                     // a lazy repeat of one character takes one more
	untried                  // a trie at pos has another alternative to try
	undo                     // register at was pos
)

var machines = sync.Pool{New: func() any { return new(machine) }}

func (p *Program) matchThoroughly(text string, most int) (ok bool, left int) {
	if len(text) > longestText {
		return false, -1
	}
	m := machines.Get().(*machine)
	m.program, m.text, m.top, m.most, m.left = p, text, 0, maxFrames, most
	if cap(m.registers) < p.registers {
		m.registers = make([]int32, p.registers)
	}
	m.registers = m.registers[:p.registers]
	m.clearRegisters()
	m.prepareMemory()
	_, ok = m.run(0, 0)
	left = m.left
	m.release()
	return ok, left
}

// release returns the machine back, without the text and without what an exceptional match made it
// grow to.
func (m *machine) release() {
	const keep = 1 << 20 // bytes
	m.program, m.text = nil, ""
	if cap(m.stack) > keep/20 {
		m.stack = nil
	}
	if cap(m.failures) > keep/8 {
		m.failures = nil
	}
	machines.Put(m)
}

func (m *machine) clearRegisters() {
	m.left -= len(m.registers) / cleared
	for i := range m.registers {
		m.registers[i] = -1
	}
}

// run starts at instruction pc and gives where the text stands at the next opAccept. What stays on
// the stack after a success is only what must be undone.
func (m *machine) run(pc, pos int) (end int, ok bool) {
	base, code := m.top, m.program.code
	m.left -= nested
	for {
		if m.left -= step; m.left < 0 {
			return 0, false
		}
		in := &code[pc]
		pc++
		went := true
		switch in.op {
		case opText:
			start := pos
			pos, went = m.prefix(in.fold, in.text, pos)
			m.left -= (pos - start) / spelled
		case opSet:
			pos = m.step(in.set, pos)
			went = pos >= 0
		case opAt:
			went = m.holds(in.at, pos)
		case opJump:
			pc = in.other
		case opSplit:
			if went = !m.hasFailed(in, pos); went {
				m.push(frame{kind: choice, at: int32(pc - 1), pos: int32(pos)})
				if in.greed == lazy {
					pc = in.other
				}
			}
		case opTrie:
			pc, pos, went = m.branch(in, pc-1, pos)
		case opRepeatOne:
			pos, went = m.repeatOne(in, pc-1, pos)
		case opLook:
			went = m.look(in, pc, pos)
			pc = in.other
		case opAtomic:
			pos, went = m.run(pc, pos)
			pc = in.other
		case opAccept:
			m.cut(base)
			return pos, true
		default:
			pc, pos, went = m.register(in, pc, pos)
		}
		if !went {
			if pc, pos, went = m.backtrack(base); !went {
				return 0, false
			}
		}
	}
}

func (m *machine) push(f frame) {
	if m.top == len(m.stack) && !m.grow() {
		m.left = -1 // no room: give up
		return
	}
	m.stack[m.top] = f
	m.top++
}

// grow never takes a slice of the old stack: the compiler could not keep that off the heap then.
func (m *machine) grow() bool {
	if m.top >= m.most {
		return false
	}
	bigger := make([]frame, min(max(2*m.top, 64), m.most))
	copy(bigger, m.stack)
	m.stack = bigger
	return true
}

// cut forgets the other ways since base, but not what must be undone.
func (m *machine) cut(base int) {
	if len(m.registers) == 0 {
		m.top = base
		return
	}
	m.left -= m.top - base
	kept := base
	for i := base; i < m.top; i++ {
		if m.stack[i].kind == undo {
			m.stack[kept] = m.stack[i]
			kept++
		}
	}
	m.top = kept
}

// backtrack finds the next way above base.
func (m *machine) backtrack(base int) (pc, pos int, ok bool) {
	for m.top > base {
		f := &m.stack[m.top-1]
		in := &m.program.code[0]
		if f.kind != undo {
			in = &m.program.code[f.at]
		}
		switch f.kind {
		case undo:
			m.registers[f.at] = f.pos
		case failed:
			m.remember(in, int(f.pos))
		case choice:
			pc, pos = in.other, int(f.pos)
			if in.greed == lazy {
				pc = int(f.at) + 1
			}
			if m.remembers && in.row >= 0 {
				f.kind = failed // unless this way is better
				return pc, pos, true
			}
			m.pop()
			return pc, pos, true
		case shrink:
			if pos, ok = m.giveBack(in, f); ok {
				return int(f.at) + 1, pos, true
			}
		case untried:
			if pc, pos, ok = m.nextBranch(in, f); ok {
				return pc, pos, true
			}
		case grow:
			if pos, ok = m.takeMore(in, f); ok {
				return int(f.at) + 1, pos, true
			}
		}
		m.pop()
	}
	return 0, 0, false
}

func (m *machine) pop() { m.top-- }

// set sets a register until the machine backtracks to before.
func (m *machine) set(register, value int32) {
	if old := m.registers[register]; old != value {
		m.push(frame{kind: undo, at: register, pos: old})
		m.registers[register] = value
	}
}

// register runs the instructions about groups and loops.
func (m *machine) register(in *instruction, pc, pos int) (int, int, bool) {
	r := in.register
	switch in.op {
	case opSave, opMark:
		m.set(r, int32(pos))
	case opUnmark:
		m.set(r, -1)
	case opProgress:
		if m.registers[r] == int32(pos) {
			pc = in.other
		}
	case opCondition:
		if _, ok := m.group(r); !ok {
			pc = in.other
		}
	case opRecall:
		end, ok := m.recall(in, pos)
		return pc, end, ok
	case opCount:
		done := m.iterations(r)
		switch {
		case done < in.min:
		case done >= in.max && in.max != unbounded || m.registers[r+1] == int32(pos):
			pc = in.other
		default:
			m.push(frame{kind: choice, at: int32(pc - 1), pos: int32(pos)})
			if in.greed == lazy {
				pc = in.other
			}
		}
	case opIteration:
		done := m.iterations(r)
		if done >= m.program.code[pc-2].min { // beyond the demanded: must take something to go on
			m.set(r+1, int32(pos))
		}
		m.set(r, int32(done))
	}
	return pc, pos, true
}

// iterations reads a counting register, which stands one below since -1 is where registers begin.
func (m *machine) iterations(register int32) uint64 { return uint64(m.registers[register] + 1) }

// group returns what a group matched last. One that was entered again and not left yet has its end
// before its start.
func (m *machine) group(register int32) (string, bool) {
	start, end := m.registers[register], m.registers[register+1]
	if start < 0 || end < start {
		return "", false
	}
	return m.text[start:end], true
}

// recall matches the text of a group again. Letter case is compared by lower case alone; a group
// that took no part matches nothing, not even "".
func (m *machine) recall(in *instruction, pos int) (int, bool) {
	group, ok := m.group(in.register)
	if !ok {
		return 0, false
	}
	for _, want := range group {
		if m.left -= character; m.left < 0 {
			return 0, false
		}
		if want >= utf8.RuneSelf {
			m.left -= character
		}
		r, n := utf8.DecodeRuneInString(m.text[pos:])
		if n == 0 {
			return 0, false
		}
		if r != want {
			m.left -= character
			if r >= utf8.RuneSelf || want >= utf8.RuneSelf {
				m.left -= wide
			}
			if in.fold.lower(r) != in.fold.lower(want) {
				return 0, false
			}
		}
		pos += n
	}
	return pos, true
}
