package tune

import "bytes"

// expand scans a string that holds JSON with events in it, and gives their number.
func (s *scanner) expand(t token) int {
	text := bytes.TrimLeft(t.text, " ")
	if s.nest == maxNest || len(text) == 0 || text[0] != '{' && text[0] != '[' && text[0] != '\\' || !mentions(text) {
		return 0
	}
	return s.nested(anyNode, nil, t.unescaped())
}

// mentions reports whether a text has the name of the field that every event has, in one of the cases of letters that are in use.
func mentions(text []byte) bool {
	for _, name := range [][]byte{[]byte("eventName"), []byte("eventname"), []byte("EventName"), []byte("EVENTNAME")} {
		if bytes.Contains(text, name) {
			return true
		}
	}
	return false
}

// nested scans text in memory, and gives how many events it found, broken ones too.
func (s *scanner) nested(root node, rec *record, text []byte) int {
	in := s.inner
	if in == nil {
		in = &scanner{reader: s.reader, nest: s.nest + 1}
		s.inner = in
	}
	in.stream, in.root, in.rootRec = held(text), root, rec
	in.run()
	if rec != nil {
		rec.wrong = rec.wrong || in.broken > 0
		return 0
	}
	s.broken += in.broken
	return in.found + in.broken
}
