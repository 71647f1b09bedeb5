package tune

import (
	"bytes"
	"slices"
	"strings"
)

// A column is what a column of a table holds: a field, the text of a node, or anything else, which may be JSON.
type column struct {
	field field
	node  node
}

// inNode names the nodes as columns name them, the longest first.
var inNode = []struct {
	name string
	node node
}{
	{"useridentitysessioncontextsessionissuer", issuer}, {"useridentitysessioncontext", session}, {"useridentity", identity}, {"requestparameters", parameters},
}

// columnOf finds the column of a name. Dots and case make no difference: requestParameters.secretId is requestparameterssecretid.
func columnOf(name []byte) column {
	key := bytes.ToLower(bytes.Map(func(r rune) rune {
		if r == '.' || r == '_' || r == ' ' {
			return -1
		}
		return r
	}, name))
	for _, in := range inNode {
		if rest, ok := bytes.CutPrefix(key, []byte(in.name)); ok && len(rest) > 0 {
			f, child := in.node.find(rest)
			return column{f, child}
		}
	}
	f, n := anyNode.find(key)
	if f >= fieldStatus {
		f = noField
	}
	return column{f, n}
}

// tells reports whether a column is one that only tables of events and results have.
func (c column) tells() bool {
	switch c.field {
	case noField:
		return c.node == identity || c.node == parameters
	case fieldName, fieldSource, fieldTime, fieldCode, fieldMessage, fieldSecret, fieldCalls, fieldFirst, fieldLast:
		return true
	}
	return false
}

// A sheet is a table by its header.
type sheet struct {
	columns  []column
	comma    byte
	refused  bool
	unclosed int // rows with a quote that nothing closes
}

// maxUnclosed is how often a quote that nothing closes costs its line only: to find that out, all that follows is looked at.
const maxUnclosed = 20

// holds reports whether one of the columns is that of a field, or of the node it stands in.
func holds(columns []column, f field, n node) bool {
	return slices.ContainsFunc(columns, func(c column) bool {
		return c.field == f && f != noField || n != anyNode && c.field == noField && c.node == n
	})
}

// missed names the columns that a table lacks to be one of events, or the result of a query.
func missed(columns []column) (names []string) {
	want := func(name string, f field, n node) {
		if !holds(columns, f, n) {
			names = append(names, name)
		}
	}
	want("eventName", fieldName, anyNode)
	if holds(columns, fieldCalls, anyNode) {
		want("firsttime", fieldFirst, anyNode)
		want("lasttime", fieldLast, anyNode)
	} else {
		want("eventSource", fieldSource, anyNode)
	}
	want("requestParameters (or secretId)", fieldSecret, parameters)
	want("errorCode", fieldCode, anyNode)
	want("errorMessage", fieldMessage, anyNode)
	return names
}

// mayHoldEvents reports whether a column is one that holds events as JSON.
func mayHoldEvents(name []byte) bool {
	switch strings.ToLower(string(bytes.Trim(name, "@_ "))) {
	case "message", "detail", "raw", "original", "event.original", "cloudtrailevent", "event", "body", "record":
		return true
	}
	return false
}

// asHeader reads a line as the header of a table. One with no name that is known is none.
func (s *scanner) asHeader(line []byte) (t sheet, ok bool) {
	for _, comma := range []byte(",;\t") {
		cells, n, found := s.split(line, comma, true)
		if found != rowWhole || n != len(line) || slices.ContainsFunc(cells, isNoName) {
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
			if t.refused = len(names) > 0 && !json; t.refused {
				s.refuseTable(names)
			}
			s.isTable = s.isTable || len(names) == 0
			s.counts = s.counts || !t.refused && holds(t.columns, fieldCalls, anyNode)
			return t, true
		}
	}
	return sheet{}, false
}

func (s *scanner) refuseTable(names []string) {
	why := "it is a table without the columns " + strings.Join(names, ", ")
	if slices.Contains(names, "requestParameters (or secretId)") {
		why += ", so it names no secrets; from the event history of CloudTrail's console, download the JSON"
	}
	s.refuse(why)
}

