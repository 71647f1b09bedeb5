package conntype_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// instruction is advice to write a name: NAME, NAME=VALUE or NAME for OTHER.
type instruction struct {
	name, value, other string
	hasValue           bool
}

// parseAdvice reads advice as a reader does who follows it to the letter.
func parseAdvice(advice string) (in instruction, ok bool) {
	found := regexp.MustCompile(`^write ([A-Za-z_][\w.-]*)(=.*| for [\w.]+| in the extra| inside extra|, .*|)$`).FindStringSubmatch(advice)
	if found == nil {
		return in, false
	}
	in.name = found[1]
	if in.value, in.hasValue = strings.CutPrefix(found[2], "="); in.hasValue {
		in.value, _, _ = strings.Cut(in.value, ", ")
		in.value, _, _ = strings.Cut(in.value, " in JSON")
		in.value = strings.TrimSuffix(in.value, " in the extra")
	}
	in.other, _ = strings.CutPrefix(found[2], " for ")
	if !strings.HasPrefix(found[2], " for ") {
		in.other = ""
	}
	return in, true
}

// inExtra are the rules about a key of the extra, and ofType those about the type.
var (
	inExtra = []string{"unknown-key", "option-as-header", "wrong-value", "ssl-no-object", "prefixed-key", "scheme-not-tls"}
	ofType  = []string{"unknown-type", "engine", "conn-type-case", "driver"}
)

// follow does what a finding says, and reports whether it says a name to write.
func follow(t *testing.T, c connuri.Connection, f connuri.Finding) (connuri.Connection, bool) {
	t.Helper()
	in, ok := parseAdvice(f.Instead)
	switch {
	case !ok:
		return c, false
	case slices.Contains(ofType, f.Rule):
		c.Type = in.name
		return c, true
	case !slices.Contains(inExtra, f.Rule):
		return c, false
	}
	extra := map[string]any{}
	if text := c.Extra.Reveal(); text != "" {
		require.NoError(t, json.Unmarshal([]byte(text), &extra))
	}
	wrong := in.other
	for key := range extra {
		if wrong == "" && !slices.Contains(lint(without(t, c, extra, key)), f) {
			wrong = key
		}
	}
	value := extra[wrong]
	delete(extra, wrong)
	if in.hasValue {
		value = in.value
		if strings.HasPrefix(in.value, "{") {
			value = json.RawMessage(in.value)
		}
	}
	extra[in.name] = value
	return withExtra(t, c, extra), true
}

func without(t *testing.T, c connuri.Connection, extra map[string]any, key string) connuri.Connection {
	t.Helper()
	less := map[string]any{}
	for k, v := range extra {
		if k != key {
			less[k] = v
		}
	}
	return withExtra(t, c, less)
}

func withExtra(t *testing.T, c connuri.Connection, extra map[string]any) connuri.Connection {
	t.Helper()
	doc, err := json.Marshal(extra)
	require.NoError(t, err)
	c.Extra = connuri.RawExtra(string(doc))
	return c
}

func lint(c connuri.Connection) []connuri.Finding { return connuri.Lint(c.JSON(), nil) }

// refused is what the function of a type says of a setting, "" if nothing.
func refused(c connuri.Connection) string {
	var err error
	switch conntype.Hook(c.Type) {
	case "postgres":
		_, err = hook.Postgres(c)
	case "mysql":
		_, err = hook.MySQL(c)
	case "redis":
		_, err = hook.Redis(c)
	case "smtp":
		_, err = hook.SMTP(c)
	case "http":
		_, err = hook.HTTP(c)
	case "aws":
		_, err = hook.AWS(c)
	}
	if e, ok := errors.AsType[*hook.Error](err); ok && !errors.Is(err, hook.ErrUnsupported) { // which is for Go alone
		return e.Key
	}
	return ""
}

// works follows the advice of a finding and looks at what comes of it. Where the advice has the
// value as well, the value is right; where it is a name alone, the value may still be wrong,
// which is told.
func works(t *testing.T, c connuri.Connection, f connuri.Finding) bool {
	t.Helper()
	fixed, ok := follow(t, c, f)
	if !ok {
		return false
	}
	in, _ := parseAdvice(f.Instead)
	after := lint(fixed)
	assert.NotContains(t, after, f, "%s of %s: %s", f.Rule, c.Type, f.Instead)
	before := map[string]bool{}
	for _, g := range lint(c) {
		before[g.Rule] = true
	}
	for _, g := range after {
		isNew := !before[g.Rule] && slices.Contains(slices.Concat(inExtra, ofType, []string{"text-is-true", "text-is-path", "not-a-switch"}), g.Rule)
		isTold := !in.hasValue && g.Rule != "unknown-key" && g.Rule != "option-as-header" // of the value that is there
		assert.False(t, isNew && !isTold, "%s of %s: %s leads to %s", f.Rule, c.Type, f.Instead, g)
	}
	if in.hasValue {
		assert.NotEqual(t, in.name, refused(fixed), "%s of %s: %s is refused", f.Rule, c.Type, f.Instead)
	}
	return true
}

