package pyre

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDifferentialCharacters compares every character that the real Python knows: its classes,
// whether it may stand in a name, and which others a literal and a set match with it when case is
// ignored.
func TestDifferentialCharacters(t *testing.T) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	out, err := exec.Command(python, "-c", pythonCharacters).Output()
	require.NoError(t, err)
	var all []struct {
		Rune    rune
		Classes string
		Same    []rune // of those with a case in common, the ones that match
		Other   []rune // and the ones that do not
	}
	require.NoError(t, json.Unmarshal(out, &all))

	classes := map[byte]func(rune) bool{
		'd': setOf(t, `\d`).has, 's': setOf(t, `\s`).has, 'w': setOf(t, `\w`).has,
		'D': func(r rune) bool { return !setOf(t, `\D`).has(r) },
		'a': setOf(t, `(?a)\w`).has,
		'<': func(r rune) bool { return isIdentifier(string(r)) },
		'>': func(r rune) bool { return isIdentifier("a" + string(r)) },
	}
	different := 0
	for _, c := range all {
		want := map[byte]bool{}
		for _, k := range []byte(c.Classes) {
			want[k] = true
		}
		for k, has := range classes {
			if has(c.Rune) != want[k] {
				different++
				t.Errorf("%U is %c: %v", c.Rune, k, want[k])
			}
		}
		literal := newLiteral(c.Rune, foldUnicode).single(false)
		b := setBuilder{fold: foldUnicode}
		b.addRange(c.Rune, c.Rune)
		b.addRange('\x00', '\x00')
		set := b.set(false)
		check := func(others []rune, want bool) {
			for _, r := range others {
				text := foldUnicode.canon(c.Rune) == foldUnicode.canon(r)
				if literal.has(r) != want || set.has(r) != want || text != want {
					different++
					t.Errorf("%U matches %U: %v", c.Rune, r, want)
				}
			}
		}
		check(c.Same, true)
		check(c.Other, false)
	}
	t.Logf("characters: %d compared, %d different", len(all), different)
}

func setOf(t *testing.T, expr string) *set {
	tree, err := newParser(expr).parse()
	require.NoError(t, err)
	return tree.single(false)
}

const pythonCharacters = `
import json, re, unicodedata
chars = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
near = {}
for c in chars:
    for k in {c.lower(), c.upper(), c.title(), c.casefold(), c}:
        near.setdefault(k, set()).add(c)
def others(c):
    found = set()
    for k in (c.lower(), c.upper(), c.title(), c.casefold(), c):
        for d in near.get(k, ()):
            found.add(d)
            for j in (d.lower(), d.upper(), d.casefold()):
                found |= near.get(j, set())
    return found
tests = {"d": re.compile(r"\d").match, "s": re.compile(r"\s").match, "w": re.compile(r"\w").match,
         "a": re.compile(r"(?a)\w").match, "D": re.compile(r"\d").match,
         "<": str.isidentifier, ">": lambda c: ("a" + c).isidentifier()}
out = []
for c in chars:
    row = {"Rune": ord(c), "Classes": "".join(k for k, f in tests.items() if f(c)), "Same": [], "Other": []}
    o = others(c)
    if len(o) > 1:
        p = re.compile(re.escape(c), re.I)
        for d in o:
            row["Same" if p.match(d) else "Other"].append(ord(d))
    out.append(row)
print(json.dumps(out))
`
