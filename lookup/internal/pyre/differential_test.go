package pyre

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestDifferential asks the real re about patterns nobody wrote down before, and compares:
//
//	AIRFLOW_PYTHON=python3 go test ./lookup/internal/pyre -run Differential -v
//
// AIRFLOW_SEED repeats a run, AIRFLOW_CASES asks for more than 20,000 patterns.
func TestDifferential(t *testing.T) { compareWithPython(t, (*generator).pattern, 1) }

// compareWithPython asks about patterns of one kind, a share of the number of cases.
func compareWithPython(t *testing.T, pattern func(*generator) string, share int) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	seed, cases := uint64(time.Now().UnixNano()), 20_000
	if s := os.Getenv("AIRFLOW_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	if s := os.Getenv("AIRFLOW_CASES"); s != "" {
		cases, _ = strconv.Atoi(s)
	}
	questions := makeQuestions(seed, cases/share, pattern)
	answers := askPython(t, python, questions)

	var different, matches, lines, refused, overBudget, unanswered, contradicted int
	for i, q := range questions {
		a := answers[i]
		all, err := variants(q.Pattern)
		if diff := a.compareError(err); diff != "" {
			different++
			t.Errorf("%q: compile gives %v, Python %s", q.Pattern, err, diff)
			continue
		}
		if err != nil {
			refused++
			continue
		}
		for j, id := range q.IDs {
			want := a.Matches[j]
			if want < 0 { // it took Python too long, or its own check found it confused
				unanswered++
				continue
			}
			lines++
			matches += want
			if got, err := all["as it is"].Match(id); err == nil && got != (want == 1) && contradicts(t, python, q.Pattern, id, want) {
				contradicted++
				t.Logf("%q on %q: Python says %v, and the opposite of the same pattern in a group", q.Pattern, id, want == 1)
				continue
			}
			for name, p := range all {
				got, err := p.Match(id)
				thoroughly, err2 := p.thoroughly(id)
				if errors.Is(err, ErrBudget) {
					overBudget++
					continue
				}
				if err != nil || err2 != nil || got != (want == 1) || thoroughly != got {
					different++
					t.Errorf("%q on %q, %s: %v (thoroughly %v), Python says %v", q.Pattern, id, name, got, thoroughly, want == 1)
				}
			}
		}
	}
	t.Logf("seed %d: %d patterns, %d refused by both; %d lines, %d match; over budget %d, no answer from Python %d",
		seed, len(questions), refused, lines, matches, overBudget, unanswered)
	t.Logf("differential: %d different, %d where Python contradicts itself", different, contradicted)
}

// Versions of Python differ over these, and \N{…} is refused by name.
var undecided = regexp.MustCompile(`\(\?[a-zA-Z-]*t|\(\?\(([^A-Za-z_0-9]|[0-9]+[^0-9A-Za-z)])|\\N`)

func makeQuestions(seed uint64, n int, pattern func(*generator) string) []question {
	g := &generator{Rand: newRand(seed)}
	var all []question
	for len(all) < n {
		q := question{Pattern: pattern(g)}
		if undecided.MatchString(q.Pattern) {
			continue
		}
		for range 6 {
			q.IDs = append(q.IDs, g.id())
		}
		all = append(all, q)
	}
	return all
}

// A generator writes patterns by the grammar, with some luck about what is valid, and short ids
// over the same few characters, so that both answers are common.
type generator struct {
	*rand.Rand
	groups  int      // opened
	names   []string // of groups closed
	letters []string
	words   []string // of lists
	repeats bool     // many, and groups asked for
}

var (
	plain  = []string{"a", "b", "c"}
	mixed  = []string{"a", "B", "_", "-", "1", "k", "s", "i", " ", "\n", "é"}
	folded = []string{"k", "K", "s", "ſ", "i", "I", "İ", "ı", "ß", "ẞ", "σ", "ς", "Σ", "é", "É", "ﬅ", "ﬆ", "\u0390", "\u1fd3",
		"\u03b0", "\u1fe3", "ǆ", "ǅ", "µ", "μ", "Ω", "ω", "\u0345", "ι", "²", "٣", "e\u0301", "\u2028", "\x1c", "\u00a0", "接", "Ⓐ", "ⅷ", "𐐨"}
)

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) pattern() string {
	g.groups, g.names, g.words = 0, nil, nil
	switch g.IntN(4) {
	case 0:
		g.letters = folded
	case 1:
		g.letters = mixed
	default:
		g.letters = plain
	}
	g.repeats = g.IntN(2) == 0
	head := ""
	if g.IntN(5) == 0 {
		head = g.one("(?i)", "(?s)", "(?m)", "(?x)", "(?a)", "(?u)", "(?ms)", "(?#c)(?s)", "(?x) # c\n", "^", "\\A")
	}
	s := head
	if g.IntN(8) == 0 {
		s += fmt.Sprintf(g.one("^(?!(%s)$)", "^(?:%s)$", "(?!%s)", "(%s)", "(?:%s)*$", "(?>%s)$", "(%s)\\1", "%s"), g.list())
	} else {
		s += g.alternatives(1 + g.IntN(4))
	}
	for g.IntN(12) == 0 {
		s = g.damage(s)
	}
	return s
}

