package pyjson

import (
	"math"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// AppendDump appends json.dumps(v): ASCII only, with ", " and ": " as separators, floats as repr
// writes them, and a repeated key in its first place with its last value.
func AppendDump(dst []byte, v Value) []byte {
	switch v.Kind {
	case Int, Float:
		return appendNumber(dst, v)
	case String:
		return append(appendEscaped(append(dst, '"'), v.Raw, v.Escaped), '"')
	case Array, Object:
		s := scanner{doc: v.Raw}
		start := len(dst)
		return s.moves.apply(s.dump(dst), start)
	}
	return append(dst, v.Raw...)
}

// AppendString appends json.dumps(s).
func AppendString(dst []byte, s string) []byte {
	return append(appendEscaped(append(dst, '"'), s, false), '"')
}

func appendNumber(dst []byte, v Value) []byte {
	if v.Kind == Float {
		switch f := v.Float(); {
		case math.IsNaN(f):
			return append(dst, "NaN"...)
		case math.IsInf(f, 1):
			return append(dst, "Infinity"...)
		case math.IsInf(f, -1):
			return append(dst, "-Infinity"...)
		default:
			return append(dst, pystr.FloatRepr(f)...)
		}
	}
	return append(dst, v.Number()...)
}

// appendEscaped writes the characters of a string. If escaped is set, the backslashes of raw are
// escapes, and are written again in Python's spelling.
func appendEscaped(dst []byte, raw string, escaped bool) []byte {
	start := 0
	for i := plainLen(raw); i < len(raw); i += plainLen(raw[i:]) {
		c := raw[i]
		if c == '\\' && escaped && raw[i+1] != 'u' && raw[i+1] != '/' {
			i += 2 // Python writes this escape the same way
			continue
		}
		dst = append(dst, raw[start:i]...)
		var r rune
		var n int
		switch {
		case c == '\\' && escaped:
			r, n = unescape(raw[i:])
		case c < utf8.RuneSelf:
			r, n = rune(c), 1
		default:
			r, n = utf8.DecodeRuneInString(raw[i:])
		}
		dst = appendRune(dst, r)
		i += n
		start = i
	}
	return append(dst, raw[start:]...)
}

// appendRune writes one character, or one half of a surrogate pair.
func appendRune(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r <= '~' && plain[r]:
		return append(dst, byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r == '\b':
		return append(dst, '\\', 'b')
	case r == '\f':
		return append(dst, '\\', 'f')
	case r > 0xFFFF:
		r -= 0x10000
		return appendUnit(appendUnit(dst, 0xD800+r>>10), 0xDC00+r&0x3FF)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, unit rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[unit>>12], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
}

// dump writes the value at s.i, which was found valid, in one pass. If keys are repeated, s.moves
// is still to be applied.
func (s *scanner) dump(dst []byte) []byte {
	switch s.peek() {
	case '{':
		return s.dumpObject(dst)
	case '[':
		return s.dumpArray(dst)
	default:
		v, _ := s.value(0)
		return AppendDump(dst, v)
	}
}

func (s *scanner) dumpArray(dst []byte) []byte {
	s.i++
	dst = append(dst, '[')
	for s.space(); s.peek() != ']'; s.space() {
		if s.peek() == ',' {
			s.i++
			s.space()
			dst = append(dst, ", "...)
		}
		dst = s.dump(dst)
	}
	s.i++
	return append(dst, ']')
}

func (s *scanner) dumpObject(dst []byte) []byte {
	var dict Dict
	s.i++
	dst = dict.Begin(dst)
	for s.space(); s.peek() != '}'; s.space() {
		if s.peek() == ',' {
			s.i++
			s.space()
		}
		dst = dict.Sep(dst)
		key, _ := s.str()
		dst = dict.Colon(AppendDump(dst, key))
		s.space()
		s.i++ // the colon
		s.space()
		dst = s.dump(dst)
	}
	s.i++
	dst = dict.close(dst)
	s.moves = append(s.moves, dict.moves...)
	return dst
}
