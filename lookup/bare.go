package lookup

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// blank replaces in a bare pattern what was taken out. It is neither a sign nor part of a name.
const blank = 0

var verboseFlag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\(\?[a-z]*x[a-z]*\)`)
})

// bare returns a pattern of the same length, with blanks where its signs are not operators: in
// escapes, in the members of classes, and in comments, including those of a leading (?x).
func bare(expr string) string {
	verbose := verboseFlag().MatchString(expr)
	b := []byte(expr)
	for i := 0; i < len(b); {
		from, to := i, i+1
		switch rest := expr[i:]; {
		case rest[0] == '\\':
			to = i + 2
		case strings.HasPrefix(rest, "(?#"):
			to = i + past(rest, 3, ')')
		case rest[0] == '#' && verbose:
			to = i + past(rest, 1, '\n')
		case rest[0] == '[':
			members := 1 + len(rest[1:]) - len(strings.TrimPrefix(rest[1:], "^"))
			if strings.HasPrefix(rest[members:], "]") { // a member, since a class is never empty
				members++
			}
			from, to = i+1, i+past(rest, members, ']')-1
		default:
			from = to
		}
		to = min(to, len(b))
		clear(b[from:max(from, to)])
		i = max(to, i+1)
	}
	return string(b)
}

// past returns the index after the next end that is not escaped, searching from at.
func past(text string, at int, end byte) int {
	for ; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case end:
			return at + 1
		}
	}
	return len(text)
}

// endsInLook reports whether the last parenthesis closes a look-around, which consumes nothing, so
// that a $ after it would ask for something else.
func endsInLook(bare string) bool {
	var open []int
	last := -1
	for i, c := range bare {
		switch {
		case c == '(':
			open = append(open, i)
		case c == ')' && len(open) > 0:
			last, open = open[len(open)-1], open[:len(open)-1]
		}
	}
	if last < 0 || !strings.HasSuffix(bare, ")") {
		return false
	}
	inside := bare[last:]
	return slices.ContainsFunc([]string{"(?=", "(?!", "(?<=", "(?<!"}, func(opening string) bool {
		return strings.HasPrefix(inside, opening)
	})
}