// damage makes a pattern that is probably invalid, in a way somebody might have meant.
func (g *generator) damage(s string) string {
	r := []rune(s)
	at := g.IntN(len(r) + 1)
	piece := []rune(g.one("(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "\\", "^", "$", "-", ",", "(?", "(?:", "(?P<", ">", "#",
		"(?i)", "(?-i:", "\\1", "\\0", "\\8", "\\x4", "{2,1}", "{,", "(?(1)", "(?<=", "\\Q", "\\Z", "(?P=", "1", "++", "(?>", "\\u00e9", "\\400",
		g.one(brokenPieces...), g.one(brokenPieces...)))
	switch {
	case len(r) > 0 && g.IntN(3) == 0:
		at = g.IntN(len(r))
		return string(append(r[:at:at], r[at+1:]...))
	case len(r) > at && g.IntN(2) == 0:
		return string(r[:at]) + string(piece) + string(r[at+1:])
	}
	return string(r[:at]) + string(piece) + string(r[at:])
}

// Pieces that are broken in a way of their own, or may be where they land.
var brokenPieces = []string{
	"(?L)", "(?aL:", "(?au)", "(?ua:", "(?-a:", "(?i-u:", "(?-L:", "(?i-i:", "(?-)", "(?i-", "(?i-s", "(?-z:", "(?-1", "(?iz)", "(?i1)", "(?i", "(?z)", "(?)", "(?a)(?u)",
	"(?P<n1>", "(?P<n1", "(?P<>", "(?P<1n>", "(?P<n\\>>", "(?P<n 1>)", "(?P=n1)", "(?P=n9)", "(?P=1)", "(?P=)", "(?P=n1", "(?P>", "(?P", "(?P\\<", "(?<n", "(?<", "(?\\", "(?<\\=",
	"(?(0)", "(?(9)", "(?(n1)", "(?(n9)", "(?()", "(?(", "(?(1", "(?(-1)", "(?(99999999999)", "(?(1)a|b|c)", "(?#", "(?#\\)", "(?<=a*)", "(?<!a|bc)", "(?<=(a)\\1)", "(?<=(?(1)a|b))", "(?<=(?P<n1>a)(?(n1)b))",
	"{99999999999}", "{4294967295,1}", "{1,4294967295}", "{3,2}", "**", "{2}{2}", "\\x", "\\u12", "\\U0001", "\\U00110000", "\\9", "\\12", "\\777", "\\e", "\\Z*",
	"[", "[^", "[]", "[a-", "[b-a]", "[\\x62-\\x61]", "[\\d-a]", "[a-\\w]", "[z-\\n]", "[\\400]", "[\\8]", "[\\e]", "[\\", "[\\x6]", "\\\\", "\\\\\\",
}

func (g *generator) alternatives(depth int) string {
	s := g.sequence(depth)
	for g.IntN(3) == 0 {
		s += "|" + g.sequence(depth)
	}
	return s
}

func (g *generator) sequence(depth int) string {
	s := ""
	for range g.IntN(4) {
		s += g.item(depth)
	}
	return s
}

func (g *generator) item(depth int) string {
	s, repeatable := g.atom(depth)
	odds := 4
	if g.repeats {
		odds = 2
	}
	if repeatable && g.IntN(odds) == 0 {
		s += g.one("*", "+", "?", "*", "+", "{2}", "{1,2}", "{,2}", "{0}", "{2,}", "{,}", "{0,1}", "{1,3}", "{3}") + g.one("", "", "", "?", "?", "+")
	}
	return s
}

func (g *generator) atom(depth int) (s string, repeatable bool) {
	if depth > 0 && g.IntN(2) == 0 {
		return g.group(depth - 1)
	}
	switch g.IntN(14) {
	case 0:
		return g.one("^", "$", "\\A", "\\Z", "\\b", "\\B"), false
	case 1:
		return ".", true
	case 2, 3:
		return g.class(), true
	case 4:
		return g.one("\\w", "\\W", "\\d", "\\D", "\\s", "\\S"), true
	case 5:
		return g.one("\\n", "\\x61", "\\u00e9", "\\u017f", "\\101", "\\0", "\\-", "\\.", "\\U0001F600", "\\t", "{", "}", "]", "{a}", "{}", "#", " "), true
	case 6, 7:
		if g.groups == 0 {
			break
		}
		if n := len(g.names); n > 0 && g.IntN(3) == 0 {
			return "(?P=" + g.names[g.IntN(n)] + ")", true
		}
		return fmt.Sprintf("\\%d", 1+g.IntN(g.groups)), true
	}
	return g.one(g.letters...), true
}

func (g *generator) class() string {
	s := "[" + g.one("", "", "", "^")
	for range 1 + g.IntN(3) {
		switch g.IntN(5) {
		case 0:
			s += g.one("\\w", "\\W", "\\d", "\\D", "\\s", "\\S")
		case 1:
			s += g.one("a-c", "A-Z", "a-z", "0-9", "!-/", "à-ÿ", "\\x00-\\x7f", "Ā-ſ", "^", "&&", "[:a:", "\\b", "\\]", "\\101", " ", "#")
		default:
			s += g.one(g.letters...)
		}
	}
	return s + g.one("", "", "-") + "]"
}

func (g *generator) group(depth int) (s string, repeatable bool) {
	switch g.IntN(17) {
	case 0, 1, 2, 3:
		g.groups++
		if g.IntN(4) > 0 {
			return "(" + g.alternatives(depth) + ")", true
		}
		name := fmt.Sprintf("%s%d", g.one("n", "é", "_"), g.groups)
		s = "(?P<" + name + ">" + g.alternatives(depth) + ")"
		g.names = append(g.names, name)
		return s, true
	case 4, 5:
		return "(?:" + g.alternatives(depth) + ")", true
	case 6:
		return "(?=" + g.alternatives(depth) + ")", true
	case 7:
		return "(?!" + g.alternatives(depth) + ")", true
	case 8:
		return "(?<" + g.one("=", "!") + g.fixed() + ")", true
	case 9:
		return "(?<" + g.one("=", "!") + g.alternatives(depth) + ")", true
	case 10, 11:
		return "(?>" + g.alternatives(depth) + ")", true
	case 12:
		if g.groups == 0 {
			break
		}
		test := strconv.Itoa(1 + g.IntN(g.groups))
		if n := len(g.names); n > 0 && g.IntN(3) == 0 {
			test = g.names[g.IntN(n)]
		}
		no := ""
		if g.IntN(2) == 0 {
			no = "|" + g.sequence(depth)
		}
		return "(?(" + test + ")" + g.sequence(depth) + no + ")", true
	case 13:
		return "(?#" + g.one("", "c", "a\\)b") + ")", false
	}
	if g.IntN(3) > 0 {
		if open := g.one("(", "(?:", "(?:", "(?>", "(?=", "(?!", "(?i:"); open != "(" {
			return open + g.list() + ")", true
		}
		g.groups++
		return "(" + g.list() + ")", true
	}
	return "(?" + g.one("i", "s", "m", "x", "a", "u", "-i", "i-s", "a-i", "-x") + ":" + g.alternatives(depth) + ")", true
}

// fixed writes a look-behind's body of one width, mostly.
func (g *generator) fixed() string {
	n := 1 + g.IntN(2)
	s := ""
	for i := range 1 + g.IntN(2) {
		if i > 0 {
			s += "|"
		}
		for range n {
			s += g.one(g.one(g.letters...), ".", "\\w", "^", "[ab]", "(?:a|b)")
		}
	}
	return s
}

func (g *generator) id() string {
	s := ""
	for range g.IntN(9) {
		s += g.one(g.letters...)
	}
	if len(g.words) > 0 && g.IntN(3) > 0 {
		s = g.one(g.words...) + g.one("", "", g.one(g.words...), s)
	}
	if g.IntN(12) == 0 {
		s += g.one("\n", " ", "\r\n", "{a}", "Z")
	}
	return s
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