// isNoName tells what can be no name of a column.
func isNoName(cell []byte) bool {
	return len(cell) == 0 || len(cell) > 128 || bytes.ContainsAny(cell, "{}=\"\r\n")
}

// table reads a table, if the line at hand is the header of one, up to its end or to what is no table.
func (s *scanner) table() bool {
	line, end := s.until(func(c byte) bool { return c == '\n' || c == '{' }, 64<<10)
	if end == '{' {
		return false
	}
	size := len(line)
	line = bytes.TrimRight(line, "\r")
	t, ok := s.asHeader(line)
	if !ok {
		return false
	}
	s.sawText = true
	s.pos += size
	for {
		for s.keep = s.pos; (s.pos < len(s.buf) || s.fill()) && (s.buf[s.pos] == '\n' || s.buf[s.pos] == '\r'); s.pos++ {
			s.keep = s.pos
		}
		s.lineHead, s.fresh = true, true
		if s.pos == len(s.buf) || s.isJSON() {
			return true
		}
		s.keep = s.pos
		s.tableRow(&t)
	}
}

// isJSON reports whether the line at hand is one of JSON, or has text before JSON, rather than a row, which has such signs in quotes.
func (s *scanner) isJSON() bool {
	before, end := s.until(func(c byte) bool { return c == '{' || c == '[' || c == ',' || c == ';' || c == '"' || c == '\n' }, 512)
	if end != '{' && (end != '[' || len(before) > 0) {
		return false
	}
	n := len(before) + 1
	for len(s.buf)-s.pos < n+64 && s.fill() {
		continue // until enough is there
	}
	return opensJSON(s.buf[s.pos+n-1:])
}

// opensJSON reports whether an object or array begins here that is not in the quotes of a row, which would be doubled.
func opensJSON(b []byte) bool {
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	return len(rest) == 0 || bytes.IndexByte([]byte("{[}]"), rest[0]) >= 0 || rest[0] == '"' && (len(rest) == 1 || rest[1] != '"')
}

// tableRow takes the row at pos.
func (s *scanner) tableRow(t *sheet) {
	cells, n, found := s.split(s.buf[s.pos:], t.comma, s.ended())
	for found == rowShort && len(s.buf)-s.pos < maxRecord && s.fill() {
		cells, n, found = s.split(s.buf[s.pos:], t.comma, s.ended())
	}
	switch {
	case found == rowShort && s.err != nil && !s.ended():
		s.pos = len(s.buf) // it is the input that is broken
		return
	case found == rowWhole && len(cells) == len(t.columns):
		s.pos += n
		if slices.ContainsFunc(cells, func(c []byte) bool { return bytes.EqualFold(c, []byte("eventName")) }) {
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
	if t.unclosed > maxUnclosed {
		s.pos = len(s.buf)
		return
	}
	if line := bytes.IndexByte(s.buf[s.pos:], '\n'); line >= 0 {
		s.pos += line + 1
	} else {
		s.pos = len(s.buf)
	}
}

// tableCells counts the event of a row, or those in one of its cells.
func (s *scanner) tableCells(columns []column, cells [][]byte) {
	s.row.reset()
	found := 0
	for i, text := range cells {
		found += s.fillIn(&s.row, columns[i], text)
	}
	switch {
	case found > 0:
	case s.row.isEvent():
		s.emit(&s.row)
	default:
		s.foreign++
	}
}

// fillIn sets what a cell holds. It gives the number of events in it.
func (s *scanner) fillIn(rec *record, c column, text []byte) int {
	switch {
	case len(text) == 0:
	case c.field != noField:
		rec.set(c.field, text)
	case c.node != anyNode && c.node != otherNode:
		s.within(c.node, rec, text)
	case c.node == anyNode && (text[0] == '{' || text[0] == '[') && mentions(text):
		return s.nested(anyNode, nil, text)
	}
	return 0
}
