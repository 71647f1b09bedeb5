package pyurl

import "strings"

// NextPair takes the first pair off a query, as parse_qsl(query,
// keep_blank_values=True) finds them: the pieces between ampersands, empty ones
// skipped, + for a space, both halves unquoted. It is not ok at the end.
func NextPair(query string) (key, value, rest string, ok bool) {
	for query != "" && query[0] == '&' {
		query = query[1:]
	}
	if query == "" {
		return "", "", "", false
	}
	end, equals, quoted := scanPiece(query)
	key, rest = query[:end], query[end:]
	if equals >= 0 {
		key, value = query[:equals], query[equals+1:end]
	}
	if quoted {
		key, value = unquotePlus(key), unquotePlus(value)
	}
	return key, value, rest, true
}

// scanPiece finds the end of the first piece of query, its first equals sign,
// and whether anything in it has to be unquoted.
func scanPiece(query string) (end, equals int, quoted bool) {
	equals = -1
	for ; end < len(query) && query[end] != '&'; end++ {
		switch query[end] {
		case '=':
			if equals < 0 {
				equals = end
			}
		case '%', '+':
			quoted = true
		}
	}
	return end, equals, quoted
}

func unquotePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return Unquote(s)
}
