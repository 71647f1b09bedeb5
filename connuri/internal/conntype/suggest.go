package conntype

import "strings"

// Suggest is Nearest as the end of a sentence, "" if none is near. The key itself is not
// shown: it may be a secret that ended up in the wrong place.
func Suggest(key string, names []string) string {
	best := Nearest(key, names)
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// Nearest says which of names a key was probably meant to be, "" if none is near.
func Nearest(key string, names []string) (best string) {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("_-. ", r) {
				return -1
			}
			return r
		}, strings.ToLower(s))
	}
	least := 3
	key = plain(key)
	for _, name := range names {
		if d := Distance(key, plain(name)); d < least && d < len(name)/2 {
			best, least = name, d
		}
	}
	return best
}

// Distance is how many characters have to be put in, taken out or replaced between a and b,
// 64 if their lengths alone make it 3 or more.
func Distance(a, b string) int {
	if len(a)-len(b) > 2 || len(b)-len(a) > 2 || len(a) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
