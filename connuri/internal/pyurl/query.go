package pyurl

import "strings"

// NextPair returns the first pair of a query, still quoted, and the rest of the
// query. It finds the pairs that parse_qsl(query, keep_blank_values=True) finds:
// the pieces between ampersands, without empty ones. ok is false at the end of
// the query.
func NextPair(query string) (key, value, rest string, ok bool) {
	for query != "" && query[0] == '&' {
		query = query[1:]
	}
	if query == "" {
		return "", "", "", false
	}
	key = query
	if end := strings.IndexByte(query, '&'); end >= 0 {
		key, rest = query[:end], query[end:]
	}
	if equals := strings.IndexByte(key, '='); equals >= 0 {
		key, value = key[:equals], key[equals+1:]
	}
	return key, value, rest, true
}
