package tune

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

const pythonRefused = "it has a dict as Python prints it, with values that only Python can read; " +
	"write it with json.dumps"

// isPython reports whether a text seems to be a dict, or a list of dicts, as Python prints it:
// {'key': 'value'}, where JSON has double quotes.
func isPython(text []byte) bool {
	text, ok := bytes.CutPrefix(bytes.TrimLeft(text, "[( \t\r\n"), []byte("{"))
	text = bytes.TrimLeft(text, " \t\r\n")
	return ok && len(text) > 0 && text[0] == '\''
}

// fromPython converts a dict or list as Python prints it to JSON. ok is false if it holds anything
// but dicts, lists, strings, numbers, booleans and None.
func fromPython(text []byte) (converted []byte, ok bool) {
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			s, n := pythonString(text[i:])
			if n == 0 {
				return nil, false
			}
			quoted, err := json.Marshal(s)
			if err != nil {
				return nil, false
			}
			out = append(out, quoted...)
			i += n
		case isBare(c):
			n := 1
			for i+n < len(text) && isBare(text[i+n]) {
				n++
			}
			out = append(out, pythonWord(string(text[i:i+n]))...)
			i += n
		default:
			out = append(out, c)
			i++
		}
	}
	return out, json.Valid(out)
}

// pythonWord returns a word as JSON has it. One that JSON does not have makes the result invalid.
func pythonWord(word string) string {
	switch word {
	case "None", "nan":
		return "null"
	case "True":
		return "true"
	case "False":
		return "false"
	}
	return word
}

// pythonString reads the string at the beginning of a text. n is its length with quotes, or 0 if
// it is not a string.
func pythonString(text []byte) (s string, n int) {
	var out []byte
	for i := 1; i < len(text); {
		switch text[i] {
		case text[0]:
			return string(out), i + 1
		case '\\':
			r, size := pythonEscape(text[i:])
			if size == 0 {
				return "", 0
			}
			out = utf8.AppendRune(out, r)
			i += size
		default:
			out = append(out, text[i])
			i++
		}
	}
	return "", 0
}

// pythonEscape reads the escape at the beginning of a text, one of those that repr writes. size is
// its length, or 0 if it is none of them.
func pythonEscape(text []byte) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	digits := 0
	switch c := text[1]; c {
	case '\\', '\'', '"':
		return rune(c), 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if digits == 0 || len(text) < 2+digits {
		return 0, 0
	}
	code, err := strconv.ParseUint(string(text[2:2+digits]), 16, 31)
	if err != nil {
		return 0, 0
	}
	return rune(code), 2 + digits
}
