package pyre

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hunterOf makes the hunter of a pattern.
func hunterOf(t testing.TB, expr string) *hunter {
	p := newParser(expr)
	tree, err := p.parse()
	require.NoError(t, err)
	return newHunter(tree, p.src, len(p.groups), runaway)
}

// CPython's parser merges, and takes out what alternatives begin with.
func TestRunawayKnowsTheParser(t *testing.T) {
	for expr, want := range map[string]bool{
		`^(a|a)*$`: true, `^(a|A)*$`: false, `^(\w|\d)+$`: false, `^(?:[a-z]|[A-Z])+$`: false, `^(?:[a-z]|[a-z])+$`: true,
		`^(?:.|_)+x$`: true, `^(.|\n)+$`: false, `^(?:ab|ac)+$`: false, `^(?:(?:a|b)|c)+$`: false, `^(?:k|K|\u212a)+$`: false,
		`^(?-i:(?:a|A)+)$`: false, `^(?:([^/])|(_))+_$`: true, `^(?:(a)|(a))+$`: true,
		`^(?>(\w+_?)+)$`: false, `^(?>(\w+_?)+x)$`: true, `^(\w+_?)++$`: false, `^(\w+)+.*`: false,
		`^(?=.{1,10}$)(\w+_?)+$`: false, `^(?=\w*$)(\w+)+$`: false, `^(?:a{2,3}){2,20}$`: false, `^(a{2,3}){2,20}\1$`: false, `^(a?){25}a{25}$`: true,
		`^(\w+)+\1$`: true, `^((\W-{1,3}[^/]{2})*?\S+)+-+?(?>(?:b+?[A-Z]*[A-Z]{1,3})*([\w.-]?|\W+?\S+\d{3,8}))\1+`: true,
		`^(a+)+\1`: false, `^(a+)+\1$`: true,
	} {
		_, ok := FindRunaway(expr)
		assert.Equal(t, want, ok, expr)
	}
}

// The short way round through a class is found beside long ones through words, and after an
// optional group that a conditional asks for. What is too large to be counted to its end, or counts
// as it runs, is found as well.
func TestRunawayBesideWords(t *testing.T) {
	counted := func(depth int, tail string) string { return around("(", depth, "a", "{1,3})") + tail }
	for expr, want := range map[string]bool{
		`^(?:a-d|\w+)+x$`: true, `^(?:\w+|a-d)+x$`: true, `^(?:a-d|\w+)*$`: true, `^(?:pg-eu|\w+)*_prod$`: true, `^(?:aws-default|\w+)+x$`: true,
		`^(?:a_d|[a-z]+)+$`: true, `^(?:aws-default|[a-z]+)+_prod$`: true, `^(?:etl-one-two-three|pg-eu-west|\w+)*_prod$`: true,
		`^(?:aws-default|gcp-default|[a-z0-9]+|x-y-z-q)+_prod$`: true, `^(?:aws-default|\w)+x$`: false, `^(?:aws-default|\w+-)+x$`: false,
		`^(a)?(?(1)(b+)+c|d)$`: true, `^(a)?(?(1)b+c|(d+)+e)$`: true, `^(a)?(?(1)(b+)+|d)`: false,
		strings.Repeat(`(\w+_?)*`, 220) + "$": true, strings.Repeat(`(\w+_?)*`, 220): false,
		counted(5, "$"): true, counted(6, "x"): true, counted(8, "x"): true, counted(12, "$"): true, counted(16, "$"): true, counted(16, "x"): true,
	} {
		_, ok := FindRunaway(expr)
		assert.Equal(t, want, ok, expr)
	}
}

