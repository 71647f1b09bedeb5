package conntype

import (
	"bytes"
	"slices"
	"strings"
)

// Suggest returns Nearest as the end of a sentence, "" if no name is near. It does not show the
// key, which may be a secret that ended up in the wrong place.
func Suggest(key string, names []string) string {
	best := Nearest(key, names)
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// Nearest returns the name that a key was probably meant to be, "" if none is near. A name of the
// opposite meaning is not near: insecure_mode was not meant to be secure_mode.
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
		if d := Distance(key, plain(name)); d < least && d < len(name)/2 && !opposite(key, plain(name)) {
			best, least = name, d
		}
	}
	return best
}

// Distance returns how many characters must be inserted, removed or replaced between a and b, or 64
// if their lengths alone make it 3 or more.
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

// opposite reports whether one of two names is the other with a negation in it.
func opposite(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	for _, negation := range [...]string{"no", "un", "in"} {
		for i := 0; len(a) == len(b)+len(negation) && i <= len(b); i++ {
			if a[:i] == b[:i] && strings.HasPrefix(a[i:], negation) && a[i+len(negation):] == b[i:] {
				return true
			}
		}
	}
	return false
}

// mistyped returns the type whose name becomes name by one typing mistake, nil if there is none or
// more than one. Other providers have types too, so the first letter must be right and nothing may
// be added at the end. In a short name no letter is replaced by another, and in a name of four
// letters two of them are swapped.
func mistyped(name string) (found *Type) {
	for i := range types {
		t := &types[i]
		for known := range strings.FieldsSeq(t.Hook + " " + t.Names()) {
			isSlip := oneSlip(name, known) && name[0] == known[0] && !strings.HasPrefix(name, known)
			replaced := len(name) == len(known) && !sortedEqual(name, known)
			switch short := len(known) < 6; {
			case !isSlip || short && replaced || len(known) < 4 || len(known) == 4 && len(name) != 4 || t == found:
			case found != nil:
				return nil
			default:
				found = t
			}
		}
	}
	return found
}

// oneSlip reports whether two texts that are not empty differ by one character, or by two swapped
// ones.
func oneSlip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	isSwap := len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	return isSwap || len(a)+len(b) == 1 || len(a) == 1 && len(b) == 1
}

// sortedEqual reports whether two texts have the same characters.
func sortedEqual(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return bytes.Equal(x, y)
}
