// Package brokenjson says what is wrong with text that is not JSON, and what to write.
package brokenjson

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholder is the problem with text that a program should have filled in.
const Placeholder = "a placeholder was never filled in"

// Advice returns what is wrong at the byte where a text stops being JSON, and what to write
// instead. The byte is where a parser gave up: a backslash of a bad escape or the character after
// it, the first character of a bad word, the end of a text that ends too soon. The result holds
// nothing of the text.
func Advice(doc string, at int) (problem, instead string) {
	at = min(max(at, 0), len(doc))
	p := placeOf(doc[:at])
	p.rest = doc[at:]
	switch {
	case at == len(doc):
		return p.tooShort()
	case strings.HasPrefix(p.rest, "\ufeff"):
		return "it has a byte order mark", "store it without the mark"
	case p.inText:
		return p.text()
	}
	for _, look := range []func() (string, string){p.placeholder, p.quote, p.punctuation, p.word} {
		if problem, instead = look(); problem != "" {
			return problem, instead
		}
	}
	return "a character stands where JSON has none", "write keys and texts in double quotes, a colon after each key and a comma between members"
}

// place is the state in which a text stops being JSON.
type place struct {
	before string // all before it, without white space at the end
	after  string // all before it
	rest   string
	inText bool
	open   []byte // the braces and brackets that are open
	key    bool   // whether a key comes next, if it is not a comma
}

// placeOf reads text that may begin JSON.
func placeOf(text string) *place {
	p := &place{after: text, before: strings.TrimRight(text, " \t\r\n")}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case p.inText && c == '\\':
			i++
		case c == '"':
			p.inText = !p.inText
		case p.inText:
		case c == '{' || c == '[':
			p.open = append(p.open, c)
		case (c == '}' || c == ']') && len(p.open) > 0:
			p.open = p.open[:len(p.open)-1]
		}
	}
	p.key = p.inner() == '{' && (p.last() == '{' || p.last() == ',')
	return p
}

// inner returns the innermost open brace or bracket, 0 if there is none.
func (p *place) inner() byte {
	if len(p.open) == 0 {
		return 0
	}
	return p.open[len(p.open)-1]
}

// last returns the last character before the place that is not white space, 0 if there is none.
func (p *place) last() byte {
	if p.before == "" {
		return 0
	}
	return p.before[len(p.before)-1]
}

// valueBefore reports whether a complete value or key comes before the place.
func (p *place) valueBefore() bool {
	return p.before != "" && !strings.ContainsRune("{[:,", rune(p.last()))
}

func (p *place) tooShort() (problem, instead string) {
	switch {
	case p.inText:
		return "it ends inside a text", "write the double quote that ends the text"
	case p.last() == ',':
		return "it ends after a comma", "remove the comma, and close what is open"
	case p.inner() == '{':
		return "it ends too soon", "write the closing brace"
	case p.inner() == '[':
		return "it ends too soon", "write the closing bracket"
	}
	return "it ends too soon", "write a JSON object"
}

