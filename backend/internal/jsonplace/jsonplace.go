// Package jsonplace finds where text stops being JSON and says what to write there.
//
// It replaces json.SyntaxError, whose offset and text differ between Go 1.26 and Go 1.27, and
// whose text may quote the document.
package jsonplace

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// Advice says what is wrong where text stops being JSON and what to write instead. It uses the
// messages of connuri for the JSON of a connection and quotes nothing of the text. whole is the
// advice for text that is something else as a whole; "" means that it should be an object.
func Advice(doc, whole string) (problem, instead string) {
	at := max(0, Broken(doc))
	rest := doc[at:]
	_, err := connuri.ParseJSON(doc)
	e, ok := errors.AsType[*connuri.Error](err)
	switch {
	case !ok, e.Rule != "not valid UTF-8" && !strings.HasPrefix(e.Rule, syntax): // Python accepts it as JSON
		if strings.HasPrefix(rest, "NaN") || strings.Contains(rest[:min(len(rest), len("-Infinity"))], "Inf") {
			return "NaN and Infinity are not JSON", "write null, or text in double quotes"
		}
		return "it is not JSON", cmp.Or(whole, "write a JSON object")
	case whole == "":
	case strings.Contains(e.Rule, "not a JSON object"):
		return "it does not begin as JSON", whole
	case strings.Trim(doc, " \t\r\n") == "":
		return "it ends too soon", whole
	}
	return strings.TrimPrefix(e.Rule, syntax), e.Instead
}

// syntax begins the Rule of text that Python does not accept as JSON either.
const syntax = "not valid JSON: "

// Broken returns the offset of the first character with which doc stops being the beginning
// of a JSON text. It returns len(doc) if doc ends too soon, and -1 if doc is JSON.
func Broken(doc string) int {
	if json.Valid([]byte(doc)) {
		return -1
	}
	at := sort.Search(len(doc), func(i int) bool { return !begins(doc[:i+1]) })
	for at < len(doc) && at > 0 && !utf8.RuneStart(doc[at]) {
		at--
	}
	return at
}

// begins reports whether some JSON text begins with prefix.
func begins(prefix string) bool {
	decoder := json.NewDecoder(strings.NewReader(prefix))
	var value json.RawMessage
	if err := decoder.Decode(&value); err != nil {
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	return strings.Trim(prefix[decoder.InputOffset():], " \t\r\n") == ""
}
