package brokenjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/brokenjson"
)

// The character before which ¦ stands is where a parser gives up.
func TestAdvice(t *testing.T) {
	for row, want := range map[string]string{
		`{"a": 1,¦}`:                   "remove the comma before the closing brace",
		`{¦{"a": 1}}`:                  "write one brace for each two",
		"{¦{ \n'a': 1}}":               "write one brace for each two",
		`{"a": {¦{ name }}}`:           "write the value itself",
		"{\"a\": [1,\n¦]}":             "remove the comma before the closing bracket",
		`{¦'a': 1}`:                    `write " for each quote`,
		"¦`{}`":                        `write " for each quote`,
		`{"a": ¦“x”}`:                  `write the plain "`,
		`{¦‘a’: 1}`:                    `write the plain "`,
		"{\"a\": \"x¦\ny\"}":           `write \n for it`,
		"{\"a\": \"x¦\ty\"}":           `write \t for it`,
		"{\"a\": \"x¦\x00y\"}":         "u and four hex digits",
		`{"a": 1}¦,`:                   "remove all that follows the last brace",
		"{\"a\": 1}\n¦{\"a\": 2}":      "remove all that follows the last brace",
		`{"a": "}"} ¦# x`:              "remove all that follows the last brace",
		`{¦\"a\": 1}`:                  "remove the backslash before each",
		`{"a": ¦\"b\"}`:                "remove the backslash before each",
		`{¦\n "a": 1}`:                 "remove it, and write line breaks",
		`{"a": "b¦\p"}`:                "a backslash has to be written twice",
		`{"a": "b\¦p"}`:                "a backslash has to be written twice",
		`{"a": "b¦\'"}`:                "write the single quote alone",
		`{"a": "b¦\u12"}`:              "four hex digits",
		`{"a": "b\u12¦x"}`:             "four hex digits",
		"{\"a\": \"b¦\\\nc\"}":         `write \n`,
		`{"a": "b"¦c"}`:                `write \" for it`,
		`{"a": ¦True}`:                 "write true, false or null",
		`{"a": ¦None}`:                 "write true, false or null",
		`{¦{ x }}`:                     "write the value itself",
		`{"a": ¦${X}}`:                 "write the value itself",
		`{"a": ¦<x>}`:                  "write the value itself",
		`{"a": ¦%(x)s}`:                "write the value itself",
		`{¦a: 1}`:                      `write " around each key`,
		`{"a": 1, ¦b: 1}`:              `write " around each key`,
		`{"a": ¦b}`:                    `write " around each text`,
		`{"a": 1 ¦"b": 2}`:             "write a comma between two members",
		`{"a" ¦1}`:                     "a colon between",
		`{"a" ¦= 1}`:                   "write a colon",
		`{"a": 1¦; "b": 2}`:            "write a comma for it",
		`{¦,"a": 1}`:                   "remove the comma",
		`{"a": ¦}`:                     "write the value, or remove the key",
		`{"a"¦}`:                       "write a colon and a value",
		`{"a": 1¦]`:                    "write } for it",
		`{"a": [1¦}`:                   "write ] for it",
		`[1 ¦2]`:                       "write a comma between two elements",
		`{"a": 1 ¦// x`:                "remove the comment",
		`{"a": 0¦1}`:                   "write plain digits",
		`{"a": ¦+1}`:                   "write plain digits",
		`{"a": ¦.5}`:                   "write plain digits",
		"{¦\u00a0\"a\": 1}":            "write a plain space",
		"¦\ufeff{}":                    "store it without the mark",
		`{"a": 1¦`:                     "write the closing brace",
		`[1¦`:                          "write the closing bracket",
		`{"a": 1,¦`:                    "remove the comma, and close",
		`{"a": "b¦`:                    "write the double quote that ends",
		`¦x`:                           "write an object",
		`{"a": 1 ¦?}`:                  "write keys and texts in double quotes",
		strings.Repeat("[", 99) + `¦?`: `write " around each text`,
	} {
		at := strings.Index(row, "¦")
		problem, instead := brokenjson.Advice(strings.Replace(row, "¦", "", 1), at)
		assert.Contains(t, instead, want, "%q: %s", row, problem)
		assert.NotEmpty(t, problem)
	}
}

func FuzzAdvice(f *testing.F) {
	f.Add(`{"a": "b\`, 8)
	f.Add("{'a': \xff", 3)
	f.Fuzz(func(t *testing.T, doc string, at int) {
		problem, instead := brokenjson.Advice(doc, at)
		if problem == "" || instead == "" {
			t.Fatal("the advice is empty")
		}
		if strings.ContainsFunc(problem+instead, func(r rune) bool { return r > 126 }) {
			t.Fatal("something of the text is shown")
		}
	})
}
