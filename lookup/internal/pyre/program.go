package pyre

// A Program is a compiled pattern. It is never changed after Compile.
type Program struct {
	code      []instruction
	registers int
	choices   bool // it may need a stack
	straight  bool // it needs no machine, see straight.go
	rows      int  // of the memory of failures, see memo.go; 0 where it must not be used
}

// An instruction goes on to the next one unless it says otherwise.
type instruction struct {
	op      op
	fold    fold  // opText, opTrie, opRecall
	at      at    // opAt, opRepeatOne
	greed   greed // opSplit: lazy tries other first; opRepeatOne
	behind  bool  // opLook
	negated bool  // opLook
	last    bool  // opRepeatOne: nothing comes next but the place at

	other    int // where else to go
	text     string
	trie     *trie  // opTrie
	set      *set   // opSet, opRepeatOne
	first    *set   // opRepeatOne: what must come next; opLook: what the body must begin with; nil if unknown
	min, max uint64 // opRepeatOne, opCount; opLook: width in min

	register  int32 // the first one it uses
	row       int32 // of the memory of failures; -1: not worth remembering
	low, high int32 // the registers of the loops around it, up to the next look or atomic group
}

type op uint8

const (
	opAccept    op = iota // the end of the pattern, a look or an atomic group
	opText                // a run of characters
	opSet                 // one character of a set
	opAt                  // a place
	opJump                // to other
	opSplit               // on, and if that fails to other
	opTrie                // to what follows one of many texts, see trie.go
	opRepeatOne           // a repeat of one character of a set
	opLook                // what follows, up to its opAccept, matches here or does not; go to other
	opAtomic              // what follows, up to its opAccept, matches here in its first way only; go to other

	opSave      // a group begins or ends here
	opRecall    // what the group matched
	opCondition // on if the group matched, else to other

	opMark      // an iteration begins here
	opUnmark    // an iteration begins that must happen anyhow
	opProgress  // on if the iteration took something, else to other
	opCount     // decides about one more iteration, see loop.go
	opIteration // counts it
)

// Match reports whether the pattern matches at the beginning of text, as re.match does. A byte that
// is not UTF-8 reads as U+FFFD. The error is ErrBudget.
func (p *Program) Match(text string) (bool, error) {
	ok, left := p.MatchWithin(text, Budget)
	if left < 0 {
		return false, ErrBudget
	}
	return ok, nil
}

// MatchWithin is Match with another budget. It returns the rest of the budget; if that is below 0,
// the answer is unknown.
//
// Most matches need few steps and little memory, so the first try has both on its own stack. A
// match that needs more starts again with the full budget.
func (p *Program) MatchWithin(text string, most int) (ok bool, left int) {
	if p.straight && len(text) <= longestStraight {
		m := machine{program: p, text: text, left: most}
		ok = m.goStraight(0, 0)
		return ok, m.left
	}
	if !p.choices {
		m := machine{program: p, text: text, left: most}
		_, ok = m.run(0, 0)
		return ok, m.left
	}
	quick := min(most, quickBudget)
	if ok, left = p.matchQuickly(text, quick); left >= 0 {
		return ok, most - quick + left
	}
	return p.matchThoroughly(text, most-quick)
}

func (p *Program) matchQuickly(text string, most int) (ok bool, left int) {
	var frames [quickFrames]frame
	var registers [quickRegisters]int32
	if p.registers > len(registers) || len(text) > longestText {
		return false, -1
	}
	m := machine{program: p, text: text, stack: frames[:], most: len(frames), left: most}
	m.registers = registers[:p.registers]
	m.clearRegisters()
	_, ok = m.run(0, 0)
	return ok, m.left
}

const (
	quickFrames    = 16
	quickRegisters = 8
	quickBudget    = 1024 * step
)

// Always reports whether the program matches every text, as far as can be seen at once.
func (p *Program) Always() bool { return p.code[0].op == opAccept }
