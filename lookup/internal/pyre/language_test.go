package pyre

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLanguagesAreEqual(t *testing.T) {
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{`(a+)+`, `a+`, true},
		{`(a+)*`, `a+`, false},
		{`(?:a+b?)+`, `a+(?:ba+)*b?`, true},
		{`(?:a+b?)+`, `a+b?`, false},
		{`(?:a?b?){0,3}`, `(?:a?b?)(?:a?b?)(?:a?b?)`, true},
		{`(?:aa){2,4}`, `aaaa(?:aa(?:aa)?)?`, true},
		{`(?:aa){2,4}`, `(?:aa){2,5}`, false},
		{`(?:\d{1,3},?)+`, `\d(?:,?\d)*,?`, true},
		{`\d+`, `[0-9]+`, false}, // the digits of other scripts
		{`[a-z]+`, `[A-Z]+`, true},
		{`(?:k|ab)+`, `(?:K|AB)+`, true},
		{`(?:\w|_)+`, `\w+`, true},
		{`(?:ab|a|b)*`, `[ab]*`, true},
	} {
		tree, err := newParser(row.a + `|` + row.b).parse()
		require.NoError(t, err)
		alphabet := wholeAlphabet(tree)
		languages := []*language{}
		for _, expr := range []string{row.a, row.b} {
			tree, err := newParser(expr).parse()
			require.NoError(t, err)
			languages = append(languages, newLanguage(tree, alphabet))
			require.NotNil(t, languages[len(languages)-1], expr)
		}
		a, b := languages[0], languages[1]
		assert.Equal(t, row.want, a.equal(b), "%s and %s", row.a, row.b)
		assert.Equal(t, row.want, b.smallest().equal(a), "%s and %s", row.b, row.a)
		assert.LessOrEqual(t, len(a.smallest().next), len(a.next), row.a)
	}
}

// What is more than characters in a row has no language, nor has what is too large.
func TestLanguageOfOthers(t *testing.T) {
	for _, expr := range []string{
		`(?=a)a`, `a\b`, `^a`, `(a)\1`, `(?>a)`, `a++`, `(?(1)a|b)(c)`, `(?:ab){200}`, `(?:ab){200,}`, `(?:ab){2,200}`, `(?:a?){161}`,
	} {
		tree, err := newParser(expr).parse()
		require.NoError(t, err)
		assert.Nil(t, newLanguage(tree, newAlphabet(otherRunes, tree)), expr)
	}
}
