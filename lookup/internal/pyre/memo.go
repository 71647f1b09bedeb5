package pyre

// The memory of failures makes matching linear: a choice that failed at a place is not tried there
// again.
//
// It is sound because the machine's future is decided by the instruction, the place, and one thing
// more: which loops around have an iteration open that took nothing so far. (Groups would decide
// too, and counters; programs that ask for either have no rows.) Loops nest, and an outer iteration
// never begins after an inner one, so the number of innermost loops whose mark is right here says
// it all: the row of the instruction plus that number. In the body of a look or an atomic group
// only the loops inside of it count, since it ends without asking about the others. Failures there
// say that the end of the body cannot be reached, whoever asks.

// prepareMemory returns a clear bit for each row and place, unless there are too many.
func (m *machine) prepareMemory() {
	states := m.program.rows * (len(m.text) + 1)
	m.remembers = states > 0 && states <= maxStates
	if !m.remembers {
		return
	}
	words := (states + 63) / 64
	m.left -= words / cleared
	if cap(m.failures) < words {
		m.failures = make([]uint64, words)
		return
	}
	m.failures = m.failures[:words]
	clear(m.failures)
}

// state finds the outermost loop that took nothing. Marks are in order, so it need not look at each.
func (m *machine) state(in *instruction, pos int) int {
	low, high := in.low, in.high
	for low < high {
		if middle := int32(uint32(low+high) / 2); m.registers[middle] < int32(pos) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return int(in.row+in.high-low)*(len(m.text)+1) + pos
}

func (m *machine) hasFailed(in *instruction, pos int) bool {
	if !m.remembers || in.row < 0 {
		return false
	}
	m.left -= recalled
	s := m.state(in, pos)
	return m.failures[s/64]>>(s%64)&1 != 0
}

func (m *machine) remember(in *instruction, pos int) {
	if m.remembers && in.row >= 0 {
		s := m.state(in, pos)
		m.failures[s/64] |= 1 << (s % 64)
	}
}
