package pyre

import (
	"fmt"
	"strings"
	"testing"
)

// fill repeats a pattern up to a length.
func fill(length int, head, part, tail string) string {
	return head + strings.Repeat(part, max(length-len(head)-len(tail), 0)/len(part)) + tail
}

// longPatterns are those that give the search for a runaway the most to do.
func longPatterns(length int) map[string]string {
	var names, sets strings.Builder
	for n := 0; names.Len() < length-20; n++ {
		fmt.Fprintf(&names, "team%d_[a-z]+|", n*7919%1000)
	}
	for n := 0; sets.Len() < length-10; n++ {
		fmt.Fprintf(&sets, "[a-%c%c]+", 'b'+n%25, 'A'+n*7%26)
	}
	depth := min(length/4, maxDepth)
	return map[string]string{
		"list":       fill(length, "^(?!(?:", "aws_default|", "x)$).*"),
		"names":      "^(?:" + names.String() + "x)*$",
		"loops":      fill(length, "^", `(\w+_?)+`, "$"),
		"sets":       "^" + sets.String() + "$",
		"loop":       fill(length, "^(?:", `\w+_?`, ")+$"),
		"optional":   fill(length, "^(?:", "a?", ")*b"),
		"either":     fill(length, "^(?:", `\w|_?`, ")*-"),
		"nested":     strings.Repeat("(", depth) + "a" + strings.Repeat("+)", depth) + "b",
		"empty":      strings.Repeat("(?:", depth/2) + "a?" + strings.Repeat(")*", depth/2) + "b",
		"looks":      fill(length, "^", `(?=(\w+_?)+$)`, "x"),
		"counts":     fill(length, "^", `(?:a{1,3}){2,30}`, "$"),
		"recalls":    fill(length, "^", `(\w+)+\1`, "$"),
		"look loops": fill(length, "^(?:", `(?=\w*)\w*`, ")+-"),
	}
}

// A pattern of 2,000 characters takes at most 50 ms, and one of 64 KiB some tenths of a second.
func BenchmarkFindRunaway(b *testing.B) {
	for _, length := range []int{40, 2_000, maxBytes} {
		for name, expr := range longPatterns(length) {
			b.Run(fmt.Sprint(name, "/", length), func(b *testing.B) {
				for b.Loop() {
					FindRunaway(expr)
				}
			})
		}
	}
}