// TestAdviceOfCorpus follows every advice to write a name, in all that people store.
func TestAdviceOfCorpus(t *testing.T) {
	file, err := os.Open("../../testdata/lint.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	followed := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct{ Text string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text)
		if err != nil {
			continue
		}
		for _, f := range lint(c) {
			if works(t, c, f) {
				followed++
			}
		}
	}
	assert.Greater(t, followed, 80)
}

// TestAdviceOfTable follows the advice about every key that is taken for another one, with
// values of all kinds.
func TestAdviceOfTable(t *testing.T) {
	followed := 0
	for _, of := range conntype.All() {
		wrong := of.Meant
		for _, advice := range of.Advice {
			wrong += " " + advice.Keys
		}
		for key := range strings.FieldsSeq(wrong) {
			key, _, _ = strings.Cut(key, ":")
			for _, value := range []any{"true", true, "abc", "require", "/path/x", 1} {
				c := withExtra(t, connuri.Connection{Type: of.Hook}, map[string]any{key: value})
				found := lint(c)
				about := func(f connuri.Finding) bool { return f.Rule == "unknown-key" || f.Rule == "option-as-header" }
				assert.True(t, slices.ContainsFunc(found, about), "%s: nothing is said of %s", of.Hook, key)
				for _, f := range found {
					if about(f) && works(t, c, f) {
						followed++
					}
				}
			}
		}
	}
	assert.Greater(t, followed, 300)
}

// TestValuesOfTable: the value that is advised is one that the key takes, and others are found.
func TestValuesOfTable(t *testing.T) {
	for _, of := range conntype.All() {
		for _, takes := range of.Takes {
			extra := map[string]any{takes.Keys: "Qx7wvz"}
			for _, need := range of.Needs {
				for one := range strings.FieldsSeq(need.One) {
					if conntype.Has(need.Keys, takes.Keys) && one != "role_arn" {
						extra[one] = true
					} else if conntype.Has(need.Keys, takes.Keys) {
						extra[one] = "arn:aws:iam::1:role/r"
					}
				}
			}
			c := withExtra(t, connuri.Connection{Type: of.Hook}, extra)
			i := slices.IndexFunc(lint(c), func(f connuri.Finding) bool { return f.Rule == "wrong-value" })
			if assert.GreaterOrEqual(t, i, 0, "%s: %s", of.Hook, takes.Keys) {
				assert.True(t, works(t, c, lint(c)[i]))
			}
			for word := range strings.FieldsSeq(takes.Words) {
				extra[takes.Keys] = word
				for _, f := range lint(withExtra(t, c, extra)) {
					assert.NotEqual(t, "wrong-value", f.Rule, "%s: %s is a word of %s", of.Hook, word, takes.Keys)
				}
			}
		}
	}
}

// A key is never taken for one of the opposite meaning: what turns something on is not advised
// as what turns it off.
func TestAdviceIsNoOpposite(t *testing.T) {
	isNegative := func(key string) bool {
		return regexp.MustCompile(`(?i)disable|insecure|skip|ignore|invalid|(^|_)no_|noverify`).MatchString(key)
	}
	for _, of := range conntype.All() {
		for pair := range strings.FieldsSeq(of.Meant) {
			wrong, right, _ := strings.Cut(pair, ":")
			if right != "" {
				assert.Equal(t, isNegative(wrong), isNegative(right), "%s: %s", of.Hook, pair)
			}
		}
		for key := range strings.FieldsSeq(of.Keys) {
			for _, change := range [][2]string{{"disable", "enable"}, {"enable", "disable"}, {"insecure", "secure"}, {"Insecure", "Secure"}, {"no_", ""}, {"", "no_"}, {"", "no-"}, {"", "un"}, {"Invalid", "Valid"}, {"ignore", "check"}} {
				other := strings.Replace(key, change[0], change[1], 1)
				if other == key || of.Key(other) != "" {
					continue
				}
				assert.NotEqual(t, key, conntype.Nearest(other, strings.Fields(of.Keys)), "%s: %s is no %s", of.Hook, other, key)
			}
		}
	}
}
