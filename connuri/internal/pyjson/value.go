package pyjson

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// Truthy is bool(v).
func (v Value) Truthy() bool {
	switch v.Kind {
	case Null, False:
		return false
	case Int:
		return v.Raw != "0" && v.Raw != "-0"
	case Float:
		return v.Float() != 0
	case String:
		return v.Raw != ""
	case Array, Object:
		return strings.Trim(v.Raw[1:len(v.Raw)-1], " \t\n\r") != ""
	}
	return true
}

// Float is float(v) of a number: an overflow is an infinity, as in Python.
func (v Value) Float() float64 {
	switch v.Raw {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	f, _ := strconv.ParseFloat(v.Raw, 64) // the scanner let only numbers through
	return f
}

// Number is str(v) of a number.
func (v Value) Number() string {
	if v.Kind == Float {
		return pystr.FloatRepr(v.Float())
	}
	if v.Raw == "-0" {
		return "0"
	}
	return v.Raw
}

// Str is str(v) for a value that is not an array or an object.
func (v Value) Str() string {
	switch v.Kind {
	case Null:
		return "None"
	case True:
		return "True"
	case False:
		return "False"
	case Int, Float:
		return v.Number()
	}
	text, _ := v.Text()
	return text
}

// Text returns the text of a String. An unpaired surrogate, which Python can hold and Go cannot,
// becomes U+FFFD and makes whole false.
func (v Value) Text() (text string, whole bool) {
	if !v.Escaped {
		return v.Raw, true
	}
	whole = true
	var dst strings.Builder
	dst.Grow(len(v.Raw))
	for raw := v.Raw; raw != ""; {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			dst.WriteString(raw)
			break
		}
		dst.WriteString(raw[:i])
		r, n := unescape(raw[i:])
		raw = raw[i+n:]
		if utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, surrogateAt(raw))
			if r == utf8.RuneError {
				whole = false
			} else {
				raw = raw[len(`\udc00`):]
			}
		}
		dst.WriteRune(r)
	}
	return dst.String(), whole
}

// unescape reads the escape at the beginning of text, which the scanner found valid, and returns
// its UTF-16 code unit and its length.
func unescape(text string) (unit rune, length int) {
	switch c := text[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		for i := 2; i < 6; i++ {
			c := rune(text[i])
			if c > '9' {
				c = c | 0x20 - 'a' + '0' + 10
			}
			unit = unit<<4 | (c - '0')
		}
		return unit, 6
	default:
		return rune(c), 2
	}
}

// surrogateAt returns the code unit of the \u escape at the beginning of text, 0 if there is none.
func surrogateAt(text string) rune {
	if !strings.HasPrefix(text, `\u`) {
		return 0
	}
	r, _ := unescape(text)
	return r
}
