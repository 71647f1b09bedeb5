package tune

const (
	maxDepth = 64 // of objects and arrays in each other
	maxNest  = 8  // of strings that hold JSON in each other
)

// What a JSON text must continue with.
const (
	wantComma      = iota // or the end of the object or array
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
	items int  // keys or elements so far
	found int  // events in it, including broken ones
	doc   int  // how many events of the document at hand were known when it was opened
	cells bool // it is an array of the cells of a row, or an object that holds an array
}

// step takes the next token of the innermost frame. It returns false if the token is not JSON
// there.
func (s *scanner) step(c byte) bool {
	switch c {
	case '"':
		return s.text()
	case '{', '[':
		if s.want != wantValue && s.want != wantFirstValue || s.depth == maxDepth {
			return false
		}
		s.open(c == '[')
	case '}', ']':
		isEnd := s.want == wantComma || s.want == wantFirstKey || s.want == wantFirstValue
		if !isEnd || s.stack[s.depth-1].array != (c == ']') {
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

// text takes a string: a key or a value.
func (s *scanner) text() bool {
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
}

// key determines what the next value is.
func (s *scanner) key(t token) {
	f := &s.stack[s.depth-1]
	f.items++
	if f.node == otherNode {
		return
	}
	name := t.unescaped()
	s.field, s.node = f.node.find(name)
	if f.node == anyNode {
		if s.field == noField && s.node == anyNode {
			s.field, s.node = withinNode(name)
		}
		f.own.whole = f.own.whole || s.node == identity || s.node == parameters
		if s.node == anyNode {
			s.vocabulary(name)
		}
	}
}

// vocabulary notes keys that say what a document is: events in another vocabulary than
// CloudTrail's, a page of events, or where an event may stand twice.
func (s *scanner) vocabulary(key []byte) {
	s.spot = spotOf(key)
	switch string(key) {
	case "class_uid":
		s.ocsf = true
	case "cloudtrail":
		s.ecs = true
	case "Events", "events":
		s.page.events = s.page.events || s.depth == 1 && s.nest == 0
		s.sawList = s.sawList || key[0] == 'E'
	case "Records", "QueryResultRows", "Rows", "logEvents":
		s.sawList = true
	case "fields":
		if s.stack[s.depth-1].found > 0 {
			s.node = otherNode // of OpenSearch: parts of _source again, each as a list
		}
	}
}

// open opens an object or an array.
func (s *scanner) open(array bool) {
	f := &s.stack[s.depth]
	f.array, f.items, f.found, f.cells, f.doc = array, 0, 0, false, len(s.doc)
	f.rec = &f.own
	f.own.reset()
	if s.depth == 0 {
		f.node = s.root
		if s.rootRec != nil {
			f.rec = s.rootRec
		}
		s.keep = s.pos + 1
	} else {
		s.openWithin(f, &s.stack[s.depth-1])
	}
	s.depth++
	if s.want = wantFirstKey; array {
		s.want = wantFirstValue
	}
}

// openWithin opens an object or array that is a value of another.
func (s *scanner) openWithin(f, up *frame) {
	if up.array {
		s.field, s.node = noField, up.node
		up.items++
	}
	up.cells = up.cells || f.array && !up.array
	f.node = s.node
	isPlaced := s.field != noField && s.field != fieldID && (up.node != anyNode || s.node == otherNode)
	mustBeText := isPlaced || s.field.isText() || s.field == fieldTime
	if mustBeText || f.array && f.node != anyNode && f.node != otherNode && f.node != resources {
		if s.field != noField {
			up.rec.set(s.field, nil)
		}
		up.rec.wrong, f.node = true, otherNode
	}
	if f.node != anyNode {
		f.rec = up.rec
	} else if up.array && !f.array {
		s.keep = s.pos + 1
	}
}

// close closes the innermost object or array. An object that holds no event may be an event itself,
// or the cell of a row.
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
		if isElement && s.nest == 0 || !s.isCopy(&f.own) {
			s.emit(&f.own)
		}
		if f.own.names(fieldCalls) {
			s.rows.note(&f.own)
		}
		f.found++
	case s.depth > 0 && isElement:
		s.cell(f, &s.stack[s.depth-1])
	}
	if isElement || f.found > 0 {
		s.keep = s.pos // what stands before is counted already
	}
	if isElement && s.nest == 0 {
		s.doc = s.doc[:f.doc]
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

// value takes a value that is not an object or array.
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
		if f.node == anyNode && s.field < fieldStatus && t.isNullInRow(s.field) {
			t = token{text: []byte("null"), bare: true}
		}
		f.rec.put(s.field, s.node, t)
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