// An id is as long in any script: CPython counts characters.
func TestRunawayInAnyScript(t *testing.T) {
	for expr, want := range map[string]bool{
		`^([一-龥]+_?)+$`: true, `^(用+_?)+$`: true, `^([가-힣]+_?)+$`: true, `^([ａ-ｚ]+_?)+$`: true, `^(😀+😀?)+$`: true, `^(あ+)+$`: true,
		`^([а-я]+_?)+$`: true, `^([א-ת]+_?)+$`: true, `^([à-ö]+_?)+$`: true, `^(用_?)+$`: false, `^(あ+-)+$`: false, `^[一-龥]+$`: false,
		`^(?:用+|[一-龥])+x$`: true, `^(?=.{1,10}$)(あ+)+$`: false, `^用{30}(あ+)+$`: true, `^(?:用|部)+$`: false,
	} {
		found, ok := FindRunaway(expr)
		assert.Equal(t, want, ok, expr)
		assert.LessOrEqual(t, width(found.ID), longestAttack)
	}
}

// CPython looks at an id's length before anything else.
func TestRunawayIsLongEnough(t *testing.T) {
	h := hunterOf(t, `^(a?){25}a{25}$`)
	assert.Zero(t, h.run(strings.Repeat("a", 24), 1000))
	assert.NotZero(t, h.run(strings.Repeat("a", 25), 1000))
}

// A tally comes to nearly what the machine takes that goes all ways.
func TestTallyCountsWhatTheMachineTakes(t *testing.T) {
	for _, expr := range []string{
		`^(\w+_?)+$`, `^(?:a|ab)+?c`, `(?!(a+)+b)aws`, `^(?:(?:a?)+)+b`, `^(?>(\w+_?)+x)$`, `^(?:\w+\B)+$`, `^(a{1,3}){2,9}$`, `^(?:_|a)*?x`,
	} {
		h := hunterOf(t, expr)
		require.True(t, h.counts, expr)
		for _, id := range []string{"aaaaaaaa-", "a_a_aa__a!", "abababab", "aws"} {
			h.left = 1 << 40
			took := float64(h.run(id, 1<<30))
			h.spots = 1 << 30
			cost, ok := h.count(id)
			require.True(t, ok)
			assert.InDelta(t, 0, math.Log(cost/took), 1.2, "%s on %q: %v counted, %v taken", expr, id, cost, took)
		}
	}
	h := hunterOf(t, `^(\w+_?)+$`)
	cost, ok := h.count(strings.Repeat("a", 60) + "-")
	assert.True(t, ok)
	assert.Greater(t, cost, math.Exp2(59))
	assert.True(t, hunterOf(t, `^(\w+)+\1$`).recalls, "a back-reference depends on more than the place")
	assert.False(t, hunterOf(t, `^(\w)?(\w+)+(?(1)a|b)$`).counts, "so does a conditional")
}

// What is done for a pattern is bounded in steps, whatever the pattern.
func TestHuntIsBounded(t *testing.T) {
	for _, length := range []int{100, 2000} {
		for name, expr := range longPatterns(length) {
			h := hunterOf(t, expr)
			h.hunt()
			assert.GreaterOrEqual(t, h.left, 0, name)
			assert.GreaterOrEqual(t, h.spots, 0, name)
			assert.LessOrEqual(t, len(h.loops), mostLoops, name)
		}
	}
}

func FuzzFindRunaway(f *testing.F) {
	for _, expr := range longPatterns(60) {
		f.Add(expr)
	}
	f.Add(`^(?(1)a|b)(\w+)+(?<=a)\b$`)
	f.Fuzz(func(t *testing.T, expr string) {
		if found, ok := FindRunaway(expr); ok && found.Instead != "" {
			_, err := Compile(found.Instead)
			assert.NoError(t, err)
		}
	})
}

// Counted repeats in counted repeats are written out no further than the search has room for;
// otherwise this would not end.
func TestRunawayNestedCounts(t *testing.T) {
	for _, depth := range []int{16, 100, 200, 500} {
		h := hunterOf(t, around("(", depth, "a", "{1,3})"))
		_, _, ok := h.hunt()
		assert.False(t, ok, "nothing follows the %d loops, so that a match cannot fail after them", depth)
		assert.GreaterOrEqual(t, h.spots, 0, depth)
	}
}
