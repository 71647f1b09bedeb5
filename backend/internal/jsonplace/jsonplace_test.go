package jsonplace_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/jsonplace"
)

func TestBrokenFindsTheOffset(t *testing.T) {
	for _, valid := range []string{`{}`, `null`, ` 1 `, `"é"`, `[1, {"a": "\u00e9"}]`, strings.Repeat("[", 10000) + strings.Repeat("]", 10000)} {
		assert.Equal(t, -1, jsonplace.Broken(valid), "%.40q", valid)
	}
	for _, short := range []string{``, " \n", `{`, `[`, `{"a"`, `{"a":`, `{"a": 1`, `{"a": 1,`, `[1,`, `"a`, `"a\`, `"a\u`, `"a\u12`, `-`, `1.`, `1e`, `tru`, `"é`} {
		assert.Equal(t, len(short), jsonplace.Broken(short), short)
	}
	// The mark ¦ stands before the broken character.
	for _, row := range []string{
		"¦\ufeff{}", "{}¦\ufeff", "¦\u00a0{}", "{¦\u00a0}", "¦é", `{"a": ¦é}`, `{"a": ¦“x”}`, `{¦“a”: 1}`, `{"é": ¦“x”}`,
		`{¦'a': 1}`, `¦'{}'`, `{"a": 1,¦}`, `[1,¦]`, `[¦,1]`, `{"a": ¦True}`, `{"a": tru¦x}`, `{"a": true¦x}`, `{"a": ¦NaN}`, `{"a": -¦Infinity}`,
		`{"a": "\¦p"}`, `{"a": "\u12¦"}`, `{"a": "\u12¦x4"}`, `{"a": "\u12¦é"}`, "{\"a\": \"x¦\ny\"}", "{\"a\": \"x¦\x00y\"}",
		`{"a": 0¦1}`, `{"a": ¦+1}`, `{"a": 1.¦}`, `{"a": ¦.5}`, `{"a": 1e¦}`, `{"a": -¦}`, `0¦1`, `1 ¦2`,
		`{"a": 1} ¦# comment`, `{} ¦{}`, `{"a" ¦1}`, `{"a": 1 ¦"b": 2}`, `{¦1: 2}`, `[1¦}`, `{"a": 1¦]`, `¦]`, "{}¦\x00", "{¦\v}", `{}¦/**/`,
		strings.Repeat("[", 10000) + "¦[",
	} {
		at := strings.Index(row, "¦")
		assert.Equal(t, at, jsonplace.Broken(strings.Replace(row, "¦", "", 1)), "%.40q", row)
	}
}

func TestAdviceNamesTheProblem(t *testing.T) {
	for doc, want := range map[string]string{
		`{"a": 1,}`: "a comma stands before the closing brace; remove the comma before the closing brace", `{'a': 1}`: `JSON has double quotes, and this has single ones; write " for each quote around a key or a text`,
		`[1] x`: "text follows the end of the JSON; remove all that follows the last bracket", `"a" b`: "text follows the end of the JSON; remove all that follows the double quote that ends the text",
		`1.`: "a number or a word is not one of JSON's, or text follows it; write one value, and put text in double quotes", `{"a": -Infinity}`: "NaN and Infinity are not JSON; write null, or text in double quotes",
		`hello`: "it does not begin as JSON; write it", ` `: "it ends too soon; write it", "NaN": "NaN and Infinity are not JSON; write null, or text in double quotes",
		"\xff": "not valid UTF-8; store it as UTF-8", `{"a": ${B}}`: "a placeholder was never filled in; write the value itself, in double quotes if it is text",
	} {
		problem, instead := jsonplace.Advice(doc, "write it")
		assert.Equal(t, want, problem+"; "+instead, doc)
	}
}

func FuzzBroken(f *testing.F) {
	for _, doc := range []string{`{"a": [1, "\u00e9", tru]}`, "\ufeff{}", `{"é": “x”}`, `-`, `"\ud8`, "\"\xff"} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		at := jsonplace.Broken(doc)
		assert.Equal(t, json.Valid([]byte(doc)), at == -1)
		if problem, instead := jsonplace.Advice(doc, "write it"); at >= 0 {
			assert.NotEmpty(t, problem)
			assert.NotEmpty(t, instead)
		}
		if at > 0 && at < len(doc) {
			assert.Contains(t, []int{-1, at}, jsonplace.Broken(doc[:at]), "the text before it is the beginning of JSON")
		}
	})
}
