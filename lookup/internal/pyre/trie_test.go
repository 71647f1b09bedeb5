package pyre

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What surrounds a list, or what a list is repeated in.
var aroundLists = []string{
	"%s", "^(?:%s)$", "^(?!(%s)$)", "(?=%s).", "(%s)b", "(?:%s)*$", "(?:%s)+?c", "(?:%s){2,3}\\Z", "(?>%s)$", "(?:%s)++a", "(%s)\\1",
	"(?:(?:%s)|(?:%[1]s)c)*$", "a(?<!b)(?:%s)*", "(?a:%s)$", "(?-i:%s)$", ".*(?:%s)$", "(?:%s|b*c)+$",
}

// Alternatives answer alike as a trie and as a chain of splits, in their order, wherever they stand.
func TestTrie(t *testing.T) {
	g := &generator{Rand: newRand(1)}
	tries, matches := 0, 0
	most := pick(raceDetector, 900, 6000)
	for n := range most {
		g.letters, g.words, g.groups = [][]string{plain, mixed, folded}[n%3], nil, 0
		expr := fmt.Sprintf(aroundLists[n%len(aroundLists)], g.list())
		all, err := variants(expr)
		if err != nil { // a list may hold a * with nothing before it
			continue
		}
		for _, in := range all["as it is"].code {
			if in.op == opTrie {
				tries++
				break
			}
		}
		for range 4 {
			text := g.id()
			want, err := all["chained"].Match(text)
			require.NoError(t, err)
			if want {
				matches++
			}
			for name, p := range all {
				got, err := p.Match(text)
				thoroughly, left := p.matchThoroughly(text, Budget)
				if err != nil || left < 0 || got != want || thoroughly != want {
					t.Fatalf("%q on %q, %s: %v %v, thoroughly %v %v, not %v", expr, text, name, got, err, thoroughly, left, want)
				}
			}
		}
	}
	assert.Greater(t, tries, most*5/6)
	assert.True(t, most < matches && matches < 3*most, "both answers are common: %d", matches)
}

// list writes 2 to 40 words, each new or another one with something cut, put before or after; now
// and then one that is not a plain word.
func (g *generator) list() string {
	word := func() string {
		s := ""
		for range 1 + g.IntN(3) {
			s += g.one(g.letters...)
		}
		return s
	}
	s := ""
	for i := range 2 + g.IntN(1<<(1+g.IntN(6)))%39 {
		w := word()
		if i > 0 {
			s += "|"
			old := []rune(g.one(g.words...))
			w = g.one(w, w, string(old)+w, string(old)+w, w+string(old), string(old[:g.IntN(len(old)+1)]))
		}
		g.words = append(g.words, w)
		if g.IntN(16) == 0 {
			w = fmt.Sprintf(g.one("%s$", "(%s)", "(?-i:%s)", "(?a:%s)", "%s.", "%s[ab]", "(?:%s)", "%s\\b", "%s(?:a|ab)",
				"\\ud800%s", "%s*"), w)
		}
		s += w
	}
	return s
}

// steps is what a match takes of the budget.
func steps(t *testing.T, expr, text string) int {
	p, err := Compile(expr)
	require.NoError(t, err)
	m := machine{program: p, text: text, most: maxFrames, registers: make([]int32, p.registers), left: Budget}
	m.clearRegisters()
	_, _ = m.run(0, 0)
	return (Budget - m.left) / step
}

func ids(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("team_%c/%s_%d", 'a'+i%13, []string{"warehouse", "reports", "mail", "warehouse_reader"}[i%4], i)
	}
	return strings.Join(all, "|")
}

// The length of a list hardly counts: the text is walked once.
func TestTrieSteps(t *testing.T) {
	for _, expr := range []string{`^(?!(%s)$)`, `^(?:%s)$`, `(%s).*x$`} {
		for _, text := range []string{"team_a/warehouse_0", "TEAM_B/reports_5", "team_a/", "smtp_default",
			"team_l/warehouse_reader_11_not"} {
			few, many := steps(t, fmt.Sprintf(expr, ids(12)), text), steps(t, fmt.Sprintf(expr, ids(1000)), text)
			assert.LessOrEqual(t, many, few+6, "%s on %s", expr, text)
			assert.LessOrEqual(t, many, 32, "%s on %s", expr, text)
		}
	}
}

// A long text costs what it costs a literal, and each alternative that is tried is charged.
func TestTrieIsCharged(t *testing.T) {
	long := strings.Repeat("ab", 8000)
	assert.GreaterOrEqual(t, steps(t, long+"x|"+long+"y", long), len(long)/spelled/step)
	var nested []string
	for n := range 100 {
		nested = append(nested, strings.Repeat("a", n+1))
	}
	assert.GreaterOrEqual(t, steps(t, "(?:"+strings.Join(nested, "|")+")c", strings.Repeat("a", 100)), 100*100/2)
}

// Where all alternatives of a trie have failed, they are not tried again.
func TestTrieRemembers(t *testing.T) {
	text := strings.Repeat("a", 300)
	for _, expr := range []string{`(?:a|aa|aaa){100}b`, `(?:(?:a|aa){9}|(?:aaa|a){9})*b`, `(?:(?:a|aa){40}|x)b`} {
		p, err := Compile(expr)
		require.NoError(t, err)
		got, err := p.Match(text)
		assert.NoError(t, err, expr)
		assert.False(t, got, expr)
	}
}

// The size of a trie is that of its texts, whatever they have in common.
func TestTrieSize(t *testing.T) {
	const size = 64 << 10
	var nested []string
	for n := range 360 {
		nested = append(nested, strings.Repeat("a", n+1))
	}
	for name, list := range map[string]string{
		"ids":    ids(2000),
		"nested": strings.Join(nested, "|"),
		"same":   strings.Repeat("aws_default|", size/12) + "x",
		"two":    strings.Repeat("a", size/2-1) + "|" + strings.Repeat("a", size/2-2) + "é",
	} {
		p, err := Compile(list)
		require.NoError(t, err)
		require.Equal(t, opTrie, p.code[0].op)
		require.Len(t, p.code, 2)
		trie, labels, kids, ends := p.code[0].trie, 0, 0, 0
		for _, n := range trie.nodes {
			labels, kids, ends = labels+len(n.label), kids+len(n.firsts), ends+len(n.ends)
		}
		alternatives := strings.Count(list, "|") + 1
		assert.LessOrEqual(t, len(trie.nodes), 2*alternatives, name)
		assert.LessOrEqual(t, labels+kids, len(list), name)
		assert.LessOrEqual(t, ends, alternatives, name)
		assert.Equal(t, len(trie.nodes)-1, kids, name)
	}
}
