package pyjson

import (
	"bytes"
	"slices"
)

// Dict writes an object as json.dumps writes a dict: a repeated key keeps its first place and gets
// its last value. Its methods append the punctuation, and the caller appends keys and values, in
// this order: Begin, for each pair Sep, the key, Colon, the value, and finally End.
type Dict struct {
	start   int     // of the object in the output
	few     [8]pair // the first pairs; they cost no allocation
	many    []pair  // the others
	n       int
	last    int            // the pair whose value is being written
	surplus int            // where the pair begins that only repeats a key, 0 if the last one does not
	place   map[string]int // :: key → its pair, once there are many
	moves   moves
}

// pair is where a key and its value are in the output. first is the first value of a repeated key,
// and value is the last one.
type pair struct{ key, keyEnd, value, valueEnd, first, firstEnd int }

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

// Sep comes before each key.
func (o *Dict) Sep(dst []byte) []byte {
	if o.n > 0 {
		o.endValue(len(dst))
		dst = append(dst, ", "...)
	}
	if i := o.n - len(o.few); i >= 0 {
		o.many = append(o.many[:i], pair{})
	} else {
		o.few[o.n] = pair{}
	}
	o.last = o.n
	o.n++
	o.pair(o.last).key = len(dst)
	return dst
}

// Colon comes between a key and its value.
func (o *Dict) Colon(dst []byte) []byte {
	p := o.pair(o.last)
	p.keyEnd = len(dst)
	dst = append(dst, ": "...)
	p.value = len(dst)
	if i := o.find(dst, dst[p.key:p.keyEnd]); i < o.last {
		o.surplus = p.key - len(", ")
		repeated := o.pair(i)
		if repeated.firstEnd == 0 {
			repeated.first, repeated.firstEnd = repeated.value, repeated.valueEnd
		}
		repeated.value = len(dst)
		o.n, o.last = o.last, i
	}
	return dst
}

// find returns the first pair with this key. The newest pair has it.
func (o *Dict) find(dst, key []byte) int {
	if o.n <= len(o.few) {
		for i := range o.n {
			if p := &o.few[i]; p.keyEnd-p.key == len(key) && bytes.Equal(dst[p.key:p.keyEnd], key) {
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

func (o *Dict) endValue(end int) {
	o.pair(o.last).valueEnd = end
	if o.surplus > 0 {
		o.moves = append(o.moves, move{at: o.surplus, end: end})
		o.surplus = 0
	}
}

// End closes the object.
func (o *Dict) End(dst []byte) []byte {
	return o.moves.apply(o.close(dst), o.start)
}

// close closes the object and leaves its moves to be applied later, so that a deeply nested object
// is not rewritten once per level.
func (o *Dict) close(dst []byte) []byte {
	if o.n > 0 {
		o.endValue(len(dst))
	}
	if o.moves != nil {
		for i := range o.n {
			if p := o.pair(i); p.firstEnd > 0 {
				o.moves = append(o.moves, move{p.first, p.firstEnd, p.value, p.valueEnd})
			}
		}
	}
	return append(dst, '}')
}

// move says that dst[from:to] replaces dst[at:end] in the output. For
//
//	{"a": 1, "b": 2, "a": 3}
//
// there are two moves: the 3 replaces the 1, and nothing replaces `, "a": 3`.
type move struct{ at, end, from, to int }

type moves []move

// apply writes dst[start:] again with all moves done.
func (m moves) apply(dst []byte, start int) []byte {
	if m == nil {
		return dst
	}
	slices.SortFunc(m, func(a, b move) int { return a.at - b.at })
	moved := m.write(make([]byte, 0, len(dst)-start), dst, start, len(dst))
	return append(dst[:start], moved...)
}

// write appends src[lo:hi] to dst with the moves in it done.
func (m moves) write(dst, src []byte, lo, hi int) []byte {
	for {
		i, _ := slices.BinarySearchFunc(m, lo, func(a move, lo int) int { return a.at - lo })
		if i == len(m) || m[i].at >= hi {
			return append(dst, src[lo:hi]...)
		}
		dst = append(dst, src[lo:m[i].at]...)
		dst = m.write(dst, src, m[i].from, m[i].to)
		lo = m[i].end
	}
}
