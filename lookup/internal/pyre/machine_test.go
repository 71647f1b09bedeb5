package pyre

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// variants compiles the pattern in each way the machine can run it: as it is, with groups recorded
// though nobody asks (exact order, no memory of failures), with counted groups counted rather than
// written out, and without tries.
func variants(expr string) (map[string]*Program, error) {
	all := map[string]*Program{}
	for name, v := range map[string]struct {
		recalls bool
		most    uint64
		chains  bool
	}{"as it is": {most: maxInstructions}, "recorded": {recalls: true, most: maxInstructions}, "counted": {},
		"chained": {most: maxInstructions, chains: true}} {
		p := newParser(expr)
		tree, err := p.parse()
		if err != nil {
			return nil, err
		}
		e := &emitter{recalls: p.recalls || v.recalls, chains: v.chains}
		all[name] = e.emit(tree, len(p.groups), v.most)
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
		{`((|a)(?(1).|a))b`, "a1b", false},
		{`(?:((|a)(?(1).|a))b){1,2}`, "a1b", false}, // as in CPython
		{`(?:(a)|(?(1)b|c))*$`, "ab", true},         // captured in an earlier iteration
		{`(?:(a)|(?(1)b|c))*$`, "cab", true},
		{`(?:(a)|(?(1)b|c))*$`, "ac", false},
		{`(?:(?=(a))a|(?(1)b|c))*$`, "ab", true},   // a look-ahead's group stays
		{`(?:(?!(a)b)a|(?(1)b|c))*$`, "ab", false}, // that of a negative one does not
		{`(?!(a)b)a(?(1)b|c)`, "ac", true},
		{`(a)?+(?(1)b|c)`, "ab", true},
		{`(?<=ab)c`, "c", false},
		{`a(?<=é|a)b`, "ab", true},
		{`(?<=a{4294967294}a)|b`, "b", true}, // as far as a look-behind may look
		{`(?:a?){3}b`, "ab", true},
		{`(?:a|){2,5}b`, "aaab", true},
		{`(?:(?:a?)*)*b`, "aaab", true},
		{`(?:(?=(a))a)*b`, "aab", true},
		{`(?>a|ab)c`, "abc", false}, // the first that stands there
		{`(?>ab|a)c`, "abc", true},
		{`(?:a|ab|abc)d`, "abcd", true}, // and then the next
		{`(a|ab)(?(1)c|d)`, "abc", true},
		{`(?>abc|a|ab)\Z`, "ab", false},
		{`(?:ab|)*+\Z`, "abab", true},
		{`(?:a\d|ab|a)b?$`, "ab", true},
		{`(?:(?-i:ab)|AC|ad)$`, "AB", false},
		{`(?:(?-i:ab)|AC|ad)$`, "aC", true},
		{`(?:kſ|İi|é)$`, "\u212aS", true},
		{`(?:kſ|ii|é)$`, "İı", true},
		{`(?:éa|è)$`, "È", true}, // which begin with the same byte
		{`(?:\ufffd|\ud800|a)b`, "\xffb", true},
		{`(?!a(?=b)|é)a(?!(?!b).)`, "ab", false}, // looks in looks
		{`(?!a(?=b$))a(?!(?![bc]).)`, "abc", true},
		{`(?!a(?=b$))a(?!(?![bc]).)`, "ab", false},
		{`(?!a(?=b$))a(?!(?![bc]).)`, "ax", false},
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
		"possessive groups":  "(a)" + strings.Repeat(`(\1*|)++`, 8190),
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
		assert.Less(t, allocated, uint64(80<<20), name)
		if err == nil {
			assert.LessOrEqual(t, len(p.code), 5*maxBytes/2, name)
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

// Patterns without captures to ask for are answered however long they take another engine, in a
// number of steps that grows with the text and no faster.
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
