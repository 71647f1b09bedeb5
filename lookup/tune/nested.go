package tune

import (
	"bytes"
	"encoding/json"
)

// expand scans a string that holds events, and returns how many it holds, including broken ones.
func (s *scanner) expand(t token) int {
	if bytes.IndexByte(t.text, '{') < 0 || !mentions(t.text) {
		return 0
	}
	if s.nest > 0 {
		return s.embedded(t.unescaped())
	}
	// The string belongs to the innermost object that is an element or outermost.
	at := s.depth - 1
	for at > 0 && !s.stack[at-1].array {
		at--
	}
	if s.stack[s.depth-1].array {
		return s.alone(t)
	}
	return s.inDocument(s.stack[at].doc, t.unescaped(), s.spot)
}

// alone scans a string that stands in no object, such as an element of an array.
func (s *scanner) alone(t token) int {
	begin := len(s.doc)
	found := s.inDocument(begin, t.unescaped(), elsewhere)
	s.doc = s.doc[:begin]
	return found
}

// inDocument scans text that belongs to the document whose events begin at an index of doc. Events
// that the document holds elsewhere do not count again.
func (s *scanner) inDocument(begin int, text []byte, at spot) int {
	if s.nest == 0 {
		s.docBegin, s.docEnd, s.docSpot = begin, len(s.doc), at
	}
	return s.embedded(text)
}

// embedded scans text that may hold events: JSON, JSON as a string of JSON, a dict as Python prints
// it, or JSON after other text, such as the prefix of syslog.
func (s *scanner) embedded(text []byte) int {
	if s.nest == maxNest || bytes.IndexByte(text, '{') < 0 || !mentions(text) {
		return 0
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	switch {
	case isPython(text):
		converted, ok := fromPython(text)
		if !ok {
			s.refuse(pythonRefused)
			s.broken++
			return 1
		}
		text = converted
	case bytes.IndexByte([]byte(`{["`), text[0]) < 0:
		begin := objectIn(text)
		if begin < 0 {
			return 0
		}
		text = text[begin:]
	}
	return s.nested(anyNode, nil, text)
}

// objectIn returns where the first object of JSON with a key seems to begin in a text, or -1.
func objectIn(text []byte) int {
	for i, c := range text {
		if c != '{' {
			continue
		}
		if rest := bytes.TrimLeft(text[i+1:], " \t\r\n"); len(rest) > 0 && rest[0] == '"' {
			return i
		}
	}
	return -1
}

// mentions reports whether a text has the key that every event has, in one of the usual spellings.
func mentions(text []byte) bool {
	for _, name := range [][]byte{
		[]byte("eventName"), []byte("eventname"), []byte("EventName"), []byte("EVENTNAME"),
	} {
		if bytes.Contains(text, name) {
			return true
		}
	}
	return false
}

// nested scans text in memory, and returns how many events it found, including broken ones.
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

// unwrapped returns the text of a string of JSON, which may be one again. Other text is returned as
// it is.
func unwrapped(text []byte) []byte {
	text = bytes.TrimSpace(text)
	for range maxNest {
		var inner string
		if len(text) == 0 || text[0] != '"' || json.Unmarshal(text, &inner) != nil {
			break
		}
		text = bytes.TrimSpace([]byte(inner))
	}
	return text
}

// maxCopies is how many events of one document are recognized when they occur in it again.
const maxCopies = 1024

// A spot is where in a document an event stands.
type spot uint64

const (
	asObject  spot = iota
	inMessage      // a string of this name
	inOriginal
	elsewhere // a string of any other name

	allSpots = elsewhere
)

func spotOf(key []byte) spot {
	switch string(key) {
	case "message", "Message", "@message":
		return inMessage
	case "original", "event.original":
		return inOriginal
	}
	return elsewhere
}

// isCopy reports whether the document at hand holds the event already: message and event.original
// of Elastic are the same event. Events without eventID that are alike are copies only in different
// places, since an object may hold many. Otherwise isCopy notes the event.
func (s *scanner) isCopy(rec *record) bool {
	known, at := s.doc, asObject
	if s.nest > 0 {
		known, at = s.doc[s.docBegin:s.docEnd], s.docSpot // not those of the same string
	}
	sum := rec.sum()&^uint64(allSpots) | uint64(at)
	for _, other := range known {
		differ := other ^ sum
		if differ == 0 && rec.holds(fieldID) || differ != 0 && differ <= uint64(allSpots) {
			return true
		}
	}
	if len(s.doc) < maxCopies {
		s.doc = append(s.doc, sum)
	}
	return false
}
