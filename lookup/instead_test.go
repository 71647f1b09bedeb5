package lookup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// The shapes are put together from these: B of a frame is a body, and P, Q and R of a body are
// drawn from atoms.
var (
	insteadAtoms = []string{
		"a", "b", "K", "0", "_", "-", "%", `\.`, ".", `\d`, `\w`, `\s`, `\D`, `\W`, "[a-z]", "[0-9]", "[A-Z]", "[a-c_]", "[a-]", "[x^]", "[]a]",
		"[^a]", "[^_-]", `[\d.]`, `[\w-]`, `\x41`, "(?:a|b)", `(?:\d|_)`, "(?:[a-z]|[0-9])", "(?:0|1)", "(?:_|-)", "(a|b|c)", "(?:z|[b-y])", "pg", "a-d", "é", "[à-ö]",
		"[_-]", `[_.\-]`, "[a-c-]", `[\w./]`,
	}
	insteadBodies = []string{
		"(?:P|Q)+", "(?:P|Q)*", "(?:P|Q){1,3}", "P+(?:Q|R)*", "P+Q?", "Q?P+", "P+|Q+", "P*Q*", "P{1,3}Q?", "P+(?:QP+)*", "P+Q*R?",
		"PQ|P+", "P+|Q", "P+(?:Q|R)?", "(?:P|Q|R)+?", "(P)*", "P+[QR]?", "P{2}|P", "P+Q", "QP+",
	}
	insteadFrames = []string{
		"^(?:B)+$", "^(B)*$", "^x(?:B)*-", "^(?!(?:B)+$).*", "^(?:B){2,}x$", "^(?:(?:B)+)+_prod$", "^(?:B){1,9}x$", `^\0(?:B)+$`, "^(?:(?:B)*/)?(?:B)+$",
		"(?s)^(?:B)+$", "(?a)^(?:B)+$", "^(?:B)*P+$", "^P+(B)*$",
	}
)

// insteadShapes are patterns of which many run away, the same each time.
func insteadShapes(n int) (all []string) {
	r := rand.New(rand.NewPCG(17, 3))
	draw := func(from []string) string { return from[r.IntN(len(from))] }
	for range n {
		atom := strings.NewReplacer("P", draw(insteadAtoms), "Q", draw(insteadAtoms), "R", draw(insteadAtoms))
		body := strings.ReplaceAll(draw(insteadBodies), "[QR]", "(?:Q|R)")
		all = append(all, atom.Replace(strings.ReplaceAll(draw(insteadFrames), "B", body)))
	}
	return append(all,
		`^((?:a|b)+)+$`, `^((?:\d|_)+)+$`, `^(?:(?:[a-z]|[0-9])*)*$`, `^([a-z]+(?:0|1)*)+$`, `^(?:(?:_|-)+)+x$`, `^[a-z](?:(?:\d|_){1,3})*-`,
		`^(?:(?:[a-]|z)+)+$`, `^(?:(?:[a-]|b|z)+)+$`, `^(?:(?:%|&)+)+$`, `^(?:(?:[αγω]|[αδω])+)+$`, `^\0(?:1+)+$`, `^(?:(?:[^/]|[^.])+)+$`, `^(?:(?:k|\u212a|s)+)+$`,
	)
}

// idsAbout are ids over the characters that a pattern's text holds, those beside them, and one of
// every other kind: all of up to four of six of them, and longer ones of any of them.
func idsAbout(expr string, attack string) (ids []string) {
	r := rand.New(rand.NewPCG(uint64(len(expr)), 17))
	var letters []string
	for _, c := range expr {
		if c != '^' && c != '$' && c != '?' && c != '(' && c != ')' {
			letters = append(letters, string(c), string(c), string(c-1), string(c+1))
		}
	}
	letters = append(letters, strings.Split("a b z A Z k 0 1 9 _ - . ! % é \u0661 \u2028 € \u212a \u017f \u0130 \u0131 \n", " ")...)
	r.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	ids = []string{""}
	for from, length := 0, 0; length < 4; length++ {
		to := len(ids)
		for _, id := range ids[from:to] {
			for _, l := range letters[:6] {
				ids = append(ids, id+l)
			}
		}
		from = to
	}
	ends := []string{"", "$", "x", "-", "_prod", letters[0], letters[1]}
	for range 200 {
		var id strings.Builder
		for range 1 + r.IntN(9) {
			id.WriteString(letters[r.IntN(len(letters))])
		}
		cut := r.IntN(len(attack) + 1)
		ids = append(ids, id.String()+ends[r.IntN(len(ends))], "x"+id.String()+"-", "\x00"+id.String(), attack[:cut]+id.String(), attack[:cut]+ends[r.IntN(len(ends))])
	}
	return ids
}

