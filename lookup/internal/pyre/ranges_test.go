package pyre

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A range with an end beyond U+FFFF takes what has its capital there, also where folding would not.
func TestFarRanges(t *testing.T) {
	for _, test := range []struct {
		expr, in, out string
	}{
		{`[\u01f0-\U0010ffff]`, "ŉ𐐀𐐨", "a"},
		{`[\u014a-\u02ff\u02fd-\U0010ffff]`, "", "ŉ"}, // as written, not as joined
		{`[\u014a-\uffff]`, "", "ŉ"},
		{`[\u1ff3-\U00010000]`, "ῲ", "ᾲῂ"},
		{`[^\u01f0-\U0010ffff]`, "a", "ŉ"},
		{`(?-i:[\u01f0-\U0010ffff])`, "", "ŉ"},
		{`(?a)[\u0100-\U0010ffff]`, "ŉ", "ÿµß"}, // as from CPython 3.12.8 and 3.13.1 on
		{`(?a)[𐐀-𐐁]`, "𐐀𐐁", "𐐨𐐩"},
	} {
		s := setOf(t, test.expr)
		for _, r := range test.in {
			assert.True(t, s.has(r), "%s on %c", test.expr, r)
		}
		for _, r := range test.out {
			assert.False(t, s.has(r), "%s on %c", test.expr, r)
		}
	}
}

// TestDifferentialRanges compares sets with ranges up to, at and beyond U+FFFF on every character
// with case.
func TestDifferentialRanges(t *testing.T) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	patterns := farSets()
	in, err := json.Marshal(patterns)
	require.NoError(t, err)
	cmd := exec.Command(python, "-c", pythonRanges)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.Output()
	require.NoError(t, err)
	var answer struct {
		Cased []rune
		In    [][]rune // for each pattern, those of Cased that match
	}
	require.NoError(t, json.Unmarshal(out, &answer))
	different := 0
	for i, expr := range patterns {
		s := setOf(t, expr)
		for _, r := range answer.Cased {
			_, want := slices.BinarySearch(answer.In[i], r)
			if s.has(r) != want {
				different++
				t.Errorf("%+q on %U: Python says %v", expr, r, want)
			}
		}
	}
	t.Logf("ranges: %d sets on %d characters, %d different", len(patterns), len(answer.Cased), different)
}

// farSets writes sets of one range and sometimes more. Singles beyond U+FFFF and (?a) are left out:
// versions of Python differ.
func farSets() []string {
	g := &generator{Rand: newRand(14)}
	bound := func() rune {
		near := g.one("\u00b5", "ß", "ÿ", "ŉ", "ŋ", "ſ", "ǰ", "ʼ", "ʽ", "ͅ", "ΐ", "Ι", "ΰ", "Κ", "և", "Ა", "ẖ", "ᾀ", "ᾲ", "ᾶ", "Ὰ", "ῂ", "ῆ", "ῲ", "ῳ", "Ὼ", "ῼ",
			"K", "Ⅷ", "Ɐ", "Ꭰ", "ꭰ", "ﬀ", "ﬓ", "ｚ", "\uffff", "\U00010000", "𐐀", "𐐧", "𐐨", "𐑏", "𐓘", "𐲀", "𑢠", "𑣀", "𞤀", "𞤢", "\U0010ffff", "A", "k", "z")
		return []rune(near)[0] + rune(g.IntN(3)) - 1
	}
	var all []string
	for len(all) < 200 {
		s := ""
		for range 1 + g.IntN(2) {
			lo, hi := bound(), bound()
			if lo > hi {
				lo, hi = hi, lo
			}
			s += fmt.Sprintf(`\U%08x-\U%08x`, lo, min(hi, 0x10ffff))
		}
		s += g.one("", "", "", "", `\d`, `\W`, `\s`, "k", "é", "ŉ")
		all = append(all, "["+g.one("", "", "^")+s+"]")
	}
	return all
}

const pythonRanges = `
import json, re, sys
cased = [c for c in range(0x110000) if not 0xd800 <= c < 0xe000 and
         any(f(chr(c)) != chr(c) for f in (str.lower, str.upper, str.title, str.casefold))]
near = sorted({d for c in cased for d in (c - 1, c, c + 1) if 0 <= d and not 0xd800 <= d < 0xe000 and chr(d).isprintable()})
inside = []
for p in json.load(sys.stdin):
    m = re.compile(p, re.I).match
    inside.append([c for c in near if m(chr(c))])
print(json.dumps({"Cased": near, "In": inside}))
`
