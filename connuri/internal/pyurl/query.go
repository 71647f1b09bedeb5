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
	piece := query
	if end := strings.IndexByte(query, '&'); end >= 0 {
		piece, rest = query[:end], query[end:]
	}
	key = piece
	if equals := strings.IndexByte(piece, '='); equals >= 0 {
		key, value = piece[:equals], piece[equals+1:]
	}
	if strings.IndexByte(piece, '%') >= 0 || strings.IndexByte(piece, '+') >= 0 {
		key, value = unquotePlus(key), unquotePlus(value)
	}
	return key, value, rest, true
}

func unquotePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return Unquote(s)
}
