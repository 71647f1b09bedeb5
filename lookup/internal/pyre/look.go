package pyre

import (
	"strings"
	"unicode/utf8"
)

// look runs the body that begins at pc. A look-behind goes back by its width, and fails where the text has not as much.
func (m *machine) look(in *instruction, pc, pos int) bool {
	if in.behind {
		for n := in.min; n > 0; n-- {
			if pos == 0 {
				return in.negated
			}
			pos -= lastRune(m.text[:pos])
		}
		m.charge(int(in.min))
	}
	if in.first != nil && in.first.step(m.text, pos) < 0 {
		return in.negated
	}
	_, ok := m.run(pc, pos)
	return ok != in.negated
}

// lastRune gives the size of the last rune of a text that is not empty.
func lastRune(text string) int {
	if text[len(text)-1] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeLastRuneInString(text)
	return n
}

func (a at) holds(text string, pos int) bool {
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
		return text != "" && wordEdge(text, pos, isWord)
	case notWordEdge:
		return text != "" && !wordEdge(text, pos, isWord) // both are false on the empty text
	case atWordEdgeASCII:
		return text != "" && wordEdge(text, pos, isWordASCII)
	case notWordEdgeASCII:
		return text != "" && !wordEdge(text, pos, isWordASCII)
	case onLastLine:
		n := strings.IndexByte(text[pos:], '\n')
		return n < 0 || pos+n == len(text)-1
	}
	return false
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

// prefix matches want, whose characters are f's canonical ones, at pos. It gives where it stopped.
func (f fold) prefix(text, want string, pos int) (int, bool) {
	if f == foldNone {
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
