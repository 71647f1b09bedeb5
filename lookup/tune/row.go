package tune

import "bytes"

// What split finds.
const (
	rowShort  = iota // more is needed
	rowBroken        // no row
	rowWhole
)

// split takes the cells of the row that b begins with: CSV, with line breaks and doubled quotes in quotes. They are valid until the
// next call. n includes the end of the line; for a broken row it is how much was looked at.
func (s *scanner) split(b []byte, comma byte, isAll bool) (cells [][]byte, n, found int) {
	s.cells, s.scratch = s.cells[:0], s.scratch[:0]
	for {
		var cell []byte
		if n < len(b) && b[n] == '"' {
			if cell, n, found = s.quotedCell(b, n+1, isAll); found != rowWhole {
				return nil, n, found
			}
		} else {
			end := bytes.IndexAny(b[n:], string([]byte{comma, '"', '\n'}))
			switch {
			case end < 0 && !isAll:
				return nil, 0, rowShort
			case end < 0:
				end = len(b) - n
			case b[n+end] == '"':
				return nil, 0, rowBroken
			}
			cell = b[n : n+end]
			if n += end; n == len(b) || b[n] == '\n' {
				cell = bytes.TrimSuffix(cell, []byte("\r"))
			}
		}
		s.cells = append(s.cells, cell)
		switch {
		case n == len(b):
			return s.cells, n, rowWhole
		case b[n] == '\n':
			return s.cells, n + 1, rowWhole
		case (b[n] == '{' || b[n] == '[') && opensJSON(b[n:]): // a file without a line break at its end, and another
			return s.cells, n, rowWhole
		}
		n++
	}
}

// quotedCell takes a cell whose text begins at n. What follows it is a comma, or the end of the row.
func (s *scanner) quotedCell(b []byte, n int, isAll bool) (cell []byte, end, found int) {
	begin, from := n, len(s.scratch)
	for {
		at := bytes.IndexByte(b[n:], '"')
		if at < 0 || n+at+1 == len(b) && !isAll {
			if isAll {
				return nil, len(b), rowBroken
			}
			return nil, 0, rowShort
		}
		n += at + 1
		if n < len(b) && b[n] == '"' { // doubled
			s.scratch = append(s.scratch, b[begin:n]...)
			n++
			begin = n
			continue
		}
		cell = b[begin : n-1]
		if len(s.scratch) > from {
			s.scratch = append(s.scratch, cell...)
			cell = s.scratch[from:len(s.scratch):len(s.scratch)]
		}
		if n < len(b) && b[n] == '\r' && (n+1 == len(b) || b[n+1] == '\n') {
			n++
		}
		if n == len(b) || bytes.IndexByte([]byte(",;\t\n"), b[n]) >= 0 || (b[n] == '{' || b[n] == '[') && opensJSON(b[n:]) {
			return cell, n, rowWhole
		}
		return nil, n, rowBroken
	}
}

// cell takes an element of an array that may be a row: {"COLUMN": "text"} as CloudTrail Lake has them, {"field": "COLUMN", "value":
// "text"} of Logs Insights, or {"VarCharValue": "text"} of Athena, whose NULL is {}.
func (s *scanner) cell(f, row *frame) {
	n := row.items
	switch {
	case f.own.holds(fieldCell), f.items == 0:
		if !row.cells && n == 1 {
			s.cells = s.cells[:0]
		}
		if len(s.cells) == n-1 {
			s.cells = append(s.cells, append([]byte(nil), f.own.get(fieldCell)...))
		}
		row.cells = row.cells || f.items > 0
	case f.own.holds(fieldColumn) && f.own.holds(fieldValue):
		row.found += s.fillIn(&row.own, columnOf(f.own.get(fieldColumn)), f.own.get(fieldValue))
		row.cells = true
	case f.items == 1 && f.own.has != 0:
		row.own.merge(&f.own)
		row.cells = true
	}
}

// endRow takes an array of cells.
func (s *scanner) endRow(f *frame) {
	if !f.cells {
		return
	}
	if f.own.has != 0 {
		if s.page.addRow(&f.own); f.own.isEvent() {
			s.emit(&f.own)
			f.found++
		}
		return
	}
	if s.isHeader() {
		s.header, s.page.first = nil, true
		for _, name := range s.cells {
			s.header = append(s.header, columnOf(name))
		}
		if names := missed(s.header); len(names) > 0 {
			s.refuseTable(names)
			s.header = nil
		}
		s.isResult, s.counts = true, s.counts || holds(s.header, fieldCalls, anyNode)
		return
	}
	if len(s.header) != len(s.cells) {
		s.page.rows++
		s.refuse("it has rows of Athena without a header; read the first page of the result before the others, in one input")
		return
	}
	s.row.reset()
	for i, text := range s.cells {
		f.found += s.fillIn(&s.row, s.header[i], text)
	}
	if s.page.addRow(&s.row); f.found == 0 && s.row.isEvent() {
		s.emit(&s.row)
		f.found++
	}
}

// isHeader reports whether the cells at hand are names of columns.
func (s *scanner) isHeader() bool {
	for _, cell := range s.cells {
		if bytes.EqualFold(cell, []byte("eventName")) {
			return true
		}
	}
	return false
}