// isExact reports whether what is advised is the pattern with its case taken seriously, which is
// meant to match less.
func isExact(expr, instead string) bool { return instead == "(?-i:"+expr+")" }

// advised are the patterns of the shapes that run away and what is advised for them.
func advised(t *testing.T) (all [][2]string, attacks []string) {
	for _, expr := range insteadShapes(500) {
		f, ok := runawayOf(expr)
		if !ok || strings.Contains(f.Instead, "in one way only") {
			continue
		}
		all, attacks = append(all, [2]string{expr, f.Instead}), append(attacks, f.ID)
	}
	assert.GreaterOrEqual(t, len(all), 300)
	return all, attacks
}

// TestInsteadMatchesTheSame compares what is advised with the pattern that it replaces, on ids that
// are chosen without regard to how the advice comes about.
func TestInsteadMatchesTheSame(t *testing.T) {
	all, attacks := advised(t)
	if raceDetector { // which makes it ten times as long
		all = all[:len(all)/10]
	}
	for i, pair := range all {
		if isExact(pair[0], pair[1]) {
			continue
		}
		old, better := lookup.MustCompile(pair[0]), lookup.MustCompile(pair[1])
		for _, id := range idsAbout(pair[0], attacks[i]) {
			want, err := old.Match(id)
			require.NoError(t, err)
			got, err := better.Match(id)
			require.NoError(t, err)
			if want != got {
				t.Errorf("%s matches %q: %v, and %s: %v", pair[0], id, want, pair[1], got)
				break
			}
		}
	}
}

// TestInsteadIsTheLastWord lints what is advised against a hang: who follows it is told neither of
// case nor of another hang.
func TestInsteadIsTheLastWord(t *testing.T) {
	all, _ := advised(t)
	for _, r := range runawayRows(t) {
		if f, ok := runawayOf(r.Pattern); ok && f.Pattern != "" {
			all = append(all, [2]string{r.Pattern, f.Pattern})
		}
	}
	for _, pair := range all {
		for _, f := range (lookup.Rule{Pattern: lookup.MustCompile(pair[1])}).Lint() {
			assert.NotContains(t, []string{"case", lookup.RunawayRule}, f.Rule, "%s, for %s", pair[1], pair[0])
		}
	}
}

// Where capitals seem to be meant and (?-i:…) is enough against a hang, the findings runaway and
// case say the same.
func TestRunawayAndCaseAgree(t *testing.T) {
	for expr, want := range map[string]string{
		`^(?:[A-Z][a-z]+)+$`:   `(?-i:^(?:[A-Z][a-z]+)+$)`,
		`^(?:[A-Z][a-z]*_?)+$`: `(?-i:^(?:[A-Z][a-z]*_?)+$)`,
		`^([A-Z]+[0-9]*)+$`:    `^[a-z][a-z0-9]*$`,
		`^[A-Z]+-(\w+_?)+$`:    `^[a-z]+-\w+$`,
		`^[-A-Z]+/(\w+_?)+$`:   `^[-a-z]+/\w+$`,
		`^[+-A-Z]+/(\w+_?)+$`:  `^[+-A-Z]+/\w+$`,
		`^[+\-A-Z]+/(\w+_?)+$`: `^[+\-a-z]+/\w+$`,
		`\A-Z(\w+_?)+$`:        `\A-Z\w+$`,
		`^([A-Z]|[a-z]+)+$`:    `^[a-z]+$`,
		`(?a)^([A-Z]+_?)+$`:    `(?a)^[a-z]+(?:_[a-z]+)*_?$`,
	} {
		f, ok := runawayOf(expr)
		assert.True(t, ok, expr)
		assert.Equal(t, want, f.Pattern, expr)
		assert.Equal(t, want, f.Instead, expr)
		for _, f := range (lookup.Rule{Pattern: lookup.MustCompile(expr)}).Lint() {
			if f.Rule == "case" && strings.HasPrefix(want, "(?-i:") {
				assert.Equal(t, want, f.Instead, expr)
			}
		}
	}
}

