package pyre

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A hostile pattern is one that makes an engine run away: in time, by its own nesting, or in what
// it costs to compile.
type hostile struct{ name, expr string }

// around puts a pattern in groups that are as deep as you like.
func around(open string, n int, inner, shut string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
}

// many joins what piece gives for the numbers from 0 on.
func many(n int, sep, piece string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(piece, i)
	}
	return strings.Join(all, sep)
}

func repeats(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("a{%d}", i%7+1)
	}
	return strings.Join(all, "|")
}

// evens is every other rune from lo on, so that nothing joins them to ranges.
func evens(lo rune, n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteRune(lo + 2*rune(i))
	}
	return s.String()
}

var hostiles = []hostile{
	{"stars nested 999 deep", around("(?:", 999, "a", ")*") + "b"},
	{"stars nested 300 deep", around("(?:", 300, "a", ")*") + "b"},
	{"pluses nested 999 deep", around("(", 999, "a", ")+") + "b"},
	{"lazy stars nested 999 deep", around("(?:", 999, "a", ")*?") + "b"},
	{"possessive stars nested 999 deep", around("(?:", 999, "a", ")*+") + "b"},
	{"counts nested 999 deep", around("(?:", 999, "a", "){0,2}") + "b"},
	{"stars of alternatives nested 400 deep", around("(?:a|", 400, "b", ")*") + "c"},
	{"empty stars nested 900 deep", around("(?:", 900, "a?", ")*") + "b"},
	{"stars nested in a group that is asked for", around("(", 300, "a", ")*") + `\1b`},
	{"atomic groups nested 900 deep", around("(?>", 900, "a*", ")") + "b"},
	{"a back-reference beyond U+FFFF", `(.+)\1x`},
	{"a list of prefixes with a star", "(?:" + strings.Repeat("a$|aa$|", 8_500) + many(46, "|", "%dx") + "|a)*c"},
	{"10,000 alternatives", "(?:" + many(10_000, "|", "a%d") + ")b"},
	{"10,000 alternatives with a star", "(?:" + many(9_000, "|", "a%d") + ")*b"},
	{"10,000 alternatives that match", "(?:" + repeats(10_000) + ")*b"},
	{"9,000 classes with a star", "(?:" + strings.Repeat("[ab]a|", 9_000) + "c)*d"},
	{"alternatives with a common head", "(?:" + many(3_000, "|", "aaaaaaaa%d") + ")*b"},
	{"alternatives with a common tail", "(?:" + many(3_000, "|", "%daaaaaaaa") + "|a)*b"},
	{"alternatives of one character", "(?:(?:" + strings.Repeat("a|", 20_000) + "aa)*)*b"},
	{"look-aheads nested 900 deep", around("(?=", 900, "a", ")") + "b"},
	{"look-aheads nested 900 deep with a group", around("(?=(a)", 900, "", ")") + `(?:a|\1)*b`},
	{"look-aheads nested 900 deep under a star", "(?:" + around("(?=", 900, "a", ")") + "a)*b"},
	{"look-aheads with groups under a star", "(?:" + around("(?=(a)", 900, `a*`, ")") + `a)*\1b`},
	{"refusing look-aheads nested 899 deep", "(?:" + around("(?!", 899, "b", ")") + "|a)*c"},
	{"look-behinds nested 900 deep", "a*" + around("(?<=", 900, "a", ")") + "b"},
	{"wide look-behinds at each place", "(?:a(?<=a{20000})|a)*b"},
	{"look-ahead to the end at each place", "(?:(?=.*$)(?=.*b)a|a)*c"},
	{"a huge count", "(?:aa?){1,60000}b"},
	{"huge counts nested", "(?:(?:a|a){1,90000}){1,90000}b"},
	{"huge counts of nothing", "(?:){4000000}(?:aa|a){200,20000}b"},
	{"a thousand optional characters", "(a?){0,1000}(?:a){1000}c"},
	{"bounded repeats in a row", strings.Repeat("a{1,4000000}", 5_000) + "b"},
	{"bounded repeats of bounded repeats", "(a{1,50}){1,50}(a{1,4000})+c"},
	{"a huge class", "(?:[" + evens(0x100, 15_000) + "]|[" + evens(0x101, 5_000) + "]|a)*?b"},
	{"huge classes nested", around("(?:", 900, "["+evens(0x100, 15_000)+"]", "|b)") + "*c"},
	{"classes of every kind", strings.Repeat(`(?:[\W\d]|[\D\S]|\w)*?`, 50) + "!"},
	{"letters of every case", "(?:éèàŉſKß|éèàŉſKs|[^ß]|é)*b"},
	{"lazy repeats in a row", strings.Repeat("a*?", 2_000) + "b"},
	{"repeats in a row", strings.Repeat("a*", 2_000) + "b"},
	{"lazy and possessive in turn", "(?:a*?a++|a*?)*?b"},
	{"back-references", `(a*)*(a*)*\1\2b`},
	{"a long back-reference at each place", `(?:(a+)a*?\1|(é+)\2)*b`},
	{"conditionals", `(x)?(a+)+(?:(?(1)b|c)|(?(2)a|b))*d`},
	{"word boundaries", `(?:\b|\B|\w\B|\w\b|.)*?(?:\b\B)`},
	{"dots at each place", `(?:.*.*.*)*x(?:.*$)`},
	{"dots over lines", `(?s:.*)(?:.*\n)*(?:.*$)x`},
	{"literals as they are", "(?:a|" + "(?-i:" + strings.Repeat("a", 60_000) + "b))*c"},
	{"literals", "(?:a|" + strings.Repeat("a", 60_000) + "b)*c"},
	{"many groups", strings.Repeat("(a)?", 16_000) + `\1\1b`},
	{"many groups set again", "(?:" + strings.Repeat("(a|)", 5_000) + `)*\1b`},
}

