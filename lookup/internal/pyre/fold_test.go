package pyre

import (
	"slices"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// orbits are those of every rune that has one, found the long way: by asking each rune for its
// canonical one.
func orbits() map[rune][]rune {
	byCanon := map[rune][]rune{}
	for r := range unicode.MaxRune + 1 {
		k := foldUnicode.canon(r)
		byCanon[k] = append(byCanon[k], r)
	}
	all := map[rune][]rune{}
	for _, orbit := range byCanon {
		if len(orbit) > 1 {
			for _, r := range orbit {
				all[r] = orbit
			}
		}
	}
	return all
}

// widened is what widen should give for a range, told by the orbits alone.
func widened(orbits map[rune][]rune, r runeRange) []runeRange {
	out := []runeRange{r}
	for c, orbit := range orbits {
		if r.lo <= c && c <= r.hi {
			for _, s := range orbit {
				out = append(out, runeRange{s, s})
			}
		}
	}
	return merge(out)
}

// A set has the other cases of its members, whether they are looked up one by one or in the table.
func TestWiden(t *testing.T) {
	all := orbits()
	require.Greater(t, len(all), 2000)
	last := pick[rune](raceDetector, 0x20000, unicode.MaxRune) // no letter beyond has a case
	for r := range last + 1 {
		want := []runeRange{{r, r}}
		for _, s := range all[r] {
			want = append(want, runeRange{s, s})
		}
		if got := foldUnicode.widen([]runeRange{{r, r}}); !slices.Equal(got, merge(want)) {
			t.Fatalf("%U: %v, not %v", r, got, want)
		}
	}
	ranges := []runeRange{{0, unicode.MaxRune}, {'A', 'Z'}, {'a', 'z'}, {0, 0x7f}, {0x80, 0xff}, {0x100, 0xffff}, {0x10000, unicode.MaxRune}}
	random := newRand(1)
	for range pick(raceDetector, 100, 1000) {
		lo := rune(random.IntN(1 << (7 + random.IntN(11)))) // most letters that have a case come early
		ranges = append(ranges, runeRange{lo, min(lo+rune(random.IntN(1<<random.IntN(18))), unicode.MaxRune)})
	}
	for r := range all { // so that each is the first and the last of a range that the table answers for
		if raceDetector && r%16 > 0 {
			continue
		}
		ranges = append(ranges, runeRange{r, min(r+200, unicode.MaxRune)}, runeRange{max(r-200, 0), r})
	}
	for _, r := range ranges {
		require.Equal(t, widened(all, r), foldUnicode.widen([]runeRange{r}), "%U", []rune{r.lo, r.hi})
	}
}

// Every rune goes round its orbit and comes back to itself, within as many steps as a casing has
// room for.
func TestNextCase(t *testing.T) {
	for r := range unicode.MaxRune + 1 {
		n := 1
		for s := nextCase(r); s != r; s = nextCase(s) {
			if n++; n > 4 {
				t.Fatalf("%U: more than three others", r)
			}
		}
	}
	for _, group := range [][]rune{{'i', 'I', 'İ', 'ı'}, {'ﬅ', 'ﬆ'}, {'k', 'K', '\u212a'}, {'ß', 'ẞ'}} {
		for _, r := range group {
			assert.Equal(t, foldUnicode.canon(group[0]), foldUnicode.canon(r), "%U", r)
		}
	}
}

// The table of all cases takes a millisecond, which a process that compiles one pattern should not
// spend.
func TestOrdinaryPatternsNeedNoTable(t *testing.T) {
	outside, made := casings, false
	defer func() { casings = outside }()
	casings = func() []casing {
		made = true
		return outside()
	}
	for _, expr := range []string{
		`^(?!aws_default$).*$`, `^[a-z]+_(?P<env>dev|prod)$`, `[A-Za-z0-9_.-]+`, `[^a]`, `(?!x)\w+\s[^\W\d]`, `[à-ÿ]é`, `[\x00-\x7f]`, `^(?:a|ſ|İ)$`,
	} {
		_, err := Compile(expr)
		require.NoError(t, err)
		assert.False(t, made, expr)
	}
	_, err := Compile(`[\u0100-\uffff]`)
	require.NoError(t, err)
	assert.True(t, made)
}

// small relies on it.
func TestSmallIsTheSame(t *testing.T) {
	for _, flags := range []string{"", "(?a)"} {
		capitals, letters := newParser(flags+"[A-Z]"), newParser(flags+"[a-z]")
		a, err := capitals.parse()
		require.NoError(t, err)
		b, err := letters.parse()
		require.NoError(t, err)
		for r := range rune(unicode.MaxRune + 1) {
			if a.single(false).has(r) != b.single(false).has(r) {
				t.Fatalf("%s: %U", flags, r)
			}
		}
	}
	for expr, want := range map[string]string{
		`[A-Z]`: `[a-z]`, `[A-Za-z]`: `[A-Za-z]`, `[A-Z0-9][^A-Z]`: `[a-z0-9][^a-z]`, `[+-A-Z]`: `[+-A-Z]`, `[-A-Z]`: `[-a-z]`, `[\-A-Z]`: `[\-a-z]`,
		`[\\-A-Z]`: `[\\-A-Z]`, `[x]\A-Z`: `[x]\A-Z`, `A-Z`: `A-Z`, ``: ``, `[[A-Z]`: `[[a-z]`,
	} {
		assert.Equal(t, want, small(expr), expr)
	}
}
