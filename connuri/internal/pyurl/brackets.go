package pyurl

import "strings"

// BracketsDepend reports whether some releases of CPython accept the brackets in the
// netloc of url and others refuse them. It knows three rules: 3.10.13 and older take
// any, 3.11.7 to 3.13.0 look into the first pair alone, wherever it stands, and 3.12.10
// and 3.13.2 require the pair to be around the host.
func BracketsDepend(url string) bool {
	url = dropUnsafe(strings.TrimLeftFunc(url, func(r rune) bool { return r <= ' ' }))
	if i, _ := schemeEnd(url); i > 0 {
		url = url[i+1:]
	}
	netloc, ok := strings.CutPrefix(url, "//")
	if i := strings.IndexAny(netloc, "/?#"); i >= 0 {
		netloc = netloc[:i]
	}
	if !ok || !strings.Contains(netloc, "[") || !strings.Contains(netloc, "]") {
		return false // no release takes half a pair
	}
	_, first, _ := strings.Cut(netloc, "[")
	first, _, _ = strings.Cut(first, "]")
	return !isBracketHost(first) || !bracketsHoldAddress(netloc)
}
