package pyre

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// variants compiles the pattern in each way the machine can run it: as it is, with groups recorded though nobody
// asks (exact order, no memory of failures), and with counted groups counted rather than written out.
func variants(expr string) (map[string]*Program, error) {
	all := map[string]*Program{}
	for name, v := range map[string]struct {
		recalls bool
		most    uint64
	}{"as it is": {false, maxInstructions}, "recorded": {true, maxInstructions}, "counted": {false, 0}} {
		p := newParser(expr)
		tree, err := p.parse()
		if err != nil {
			return nil, err
		}
		all[name] = emitWithin(tree, len(p.groups), p.recalls || v.recalls, v.most)
	}
	return all, nil
}

// Rules that hold whichever way the machine runs.
func TestMatch(t *testing.T) {
	for _, test := range []struct {
		expr, text string
		want       bool
	}{
		{`test`, "testing", true},
		{`test$`, "test\n", true},
		{`test\Z`, "test\n", false},
		{`\b`, "", false},
		{`\B`, "", false},
		{`(?:a|ab){2}+c`, "abac", false}, // atomic per iteration
		{`(?>(?:a|ab){2})c`, "abac", true},
		{`^(?>a?)+a`, "aa", true}, // an atomic iteration may be given back whole
		{`(a?)*?b`, "aab", true},
		{`(?:(?(1)x|()))+$`, "x", true}, // the first iteration of + may take nothing and go on
		{`(a|b)*\1$`, "abb", true},
		{`(?:(a)|b)*\1$`, "aba", true},
		{`(a)?(?(1)b|c)$`, "ab", true},
		{`(a)?(?(1)b|c)$`, "c", true},
		{`((?(1)a|b))*$`, "ba", true},    // entered again where it was left, the group counts as matched
		{`(?:(\d)|){3}+\1`, "1é", false}, // a failed alternative leaves the group as it was
		{`(?<=ab)c`, "c", false},
		{`a(?<=é|a)b`, "ab", true},
		{`(?:a?){3}b`, "ab", true},
		{`(?:a|){2,5}b`, "aaab", true},
		{`(?:(?:a?)*)*b`, "aaab", true},
		{`(?:(?=(a))a)*b`, "aab", true},
		{`(.)\1`, "sſ", false},
		{`(.)\1`, "iİ", true},
		{`[^i]`, "ı", false},
		{`ß`, "ss", false},
		{`(?a)k`, "\u212a", false},
		{`(?a)(?u:k)`, "\u212a", true},
		{`\ufffd`, "\xff", true},
		{`\ud800`, "\ufffd", false},
	} {
		all, err := variants(test.expr)
		require.NoError(t, err, test.expr)
		for name, p := range all {
			got, err := p.Match(test.text)
			assert.NoError(t, err)
			assert.Equal(t, test.want, got, "%q on %q, %s", test.expr, test.text, name)
			got, err = p.thoroughly(test.text)
			assert.NoError(t, err)
			assert.Equal(t, test.want, got, "%q on %q, %s, thoroughly", test.expr, test.text, name)
		}
	}
}

