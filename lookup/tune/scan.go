package tune

import "io"

const (
	maxDepth = 64 // of objects and arrays
	maxNest  = 8  // of strings that hold JSON
)

// What a JSON text goes on with.
const (
	wantComma      = iota // or the end
	wantValue             //
	wantFirstValue        // or the end of the array
	wantKey               //
	wantFirstKey          // or the end of the object
	wantColon
)

// A frame is an object or array that is open.
type frame struct {
	array bool
	node  node
	rec   *record // where its fields go
	own   record
	items int  // keys, or elements
	found int  // events in it, broken ones too
	cells bool // an array of the cells of a row, or an object with an array in it
}

// A scanner finds events wherever they stand: in objects, in arrays, and in strings that hold JSON. It looks at each byte once, and
// keeps of an event the fields that count. What is broken costs no more than itself: scanning goes on where the next record begins.
type scanner struct {
	*reader
	stream

	stack [maxDepth]frame
	depth int
	want  int
	field field // of the value that comes next
	node  node

	root    node    // of the outermost object, for the text of one
	rootRec *record // where its fields go

	nest     int
	inner    *scanner // for strings that hold JSON
	found    int
	broken   int
	lineHead bool // pos is where a line begins
	fresh    bool // only spaces stand between pos and the beginning of the line, or the end of a value
	lost     bool // what comes may be the rest of something broken
	cut      bool // an object or array was open at the end of the input

	row     record
	cells   [][]byte // of the row at hand
	scratch []byte   // what holds the cells that are not as they stand
}

// run scans to the end of the input.
func (s *scanner) run() {
	s.depth, s.found, s.broken = 0, 0, 0
	s.lineHead, s.fresh, s.lost = true, true, false
	for {
		c, ok := s.peek()
		switch {
		case ok && s.depth == 0:
			s.top(c)
		case ok && s.step(c):
		case !ok && s.depth == 0:
			return
		case !ok && !s.ended():
			return // it is the input that is broken
		default:
			if s.err == nil || s.ended() {
				s.breaks()
			}
			s.cut = s.cut || s.nest == 0 && s.ended() && (!ok || s.short || s.pos == len(s.buf))
			s.resync()
		}
	}
}

// ended reports whether all of the input is in memory.
func (s *scanner) ended() bool { return s.err == io.EOF } //nolint:errorlint // io.Reader gives it bare

// breaks counts what is broken, once.
func (s *scanner) breaks() {
	if !s.lost {
		s.broken++
	}
	s.lost = true
}

// peek gives the next byte that is no space.
func (s *scanner) peek() (c byte, ok bool) {
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case '\n':
				s.lineHead, s.fresh = true, true
			case ' ', '\t', '\r':
				s.lineHead = false
			default:
				return c, true
			}
			s.pos++
		}
		if s.depth == 0 {
			s.keep = s.pos
		}
		if !s.fill() {
			return 0, false
		}
	}
}

// top takes what stands outside of any object or array: one that begins, a table, or what is around them.
func (s *scanner) top(c byte) {
	s.keep = s.pos
	fresh, lineHead := s.fresh, s.lineHead
	s.fresh, s.lineHead = false, false
	switch {
	case c == '{', c == '[':
		if lineHead {
			s.lost = false
		}
		if !s.lost && s.root == anyNode {
			s.endPage()
		}
		s.field, s.node, s.want = noField, s.root, wantValue
		s.step(c)
	case c == ',' || c == ':' || c == ']' || c == '}':
		s.pos++
	case fresh && s.nest == 0 && s.table():
	case c == '"':
		t, ok := s.quoted()
		if !ok {
			s.breaks()
			s.resync()
			return
		}
		s.sawText = true
		s.found += s.expand(t)
	default:
		s.bareText(fresh)
	}
}

// bareText takes text that stands outside: the null of a last page, what stands before an event on its line, or no JSON at all.
func (s *scanner) bareText(fresh bool) {
	word, end := s.until(func(c byte) bool { return !isBare(c) }, 1024)
	if len(word) > 0 && (end != 0 || s.ended()) && isBareValue(word) {
		s.pos += len(word)
		return
	}
	text, end := s.until(func(c byte) bool { return c == '{' || c == '\n' }, 64<<10)
	if s.sawText = true; end != '{' || !fresh {
		s.breaks()
	}
	s.pos += max(1, len(text))
	if end == 0 || end == '{' && !fresh {
		s.pos = s.keep
		s.resync()
	}
}

