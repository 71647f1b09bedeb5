package tune

import (
	"context"
	"io"
)

// maxRecord is how many bytes a string or row may have. CloudTrail limits an event to a quarter of
// it.
const maxRecord = 1 << 20

// A stream holds the part of the input that is in memory.
type stream struct {
	ctx  context.Context
	in   io.Reader
	room []byte
	buf  []byte
	pos  int   // where the next token begins in buf
	keep int   // where in buf to look for another record if the one at hand is broken
	err  error // the last error of in; io.EOF at its end

	short bool // the input ended within a string
}

// held returns a stream of text that is in memory.
func held(text []byte) stream { return stream{buf: text, err: io.EOF} }

// fill reads more of the input, and drops what is no longer needed. It returns false at the end of
// the input and after an error.
func (s *stream) fill() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return false
	}
	if s.pos-s.keep > maxRecord {
		s.keep = s.pos
	}
	from := min(s.keep, s.pos)
	kept := s.buf[from:]
	s.pos, s.keep = s.pos-from, s.keep-from
	switch {
	case s.room == nil:
		s.room = make([]byte, 64<<10)
	case len(kept) > len(s.room)/2:
		s.room = make([]byte, 2*len(s.room))
	}
	s.buf = s.room[:copy(s.room, kept)]
	had := len(s.buf)
	for empty := 0; s.err == nil && len(s.buf) < len(s.room); {
		var n int
		n, s.err = s.in.Read(s.room[len(s.buf):])
		s.buf = s.room[:len(s.buf)+n]
		if empty++; n > 0 {
			empty = 0
		} else if empty > 100 && s.err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return len(s.buf) > had
}

// until returns the text before the first byte for which isEnd is true, and that byte. end is 0 if
// there is none within most bytes.
func (s *stream) until(isEnd func(byte) bool, most int) (text []byte, end byte) {
	for n := 0; ; n++ {
		if s.pos+n == len(s.buf) && !s.fill() || n == most {
			return s.buf[s.pos : s.pos+n], 0
		}
		if c := s.buf[s.pos+n]; isEnd(c) {
			return s.buf[s.pos : s.pos+n], c
		}
	}
}

// A token is a string, or a bare word: a number, null, true or false.
type token struct {
	text    []byte // as it stands in the input, without the quotes of a string
	escaped bool   // it has escapes, or may not be UTF-8
	bare    bool
}

func (t token) isNull() bool { return t.bare && string(t.text) == "null" }

// isNullInRow reports whether a string is NULL as a row may hold it in a field.
func (t token) isNullInRow(f field) bool {
	return !t.bare && 0 < len(t.text) && len(t.text) < 8 && isNull(f, t.unescaped())
}

// quoted takes the string that begins at pos. A string ends on its line.
func (s *stream) quoted() (t token, ok bool) {
	for n := 1; ; {
		b := s.buf[s.pos:]
		for n < len(b) && plain[b[n]] {
			n++
		}
		switch {
		case n > maxRecord:
			return token{}, false
		case n == len(b):
			if !s.fill() {
				s.short = true
				return token{}, false
			}
		case b[n] == '"':
			s.pos += n + 1
			t.text = b[1:n]
			return t, true
		case b[n] >= 0x80:
			t.escaped = true // it may not be UTF-8
			for n < len(b) && b[n] >= 0x80 {
				n++
			}
		case b[n] != '\\':
			return token{}, false
		default:
			for len(s.buf)-s.pos < n+6 && s.fill() {
				continue // until all of the escape is there, or no more comes
			}
			length := escape(s.buf[s.pos+n:])
			if length == 0 {
				s.short = len(s.buf)-s.pos < n+6
				return token{}, false
			}
			t.escaped = true
			n += length
		}
	}
}

// plain has true for the bytes that stand for themselves in a string.
var plain = func() (t [256]bool) {
	for c := ' '; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// escape returns the length of the escape at the beginning of b, or 0 if it is not one.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		for i := 2; i < 6; i++ {
			if i >= len(b) || !isHex(b[i]) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// bare takes the bare word at pos. ok is false if JSON does not have it.
func (s *stream) bare() (t token, ok bool) {
	text, _ := s.until(func(c byte) bool { return !isBare(c) }, 1024)
	s.pos += len(text)
	return token{text: text, bare: true}, isBareValue(text)
}

func isBare(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '-' ||
		c == '+' || c == '.'
}

func isBareValue(b []byte) bool {
	switch string(b) {
	case "null", "true", "false":
		return true
	}
	return isNumber(b)
}

// isNumber reports whether b is a number as JSON has it.
func isNumber(b []byte) bool {
	digits := func() bool {
		n := 0
		for n < len(b) && '0' <= b[n] && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n > 0
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) > 1 && b[0] == '0' && '0' <= b[1] && b[1] <= '9' || !digits() {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		if b = b[1:]; !digits() {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		if b = b[1:]; len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if !digits() {
			return false
		}
	}
	return len(b) == 0
}
