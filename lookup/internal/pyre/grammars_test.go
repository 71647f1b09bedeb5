package pyre

import (
	"fmt"
	"strings"
	"testing"
)

// TestDifferentialGroups asks Python about patterns that are all about what groups matched:
// conditionals on groups before, behind and around them, references, in loops of each kind,
// look-arounds and atomic groups. It asks a quarter of the usual number.
func TestDifferentialGroups(t *testing.T) { compareWithPython(t, (*generator).groupPattern, 4) }

// TestDifferentialBroken asks about patterns in which several things are wrong: which of them is
// it, and where?
func TestDifferentialBroken(t *testing.T) { compareWithPython(t, (*generator).brokenPattern, 4) }

func (g *generator) groupPattern() string {
	g.groups, g.names, g.letters = 0, nil, []string{"a", "b"}
	n := 1 + g.IntN(3) // so that conditionals can ask about groups that are still to come
	s := g.groupAlternatives(2+g.IntN(2), n)
	for g.groups < n {
		s += "(" + g.groupAlternatives(1, n) + ")"
	}
	return s + g.one("", "$", "b")
}

func (g *generator) groupAlternatives(depth, n int) string {
	var all []string
	for range 1 + g.IntN(2) {
		s := ""
		for range g.IntN(4) {
			s += g.groupItem(depth, n)
		}
		all = append(all, s)
	}
	return strings.Join(all, "|")
}

func (g *generator) groupItem(depth, n int) string {
	s := ""
	switch k := g.IntN(10); {
	case k == 0:
		s = "."
	case k == 1 && g.groups > 0:
		s = fmt.Sprintf("\\%d", 1+g.IntN(g.groups))
	case k <= 3 && depth > 0:
		g.groups++
		s = "(" + g.groupAlternatives(depth-1, n) + ")"
	case k == 4 && depth > 0:
		s = g.one("(?:", "(?:", "(?=", "(?!", "(?>") + g.groupAlternatives(depth-1, n) + ")"
	case k == 5:
		s = g.one("(?<=", "(?<!") + g.one("a", "b", ".", "(a)", "(.)", "a|b", "(?(1)a|b)", "\\1") + ")"
		g.groups += strings.Count(s, "(a)") + strings.Count(s, "(.)")
	case k <= 7:
		number, yes, no := 1+g.IntN(max(n, g.groups)), g.one("a", "b", "."), g.one("", "|a", "|b")
		if depth > 0 {
			yes = g.groupItem(depth-1, n)
			no = g.one(no, "|"+g.groupItem(depth-1, n))
		}
		s = fmt.Sprintf("(?(%d)%s%s)", number, yes, no)
	default:
		s = g.one(g.letters...)
	}
	if g.IntN(3) == 0 {
		s += g.one("*", "+", "?", "{2}", "{1,2}", "{,3}", "{2,}") + g.one("", "", "?", "+")
	}
	return s
}

func (g *generator) brokenPattern() string {
	g.groups, g.names, g.letters = 0, nil, mixed
	s := ""
	for range 1 + g.IntN(4) {
		s += g.one(g.one(brokenPieces...), g.one(brokenPieces...), g.one("(", ")", "|", "*", "?", "a", "(?:", "(?i)", "(?x)", "#", "\\", "}", "]", "1", ">"), g.item(1))
	}
	return s
}
