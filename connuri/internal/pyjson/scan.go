// Package pyjson implements the rules of Python's json.loads and json.dumps. They accept other text
// than encoding/json and write every byte differently. The package builds no tree in memory: a
// value is a piece of its document.
package pyjson

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Kind is the kind of a value. Python distinguishes whole numbers from floats.
type Kind uint8

// The kinds of a value.
const (
	Null Kind = iota
	False
	True
	Int
	Float // NaN, Infinity and -Infinity too
	String
	Array
	Object
)

// Value is one value as it is written in a document that was found valid.
type Value struct {
	Kind    Kind
	Escaped bool   // a String that holds a backslash
	Raw     string // the text; of a String, what is between its quotes
	Offset  int    // of Raw in the document, in bytes
}

// MaxDepth is how deep arrays and objects may be nested. Python's own limit is close to it and
// depends on the version and the caller's stack.
const MaxDepth = 1000

// The errors for a document. Only ErrSyntax is Python's JSONDecodeError, which Airflow tolerates in
// places.
var (
	ErrSyntax = errors.New("not valid JSON")
	ErrDigits = errors.New("a whole number of more than 4300 digits") // ValueError
	ErrDepth  = errors.New("nested too deep")                         // RecursionError
	ErrObject = errors.New("not a JSON object")
)

