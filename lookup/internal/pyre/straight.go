package pyre

// The usual patterns, such as ^(?!aws_default$).*$, have one way only: texts, sets, places and
// look-aheads of these, each met once. They need no stack, and the budget of one match is always
// enough: what they cost is their own length, and one walk over the text.

// longestStraight is the longest text that a straight program may be given, since it does not look
// at the budget on its way.
const longestStraight = 1 << 16

// isStraight reports whether a program is of that kind.
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
func (m *machine) goStraight(pc, pos int) bool {
	for ; ; pc++ {
		in := &m.program.code[pc]
		m.left -= step
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
		case opLook:
			found := (in.first == nil || m.step(in.first, pos) >= 0) && m.goStraight(pc+1, pos)
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
