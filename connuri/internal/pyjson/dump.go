package pyjson

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// AppendDump appends json.dumps(v): ASCII, ", " and ": " between, floats by
// repr, and of a repeated key the first place and the last value.
func AppendDump(dst []byte, v Value) []byte {
	switch v.Kind {
	case Int, Float:
		return appendNumber(dst, v)
	case String:
		return append(appendEscaped(append(dst, '"'), v.Raw, v.Escaped), '"')
	case Array, Object:
		s := scanner{doc: v.Raw}
		return s.dump(dst)
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

// plain are the characters that stand for themselves in a JSON string.
var plain = func() (set [256]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// appendEscaped writes the characters of a string; where raw says escaped, the
// backslashes of raw are escapes and are written again in Python's spelling.
func appendEscaped(dst []byte, raw string, escaped bool) []byte {
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if plain[c] {
			i++
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

// dump writes the value at s.i, which was found valid, in one pass.
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
	return dict.End(dst)
}

// Dict writes an object as json.dumps writes a dict. Its methods append the
// punctuation; keys and values are appended by the caller, in this order:
// Begin, for each pair Sep, the key, Colon, the value, and at last End.
type Dict struct {
	start    int     // of the object in the output
	few      [8]pair // the first pairs; they cost no allocation
	many     []pair  // the others
	n        int
	last     int            // the pair whose value is being written
	place    map[string]int // :: key → its pair, once there are many
	repeated bool
}

// pair is where a key and its value lie in the output.
type pair struct{ key, keyEnd, value, valueEnd int }

func (o *Dict) pair(i int) *pair {
	if i < len(o.few) {
		return &o.few[i]
	}
	return &o.many[i-len(o.few)]
}

// Begin opens the object at the end of dst.
func (o *Dict) Begin(dst []byte) []byte {
	o.start = len(dst)
	return append(dst, '{')
}

// Sep stands before each key.
func (o *Dict) Sep(dst []byte) []byte {
	if o.n > 0 {
		o.pair(o.last).valueEnd = len(dst)
		dst = append(dst, ", "...)
	}
	if i := o.n - len(o.few); i >= 0 {
		o.many = append(o.many[:i], pair{})
	}
	o.last = o.n
	o.n++
	o.pair(o.last).key = len(dst)
	return dst
}

// Colon stands between a key and its value. Of a key that was there before
// only the value is new.
func (o *Dict) Colon(dst []byte) []byte {
	p := o.pair(o.last)
	p.keyEnd = len(dst)
	dst = append(dst, ": "...)
	p.value = len(dst)
	if i := o.find(dst, dst[p.key:p.keyEnd]); i < o.last {
		o.repeated = true
		o.pair(i).value = len(dst)
		o.n, o.last = o.last, i
	}
	return dst
}

// find is the first pair with this key; the newest has it.
func (o *Dict) find(dst, key []byte) int {
	if o.n <= len(o.few) {
		for i, p := range o.few[:o.n] {
			if bytes.Equal(dst[p.key:p.keyEnd], key) {
				return i
			}
		}
	}
	if o.place == nil {
		o.place = make(map[string]int, 2*o.n)
		for i := range o.last {
			p := o.pair(i)
			o.place[string(dst[p.key:p.keyEnd])] = i
		}
	}
	if i, ok := o.place[string(key)]; ok {
		return i
	}
	o.place[string(key)] = o.last
	return o.last
}

// End closes the object. Where a key was repeated the pairs are written once
// more, in their places.
func (o *Dict) End(dst []byte) []byte {
	if o.n > 0 {
		o.pair(o.last).valueEnd = len(dst)
	}
	if !o.repeated {
		return append(dst, '}')
	}
	var b strings.Builder
	b.Grow(len(dst) - o.start)
	for i := range o.n {
		p := o.pair(i)
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(dst[p.key:p.keyEnd])
		b.WriteString(": ")
		b.Write(dst[p.value:p.valueEnd])
	}
	return append(append(append(dst[:o.start], '{'), b.String()...), '}')
}
