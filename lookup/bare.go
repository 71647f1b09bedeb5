package lookup

import (
	"regexp"
	"strings"
	"sync"
)

// blank stands in a bare pattern for what was taken out. It is neither a sign nor part of a name.
const blank = 0

var verboseFlag = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\(\?[a-z]*x[a-z]*\)`) })

// bare gives a pattern of the same length, with blanks for what its signs do not mean anything in: what is escaped, the members of
// classes, and comments, also those of (?x) for the whole pattern.
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

// past gives where a text goes on after the next end that is not escaped, looked for from at on.
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

// endsInLook says whether the last parenthesis closes a look-around, which takes nothing: a $ after it asks for something else.
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
	return strings.HasPrefix(inside, "(?=") || strings.HasPrefix(inside, "(?!") || strings.HasPrefix(inside, "(?<=") || strings.HasPrefix(inside, "(?<!")
}
