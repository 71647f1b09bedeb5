package pyjson

import "github.com/airflowsecrets/airflowsecrets/connuri/internal/eight"

// plain are the characters that stand for themselves in a JSON string that
// json.dumps writes.
var plain = func() (set [256]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// plainLen returns how many bytes at the start of s are plain.
func plainLen(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := eight.Load(s[i : i+8])
		controlOrQuote := eight.Below(eight.Flip(w, 2), '!') // '"' becomes a space, and control characters stay below it
		special := controlOrQuote | eight.Equal(w, '\\') | eight.Above(w, '~')
		if special != 0 {
			return i + eight.First(special)
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}
