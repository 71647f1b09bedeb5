// Package jsonplace finds where text stops being JSON.
//
// The offset and the text of a json.SyntaxError differ between the encoding/json
// of Go 1.26 and the one of Go 1.27, so a message that has to be the same under
// both can use neither. The text may also quote the document.
package jsonplace

import (
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"
	"unicode/utf8"
)

// Broken returns the offset of the first character that no JSON text with the
// same beginning can have. It is len(doc) if doc only ends too soon, and -1 if
// doc is JSON.
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
