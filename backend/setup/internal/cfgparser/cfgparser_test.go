package cfgparser

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The conformance test of package setup reads the recorded files of Airflow. These are the single
// rules, as CPython 3.11 follows them.
func TestGetReadsAsConfigparser(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"plain", "[s]\nk = v", "v"},
		{"colon", "[s]\nk : v = w", "v = w"},
		{"no value", "[s]\nk =", ""},
		{"no-break space", "[s]\nk =\u00a0v\u3000", "v"},
		{"continued", "[s]\nk = a\n  b\n\n # c\n\td\nl = x", "a\nb\n\nd"},
		{"blank end", "[s]\nk = a\n\n\n[t]", "a"},
		{"swallowed key", "[s]\nk = a\n  l = b", "a\nl = b"},
		{"swallowed section", "[s]\nk = a\n  [t]", "a\n[t]"},
		{"all indented", "  [s]\n  k = a\n  l = b", "a"},
		{"first key indented", "[s]\n    k = a\nl = b", "a"},
		{"carriage returns", "[s]\rk = a\r\n  b\r", "a\nb"},
		{"no line ends", "[s]\nk = a\u0085b\u2028c\x0bd\x1ce", "a\u0085b\u2028c\x0bd\x1ce"},
		{"comment after the header", "[s] # c\nk = a ; c", "a ; c"},
		{"bracket in the header", "[s] # [c]\nk = a", "(absent)"},
		{"case of keys", "[s]\nK = a", "(absent)"},
		{"case of sections", "[S]\nk = a", "(absent)"},
		{"default", "[DEFAULT]\nk = a\n[s]", "a"},
		{"default without section", "[DEFAULT]\nk = a", "(absent)"},
		{"default twice", "[DEFAULT]\nk = a\n[s]\n[DEFAULT]\nl = b", "a"},
		{"percent", "[s]\nk = 100%%(x)s", "100%(x)s"},
		{"reference", "[DEFAULT]\nd = D\n[s]\nk = <%(l)s>\nl = %(d)s%%", "<D%>"},
		{"nine deep", "[s]\nk=%(1)s\n1=%(2)s\n2=%(3)s\n3=%(4)s\n4=%(5)s\n5=%(6)s\n6=%(7)s\n7=%(8)s\n8=%(9)s\n9=%(a)s\na=x", "x"},
	} {
		file, err := Parse(row.text)
		require.NoError(t, err, row.name)
		value, found, err := file.Get("s", "k")
		require.NoError(t, err, row.name)
		if !found {
			value = "(absent)"
		}
		assert.Equal(t, row.want, value, row.name)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[s]\nk = {\n}":        "line 3: neither a [section] nor key = value; indent a line that continues a value, even a closing brace",
		"[s]\n\n[]":            "line 3: neither a [section] nor key = value; indent a line that continues a value, even a closing brace",
		"# c\nk = v":           "line 2: a line before the first [section]",
		"\ufeff[s]\nk = v":     "line 1: a line before the first [section]",
		"[s]\n= v":             "line 2: the key before the sign is missing",
		"[s]\nk = a\nk : b":    "line 3: the key is repeated in the section",
		"[s]\n[t]\n[s]":        "line 3: the section is repeated",
		"[s]\nk = a\nl = \xff": "line 3: not UTF-8",
	} {
		_, err := Parse(text)
		assert.EqualError(t, err, want, text)
	}
}

func TestInterpolationErrors(t *testing.T) {
	for text, want := range map[string]error{
		"k = 100%":  errPercent,
		"k = a%2Fb": errPercent,
		"k = %(l)d": errPercent,
		"k = %()s":  errPercent,
		"k = %(l":   errPercent,
		"k = %(l)s": errMissing,
		"k = %(K)s": errMissing,
		"k = %(k)s": errDepth,
		"k=%(1)s\n1=%(2)s\n2=%(3)s\n3=%(4)s\n4=%(5)s\n5=%(6)s\n6=%(7)s\n7=%(8)s\n8=%(9)s\n9=%(a)s\na=%%": errDepth,
		"k = " + strings.Repeat("%(a)s", 1000) + "\na = " + strings.Repeat("%(b)s", 1000) + "\nb =":      errLong,
	} {
		file, err := Parse("[s]\n" + text)
		require.NoError(t, err)
		_, found, err := file.Get("s", "k")
		assert.True(t, found)
		assert.ErrorIs(t, err, want, text)
	}
}

func TestExpandAsAirflow(t *testing.T) {
	env := map[string]string{"A": "a", "1": "one", "E": "", "B": "<$C>", "C": "${A}", "SELF": "$SELF", "HOME": "/home/af/", "Aé": "wrong"}
	for text, want := range map[string]string{
		"":                 "",
		"$A/${A}x$Ax":      "a/ax$Ax",
		"$B":               "<a>",
		"[$E]":             "[]",
		"$1":               "one",
		"$Aé":              "aé",
		"$NONE ${NONE} $":  "$NONE ${NONE} $",
		"${} ${A-x} ${A":   "${} ${A-x} ${A",
		`^(?!aws_x$).*$|a`: `^(?!aws_x$).*$|a`,
		"$SELF":            "$SELF",
		"~":                "/home/af",
		"~/x":              "/home/af/x",
		"a ~/x":            "a ~/x",
		"~no-such-user/x":  "~no-such-user/x",
	} {
		got, err := Expand(text, env)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	home, err := Expand("~/x", map[string]string{})
	require.NoError(t, err)
	assert.NotEqual(t, "~/x", home, "without HOME, the home directory of the account is used")
	for _, env := range []map[string]string{{"A": "x$A"}, {"A": "$B", "B": "$A"}, {"A": strings.Repeat("$A", 1000)}} {
		_, err := Expand("$A", env)
		assert.ErrorIs(t, err, errCircle)
	}
	assert.True(t, HasVariable("a${b}"))
	assert.False(t, HasVariable(`^a$|b$`))
}

func FuzzParse(f *testing.F) {
	f.Add("[s]\nk = %(l)s\n  more\n# c\nl : $A\n[DEFAULT]\na=%%", "k")
	f.Add("[s]\r\n[s", "s")
	f.Fuzz(func(t *testing.T, text, key string) {
		file, err := Parse(text)
		if err != nil {
			return
		}
		value, _, err := file.Get("s", key)
		if err != nil {
			return
		}
		_, _ = Expand(value, map[string]string{"A": text, key: value, "HOME": os.TempDir()})
	})
}
