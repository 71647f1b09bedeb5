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
	start, high := 0, false // of the run of ASCII in s: where it begins in dst, whether it gave a high byte
	for {
		n := unquotedLen(s)
		dst.WriteString(s[:n])
		if s = s[n:]; s == "" {
			break
		}
		switch c := s[0]; {
		case c == '%' && IsEscape(s[1:]):
			c = unhex(s[1])<<4 | unhex(s[2])
			high = high || c >= utf8.RuneSelf
			dst.WriteByte(c)
			s = s[3:]
		case c >= utf8.RuneSelf:
			if high {
				replaceInvalid(&dst, start)
			}
			_, n := utf8.DecodeRuneInString(s)
			dst.WriteString(s[:n])
			start, high = dst.Len(), false
			s = s[n:]
		default:
			if c == '+' && plus {
				c = ' '
			}
			dst.WriteByte(c)
			s = s[1:]
		}
	}
	if high {
		replaceInvalid(&dst, start)
	}
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

// replaceInvalid decodes what dst holds from start on as bytes.decode("utf-8",
// "replace") does.
func replaceInvalid(dst *strings.Builder, start int) {
	text := dst.String()
	if utf8.ValidString(text[start:]) {
		return
	}
	dst.Reset()
	dst.Grow(len(text) + 8)
	dst.WriteString(text[:start])
	for text = text[start:]; text != ""; {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			n = maximalPart(text)
			dst.WriteString("\uFFFD")
		} else {
			dst.WriteString(text[:n])
		}
		text = text[n:]
	}
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
