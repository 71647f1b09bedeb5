package tune

import "bytes"

// resync goes on where the next record seems to begin: with a line, or with an object that is an element or follows another.
func (s *scanner) resync() {
	s.pos, s.depth = s.keep, 0
	s.lineHead, s.fresh = false, false
	for {
		at := begin(s.buf[s.pos:], s.ended())
		if at >= 0 {
			s.pos += at
			s.lineHead = s.pos > 0 && s.buf[s.pos-1] == '\n'
			s.fresh = s.lineHead
			s.keep = s.pos
			return
		}
		s.pos = max(s.pos, len(s.buf)-128) // which may hold half of a beginning
		s.keep = s.pos
		if !s.fill() {
			s.pos = len(s.buf)
			s.keep = s.pos
			return
		}
	}
}

// begin finds where a record seems to begin: a line that is not indented, an object behind a comma or a closing brace, or an array of
// objects, which may be a row. It gives -1 if there is none, or too little is known of it.
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
