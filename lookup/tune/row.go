package tune

import (
	"bytes"
	"slices"
)

// What split finds.
const (
	rowShort  = iota // the row continues after the text
	rowBroken        // the text is not a row
	rowWhole
)

// split returns the cells of the row at the beginning of b: CSV, with line breaks and doubled
// quotes in quotes. Between tabs, quotes may also stand as they are. The cells are valid until the
// next call. n includes the end of the line; for a broken row it is how many bytes were looked at.
func (s *scanner) split(b []byte, comma byte, isAll bool) (cells [][]byte, n, found int) {
	s.cells, s.scratch = s.cells[:0], s.scratch[:0]
	for {
		cell, end, found := s.nextCell(b, n, comma, isAll)
		if n = end; found != rowWhole {
			return nil, n, found
		}
		s.cells = append(s.cells, cell)
		switch {
		case n == len(b):
			return s.cells, n, rowWhole
		case b[n] == '\n':
			return s.cells, n + 1, rowWhole
		case (b[n] == '{' || b[n] == '[') && opensJSON(b[n:]):
			return s.cells, n, rowWhole // the last line has no line break, and another file follows
		}
		n++
	}
}

// nextCell returns the cell that begins at n, and where it ends.
func (s *scanner) nextCell(b []byte, n int, comma byte, isAll bool) (cell []byte, end, found int) {
	if n < len(b) && b[n] == '"' {
		cell, end, found = s.quotedCell(b, n+1, isAll)
		if comma != '\t' || found != rowBroken {
			return cell, end, found
		}
	}
	ends := string([]byte{comma, '\n', '"'})
	if comma == '\t' {
		ends = "\t\n" // quotes stand for themselves
	}
	switch end = bytes.IndexAny(b[n:], ends); {
	case end < 0 && !isAll:
		return nil, 0, rowShort
	case end < 0:
		end = len(b) - n
	case b[n+end] == '"':
		return nil, 0, rowBroken
	}
	end += n
	cell = b[n:end]
	if end == len(b) || b[end] == '\n' {
		cell = bytes.TrimSuffix(cell, []byte("\r"))
	}
	return cell, end, rowWhole
}

// quotedCell returns the cell in quotes whose text begins at n. A comma or the end of the row must
// follow.
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
		isEnd := n == len(b) || bytes.IndexByte([]byte(",;\t\n"), b[n]) >= 0
		if isEnd || (b[n] == '{' || b[n] == '[') && opensJSON(b[n:]) {
			return cell, n, rowWhole
		}
		return nil, n, rowBroken
	}
}

// cell takes an element of an array that may be the cell of a row: {"COLUMN": "text"} of CloudTrail
// Lake, {"field": "COLUMN", "value": "text"} of Logs Insights, or {"VarCharValue": "text"} of
// Athena, whose NULL is {}.
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
		name, text := f.own.get(fieldColumn), f.own.get(fieldValue)
		row.found += s.fillIn(&row.own, columnOf(name), text, row.doc)
		row.cells = true
	case f.items == 1 && f.own.named != 0:
		row.own.merge(&f.own)
		row.cells = true
	}
}

// endRow takes an array of cells.
func (s *scanner) endRow(f *frame) {
	switch {
	case !f.cells:
		return
	case f.own.named != 0:
		s.pageRow(f, &f.own)
		return
	case slices.ContainsFunc(s.cells, isEventName):
		s.rowHeader()
		return
	case s.refusedRows:
		s.page.rows++
		return
	case len(s.header) != len(s.cells):
		s.page.rows++
		s.refuse("it has rows of Athena without a header; read the first page of the result before " +
			"the others, in one input")
		return
	}
	s.row.reset()
	for i, text := range s.cells {
		f.found += s.fillIn(&s.row, s.header[i], text, f.doc)
	}
	s.pageRow(f, &s.row)
}

// pageRow counts a row of a page.
func (s *scanner) pageRow(f *frame, rec *record) {
	s.page.addRow(rec)
	switch {
	case f.found > 0:
	case rec.isEvent():
		s.emit(rec)
		f.found++
	case rec.names(fieldCalls):
		s.isResult, s.counts = true, true
		s.broken++
		f.found++
	}
}

// rowHeader takes the cells at hand as the names of columns.
func (s *scanner) rowHeader() {
	s.header, s.page.first, s.refusedRows = nil, true, false
	for _, name := range s.cells {
		s.header = append(s.header, columnOf(name))
	}
	counts := holds(s.header, fieldCalls, anyNode)
	if name := repeated(s.header, s.cells); name != "" {
		s.refuseTwice(name, counts)
		s.refusedRows = true
	} else if names := missed(s.header); len(names) > 0 {
		s.refuseTable(names, counts)
		s.refusedRows = true
	}
	s.isResult, s.counts = true, s.counts || counts
}
