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
		d := dumper{scanner{doc: v.Raw}, dst}
		d.value()
		return d.dst
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

// appendEscaped writes the characters of a string; where raw says escaped, the
// backslashes of raw are escapes and are written again in Python's spelling.
func appendEscaped(dst []byte, raw string, escaped bool) []byte {
	start := 0
	for i := 0; i < len(raw); {
		c := raw[i]
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' {
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
	case r >= ' ' && r <= '~':
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

// dumper writes a valid document again in one pass.
type dumper struct {
	scanner
	dst []byte
}

func (d *dumper) value() {
	switch d.peek() {
	case '{':
		d.object()
	case '[':
		d.array()
	default:
		v, _ := d.scanner.value(0)
		d.dst = AppendDump(d.dst, v)
	}
}

func (d *dumper) array() {
	d.i++
	d.dst = append(d.dst, '[')
	for d.space(); d.peek() != ']'; d.space() {
		if d.peek() == ',' {
			d.i++
			d.space()
			d.dst = append(d.dst, ", "...)
		}
		d.value()
	}
	d.i++
	d.dst = append(d.dst, ']')
}

func (d *dumper) object() {
	var dict Dict
	var room Room
	d.i++
	d.dst = dict.Begin(d.dst, &room)
	for d.space(); d.peek() != '}'; d.space() {
		if d.peek() == ',' {
			d.i++
			d.space()
		}
		d.dst = dict.Sep(d.dst)
		key, _ := d.str()
		d.dst = dict.Colon(AppendDump(d.dst, key))
		d.space()
		d.i++ // the colon
		d.space()
		d.value()
	}
	d.i++
	d.dst = dict.End(d.dst)
}

// Dict writes an object as json.dumps writes a dict. Its methods append the
// punctuation; keys and values are appended by the caller, in this order:
// Begin, for each pair Sep, the key, Colon, the value, and at last End.
type Dict struct {
	start    int
	pairs    []pair
	last     int            // the pair whose value is being written
	place    map[string]int // :: key → its pair, once there are many
	repeated bool
}

// pair is where a key and its value lie in the output.
type pair struct{ key, keyEnd, value, valueEnd int }

// Room is space for the usual few pairs, which a caller has on its stack.
type Room [8]pair

// Begin opens the object at the end of dst.
func (o *Dict) Begin(dst []byte, room *Room) []byte {
	o.start, o.pairs = len(dst), room[:0]
	return append(dst, '{')
}

// Sep stands before each key.
func (o *Dict) Sep(dst []byte) []byte {
	if len(o.pairs) > 0 {
		o.pairs[o.last].valueEnd = len(dst)
		dst = append(dst, ", "...)
	}
	o.pairs = append(o.pairs, pair{key: len(dst)})
	o.last = len(o.pairs) - 1
	return dst
}

// Colon stands between a key and its value. Of a key that was there before
// only the value is new.
func (o *Dict) Colon(dst []byte) []byte {
	p := &o.pairs[o.last]
	p.keyEnd = len(dst)
	dst = append(dst, ": "...)
	p.value = len(dst)
	if i := o.find(dst, dst[p.key:p.keyEnd]); i < o.last {
		o.repeated = true
		o.pairs[i].value = len(dst)
		o.pairs, o.last = o.pairs[:o.last], i
	}
	return dst
}

// find is the first pair with this key; the newest has it.
func (o *Dict) find(dst, key []byte) int {
	if len(o.pairs) <= len(Room{}) {
		for i, p := range o.pairs {
			if bytes.Equal(dst[p.key:p.keyEnd], key) {
				return i
			}
		}
	}
	if o.place == nil {
		o.place = make(map[string]int, 2*len(o.pairs))
		for i, p := range o.pairs[:o.last] {
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
	if len(o.pairs) > 0 {
		o.pairs[o.last].valueEnd = len(dst)
	}
	if !o.repeated {
		return append(dst, '}')
	}
	var b strings.Builder
	b.Grow(len(dst) - o.start)
	for i, p := range o.pairs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(dst[p.key:p.keyEnd])
		b.WriteString(": ")
		b.Write(dst[p.value:p.valueEnd])
	}
	return append(append(append(dst[:o.start], '{'), b.String()...), '}')
}
