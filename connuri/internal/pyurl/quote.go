package pyurl

import (
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/eight"
)

const upperHex = "0123456789ABCDEF"

// unreserved is the set that quote(s, safe="") leaves alone.
var unreserved = func() (set [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~" {
		set[c] = true
	}
	return set
}()

// AppendQuote appends quote(s, safe="").
func AppendQuote(dst []byte, s string) []byte { return appendQuoted(dst, s, false) }

// AppendQuotePlus appends quote_plus(s): as quote, with + for a space.
func AppendQuotePlus(dst []byte, s string) []byte { return appendQuoted(dst, s, true) }

func appendQuoted(dst []byte, s string, plus bool) []byte {
	for {
		n := unreservedLen(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return dst
		}
		if c := s[n]; c == ' ' && plus {
			dst = append(dst, '+')
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
		s = s[n+1:]
	}
}

// unreservedLen returns how many bytes at the start of s are unreserved.
func unreservedLen(s string) int {
	i := 0
	for {
		for i+8 <= len(s) {
			w := eight.Load(s[i : i+8])
			lower := w | 0x2020202020202020
			special := ^eight.Between(lower, 'a', 'z') &^ eight.Between(w, '0', '9') & eight.All
			if special != 0 {
				i += eight.First(special)
				break
			}
			i += 8
		}
		if i == len(s) || !unreserved[s[i]] {
			return i
		}
		i++
	}
}

// Unquote is unquote(s): a bad escape stays as it is, and bytes that are not
// UTF-8 become U+FFFD, one for each maximal part of a sequence. Python decodes
// each run of ASCII alone, so an escape never completes a raw character.
func Unquote(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	return unquote(s, false)
}

// UnquotePlus is unquote_plus(s): as unquote, with a space for each +.
func UnquotePlus(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	return unquote(s, true)
}

func unquote(s string, plus bool) string {
	var dst strings.Builder
	dst.Grow(max(0, len(s)-2*strings.Count(s, "%")))
	var few [32]byte
	high := few[:0] // bytes beyond ASCII that came as escapes, until their characters are complete
	for s != "" {
		n := unquotedLen(s)
		if n == 0 && s[0] == '%' && IsEscape(s[1:]) {
			c := unhex(s[1])<<4 | unhex(s[2])
			s = s[3:]
			if c >= utf8.RuneSelf {
				high = append(high, c)
				continue
			}
			if len(high) > 0 {
				high = decode(&dst, high)
			}
			dst.WriteByte(c)
			continue
		}
		if len(high) > 0 {
			high = decode(&dst, high)
		}
		switch {
		case n > 0:
		case s[0] == '+' && plus:
			dst.WriteByte(' ')
			s = s[1:]
			continue
		case s[0] >= utf8.RuneSelf:
			_, n = utf8.DecodeRuneInString(s)
		default:
			n = 1
		}
		dst.WriteString(s[:n])
		s = s[n:]
	}
	decode(&dst, high)
	return dst.String()
}

// unquotedLen returns how many bytes at the start of s are ASCII from the comma on. Those below,
// among them % and +, are rare in what quote wrote.
func unquotedLen(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := eight.Load(s[i : i+8])
		if special := eight.Below(w, ',') | eight.NotASCII(w); special != 0 {
			return i + eight.First(special)
		}
	}
	for i < len(s) && s[i] >= ',' && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// IsEscape reports whether s begins with the two hex digits of an escape.
func IsEscape(s string) bool { return len(s) >= 2 && isHex(s[0]) && isHex(s[1]) }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// decode writes bytes as bytes.decode("utf-8", "replace") does, and returns none of them.
func decode(dst *strings.Builder, high []byte) []byte {
	if utf8.Valid(high) {
		dst.Write(high)
		return high[:0]
	}
	for rest := string(high); rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if r == utf8.RuneError && n == 1 {
			n = maximalPart(rest)
			dst.WriteString("\uFFFD")
		} else {
			dst.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return high[:0]
}

// maximalPart is how many bytes at the head of b begin a character that never
// comes: at least one.
func maximalPart(b string) int {
	lead := b[0]
	var need int                     // continuation bytes the lead asks for
	lo, hi := byte(0x80), byte(0xBF) // what the first of them may be
	switch {
	case lead >= 0xC2 && lead <= 0xDF:
		need = 1
	case lead >= 0xE0 && lead <= 0xEF:
		need = 2
	case lead >= 0xF0 && lead <= 0xF4:
		need = 3
	}
	switch lead { // overlong forms, surrogates, and what lies beyond Unicode
	case 0xE0:
		lo = 0xA0
	case 0xED:
		hi = 0x9F
	case 0xF0:
		lo = 0x90
	case 0xF4:
		hi = 0x8F
	}
	n := 1
	for n <= need && n < len(b) && b[n] >= lo && b[n] <= hi {
		lo, hi = 0x80, 0xBF
		n++
	}
	return n
}
