package pyurl_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

func TestUnquote(t *testing.T) {
	const bad = "\ufffd"
	for _, row := range []struct{ in, want string }{
		{"", ""},
		{"a", "a"},
		{"é", "é"},
		{"+", "+"},
		{"%41", "A"},
		{"a%41b", "aAb"},
		{"%41%42%43", "ABC"},
		{"%2B", "+"},
		{"%00", "\x00"},
		{"%2541", "%41"},

		// A bad escape stays.
		{"%", "%"},
		{"%4", "%4"},
		{"%zz", "%zz"},
		{"%4g", "%4g"},
		{"%g4", "%g4"},
		{"%%41", "%A"},
		{"%é", "%é"},

		{"%c3%a9", "é"},
		{"%C3%A9", "é"},
		{"%e2%82%ac", "€"},
		{"%f0%9f%98%80", "😀"},
		{"%EF%BF%BD", bad},

		// What is not UTF-8: one mark for each maximal part.
		{"%80", bad},
		{"%c3", bad},
		{"%c3%28", bad + "("},
		{"%e2%82", bad},
		{"%e2%82%41", bad + "A"},
		{"%e2%28%a1", bad + "(" + bad},
		{"%f0", bad},
		{"%f0%9f", bad},
		{"%f0%9f%98", bad},
		{"%F1%80%80%C3%A9", bad + "é"},
		{"%c0%80", bad + bad},
		{"%c1%81", bad + bad},
		{"%f5%80", bad + bad},
		{"%f8%88", bad + bad},
		{"%ff%fe", bad + bad},
		{"a%e1%80%80%80b", "a\u1000" + bad + "b"},

		// The bounds of the second byte: overlong, surrogates, past the end.
		{"%e0%80%80", bad + bad + bad},
		{"%e0%a0%80", "\u0800"},
		{"%ed%9f%bf", "\ud7ff"},
		{"%ed%a0%80", bad + bad + bad},
		{"%f0%80%80%80", bad + bad + bad + bad},
		{"%f0%90%80%80", "\U00010000"},
		{"%f4%8f%bf%bf", "\U0010ffff"},
		{"%f4%90%80%80", bad + bad + bad + bad},

		// Raw characters part the escapes.
		{"é%41", "éA"},
		{"é%c3%a9", "éé"},
		{"%c3é", bad + "é"},
		{"%c3é%a9", bad + "é" + bad},
		{"%e2€%82%ac", bad + "€" + bad + bad},
		{"%c3\x00%a9", bad + "\x00" + bad},
		{"%e2%82%ac%ff%41é%80%80", "€" + bad + "Aé" + bad + bad},
	} {
		for n := range 18 { // it is read eight bytes at a time
			pad := strings.Repeat("x", n)
			assert.Equal(t, pad+row.want+pad, pyurl.Unquote(pad+row.in+pad), row.in)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, row := range []struct{ in, quoted, plus string }{
		{"", "", ""},
		{"azAZ09_.-~", "azAZ09_.-~", "azAZ09_.-~"},
		{"a b", "a%20b", "a+b"},
		{"/?#[]@:", "%2F%3F%23%5B%5D%40%3A", "%2F%3F%23%5B%5D%40%3A"},
		{"+&=%", "%2B%26%3D%25", "%2B%26%3D%25"},
		{"!$'()*,;", "%21%24%27%28%29%2A%2C%3B", "%21%24%27%28%29%2A%2C%3B"},
		{"\"\\<>^`{|}", "%22%5C%3C%3E%5E%60%7B%7C%7D", "%22%5C%3C%3E%5E%60%7B%7C%7D"},
		{"\x00\n\x7f", "%00%0A%7F", "%00%0A%7F"},
		{"é€😀", "%C3%A9%E2%82%AC%F0%9F%98%80", "%C3%A9%E2%82%AC%F0%9F%98%80"},
	} {
		assert.Equal(t, "x"+row.quoted, string(pyurl.AppendQuote([]byte("x"), row.in)))
		assert.Equal(t, "x"+row.plus, string(pyurl.AppendQuotePlus([]byte("x"), row.in)))
		assert.Equal(t, row.in, pyurl.Unquote(row.quoted))
	}
}

func TestQuery(t *testing.T) {
	type pairs [][2]string
	for _, row := range []struct {
		in   string
		want pairs
	}{
		{"", nil},
		{"&", nil},
		{"a=b", pairs{{"a", "b"}}},
		{"a", pairs{{"a", ""}}},
		{"a=", pairs{{"a", ""}}},
		{"=", pairs{{"", ""}}},
		{"=b", pairs{{"", "b"}}},
		{"a=b&", pairs{{"a", "b"}}},
		{"&&a=b&&c=d", pairs{{"a", "b"}, {"c", "d"}}},
		{"a=b=c", pairs{{"a", "b=c"}}},
		{"a=1&a=2", pairs{{"a", "1"}, {"a", "2"}}},
		{"a;b=c", pairs{{"a;b", "c"}}},
		{"a+b=c+d", pairs{{"a b", "c d"}}},
		{"a%2Bb=%20", pairs{{"a+b", " "}}},
		{"a%3Db=c%26d", pairs{{"a=b", "c&d"}}},
		{"a=%c3%a9", pairs{{"a", "é"}}},
		{"a=%ff", pairs{{"a", "\ufffd"}}},
		{"%=%", pairs{{"%", "%"}}},
		{"?a=b", pairs{{"?a", "b"}}},
		{"a=b#c", pairs{{"a", "b#c"}}},
	} {
		var got pairs
		for query := row.in; ; {
			key, value, rest, ok := pyurl.NextPair(query)
			if !ok {
				break
			}
			got, query = append(got, [2]string{pyurl.UnquotePlus(key), pyurl.UnquotePlus(value)}), rest
		}
		assert.Equal(t, row.want, got, row.in)
	}
}

// What is allocated grows with the text and not with its square: invalid escapes may come between
// letters that are not.
func TestUnquoteAllocatesInProportion(t *testing.T) {
	for _, piece := range []string{"%FFé", "%FFa", "%FF%C3%A9", "+%FF"} {
		text := strings.Repeat(piece, 20_000)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := pyurl.UnquotePlus(text)
		runtime.ReadMemStats(&after)
		assert.NotEmpty(t, got)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20*len(text)), piece)
	}
}
