package pyre

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contradicts reports whether Python answers otherwise when the pattern stands in a group that may
// be taken once or twice, which is the same to re.match. Where a way fails, CPython restores what
// it did to groups if a repeat is around; elsewhere it relies on groups being met in order, each of
// them once. That leaves two kinds of group that keep what a failed way did: one that is still
// open, which only a conditional in it can ask, and, before 3.12.8 and 3.13.1, one in a possessive
// repeat. So ((|a)(?(1).|a))b matches "a1b", and (?:(.)|){2}+\1 finds group 1 empty.
func contradicts(t *testing.T, python, pattern, id string, answer int) bool {
	tree, err := newParser(pattern).parse()
	if err != nil || !keepsGroups(tree, nil, false) {
		return false
	}
	head := globalFlags.FindString(pattern) // must stay first
	wrapped := head + "(?:" + pattern[len(head):] + "){1,2}"
	again := askPython(t, python, []question{{Pattern: wrapped, IDs: []string{id}}})[0]
	return !again.Refused && again.Matches[0] == 1-answer
}

// keepsGroups reports whether a conditional asks about a group around it, or a group stands in a
// possessive repeat.
func keepsGroups(n *node, open []int, possessed bool) bool {
	switch n.op {
	case nCapture:
		if possessed {
			return true
		}
		open = append(open, n.number)
	case nRepeat:
		possessed = possessed || n.repeat.greed == possessive
	case nConditional:
		if slices.Contains(open, n.number) {
			return true
		}
	}
	return slices.ContainsFunc(n.kids, func(k *node) bool { return keepsGroups(k, open, possessed) })
}

var globalFlags = regexp.MustCompile(`^(\(\?[aimsux]+\)|\(\?#[^)]*\))*`)

type question struct {
	Pattern string   `json:"p"`
	IDs     []string `json:"i"`
}

type answer struct {
	Refused bool   `json:"e"`
	Why     string `json:"w"`
	At      *int   `json:"p"` // re.error.pos, if there is one
	Matches []int  `json:"m"`
}

// compareError says what is different from Python's error, if anything: that there is one, its
// place, its words. Python quotes names its own way, and shortens escapes in a bad range.
func (a answer) compareError(err error) string {
	e, ok := errors.AsType[*SyntaxError](err)
	switch {
	case ok != a.Refused:
	case !ok:
		return ""
	case a.At != nil && *a.At != e.Offset:
	default:
		want, what := strings.NewReplacer("'", `"`, `\"`, `"`, `\xa0`, `\u00a0`).Replace(a.Why), strings.ReplaceAll(e.What, "'", `"`)
		want, _, _ = strings.Cut(want, " at position ")
		if want == what || strings.HasPrefix(want, "bad character range") && strings.HasPrefix(what, "bad character range") {
			return ""
		}
	}
	return fmt.Sprintf("refuses: %v, %s", a.Refused, a.Why)
}

// The alarm reaches re.match, which looks for signals as it runs.
const pythonSide = `
import json, re, signal, sys, warnings
warnings.simplefilter("ignore")
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGALRM, late)
def match(p, s):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            return int(p.match(s) is not None)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (Late, SystemError, MemoryError):
        return -1
for line in sys.stdin:
    q = json.loads(line)
    try:
        p = re.compile(q["p"], re.IGNORECASE)
    except Exception as e:
        print(json.dumps({"e": True, "w": str(e), "p": getattr(e, "pos", None)}))
        continue
    print(json.dumps({"e": False, "m": [match(p, s) for s in q["i"]]}))
`

func askPython(t *testing.T, python string, questions []question) []answer {
	t.Helper()
	var in, stderr bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, q := range questions {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, "-c", pythonSide)
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	answers := make([]answer, len(questions))
	dec := json.NewDecoder(bytes.NewReader(out))
	for i := range answers {
		if err := dec.Decode(&answers[i]); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
	return answers
}