// The place and the reason, for one pattern of each kind that is refused.
func TestSyntaxErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`a**`:              "multiple repeat at position 2",
		`^*`:               "nothing to repeat at position 1",
		`a|*`:              "nothing to repeat at position 2",
		`(a`:               "missing ), unterminated subpattern at position 0",
		`é)`:               "unbalanced parenthesis at position 1",
		`[a`:               "unterminated character set at position 0",
		`[z-a]`:            "bad character range z-a at position 1",
		`[\w-a]`:           `bad character range \w-a at position 1`,
		`a{2,1}`:           "min repeat greater than max repeat at position 1",
		`a{4294967295}`:    "the repetition number is too large at position 1",
		`\8`:               "invalid group reference 8 at position 1",
		`\400`:             `octal escape value \400 outside of range 0-0o377 at position 0`,
		`\x4`:              `incomplete escape \x4 at position 0`,
		`\U00110000`:       `bad escape \U00110000 at position 0`,
		`a\`:               "bad escape (end of pattern) at position 1",
		`\e`:               `bad escape \e at position 0`,
		`(a\1)`:            "cannot refer to an open group at position 2",
		`a(?i)b`:           "global flags not at the start of the expression at position 1",
		`(?-i)a`:           "missing : at position 4",
		`(?L)a`:            "bad inline flags: cannot use 'L' flag with a str pattern at position 2",
		`(?a)(?u)`:         "ASCII and UNICODE flags are incompatible at position 4",
		`(?z)`:             "unknown extension ?z at position 1",
		`(?iz)`:            "unknown flag at position 3",
		`(?<n>a)`:          "unknown extension ?<n at position 1",
		`(?P<n>a)(?P<n>b)`: `redefinition of group name "n" as group 2; was group 1 at position 8`,
		`(?P<1>a)`:         `bad character in group name "1" at position 4`,
		`(?P=x)`:           `unknown group name "x" at position 4`,
		`(?(2)a|b)`:        "invalid group reference 2 at position 3",
		`(?(0)a|b)`:        "bad group number at position 3",
		`(x)(?(1)a|b|c)`:   "conditional backref with more than two branches at position 11",
		`(?<=a|bc)d`:       "look-behind requires fixed-width pattern at position 0",
		`(?<=(a)\1)`:       "cannot refer to group defined in the same lookbehind subpattern at position 7",
		`\N{DASH}`:         `\N{NAME} is not supported; write the character itself or \uXXXX at position 0`,
		`(?t)a`:            "unknown extension ?t at position 1",
		`(?(+1)a)(x)`:      `bad character in group name "+1" at position 3`,
	} {
		_, err := Compile(expr)
		assert.EqualError(t, err, want, expr)
	}
}

// What cannot be linear ends soon, in an error.
func TestBudget(t *testing.T) {
	long := strings.Repeat("a", 4096)
	for _, expr := range []string{
		`(a*)*(a*)*\1\2b`,
		`(a+)+\1?b`,
		`(x)?(a+)+(?(1)b|c)`,
		`(?:(?:a|a){1,90000}){1,90000}b`,
		`(?:aa?){1,60000}b`,
		`(?:){4000000}(?:aa|a){200,20000}b`,
	} {
		p, err := Compile(expr)
		require.NoError(t, err)
		_, left := p.MatchWithin(long, Budget)
		assert.Negative(t, left, expr)
		_, err = p.Match(long)
		assert.ErrorIs(t, err, ErrBudget, expr)
	}
}

// large patterns are as long as they may be, or write themselves out to be.
func large() map[string]string {
	fill := func(piece string) string { return strings.Repeat(piece, maxBytes/len(piece)) }
	return map[string]string{
		"letters":            fill("a"),
		"alternatives":       fill("ab|"),
		"empty alternatives": fill("a|"),
		"sets":               fill(`[\wx]`),
		"dots":               fill("."),
		"sets of letters":    fill("[Ā-῿]"),
		"sets to join":       fill("[Ā-῿]|") + "a",
		"ranges":             fill("[Ƞ-Ɇ]|") + "a",
		"wide ranges":        fill("[\x00-\U0010ffff]"),
		"wider ranges":       fill("[\u0100-\U0010ffff]"),
		"one wide set":       "[" + fill("\u0100-\U0010ffff") + "]",
		"one set":            "[" + evens(0x100, 20_000) + "]",
		"joined sets":        around("(?:", 900, "["+evens(0x100, 15_000)+"]", "|b)") + "+c",
		"stars":              fill("a*b"),
		"stars of stars":     fill("(|a)*") + "b",
		"groups":             fill("()"),
		"looks":              fill("(?=a)"),
		"nested":             around("(", 1000, "a", ")"),
		"nested stars":       around("(?:", 1000, "a", ")*"),
		"nested plus":        around("(", 1000, "a", ")+"),
		"nested counts":      around("(", 1000, "a", "){2}"),
		"nested many":        around("(", 1000, "a", "){1,4000000}"),
		"nested looks":       around("(?=", 1000, "a", ")"),
		"nested behind":      around("(?<=", 1000, "a", ")"),
		"nested atoms":       around("(?>", 1000, "a", ")++"),
		"nested jumps":       around("(?:", 900, strings.Repeat("a*|", 19_000), "|b)"),
		"too deep":           around("(", 30_000, "a", ")"),
		"many":               "a{1,4000000}",
		"many more":          strings.Repeat("a{1,4000000}", 5000),
		"counted":            "(?:ab){1,4000000}",
		"open":               fill("("),
		"open sets":          fill("["),
		"comment":            "(?#" + fill("x"),
		"marks":              fill(`\b`),
		"backs":              "(a)" + fill(`\1`),
	}
}

// Large and deep patterns compile, or are refused, in bounded memory; BenchmarkLarge shows the time.
func TestLargePatterns(t *testing.T) {
	for name, expr := range large() {
		var p *Program
		var err error
		expr = expr[:min(len(expr), maxBytes)]
		allocated := allocates(func() { p, err = Compile(expr) })
		assert.Less(t, allocated, uint64(64<<20), name)
		if err == nil {
			assert.LessOrEqual(t, len(p.code), 2*maxBytes, name)
		}
	}
	p, err := Compile("a{1,4000000}")
	require.NoError(t, err)
	assert.LessOrEqual(t, len(p.code), 2)
}

// The limit counts bytes, and the error characters.
func TestLongPatterns(t *testing.T) {
	_, err := Compile(strings.Repeat("a", maxBytes))
	assert.NoError(t, err)
	const want = "a pattern of 65537 bytes, more than 65536, is not supported; write the beginnings that ids share at position "
	_, err = Compile(strings.Repeat("a", maxBytes+1))
	assert.EqualError(t, err, want+"65536")
	_, err = Compile(strings.Repeat("é", maxBytes/2) + "(")
	assert.EqualError(t, err, want+"32768")
	assert.Less(t, allocates(func() { _, _ = Compile(strings.Repeat("a|", 2<<20)) }), uint64(5<<20), "nothing but the pattern itself")
}

// Patterns without captures to ask for are answered however long they take another engine, in a number of steps that grows with
// the text and no faster.
func TestLinear(t *testing.T) {
	for _, expr := range []string{
		`(a+)+$`, `(a|a)*b`, `(?!x)(a+)+$`, `^((?!aws).)*$`, `(?<!x)(a*)*b`, `(x+x+)+y`, `(?:a?){400}(?:a){400}c`, `(a{1,50}){1,50}c`,
		`((((a*)*)*)*)*b`, `(?:(?:a|aa)+|(?:aaa|a)+)*b`, `(a*?)*?b`, `(a+?a+?)+?b`, `(?>a|aa)*b`, `(?:(?=a*b)a|a)*c`, `(a{1,100})+b`,
		"(?:" + repeats(200) + ")*b",
	} {
		p, err := Compile(expr)
		require.NoError(t, err)
		for _, text := range []string{"a", "x"} {
			spent := func(n int) int {
				_, left := p.MatchWithin(strings.Repeat(text, n)+"\x01", Budget)
				assert.GreaterOrEqual(t, left, 0, "%.60s", expr)
				return Budget - left
			}
			assert.LessOrEqual(t, spent(4096), 5*spent(1024)+2*quickBudget, "%.60s", expr) // a quick try in vain
		}
	}
}

func TestErrBudgetHoldsNoText(t *testing.T) {
	p, err := Compile(`(a*)*\1b(a*)*`)
	require.NoError(t, err)
	_, err = p.Match(strings.Repeat("a", 200) + "hunter2")
	require.True(t, errors.Is(err, ErrBudget))
	assert.NotContains(t, err.Error(), "hunter2")
}

// thoroughly is Match without the quick try before.
func (p *Program) thoroughly(text string) (bool, error) {
	ok, left := p.matchThoroughly(text, Budget)
	if left < 0 {
		return false, ErrBudget
	}
	return ok, nil
}