// text checks a place between double quotes.
func (p *place) text() (problem, instead string) {
	c := p.rest[0]
	if strings.HasSuffix(p.after, `\`) {
		p.rest = `\` + p.rest
		c = '\\'
	}
	switch {
	case c == '\\' && len(p.rest) > 1 && p.rest[1] == '\'':
		return "a backslash stands before a single quote in a text", "write the single quote alone"
	case c == '\\' && len(p.rest) > 1 && p.rest[1] == 'u', strings.LastIndex(p.after, `\u`) >= max(0, len(p.after)-5):
		return "a backslash and u stand in a text without four hex digits after them", "write four hex digits after the u, or the backslash twice"
	case c == '\\' && len(p.rest) > 1 && (p.rest[1] == '\n' || p.rest[1] == '\r'):
		return "a backslash and a raw line break stand in a text", `write \n for a line break`
	case c == '\\':
		return "a single backslash stands in a text", "a backslash has to be written twice"
	case c == '\n' || c == '\r':
		return "a raw line break stands in a text", `write \n for it`
	case c == '\t':
		return "a raw tab stands in a text", `write \t for it`
	}
	return "a raw control character stands in a text", "write a backslash, u and four hex digits for it, or remove it"
}

// placeholder looks for what a program should have filled in.
func (p *place) placeholder() (problem, instead string) {
	inner := strings.TrimLeft(p.rest[1:], " \t\r\n")
	isMember := inner != "" && strings.ContainsRune(`"'`, rune(inner[0]))
	switch c := p.rest[0]; {
	case c == '{' && strings.HasSuffix(p.after, "{") && isMember:
		return "the braces are doubled, as in a template for another program", "write one brace for each two"
	case c == '{' && strings.HasSuffix(p.after, "{"), c == '%' && p.inner() != 0, c == '$', c == '<':
		return Placeholder, "write the value itself, in double quotes if it is text"
	}
	return "", ""
}

// typographic quotes, and others that are not JSON's.
const typographic = "“”„‟‘’‚‛«»‹›″′＂＇"

func (p *place) quote() (problem, instead string) {
	r, _ := utf8.DecodeRuneInString(p.rest)
	wordAfterQuote := strings.HasSuffix(p.after, `"`) && (unicode.IsLetter(r) || unicode.IsNumber(r))
	switch {
	case r == '\'' || r == '`':
		return "JSON has double quotes, and this has single ones", `write " for each quote around a key or a text`
	case strings.ContainsRune(typographic, r):
		return "it has typographic quotes", `write the plain " for each of them`
	case r == '\\' && len(p.rest) > 1 && p.rest[1] == '"':
		return "backslashes stand before quotes, as in text that was escaped twice", `remove the backslash before each " around a key or a text`
	case r == '\\':
		return "a backslash stands outside a text", `remove it, and write line breaks between members as they are`
	case wordAfterQuote && p.inner() != 0:
		return "a double quote stands inside a text and ends it there", `write \" for it`
	}
	return "", ""
}

func (p *place) punctuation() (problem, instead string) {
	c, last := p.rest[0], p.last()
	r, _ := utf8.DecodeRuneInString(p.rest)
	closing := map[byte]string{'}': "brace", ']': "bracket"}[c]
	switch {
	case r != ' ' && (unicode.IsSpace(r) || r == '\u200b' || r == '\u2060'):
		return "it has white space that JSON does not know", "write a plain space for it, or remove it"
	case p.inner() == 0 && p.before != "":
		return p.afterEnd()
	case closing != "" && last == ',':
		return "a comma stands before the closing " + closing, "remove the comma before the closing " + closing
	case closing != "" && last == ':', c == ',' && last == ':':
		return "a key has no value", "write the value, or remove the key"
	case closing != "" && p.valueBefore() && p.inner() == '{' && c == ']':
		return "a bracket closes a brace", "write } for it"
	case closing != "" && p.valueBefore() && p.inner() == '[':
		return "a brace closes a bracket", "write ] for it"
	case closing != "":
		return "a key has no value", "write a colon and a value after each key"
	case c == ',':
		return "a comma stands where a member should", "remove the comma"
	case c == ';':
		return "a semicolon stands between members", "write a comma for it"
	case c == '=':
		return "an equals sign stands after a key", "write a colon for it"
	case c == '#' || c == '/':
		return "it has a comment", "remove the comment: JSON has none"
	}
	return "", ""
}

// afterEnd checks what follows a complete value.
func (p *place) afterEnd() (problem, instead string) {
	const problemAfter = "text follows the end of the JSON"
	switch p.last() {
	case '}':
		return problemAfter, "remove all that follows the last brace"
	case ']':
		return problemAfter, "remove all that follows the last bracket"
	case '"':
		return problemAfter, "remove all that follows the double quote that ends the text"
	}
	return "a number or a word is not one of JSON's, or text follows it", "write one value, and put text in double quotes"
}

// word checks what begins a key or a value, or should.
func (p *place) word() (problem, instead string) {
	c := p.rest[0]
	r, _ := utf8.DecodeRuneInString(p.rest)
	for _, word := range []string{"True", "False", "None", "TRUE", "FALSE", "NULL", "Null"} {
		if strings.HasPrefix(p.rest, word) {
			return "JSON has true, false and null, in lower case", "write true, false or null"
		}
	}
	isDigit := c >= '0' && c <= '9'
	last := p.last()
	afterDigit := last >= '0' && last <= '9' && strings.HasSuffix(p.before, string(last)) && len(p.before) == len(p.after)
	switch {
	case p.before == "":
		return "it is not a JSON object", "write an object, with braces around its members"
	case p.key:
		return "a key is not in double quotes", `write " around each key`
	case last == '+', c == '+', c == '.', c == '-', afterDigit && (isDigit || c == '_' || unicode.IsLetter(r)), last == '-', last == '.':
		return "a number is not one of JSON's", "write plain digits, or put the value in double quotes"
	case (last == ':' || last == '[' || last == ',') && (c == '{' || c == '"'):
	case last == ':' || last == '[' || last == ',':
		return "a text is not in double quotes", `write " around each text`
	case p.valueBefore() && p.inner() == '{' && (c == '"' || c == '{' || c == '[' || isDigit || unicode.IsLetter(r)):
		return "a comma or a colon is missing", "write a comma between two members, and a colon between a key and its value"
	case p.valueBefore() && p.inner() == '[':
		return "a comma is missing", "write a comma between two elements"
	}
	return "", ""
}
