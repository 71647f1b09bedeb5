package tune

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
)

// maxRecord is the most that one event may take. CloudTrail's own limit is a quarter of it.
const maxRecord = 1 << 20

// A stream cuts its input into records: JSON objects, and strings, which may hold an object. What stands around them is passed
// over: the array of a log file that is one line of a gigabyte, commas, ends of lines. So a log file, several in a row, JSON Lines
// and the pages that the AWS CLI prints are read alike, and a broken record costs no more than itself.
type stream struct {
	ctx  context.Context
	in   io.Reader
	room []byte
	buf  []byte // the part of room that is read and not yet used
	last []byte // buf as it was before the last record was taken from it
	err  error  // of in; io.EOF at its end
}

// next gives a record, which is valid until the next call, or nil for a broken one. The error is io.EOF, or what ended the input.
func (s *stream) next() ([]byte, error) {
	for {
		if s.buf = bytes.TrimLeft(s.buf, " \t\r\n,:[]}"); len(s.buf) == 0 {
			if !s.fill() {
				return nil, s.err
			}
			continue
		}
		n, found := cut(s.buf)
		for found == cutShort && len(s.buf) < maxRecord && s.fill() {
			n, found = cut(s.buf)
		}
		switch {
		case found == cutRecord:
			record := s.buf[:n]
			s.last, s.buf = s.buf, s.buf[n:]
			return record, nil
		case found == cutOther:
			s.buf = s.buf[n:]
		case found == cutShort && s.err != nil && s.err != io.EOF: //nolint:errorlint // io.Reader gives it bare
			return nil, s.err // it is the input that is broken
		default:
			s.resync()
			return nil, nil
		}
	}
}

// fill reads more. At the end of the input, and for an error, it gives false.
func (s *stream) fill() bool {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if len(s.buf) > len(s.room)/2 {
		room := make([]byte, 2*len(s.room))
		s.buf, s.room = room[:copy(room, s.buf)], room
	} else {
		if s.room == nil {
			s.room = make([]byte, 256<<10)
		}
		s.buf = s.room[:copy(s.room, s.buf)]
	}
	had := len(s.buf)
	for empty := 0; s.err == nil && len(s.buf) < len(s.room); {
		var n int
		n, s.err = s.in.Read(s.room[len(s.buf):])
		s.buf = s.room[:len(s.buf)+n]
		if empty++; n > 0 {
			empty = 0
		} else if empty > 100 && s.err == nil {
			s.err = io.ErrNoProgress
		}
	}
	return len(s.buf) > had
}

// resync goes on at the next place where a record seems to begin.
func (s *stream) resync() {
	s.buf = s.buf[1:]
	for {
		if at := begin(s.buf); at >= 0 {
			s.buf = s.buf[at:]
			return
		}
		s.buf = s.buf[max(0, len(s.buf)-128):] // which may hold half of a beginning
		if !s.fill() {
			s.buf = nil
			return
		}
	}
}

// firstKeys are those that a record, or what is around records, has first.
var firstKeys = [][]byte{[]byte(`"eventVersion"`), []byte(`"EventId"`), []byte(`"Records"`), []byte(`"Events"`)}

// begin finds where a record seems to begin: a line with a brace, or a brace before one of the first keys.
func begin(b []byte) int {
	first := -1
	if at := bytes.Index(b, []byte("\n{")); at >= 0 {
		first, b = at+1, b[:at]
	}
	for _, key := range firstKeys {
		for from := 0; ; {
			at := bytes.Index(b[from:], key)
			if at < 0 {
				break
			}
			if before := bytes.TrimRight(b[:from+at], " \t\r\n"); bytes.HasSuffix(before, []byte("{")) {
				first, b = len(before)-1, b[:len(before)-1]
				break
			}
			from += at + len(key)
		}
	}
	return first
}

// What cut finds.
const (
	cutShort  = iota // more is needed
	cutBroken        // no JSON
	cutRecord        // an object, or a string that holds one
	cutOther         // another value, or what opens an object around records
)

// What a JSON text goes on with. A key is wanted after { and after the comma of an object.
const (
	wantValue = iota
	wantKey
	wantNone
)

const maxDepth = 64

// cut finds the end of the JSON value that b begins with. It looks at the structure only, but at all of that: a record that lost
// its end must not swallow the next.
func cut(b []byte) (n, found int) {
	var arrays uint64 // a bit for each open bracket, 0 for an object's
	depth, want := 0, wantValue
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case ' ', '\t', '\r', '\n':
			continue
		case '"':
			if want == wantNone {
				return 0, cutBroken
			}
			end, found := cutString(b, i)
			if found != cutRecord {
				return 0, found
			}
			if want == wantKey && depth == 1 && isAround(b[i:end]) {
				if n, found := cutAround(b, end); found != cutBroken {
					return n, found
				}
			}
			i, want = end-1, wantNone
		case '{', '[':
			if want != wantValue || depth == maxDepth {
				return 0, cutBroken
			}
			depth++
			if arrays <<= 1; c == '[' {
				arrays |= 1
			} else {
				want = wantKey
			}
			continue
		case '}', ']':
			if depth == 0 || arrays&1 == 1 != (c == ']') {
				return 0, cutBroken
			}
			depth--
			arrays >>= 1
			want = wantNone
		case ',':
			if want != wantNone {
				return 0, cutBroken
			}
			if want = wantKey; arrays&1 == 1 {
				want = wantValue
			}
			continue
		case ':':
			if want != wantNone || arrays&1 == 1 {
				return 0, cutBroken
			}
			want = wantValue
			continue
		default: // a number, null, true or false
			end := i
			for end < len(b) && isLiteral(b[end]) {
				end++
			}
			if want != wantValue || end == i {
				return 0, cutBroken
			}
			if depth == 0 {
				return cutBare(b[:end], end == len(b))
			}
			i, want = end-1, wantNone
		}
		if depth == 0 {
			if b[0] == '"' && !bytes.HasPrefix(bytes.TrimLeft(b[1:i], " "), []byte("{")) {
				return i + 1, cutOther // such as the name of a page
			}
			return i + 1, cutRecord
		}
	}
	return 0, cutShort
}

// cutString finds the end of the string that begins at i. No string goes over the end of a line.
func cutString(b []byte, i int) (end, found int) {
	escaped := false
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c < ' ':
			return 0, cutBroken
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return i + 1, cutRecord
		}
	}
	return 0, cutShort
}

// isAround tells the keys of the arrays that hold records: of a log file, and of what lookup-events prints.
func isAround(key []byte) bool {
	return string(key) == `"Records"` || string(key) == `"Events"`
}

// cutAround finds the beginning of the array that is behind a key which ends at i.
func cutAround(b []byte, i int) (n, found int) {
	for _, want := range []byte(":[") {
		for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
			i++
		}
		if i == len(b) {
			return 0, cutShort
		}
		if b[i] != want {
			return 0, cutBroken
		}
		i++
	}
	return i, cutOther
}

// cutBare looks at what stands bare between records, such as the null of a last page.
func cutBare(b []byte, atEnd bool) (n, found int) {
	if atEnd && len(b) < 32 {
		return len(b), cutShort
	}
	if json.Valid(b) {
		return len(b), cutOther
	}
	return 0, cutBroken
}

func isLiteral(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

// retry goes back into a record that is not what it seemed, if another begins in it.
func (s *stream) retry(record []byte) {
	if len(record) == 0 {
		return
	}
	if at := begin(record[1:]); at >= 0 {
		s.buf = s.last[1+at:]
	}
}
