package pyre

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// variants compiles the pattern in each way the machine can run it: as it is, with groups recorded though nobody
// asks (exact order, no memory of failures), with counted groups counted rather than written out, and without tries.
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
			got, err = p.matchThoroughly(test.text)
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
		took := quickest(func() { _, err = p.Match(long) })
		assert.ErrorIs(t, err, ErrBudget, expr)
		assert.Less(t, took, slow(2*time.Second), expr)
	}
}

// quickest is the least time of a few tries: steps are bounded, and a busy machine makes each take longer.
func quickest(f func()) time.Duration {
	least := time.Hour
	for range 3 {
		start := time.Now()
		f()
		least = min(least, time.Since(start))
	}
	return least
}

// slow gives the race detector its time.
func slow(d time.Duration) time.Duration {
	if raceDetector {
		return 20 * d
	}
	return d
}

// Large and deep patterns compile, or are refused, in bounded time and memory.
func TestLargePatterns(t *testing.T) {
	const size = 64 << 10
	nested := func(open, shut string, depth int) string {
		return strings.Repeat(open, depth) + "a" + strings.Repeat(shut, depth)
	}
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	for name, expr := range map[string]string{
		"letters":       fill("a"),
		"alternatives":  fill("ab|"),
		"sets":          fill(`[\wx]`),
		"wide ranges":   fill("[\x00-\U0010ffff]"),
		"one wide set":  "[" + fill("\u0100-\U0010ffff") + "]",
		"stars":         fill("a*"),
		"groups":        fill("()"),
		"nested":        nested("(", ")", 1000),
		"nested stars":  nested("(?:", ")*", 1000),
		"nested plus":   nested("(", ")+", 1000),
		"nested counts": nested("(", "){2}", 1000),
		"nested many":   nested("(", "){1,4000000}", 1000),
		"nested looks":  nested("(?=", ")", 1000),
		"nested behind": nested("(?<=", ")", 1000),
		"nested atoms":  nested("(?>", ")++", 1000),
		"too deep":      nested("(", ")", 30_000),
		"many":          "a{1,4000000}",
		"many more":     strings.Repeat("a{1,4000000}", 5000),
		"counted":       "(?:ab){1,4000000}",
		"open":          fill("("),
		"comment":       "(?#" + fill("x"),
		"marks":         fill(`\b`),
		"backs":         "(a)" + fill(`\1`),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var err error
			took := quickest(func() {
				var p *Program
				if p, err = Compile(expr); err == nil {
					_, err = p.Match(strings.Repeat("a", 512))
				}
			})
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) / 3
			t.Logf("%v, %d KB: %.80v", took, allocated>>10, err)
			assert.Less(t, took, slow(10*time.Second))
			assert.Less(t, allocated, uint64(100<<20))
		})
	}
	p, err := Compile("a{1,4000000}")
	require.NoError(t, err)
	assert.LessOrEqual(t, len(p.code), 2)
}

// Patterns without captures to ask for are answered however long they take another engine, up to some 10,000 instructions.
func TestLinear(t *testing.T) {
	var many []string
	for i := range 3000 {
		many = append(many, fmt.Sprintf("a{%d}", i%7+1))
	}
	for _, expr := range []string{
		`(a+)+$`, `(a|a)*b`, `(?!x)(a+)+$`, `^((?!aws).)*$`, `(?<!x)(a*)*b`, `(x+x+)+y`, `(?:a?){400}(?:a){400}c`, `(a{1,50}){1,50}c`,
		`((((a*)*)*)*)*b`, `(?:(?:a|aa)+|(?:aaa|a)+)*b`, `(a*?)*?b`, `(a+?a+?)+?b`, `(?>a|aa)*b`, `(?:(?=a*b)a|a)*c`, `(a{1,4000})+b`,
		"(?:" + strings.Join(many, "|") + ")*b",
	} {
		p, err := Compile(expr)
		require.NoError(t, err)
		for _, text := range []string{strings.Repeat("a", 4095) + "\x01", strings.Repeat("x", 4096)} {
			start := time.Now()
			_, err = p.Match(text)
			assert.NoError(t, err, "%.60s", expr)
			if took := time.Since(start); took > 50*time.Millisecond {
				t.Logf("%.60s: %v", expr, took)
			}
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
