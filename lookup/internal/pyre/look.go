package pyre

import (
	"strings"
	"unicode/utf8"
)

// look runs the body that begins at pc. A look-behind goes back by its width, and fails where the
// text has not as much.
func (m *machine) look(in *instruction, pc, pos int) bool {
	if in.behind {
		for n := in.min; n > 0; n-- {
			if pos == 0 {
				return in.negated
			}
			pos = m.back(pos)
		}
	}
	if in.first != nil && m.step(in.first, pos) < 0 {
		return in.negated
	}
	_, ok := m.run(pc, pos)
	return ok != in.negated
}

// back returns where the rune before pos begins.
func (m *machine) back(pos int) int {
	if m.left -= character; m.text[pos-1] < utf8.RuneSelf {
		return pos - 1
	}
	return m.backWide(pos)
}

// backWide stays out of back, which the compiler can inline then.
//
//go:noinline
func (m *machine) backWide(pos int) int {
	m.left -= character
	_, n := utf8.DecodeLastRuneInString(m.text[:pos])
	return pos - n
}

// step is set.step. When the budget is spent, nothing matches.
func (m *machine) step(s *set, pos int) int {
	if m.left -= character; m.left < 0 || pos >= len(m.text) {
		return -1
	}
	if c := m.text[pos]; c < utf8.RuneSelf { // most are, and a call less is worth it
		if s.ascii[c>>6]>>(c&63)&1 != 0 {
			return pos + 1
		}
		return -1
	}
	m.left -= wide
	return s.step(m.text, pos)
}

// chargeWide charges for the case or class of the rune at pos, if it is beyond ASCII.
func (m *machine) chargeWide(pos int) {
	if pos < len(m.text) && m.text[pos] >= utf8.RuneSelf {
		m.left -= wide
	}
}

func (m *machine) holds(a at, pos int) bool {
	text := m.text
	switch a {
	case atStart:
		return pos == 0
	case atLineStart:
		return pos == 0 || text[pos-1] == '\n'
	case atEnd:
		return pos == len(text)
	case atLastLine:
		return pos == len(text) || pos == len(text)-1 && text[pos] == '\n'
	case atLineEnd:
		return pos == len(text) || text[pos] == '\n'
	case atWordEdge:
		return text != "" && m.wordEdge(pos)
	case notWordEdge:
		return text != "" && !m.wordEdge(pos) // both are false on the empty text
	case atWordEdgeASCII:
		return text != "" && wordEdge(text, pos, isWordASCII)
	case notWordEdgeASCII:
		return text != "" && !wordEdge(text, pos, isWordASCII)
	case onLastLine:
		m.left -= (len(text) - pos) / scanned
		n := strings.IndexByte(text[pos:], '\n')
		return n < 0 || pos+n == len(text)-1
	}
	return false
}

func (m *machine) wordEdge(pos int) bool {
	m.chargeWide(pos)
	m.chargeWide(max(pos-1, 0))
	return wordEdge(m.text, pos, isWord)
}

func wordEdge(text string, pos int, word func(rune) bool) bool {
	before, after := false, false
	if pos > 0 {
		r, _ := utf8.DecodeLastRuneInString(text[:pos])
		before = word(r)
	}
	if pos < len(text) {
		r, _ := utf8.DecodeRuneInString(text[pos:])
		after = word(r)
	}
	return before != after
}

// prefix matches want, whose characters are f's canonical ones, at pos. It returns where it stopped.
func (m *machine) prefix(f fold, want string, pos int) (int, bool) {
	text := m.text
	if f == foldNone {
		m.left -= len(want) / scanned
		if !strings.HasPrefix(text[pos:], want) {
			return pos, false
		}
		return pos + len(want), true
	}
	for i := 0; i < len(want); {
		if pos >= len(text) {
			return pos, false
		}
		if c := text[pos]; c < utf8.RuneSelf {
			if upper[c] != want[i] {
				return pos, false
			}
			pos++
			i++
			continue
		}
		m.left -= wide
		r, n := utf8.DecodeRuneInString(text[pos:])
		w, k := utf8.DecodeRuneInString(want[i:])
		if f.canon(r) != w {
			return pos, false
		}
		pos += n
		i += k
	}
	return pos, true
}

// upper is fold.canon for ASCII.
var upper = func() (t [utf8.RuneSelf]byte) {
	for i := range t {
		t[i] = byte(foldASCII.canon(rune(i)))
	}
	return t
}()
