package tune

import (
	"bytes"
	"fmt"
	"io"
)

// A scanner finds events wherever they stand: in objects, in arrays, and in strings that hold JSON.
// It looks at each byte once, and keeps only the fields of an event that count. Broken text costs
// no more than its own record: scanning continues where the next record begins.
type scanner struct {
	*reader
	stream

	stack [maxDepth]frame
	depth int
	want  int
	field field // of the value that comes next
	node  node
	spot  spot

	root    node    // of the outermost object
	rootRec *record // where the fields of the outermost object go, if it is not an event of its own

	nest     int
	inner    *scanner // for strings that hold JSON
	found    int
	broken   int
	lineHead bool // pos is at the beginning of a line
	fresh    bool // only spaces stand between pos and the beginning of the line or the end of a value
	behind   bool // only text stands between a value and pos, on one line
	lost     bool // what follows may be the rest of something broken
	cut      bool // an object or array was open at the end of the input
	cutRow   bool // the last row of a table is not whole

	sheet   sheet // the last table
	row     record
	cells   [][]byte // of the row at hand
	scratch []byte   // holds cells that differ from the input, since their quotes are removed
}

// run scans to the end of the input.
func (s *scanner) run() {
	s.depth, s.found, s.broken = 0, 0, 0
	s.lineHead, s.fresh, s.behind, s.lost = true, true, false, false
	for {
		c, ok := s.peek()
		switch {
		case ok && s.depth == 0:
			s.top(c)
		case ok && s.step(c):
		case !ok && s.depth == 0:
			return
		case !ok && !s.ended():
			return // the input itself failed
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
func (s *scanner) ended() bool { return s.err == io.EOF } //nolint:errorlint // io.Reader returns it unwrapped

// cutShort returns the error of a plain text that is cut short, or nil.
func (s *scanner) cutShort() error {
	switch {
	case s.cut:
		return fmt.Errorf("an object or array is not closed: %w", io.ErrUnexpectedEOF)
	case s.cutRow:
		return fmt.Errorf("the last row of its table is cut short: %w", io.ErrUnexpectedEOF)
	}
	return nil
}

// breaks counts something broken once, however many pieces of it follow.
func (s *scanner) breaks() {
	if !s.lost {
		s.broken++
	}
	s.lost = true
}

// peek returns the next byte that is not a space.
func (s *scanner) peek() (c byte, ok bool) {
	for {
		for s.pos < len(s.buf) {
			switch c := s.buf[s.pos]; c {
			case '\n':
				s.lineHead, s.fresh, s.behind = true, true, false
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

// top takes what stands outside of any object or array: the beginning of one, a table, or the text
// around them.
func (s *scanner) top(c byte) {
	s.keep, s.sawValue = s.pos, true
	fresh, lineHead := s.fresh, s.lineHead
	s.fresh, s.lineHead = false, false
	switch {
	case c == '{', c == '[':
		if lineHead {
			s.lost = false
		}
		if !s.lost && s.nest == 0 {
			s.endPage()
		}
		s.field, s.node, s.want = noField, s.root, wantValue
		s.step(c)
	case c == ',' && lineHead && s.nest == 0 && s.table(): // its first column has no name
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
		s.found += s.alone(t)
	default:
		s.bareText(fresh)
	}
}

// bareText takes text outside of any value: the null of a last page, what stands before or after an
// event on its line, or text that is not JSON at all.
func (s *scanner) bareText(fresh bool) {
	word, end := s.until(func(c byte) bool { return !isBare(c) }, 1024)
	if len(word) > 0 && (end != 0 || s.ended()) && isBareValue(word) {
		s.pos += len(word)
		return
	}
	text, end := s.until(func(c byte) bool { return c == '{' || c == '\n' }, 64<<10)
	s.sawText = true
	isNext := fresh && end == '{'
	if !isNext && (!fresh && !s.behind || mayBeRecord(text, s.behind)) {
		s.breaks()
	}
	s.pos += max(1, len(text))
	if end == 0 || end == '{' && !fresh {
		s.pos = s.keep
		s.resync()
	}
}

// mayBeRecord reports whether text that is not JSON may be what is left of a record. The AWS CLI
// prints other fields of an event around it: as YAML, text or a table.
func mayBeRecord(text []byte, isBehind bool) bool {
	if bytes.ContainsAny(text, "\"{}") {
		return true
	}
	isRow := bytes.Contains(text, []byte("GetSecretValue")) &&
		bytes.Contains(text, []byte("secretsmanager.amazonaws.com"))
	return isRow && !isBehind
}

// endTop ends an outermost object or array.
func (s *scanner) endTop(f *frame) {
	s.fresh, s.behind = true, true
	if f.found == 0 && !s.lost && s.nest == 0 {
		switch {
		case s.ocsf:
			s.refuse("it has events in OCSF, as Security Lake keeps them; give CloudTrail's own log " +
				"files from S3, or the result of tune's query in Athena")
		case s.ecs:
			s.refuse("it has events in ECS; give CloudTrail's own log files from S3, or export with " +
				"event.original")
		case !f.array && !f.cells:
			s.foreign++
		}
	}
	if s.nest == 0 {
		s.ocsf, s.ecs = false, false
		if !s.lost {
			s.endPage()
		}
	}
}
