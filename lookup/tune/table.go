package tune

import (
	"bytes"
	"slices"
	"strings"
)

// A sheet is what the header of a table says.
type sheet struct {
	columns  []column
	comma    byte
	refused  bool
	unclosed int // rows with a quote that is not closed
}

// maxUnclosed is how many quotes that are not closed cost only their own line. Each makes the
// scanner look at all that follows; after so many, the rest of the table is given up.
const maxUnclosed = 20

// asHeader reads a line as the header of a table. ok is false if it has no name that is known.
func (s *scanner) asHeader(line []byte) (t sheet, ok bool) {
	for _, comma := range []byte(",;\t") {
		cells, n, found := s.split(line, comma, true)
		if found != rowWhole || n != len(line) || !areNames(cells) {
			continue
		}
		t = sheet{comma: comma}
		known, json := 0, false
		for _, cell := range cells {
			c := columnOf(cell)
			if c.tells() {
				known++
			}
			json = json || mayHoldEvents(cell)
			t.columns = append(t.columns, c)
		}
		if json && (len(cells) > 1 || cells[0][0] == '@') || known > 1 {
			names := missed(t.columns)
			counts := holds(t.columns, fieldCalls, anyNode)
			twice := repeated(t.columns, cells)
			switch t.refused = twice != "" || len(names) > 0 && !json; {
			case twice != "":
				s.refuseTwice(twice, counts)
			case t.refused:
				s.refuseTable(names, counts)
			}
			s.isTable = s.isTable || len(names) == 0
			s.counts = s.counts || !t.refused && counts
			return t, true
		}
	}
	return sheet{}, false
}

// refuseTable refuses a table that lacks columns. If it counts calls, it is half of a query's
// result.
func (s *scanner) refuseTable(names []string, counts bool) {
	list := strings.Join(names, ", ")
	if counts {
		s.isResult = true
		s.log.doubt("a result lacks the columns " + list + "; run the query as tune prints it")
		return
	}
	why := "it is a table without the columns " + list
	if slices.Contains(names, "requestParameters (or secretId)") {
		why += ", so it names no secrets; from the event history of CloudTrail's console, download " +
			"the JSON"
	}
	s.refuse(why)
}

// refuseTwice refuses a table that has a column twice.
func (s *scanner) refuseTwice(name string, counts bool) {
	if counts {
		s.isResult = true
		s.log.doubt("a result has the column " + name + " twice; run the query as tune prints it")
		return
	}
	s.refuse("it is a table with the column " + name + " twice; leave out one of them")
}

// areNames reports whether cells can be the names of columns. The first may be empty: it is the
// index that pandas writes.
func areNames(cells [][]byte) bool {
	for i, cell := range cells {
		isIndex := i == 0 && len(cells) > 1 && len(cell) == 0
		if !isIndex && (len(cell) == 0 || len(cell) > 128 || bytes.ContainsAny(cell, "{}=\"\r\n")) {
			return false
		}
	}
	return true
}

// table reads a table if the line at hand is the header of one, or the next row of the table
// before. It stops where anything but a table begins.
func (s *scanner) table() bool {
	if !s.opensTable() && !s.resumesTable() {
		return false
	}
	s.sawText = true
	for {
		s.keep = s.pos
		for (s.pos < len(s.buf) || s.fill()) && (s.buf[s.pos] == '\n' || s.buf[s.pos] == '\r') {
			s.keep = s.pos
			s.pos++
		}
		s.lineHead, s.fresh = true, true
		if s.pos == len(s.buf) {
			return true
		}
		if s.isJSON(&s.sheet) {
			s.cutRow = false
			return true
		}
		s.keep = s.pos
		s.tableRow(&s.sheet)
	}
}

// opensTable takes the line at hand if it is a header.
func (s *scanner) opensTable() bool {
	line, end := s.until(func(c byte) bool { return c == '\n' || c == '{' }, 64<<10)
	if end == '{' {
		return false
	}
	t, ok := s.asHeader(bytes.TrimRight(line, "\r"))
	if ok {
		s.sheet = t
		s.pos += len(line)
	}
	return ok
}

// resumesTable reports whether a row of the table before begins here. Something broken may have
// ended the table.
func (s *scanner) resumesTable() bool {
	t := &s.sheet
	if len(t.columns) < 2 || t.unclosed > maxUnclosed {
		return false
	}
	cells, n, found := s.splitRow(t)
	if n > 64<<10 || found == rowShort {
		t.unclosed++
	}
	return found == rowWhole && len(cells) == len(t.columns)
}

// splitRow splits the row at pos, and reads more of the input if it is needed.
func (s *scanner) splitRow(t *sheet) (cells [][]byte, n, found int) {
	cells, n, found = s.split(s.buf[s.pos:], t.comma, s.ended())
	for found == rowShort && len(s.buf)-s.pos < maxRecord && s.fill() {
		cells, n, found = s.split(s.buf[s.pos:], t.comma, s.ended())
	}
	return cells, n, found
}

