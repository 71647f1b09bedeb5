// Package pystr implements those rules of Python's str and int that Airflow relies on and that
// differ from Go's strings and strconv.
package pystr

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsSpace is str.isspace for one character: Unicode white space, and the four
// separators U+001C to U+001F that Go does not count as space.
func IsSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F
}

// Strip is str.strip().
func Strip(s string) string {
	if s != "" && isDark(s[0]) && isDark(s[len(s)-1]) {
		return s // as most do
	}
	return strings.TrimFunc(s, IsSpace)
}

// StripLeft is str.lstrip().
func StripLeft(s string) string {
	if s != "" && isDark(s[0]) {
		return s
	}
	return strings.TrimLeftFunc(s, IsSpace)
}

// isDark reports whether c is an ASCII character other than white space.
func isDark(c byte) bool { return c > ' ' && c < utf8.RuneSelf }

// MaxDigits is the most digits Python turns into an int
// (sys.get_int_max_str_digits); one more is a ValueError.
const MaxDigits = 4300

// The errors of Int and Trunc if the result is not an int64.
var (
	ErrNotInt = errors.New("not a whole number") // Python raises ValueError or OverflowError
	ErrRange  = errors.New("out of range")       // Python has an int, int64 does not
)

// Int is int(s) for text: white space around it (never U+001C to U+001F, which
// str.strip takes off), one sign, single underscores between digits, and the
// decimal digits of every script.
func Int(s string) (int64, error) {
	s = strings.TrimFunc(s, unicode.IsSpace)
	ascii := make([]byte, 0, 20)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		ascii = append(ascii, s[0])
		s = s[1:]
	}
	digits, afterDigit := 0, false
	for _, r := range s {
		if r == '_' && afterDigit {
			afterDigit = false
			continue
		}
		d, ok := digit(r)
		if !ok {
			return 0, ErrNotInt
		}
		ascii = append(ascii, '0'+d)
		digits++
		afterDigit = true
	}
	if !afterDigit || digits > MaxDigits {
		return 0, ErrNotInt
	}
	n, err := strconv.ParseInt(string(ascii), 10, 64)
	if err != nil {
		return 0, ErrRange // of the two errors of ParseInt the other is ruled out
	}
	return n, nil
}

// Float is float(s) for text, ok if Python does not raise ValueError: the same white space,
// underscores and digits as in Int, no hexadecimal numbers, and an infinity for what is too
// large.
func Float(s string) (f float64, ok bool) {
	s = strings.TrimFunc(s, unicode.IsSpace)
	ascii := make([]byte, 0, 20)
	afterDigit, afterUnderscore := false, false
	for _, r := range s {
		d, isDigit := digit(r)
		switch {
		case isDigit:
			ascii = append(ascii, '0'+d)
		case r == '_' && afterDigit:
			afterDigit, afterUnderscore = false, true
			continue
		case afterUnderscore, r >= 0x80, r == 'x', r == 'X', r == 'p', r == 'P', r == '_':
			return 0, false
		default:
			ascii = append(ascii, byte(r))
		}
		afterDigit, afterUnderscore = isDigit, false
	}
	f, err := strconv.ParseFloat(string(ascii), 64)
	return f, !afterUnderscore && (err == nil || errors.Is(err, strconv.ErrRange))
}

// Trunc is int(f): the fraction is dropped, NaN and the infinities refused.
func Trunc(f float64) (int64, error) {
	switch {
	case math.IsNaN(f), math.IsInf(f, 0):
		return 0, ErrNotInt
	case f >= 1<<63, f < -1<<63:
		return 0, ErrRange
	}
	return int64(f), nil
}

// digit is unicodedata.decimal: the value of a decimal digit of any script.
// The ranges of category Nd are runs of ten that begin with a zero.
func digit(r rune) (byte, bool) {
	if r >= '0' && r <= '9' {
		return byte(r - '0'), true
	}
	if r < 0x80 {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	return 0, false
}

// FloatRepr is repr(f): the shortest digits that read back, with an exponent
// below 1e-4 and from 1e16 on, and ".0" after a whole number.
func FloatRepr(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && a < 1e-4 || a >= 1e16 {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if strings.IndexByte(s, '.') < 0 {
		s += ".0"
	}
	return s
}