// step takes the next token of what is open. It gives false if that is no JSON.
func (s *scanner) step(c byte) bool {
	switch c {
	case '"':
		if s.want == wantComma || s.want == wantColon {
			return false
		}
		t, ok := s.quoted()
		if !ok {
			return false
		}
		if s.want == wantKey || s.want == wantFirstKey {
			s.key(t)
			s.want = wantColon
			return true
		}
		s.value(t)
		s.want = wantComma
		return true
	case '{', '[':
		if s.want != wantValue && s.want != wantFirstValue || s.depth == maxDepth {
			return false
		}
		s.open(c == '[')
	case '}', ']':
		if s.want != wantComma && s.want != wantFirstKey && s.want != wantFirstValue || s.stack[s.depth-1].array != (c == ']') {
			return false
		}
		s.pos++
		s.close()
		s.want = wantComma
		return true
	case ',':
		if s.want != wantComma {
			return false
		}
		if s.want = wantKey; s.stack[s.depth-1].array {
			s.want = wantValue
		}
	case ':':
		if s.want != wantColon {
			return false
		}
		s.want = wantValue
	default:
		if s.want != wantValue && s.want != wantFirstValue {
			return false
		}
		t, ok := s.bare()
		if !ok {
			return false
		}
		s.value(t)
		s.want = wantComma
		return true
	}
	s.pos++
	return true
}

// key finds out what the value is that comes next.
func (s *scanner) key(t token) {
	f := &s.stack[s.depth-1]
	f.items++
	s.sawKey = true
	if f.node == otherNode {
		return
	}
	name := t.unescaped()
	s.field, s.node = f.node.find(name)
	if f.node == anyNode {
		s.vocabulary(name)
	}
}

// open opens an object or an array.
func (s *scanner) open(array bool) {
	f := &s.stack[s.depth]
	f.array, f.items, f.found, f.cells = array, 0, 0, false
	f.rec = &f.own
	f.own.has, f.own.wrong = 0, false
	if s.depth == 0 {
		f.node = s.root
		if s.rootRec != nil {
			f.rec = s.rootRec
		}
		s.keep = s.pos + 1
	} else {
		up := &s.stack[s.depth-1]
		if up.array {
			s.field, s.node = noField, up.node
			up.items++
		}
		up.cells = up.cells || array && !up.array
		f.node = s.node
		isText := s.field.isText() || s.field == fieldTime || up.node != anyNode && s.field != noField
		if isText || array && f.node != anyNode && f.node != otherNode && f.node != resources {
			if s.field != noField {
				up.rec.set(s.field, nil)
			}
			up.rec.wrong, f.node = true, otherNode
		}
		if f.node == anyNode {
			if up.array && !array {
				s.keep = s.pos + 1
			}
		} else {
			f.rec = up.rec
		}
	}
	s.depth++
	if s.want = wantFirstKey; array {
		s.want = wantFirstValue
	}
}

// close closes what was opened last. An object that holds no event may be one, or the cell of a row.
func (s *scanner) close() {
	s.depth--
	f := &s.stack[s.depth]
	if f.node != anyNode {
		return
	}
	isElement := s.depth == 0 || s.stack[s.depth-1].array
	switch {
	case f.found > 0:
		if f.own.holds(fieldColumn) {
			s.page.rows++ // of Logs Insights
		}
	case f.array:
		s.endRow(f)
	case f.own.isEvent():
		s.emit(&f.own)
		f.found++
	case s.depth > 0 && isElement:
		s.cell(f, &s.stack[s.depth-1])
	}
	if isElement || f.found > 0 {
		s.keep = s.pos // what is before counts already
	}
	if s.depth > 0 {
		up := &s.stack[s.depth-1]
		up.found += f.found
		up.cells = up.cells || !f.array && !up.array && f.cells
		return
	}
	s.found += f.found
	s.endTop(f)
}

// value takes a value that is no object and no array.
func (s *scanner) value(t token) {
	f := &s.stack[s.depth-1]
	if f.array {
		f.items++
		s.field, s.node = noField, f.node
	}
	if f.node == otherNode {
		return
	}
	s.sawText = s.sawText || !t.isNull()
	switch {
	case s.field != noField:
		f.rec.put(s.field, t)
		if fieldStatus <= s.field && s.field <= fieldToken && s.nest == 0 {
			s.pageField(s.field, f.rec.get(s.field))
		}
		if s.field < fieldColumn {
			return
		}
	case s.node == otherNode:
		return
	case s.node != anyNode:
		if !t.isNull() {
			f.rec.wrong = f.rec.wrong || t.bare
			s.within(s.node, f.rec, t.unescaped())
		}
		return
	}
	if !t.bare && len(t.text) > 2 {
		f.found += s.expand(t)
	}
}