// isJSON reports whether the line at hand is JSON, or text before JSON, rather than a row. A row
// has JSON in quotes, or between tabs.
func (s *scanner) isJSON(t *sheet) bool {
	if t.comma == '\t' && s.tabs() == len(t.columns)-1 {
		return false
	}
	isEnd := func(c byte) bool { return bytes.IndexByte([]byte("{[,;\"\n"), c) >= 0 }
	before, end := s.until(isEnd, 512)
	if end != '{' && (end != '[' || len(before) > 0) {
		return false
	}
	n := len(before) + 1
	for len(s.buf)-s.pos < n+64 && s.fill() {
		continue // until enough is there
	}
	return opensJSON(s.buf[s.pos+n-1:])
}

// tabs counts the tabs in the line at hand.
func (s *scanner) tabs() int {
	line, _ := s.until(func(c byte) bool { return c == '\n' }, maxRecord)
	return bytes.Count(line, []byte("\t"))
}

// opensJSON reports whether an object or array begins here that is not in the quotes of a row,
// where its own quotes would be doubled.
func opensJSON(b []byte) bool {
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	if len(rest) == 0 || bytes.IndexByte([]byte("{[}]"), rest[0]) >= 0 {
		return true
	}
	return rest[0] == '"' && (len(rest) == 1 || rest[1] != '"')
}

// tableRow takes the row at pos.
func (s *scanner) tableRow(t *sheet) {
	cells, n, found := s.splitRow(t)
	isWhole := found == rowWhole && len(cells) == len(t.columns)
	s.cutRow = !t.refused && (s.endsWithin(t, cells, n, found) || s.cutRow && !isWhole)
	switch {
	case found == rowShort && s.err != nil && !s.ended():
		s.pos = len(s.buf) // the input itself failed
		return
	case isWhole:
		s.pos += n
		if slices.ContainsFunc(cells, isEventName) {
			if again, ok := s.asHeader(s.buf[s.pos-n : s.pos]); ok {
				*t = again
				return
			}
		}
		if !t.refused {
			s.tableCells(t.columns, cells)
		}
		return
	case found == rowWhole:
		if again, ok := s.asHeader(s.buf[s.pos : s.pos+n]); ok { // of another table
			*t = again
			s.pos += n
			return
		}
	}
	if !t.refused {
		s.broken++
	}
	if n > 64<<10 || found == rowShort {
		t.unclosed++
	}
	s.skipLine(t.unclosed > maxUnclosed)
}

// endsWithin reports whether the input ends within the row at pos: in a quote, before its last
// cell, or in JSON.
func (s *scanner) endsWithin(t *sheet, cells [][]byte, n, found int) bool {
	switch {
	case !s.ended() || s.pos+n < len(s.buf):
		return false
	case found == rowBroken:
		return true
	case s.buf[len(s.buf)-1] == '\n':
		return false
	}
	last := cells[len(cells)-1]
	isOpen := len(last) > 0 && (last[0] == '{' && last[len(last)-1] != '}' ||
		last[0] == '[' && last[len(last)-1] != ']')
	return len(cells) < len(t.columns) || isOpen
}

// skipLine skips the rest of the line at hand, or all that is in memory.
func (s *scanner) skipLine(all bool) {
	line := bytes.IndexByte(s.buf[s.pos:], '\n')
	if all || line < 0 {
		s.pos = len(s.buf)
		return
	}
	s.pos += line + 1
}

func isEventName(cell []byte) bool { return bytes.EqualFold(cell, []byte("eventName")) }

// tableCells counts the event of a row, or the events in its cells.
func (s *scanner) tableCells(columns []column, cells [][]byte) {
	s.row.reset()
	found, begin := 0, len(s.doc)
	for i, text := range cells {
		found += s.fillIn(&s.row, columns[i], text, begin)
	}
	s.doc = s.doc[:begin]
	switch {
	case found > 0:
	case s.row.isEvent():
		s.emit(&s.row)
	case s.row.names(fieldCalls):
		s.broken++
	default:
		s.foreign++
	}
}

// fillIn sets the field of a cell. It returns the number of events in the cell, of which those that
// the row holds already, from index begin of doc on, do not count.
func (s *scanner) fillIn(rec *record, c column, text []byte, begin int) int {
	if c.field != noField {
		rec.named |= 1 << c.field
	}
	switch {
	case isNull(c.field, text):
	case c.field != noField:
		if !rec.yields(c.field, c.node) {
			rec.set(c.field, text)
		}
	case c.node == anyNode:
		return s.inDocument(begin, text, c.spot)
	case c.node != otherNode:
		s.within(c.node, rec, text)
	}
	return 0
}
