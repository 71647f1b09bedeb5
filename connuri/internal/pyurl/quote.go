package pyurl

import (
	"strings"
	"unicode/utf8"
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
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case unreserved[c]:
			dst = append(dst, c)
		case c == ' ' && plus:
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// Unquote is unquote(s): a bad escape stays as it is, and bytes that are not
// UTF-8 become U+FFFD, one for each maximal part of a sequence. Python decodes
// each run of ASCII alone, so an escape never completes a raw character.
func Unquote(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	var room [64]byte // most are short, and then only the result is allocated
	dst := append(room[:0], s[:i]...)
	for i < len(s) {
		if s[i] >= utf8.RuneSelf {
			_, n := utf8.DecodeRuneInString(s[i:])
			dst = append(dst, s[i:i+n]...)
			i += n
			continue
		}
		start, high := len(dst), false
		for i < len(s) && s[i] < utf8.RuneSelf {
			c := s[i]
			if c == '%' && IsEscape(s[i+1:]) {
				c = unhex(s[i+1])<<4 | unhex(s[i+2])
				i += 2
				high = high || c >= utf8.RuneSelf
			}
			dst = append(dst, c)
			i++
		}
		if high && !utf8.Valid(dst[start:]) {
			dst = append(dst[:start], replaceInvalid(dst[start:])...)
		}
	}
	return string(dst)
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

// replaceInvalid is bytes.decode("utf-8", "replace").
func replaceInvalid(b []byte) []byte {
	out := make([]byte, 0, len(b)+8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = maximalPart(b)
			out = append(out, "\uFFFD"...)
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

// maximalPart is how many bytes at the head of b begin a character that never
// comes: at least one.
func maximalPart(b []byte) int {
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
