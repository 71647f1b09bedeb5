package tune

import "bytes"

// resync continues where the next record seems to begin: at a line, or at an object that is an
// element or follows another.
func (s *scanner) resync() {
	s.pos, s.depth = s.keep, 0
	if s.nest == 0 {
		s.doc = s.doc[:0]
	}
	s.lineHead, s.fresh, s.behind = false, false, false
	for {
		at := begin(s.buf[s.pos:], s.ended())
		if at >= 0 {
			s.pos += at
			s.lineHead = s.pos > 0 && s.buf[s.pos-1] == '\n'
			s.fresh = s.lineHead
			s.keep = s.pos
			return
		}
		s.pos = max(s.pos, len(s.buf)-128) // the rest may hold half of a beginning
		s.keep = s.pos
		if !s.fill() {
			s.pos = len(s.buf)
			s.keep = s.pos
			return
		}
	}
}

// begin returns where a record seems to begin: a line that is not indented, an object after a comma
// or a closing brace, or an array of objects, which may be a row. It returns -1 if there is none,
// or if b ends too early to say.
func begin(b []byte, isAll bool) int {
	for i := 0; i < len(b); i++ {
		at := bytes.IndexAny(b[i:], "\n{")
		if at < 0 {
			return -1
		}
		i += at
		if b[i] == '\n' {
			if i+1 < len(b) && !isSpace(b[i+1]) {
				return i + 1
			}
			continue
		}
		rest := bytes.TrimLeft(b[i+1:], " \t\r\n")
		if len(rest) == 0 && !isAll {
			return -1
		}
		before := bytes.TrimRight(b[:i], " \t\r\n")
		if len(before) == 0 || len(rest) == 0 || rest[0] != '"' {
			continue
		}
		switch before[len(before)-1] {
		case ',', '}':
			return i
		case '[':
			return len(before) - 1
		}
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
