package pyre

// The usual patterns, such as ^(?!aws_default$).*$, have one way only: texts, sets, places and look-aheads of these, each met
// once. They need neither a stack nor a budget, and no machine: what they cost is their own length, and one walk over
// the text.

// longestStraight is the text that nobody need count the steps for.
const longestStraight = 1 << 16

// isStraight says whether a program is of that kind.
func isStraight(code []instruction) bool {
	for _, in := range code {
		switch in.op {
		case opText, opSet, opAt, opAccept:
		case opLook:
			if in.behind {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// goStraight runs a straight program from instruction pc to its opAccept.
func (p *Program) goStraight(text string, pc, pos int) bool {
	for ; ; pc++ {
		in := &p.code[pc]
		went := true
		switch in.op {
		case opText:
			pos, went = in.fold.prefix(text, in.text, pos)
		case opSet:
			pos = in.set.step(text, pos)
			went = pos >= 0
		case opAt:
			went = in.at.holds(text, pos)
		case opLook:
			found := (in.first == nil || in.first.step(text, pos) >= 0) && p.goStraight(text, pc+1, pos)
			went = found != in.negated
			pc = in.other - 1
		case opAccept:
			return true
		}
		if !went {
			return false
		}
	}
}