// hostileIDs are of several shapes, and up to size bytes long. The first few are the worst.
func hostileIDs(size int) []string {
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	return []string{
		fill("a"), fill("a\n"), fill("éaèßſK"), strings.Repeat("a", 200) + "!",
		strings.Repeat("a", 2048), fill("ab"), fill("aaaaaaaa12 "), fill("é"), fill("\u7a00"), strings.Repeat("a", 40), "",
	}
}

// TestHostile counts what each pattern takes on each id: an answer within the budget, or all of
// that and no answer; and memory that does not depend on either.
func TestHostile(t *testing.T) {
	const (
		last      = maxFrames // what the last instruction may be charged beyond the budget
		mostBytes = 40 << 20
	)
	ids, most := hostileIDs(100_000)[:4], Budget
	if testing.Short() || raceDetector {
		ids, most = hostileIDs(5_000)[2:4], Budget/32
	}
	givenUp := 0
	for _, h := range hostiles {
		p, err := Compile(h.expr)
		require.NoError(t, err, h.name)
		for _, id := range ids {
			var left int
			allocated := allocates(func() { _, left = p.MatchWithin(id, most) })
			assert.Greater(t, left, -last, "%s on %.10s", h.name, id)
			assert.Less(t, left, most, "%s on %.10s", h.name, id)
			assert.Less(t, allocated, uint64(mostBytes), "%s on %.10s", h.name, id)
			if left < 0 {
				givenUp++
			}
		}
	}
	t.Logf("%d patterns, %d matches given up", len(hostiles), givenUp)
}

// allocates is how many bytes f asks for, freed or not.
func allocates(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// What an instruction does for many characters, frames or words is charged, or one step could take
// for ever.
func TestCharges(t *testing.T) {
	const n = 10_000
	as := strings.Repeat("a", n)
	for _, test := range []struct {
		name, expr, text string
		least            int // units
	}{
		{"a literal", as + "b", as, n / spelled},
		{"a literal that is compared as it is", "(?-i:" + as + "b)", as + "c", n / scanned},
		{"a literal beyond ASCII", strings.Repeat("é", n) + "b", strings.Repeat("É", n), n * wide},
		{"a set beyond ASCII", "[éè]{10000}b", strings.Repeat("É", n), n * (wide + character)},
		{"the least of a repeat that fails", "[ab]{10001}", as, n * character},
		{"a greedy repeat", "[ab]*c", as, 2 * n * character},
		{"a lazy repeat", "[ab]*?c", as, 2 * n * character},
		{"a dot", ".*+b", as, n / scanned},
		{"the last line", ".*$", as, n / scanned},
		{"a look-behind", "a*+(?<=a{10000})b", as, 3 * n * character},
		{"a look-behind that fails", "a*+(?<=a{10001})b", as, 2 * n * character},
		{"a back-reference", `(a*+)b\1c`, as + "b" + as, 2 * n * character},
		{"a back-reference in another case", `(a*+)b\1c`, as + "b" + strings.ToUpper(as), 3 * n * character},
		{"a back-reference from beyond ASCII", `(\u212a*+)b\1c`, strings.Repeat("\u212a", n) + "b" + strings.Repeat("k", n), 2 * n * wide},
		{"a back-reference to other letters beyond ASCII", `(θ*+)b\1c`, strings.Repeat("θ", n) + "b" + strings.Repeat("Θ", n), n * (2*character + 2*wide)},
		{"a list of ids beyond ASCII", "(?:" + many(100, "|", "é%d") + "|é)+x", strings.Repeat("É", n), n * (2*wide + step)},
		{"a word's edge beyond ASCII", `(?:.\b)+x`, strings.Repeat("é-", n), n * wide},
		{"the memory of failures", `(?:a|b)+(?:a|c){64}x`, as, n / cleared},
		{"registers", "x" + strings.Repeat("(a)?", n) + `\1`, "b", 2 * n / cleared},
		{"the frames that a look leaves", around("(?=", 900, strings.Repeat("(a?)", 100)+`\1`, ")"), "a", 900 * 100},
	} {
		p, err := Compile(test.expr)
		require.NoError(t, err, test.name)
		_, left := p.MatchWithin(test.text, Budget)
		assert.GreaterOrEqual(t, Budget-left, test.least, test.name)
	}
}