// Error is one of the errors above and the byte where it was met.
type Error struct {
	Err    error
	Offset int
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// IsSyntax reports whether err is what Python calls a JSONDecodeError.
func IsSyntax(err error) bool { return errors.Is(err, ErrSyntax) }

// Load is json.loads(doc).
func Load(doc string) (Value, error) {
	s := scanner{doc: doc}
	s.space()
	v, err := s.value(0)
	if err != nil {
		return Value{}, err
	}
	return v, s.end()
}

// Members is json.loads(doc) for a doc that must be an object: it calls member for each pair as it
// is read, including repeated keys, and stops at its error. What was read is only known to be valid
// once Members returns nil.
func Members(doc string, member func(key, value Value) error) error {
	s := scanner{doc: doc}
	s.space()
	if s.peek() != '{' {
		if _, err := Load(doc); err != nil {
			return err
		}
		return &Error{ErrObject, s.i}
	}
	if err := s.object(1, member); err != nil {
		return err
	}
	return s.end()
}

// Elements calls element for each value of the array that doc is; doc is the
// Raw of a Value.
func Elements(doc string, element func(Value) error) error {
	s := scanner{doc: doc}
	return s.array(1, element)
}

type scanner struct {
	doc   string
	i     int
	moves moves // of what dump has written
}

func (s *scanner) fail(err error) error { return &Error{err, s.i} }

// peek returns the next byte, 0 at the end. A NUL in the text is not a token either.
func (s *scanner) peek() byte {
	if s.i < len(s.doc) {
		return s.doc[s.i]
	}
	return 0
}

// space skips JSON's own white space, which does not include Unicode's.
func (s *scanner) space() {
	for s.i < len(s.doc) {
		switch s.doc[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

func (s *scanner) end() error {
	s.space()
	if s.i < len(s.doc) {
		return s.fail(ErrSyntax)
	}
	return nil
}

// value reads the value at s.i, inside depth arrays and objects.
func (s *scanner) value(depth int) (Value, error) {
	start := s.i
	switch c := s.peek(); c {
	case '"':
		return s.str()
	case '{':
		err := s.object(depth+1, nil)
		return s.since(start, Object), err
	case '[':
		err := s.array(depth+1, nil)
		return s.since(start, Array), err
	case 'n':
		return s.word("null", Null)
	case 't':
		return s.word("true", True)
	case 'f':
		return s.word("false", False)
	case 'N':
		return s.word("NaN", Float)
	case 'I':
		return s.word("Infinity", Float)
	default:
		if c == '-' && strings.HasPrefix(s.doc[s.i:], "-I") {
			return s.word("-Infinity", Float)
		}
		return s.number()
	}
}

func (s *scanner) since(start int, kind Kind) Value {
	return Value{Kind: kind, Raw: s.doc[start:s.i], Offset: start}
}

func (s *scanner) word(word string, kind Kind) (Value, error) {
	if !strings.HasPrefix(s.doc[s.i:], word) {
		return Value{}, s.fail(ErrSyntax)
	}
	start := s.i
	s.i += len(word)
	return s.since(start, kind), nil
}

// number reads the longest number it can. The rest (the 1 of 01, the dot of 1.) is then refused
// because it may not follow a value.
func (s *scanner) number() (Value, error) {
	start, kind := s.i, Int
	if s.peek() == '-' {
		s.i++
	}
	first := s.i
	if s.peek() == '0' {
		s.i++
	} else if s.digits() == 0 {
		s.i = start
		return Value{}, s.fail(ErrSyntax)
	}
	whole := s.i - first
	if s.peek() == '.' {
		s.i++
		if s.digits() > 0 {
			kind = Float
		} else {
			s.i--
		}
	}
	if mark := s.i; s.peek()|0x20 == 'e' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if s.digits() > 0 {
			kind = Float
		} else {
			s.i = mark
		}
	}
	if kind == Int && whole > pystr.MaxDigits {
		s.i = start
		return Value{}, s.fail(ErrDigits)
	}
	return s.since(start, kind), nil
}

func (s *scanner) digits() int {
	start := s.i
	for s.i < len(s.doc) && s.doc[s.i] >= '0' && s.doc[s.i] <= '9' {
		s.i++
	}
	return s.i - start
}

func (s *scanner) str() (Value, error) {
	s.i++
	start, escaped := s.i, false
	for {
		s.i += plainLen(s.doc[s.i:])
		if s.i == len(s.doc) {
			return Value{}, s.fail(ErrSyntax)
		}
		switch c := s.doc[s.i]; {
		case c == '"':
			v := s.since(start, String)
			v.Escaped = escaped
			s.i++
			return v, nil
		case c == '\\':
			escaped = true
			if n := escapeLen(s.doc[s.i:]); n > 0 {
				s.i += n
				continue
			}
			return Value{}, s.fail(ErrSyntax)
		case c < ' ':
			return Value{}, s.fail(ErrSyntax)
		}
		s.i++
	}
}

// escapeLen is the length of the escape at the head of text, 0 if it is none.
func escapeLen(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range []byte(text[2:6]) {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (s *scanner) array(depth int, element func(Value) error) error {
	if depth > MaxDepth {
		return s.fail(ErrDepth)
	}
	s.i++
	s.space()
	if s.peek() == ']' {
		s.i++
		return nil
	}
	for {
		v, err := s.value(depth)
		if err != nil {
			return err
		}
		if element != nil {
			if err := element(v); err != nil {
				return err
			}
		}
		s.space()
		switch s.peek() {
		case ',':
			s.i++
			s.space()
		case ']':
			s.i++
			return nil
		default:
			return s.fail(ErrSyntax)
		}
	}
}

func (s *scanner) object(depth int, member func(key, value Value) error) error {
	if depth > MaxDepth {
		return s.fail(ErrDepth)
	}
	s.i++
	s.space()
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.fail(ErrSyntax)
		}
		key, err := s.str()
		if err != nil {
			return err
		}
		s.space()
		if s.peek() != ':' {
			return s.fail(ErrSyntax)
		}
		s.i++
		s.space()
		value, err := s.value(depth)
		if err != nil {
			return err
		}
		if member != nil {
			if err := member(key, value); err != nil {
				return err
			}
		}
		s.space()
		switch s.peek() {
		case ',':
			s.i++
			s.space()
		case '}':
			s.i++
			return nil
		default:
			return s.fail(ErrSyntax)
		}
	}
}
