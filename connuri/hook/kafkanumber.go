package hook

import (
	"strconv"
	"strings"
)

const (
	decimalDigits = "0123456789"
	hexDigits     = decimalDigits + "abcdefABCDEF"
)

// cWhole reads the whole number at the beginning of a text as C's strtol with base 0 does: 0x for
// 16, 0 for 8; the rest of the text does not count. librdkafka keeps the low 32 bits.
func cWhole(text string) (n float64, ok bool) {
	sign, rest := cSign(trimC(text))
	base, digits := 10, decimalDigits
	if hex, isHex := cHex(rest); isHex && span(hex, hexDigits) > 0 {
		base, digits, rest = 16, hexDigits, hex
	} else if strings.HasPrefix(rest, "0") {
		base, digits = 8, "01234567"
	}
	end := span(rest, digits)
	if end == 0 {
		return 0, false
	}
	// A number that is too large becomes the largest, as it does in C.
	whole, _ := strconv.ParseInt(sign+rest[:end], base, 64)
	return float64(int32(whole)), true //nolint:gosec // librdkafka cuts it as well
}

// cFloat reads the number at the beginning of a text as C's strtod does: decimal or hexadecimal,
// inf or nan; the rest of the text does not count. A nan is 0, because it passes librdkafka's
// bounds and then means not to wait.
func cFloat(text string) (n float64, ok bool) {
	sign, rest := cSign(trimC(text))
	switch lower := strings.ToLower(rest[:min(len(rest), 3)]); lower {
	case "nan":
		return 0, true
	case "inf":
		n, _ = strconv.ParseFloat(sign+lower, 64)
		return n, true
	}
	if hex, isHex := cHex(rest); isHex {
		if end := cMantissa(hex, hexDigits); end > 0 {
			exponent := cExponent(hex[end:], "pP")
			if exponent == "" {
				exponent = "p0" // which Go asks for
			}
			n, _ = strconv.ParseFloat(sign+"0x"+hex[:end]+exponent, 64) // infinite if it is too large
			return n, true
		}
	}
	end := cMantissa(rest, decimalDigits)
	if end == 0 {
		return 0, false
	}
	n, _ = strconv.ParseFloat(sign+rest[:end]+cExponent(rest[end:], "eE"), 64)
	return n, true
}

// cSign cuts the sign off.
func cSign(text string) (sign, rest string) {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		return text[:1], text[1:]
	}
	return "", text
}

// cHex cuts 0x off.
func cHex(text string) (rest string, ok bool) {
	if rest, ok = strings.CutPrefix(text, "0x"); ok {
		return rest, true
	}
	return strings.CutPrefix(text, "0X")
}

// cMantissa is the length of digits with a point among them, 0 without a digit.
func cMantissa(text, digits string) int {
	end := span(text, digits)
	if end == len(text) || text[end] != '.' {
		return end
	}
	fraction := span(text[end+1:], digits)
	if end+fraction == 0 {
		return 0
	}
	return end + 1 + fraction
}

// cExponent is the exponent at the beginning of a text, "" if there is none.
func cExponent(text, letters string) string {
	if text == "" || !strings.Contains(letters, text[:1]) {
		return ""
	}
	_, rest := cSign(text[1:])
	digits := span(rest, decimalDigits)
	if digits == 0 {
		return ""
	}
	return text[:len(text)-len(rest)+digits]
}

// span returns how many bytes at the beginning of a text are in a set.
func span(text, among string) int { return len(text) - len(strings.TrimLeft(text, among)) }