// TestInsteadDifferential asks CPython the same:
//
//	AIRFLOW_PYTHON=python3 go test ./lookup -run InsteadDifferential -v
func TestInsteadDifferential(t *testing.T) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	var in bytes.Buffer
	all, attacks := advised(t)
	for i, pair := range all {
		if isExact(pair[0], pair[1]) {
			pair[0], all[i][0] = pair[1], pair[1]
		}
		require.NoError(t, json.NewEncoder(&in).Encode(map[string]any{"p": pair, "a": attacks[i], "i": idsAbout(pair[0], attacks[i])}))
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", insteadPython)
	cmd.Stdin = &in
	out, err := cmd.Output()
	require.NoError(t, err)
	answers := json.NewDecoder(bytes.NewReader(out))
	compared := 0
	for _, pair := range all {
		var a struct {
			Compared int
			Differs  *string
			Late     bool
		}
		require.NoError(t, answers.Decode(&a))
		compared += a.Compared
		assert.Nil(t, a.Differs, "%s and %s", pair[0], pair[1])
		assert.False(t, a.Late, "%s takes long", pair[1])
	}
	fmt.Printf("instead: %d pairs, %d ids\n", len(all), compared)
}

// Long ids are left out, since the pattern that runs away may do so on them.
const insteadPython = `
import json, re, signal, sys
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGALRM, late)
for line in sys.stdin:
    q = json.loads(line)
    old, new = [re.compile(p, re.IGNORECASE) for p in q["p"]]
    a = {"Compared": 0, "Differs": None, "Late": False}
    try:
        signal.setitimer(signal.ITIMER_REAL, 2)
        for i in q["i"]:
            if len(i) > 9: continue
            a["Compared"] += 1
            if (old.match(i) is None) != (new.match(i) is None): a["Differs"] = i
    except Late: pass
    try:
        signal.setitimer(signal.ITIMER_REAL, 2)
        new.match(q["a"])
    except Late: a["Late"] = True
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(a))
`

// TestLintAdviceIsHarmless tries what every rule says to write: Airflow must not hang on it.
func TestLintAdviceIsHarmless(t *testing.T) {
	for expr, want := range map[string]string{ // rule and advice of the first finding
		`^(?:\w+_?)+|prod`:              `open-end: (?:^\w+|prod)$`,
		`(\w+_?)*|prod`:                 `open-end: (?:\w*|prod)$`,
		`^(?:a_*)+$`:                    `glob: ^a_.*$`,
		`^([A-Z]+_?)+$`:                 `case: a pattern that can match a text in one way only`,
		`^([a-z.]+_?)+a.b$`:             `dot: ^[a-z.]+(?:_[a-z.]+)*_?a\.b$`,
		`/^(\w+_?)+$/`:                  `delimiters: ^\w+$`,
		`/(?:(\w+_?)+\1)$/`:             `delimiters: a pattern that can match a text in one way only`,
		`airflow/connections/(\w+_?)+$`: `prefix: \w+$`,
		`^aws_default|prod`:             `open-end: (?:^aws_default|prod)$`,
		`^[A-Z]+_`:                      `case: (?-i:^[A-Z]+_)`,
		`a_*`:                           `glob: a_.*`,
		`/pg/`:                          `delimiters: the pattern without them`,
	} {
		found := lookup.Rule{Pattern: lookup.MustCompile(expr)}.Lint()
		if assert.NotEmpty(t, found, expr) {
			assert.Contains(t, found[0].Rule+": "+found[0].Instead, want, expr)
		}
	}
	tried := 0
	for _, shape := range insteadShapes(100) {
		for _, expr := range []string{shape, shape + "|prod", shape + "x.y", "/" + shape + "/", strings.TrimSuffix(shape, "$") + "prod", shape + "|a*"} {
			p, err := lookup.Compile(expr)
			if err != nil {
				continue
			}
			for _, f := range (lookup.Rule{Pattern: p}).Lint() {
				_, runs := runawayOf(f.Instead)
				assert.False(t, runs && !strings.Contains(f.Instead, "in one way only"), "%s: %s", expr, f)
				tried++
			}
		}
	}
	assert.GreaterOrEqual(t, tried, 300)
	none := lookup.Rule{Pattern: lookup.MustCompile(`^(\w+_?)*x`)}.Lint("a", "b")
	assert.Equal(t, "a pattern that begins as the ids do", none[0].Instead, "no .* before what runs away")
}
