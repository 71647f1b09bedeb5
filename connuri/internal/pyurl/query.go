package pyurl

import "strings"

// Query walks parse_qsl(query, keep_blank_values=True): the pieces between
// ampersands, empty ones skipped, + for a space, both halves unquoted.
func Query(query string) func(yield func(key, value string) bool) {
	return func(yield func(key, value string) bool) {
		for query != "" {
			var piece string
			piece, query, _ = strings.Cut(query, "&")
			if piece == "" {
				continue
			}
			key, value, _ := strings.Cut(piece, "=")
			if !yield(unquotePlus(key), unquotePlus(value)) {
				return
			}
		}
	}
}

func unquotePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return Unquote(s)
}
