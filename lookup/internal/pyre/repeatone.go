package pyre

import (
	"math"
	"strings"
)

// A repeat of one character is one instruction, however many it takes. Failures of the rest of the
// pattern are remembered by the place where the repeat ended, and mean:
//   - without an upper bound, that the rest fails here and wherever the repeat could go on to from
//     here;
//   - with an upper bound, that the rest fails here.

// An upper bound that the text is too short for is none.
func (m *machine) endless(in *instruction) bool { return in.max-in.min >= uint64(len(m.text)) }

// repeatOne takes what the repeat takes at first.
func (m *machine) repeatOne(in *instruction, at, pos int) (int, bool) {
	for n := in.min; n > 0; n-- {
		if pos = m.step(in.set, pos); pos < 0 {
			return 0, false
		}
	}
	low := pos
	if m.endless(in) && m.hasFailed(in, low) {
		return 0, false
	}
	left := int32(min(in.max-in.min, math.MaxInt32)) // more than any text is long
	if in.greed == lazy {
		m.push(frame{kind: grow, at: int32(at), pos: int32(low), low: int32(low), left: left})
		if m.left >= 0 && !m.mayFollow(in, low) {
			f := &m.stack[m.top-1]
			if pos, ok := m.takeMore(in, f); ok {
				return pos, true
			}
			m.pop()
			return 0, false
		}
		return low, true
	}
	pos = m.stretch(in, pos, left)
	if in.greed == possessive {
		return pos, true
	}
	if pos, ok := m.backTo(in, low, pos); ok {
		if pos > low && !in.last {
			m.push(frame{kind: shrink, at: int32(at), pos: int32(pos), low: int32(low)})
		}
		return pos, true
	}
	return 0, false
}

// stretch takes all that a greedy repeat can, but stops short of where the rest is known to fail.
func (m *machine) stretch(in *instruction, pos int, left int32) int {
	if m.endless(in) && !m.remembers {
		switch in.set {
		case allRunes:
			return len(m.text)
		case allButNewline:
			n := strings.IndexByte(m.text[pos:], '\n')
			if n < 0 {
				n = len(m.text) - pos
			}
			m.left -= n / scanned
			return pos + n
		}
	}
	for ; left > 0; left-- {
		next := m.step(in.set, pos)
		if next < 0 || in.greed == greedy && m.endless(in) && m.hasFailed(in, next) {
			break
		}
		pos = next
	}
	return pos
}

// mayFollow reports whether the rest of the pattern has a chance at pos; if the repeat is the last,
// whether it matches.
func (m *machine) mayFollow(in *instruction, pos int) bool {
	if in.last && !m.holds(in.at, pos) || in.first != nil && m.step(in.first, pos) < 0 {
		return false
	}
	return m.endless(in) || !m.hasFailed(in, pos)
}

// backTo finds the last place from low to pos where the rest has a chance.
func (m *machine) backTo(in *instruction, low, pos int) (int, bool) {
	for !m.mayFollow(in, pos) {
		if m.remembers {
			m.remember(in, pos)
		}
		if pos == low || m.left < 0 {
			return 0, false
		}
		pos = m.back(pos)
	}
	return pos, true
}

// giveBack moves a greedy repeat to its next shorter length. The rest failed at f.pos.
func (m *machine) giveBack(in *instruction, f *frame) (int, bool) {
	pos, low := int(f.pos), int(f.low)
	m.remember(in, pos)
	if pos == low {
		return 0, false
	}
	pos, ok := m.backTo(in, low, m.back(pos))
	f.pos = int32(pos)
	if ok && pos == low && !m.remembers {
		m.pop() // nothing left to try
	}
	return pos, ok
}

// takeMore moves a lazy repeat to its next greater length. The rest failed at f.pos.
func (m *machine) takeMore(in *instruction, f *frame) (int, bool) {
	pos := int(f.pos)
	for {
		if !m.endless(in) {
			m.remember(in, pos)
		}
		next := -1
		if f.left > 0 {
			next = m.step(in.set, pos)
		}
		if next < 0 || m.endless(in) && m.hasFailed(in, next) {
			if m.endless(in) && m.remembers {
				m.left -= pos - int(f.low)
				for p := int(f.low); p <= pos && m.left >= 0; p++ {
					m.remember(in, p)
				}
			}
			return 0, false
		}
		f.left--
		pos = next
		if m.mayFollow(in, pos) {
			f.pos = int32(pos)
			return pos, true
		}
	}
}
