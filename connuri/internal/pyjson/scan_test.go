package pyjson_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// The expected values of this package were printed by CPython 3.11.

func TestLoad(t *testing.T) {
	for _, row := range []struct {
		doc    string
		kind   pyjson.Kind
		truthy bool
		dump   string
	}{
		{`null`, pyjson.Null, false, `null`},
		{`false`, pyjson.False, false, `false`},
		{`true`, pyjson.True, true, `true`},

		{`0`, pyjson.Int, false, `0`},
		{`-0`, pyjson.Int, false, `0`},
		{`12`, pyjson.Int, true, `12`},
		{`-1`, pyjson.Int, true, `-1`},
		{`123456789012345678901234567890`, pyjson.Int, true, `123456789012345678901234567890`},

		{`1.5`, pyjson.Float, true, `1.5`},
		{`-0.0`, pyjson.Float, false, `-0.0`},
		{`0e0`, pyjson.Float, false, `0.0`},
		{`1e5`, pyjson.Float, true, `100000.0`},
		{`1E5`, pyjson.Float, true, `100000.0`},
		{`1e+5`, pyjson.Float, true, `100000.0`},
		{`1e-5`, pyjson.Float, true, `1e-05`},
		{`1.5e3`, pyjson.Float, true, `1500.0`},
		{`1e16`, pyjson.Float, true, `1e+16`},
		{`1e400`, pyjson.Float, true, `Infinity`},
		{`-1e400`, pyjson.Float, true, `-Infinity`},
		{`1e-400`, pyjson.Float, false, `0.0`},
		{`NaN`, pyjson.Float, true, `NaN`},
		{`Infinity`, pyjson.Float, true, `Infinity`},
		{`-Infinity`, pyjson.Float, true, `-Infinity`},

		{`""`, pyjson.String, false, `""`},
		{`"a"`, pyjson.String, true, `"a"`},
		{`"é"`, pyjson.String, true, `"\u00e9"`},
		{"\"\x7f\"", pyjson.String, true, `"\u007f"`},
		{`"\/"`, pyjson.String, true, `"/"`},
		{`"\u00E9\u0000"`, pyjson.String, true, `"\u00e9\u0000"`},
		{`"\ud83d\ude00"`, pyjson.String, true, `"\ud83d\ude00"`},

		{`[]`, pyjson.Array, false, `[]`},
		{"[ \n]", pyjson.Array, false, `[]`},
		{`[ 1 , 2 ]`, pyjson.Array, true, `[1, 2]`},
		{`[[],{}]`, pyjson.Array, true, `[[], {}]`},
		{`{}`, pyjson.Object, false, `{}`},
		{"{\t}", pyjson.Object, false, `{}`},
		{`{"a":1}`, pyjson.Object, true, `{"a": 1}`},
		{`{ "a" : { "b" : [ 1 , { "c" : null } ] } }`, pyjson.Object, true, `{"a": {"b": [1, {"c": null}]}}`},

		{" \t\r\n1 \t\r\n", pyjson.Int, true, `1`},
	} {
		t.Run(row.doc, func(t *testing.T) {
			v, err := pyjson.Load(row.doc)
			require.NoError(t, err)
			assert.Equal(t, row.kind, v.Kind)
			assert.Equal(t, row.truthy, v.Truthy())
			assert.Equal(t, row.dump, string(pyjson.AppendDump(nil, v)))
			assert.Equal(t, v.Raw, row.doc[v.Offset:v.Offset+len(v.Raw)])
		})
	}
}

// TestLoadRefuses has the byte where our reader stopped. Python names the start
// of a string that does not end and the u of a bad escape instead.
func TestLoadRefuses(t *testing.T) {
	for _, row := range []struct {
		doc    string
		offset int
	}{
		{"", 0}, {"  ", 2}, {"nul", 0}, {"nulll", 4}, {"True", 0}, {"NAN", 0}, {"nan", 0},
		{"tru", 0}, {"fals", 0}, {"Nan", 0},
		{"infinity", 0}, {"Infinit", 0}, {"-Inf", 0}, {"-NaN", 0}, {"-Infinity0", 9},

		{"01", 1}, {"00", 1}, {"-01", 2}, {"-", 0}, {"--1", 0}, {"-a", 0}, {"+1", 0}, {".5", 0},
		{"1.", 1}, {"1.e5", 1}, {"1e", 1}, {"1e+", 1}, {"0x1", 1}, {"1_0", 1}, {"1.5.5", 3}, {"1e5e", 3},
		{"٥", 0}, {"１", 0}, {"-٥", 0}, {"1.٥", 1}, {"1e٥", 1},

		{`"`, 1}, {`"a`, 2}, {`'a'`, 0}, {"\"\n\"", 1}, {"\"a\x00\"", 2}, {"\"\x1f\"", 1},
		{`"\`, 1}, {`"\"`, 3}, {`"\x"`, 1}, {`"a\U0041"`, 2}, {`"\u`, 1}, {`"\u12"`, 1}, {`"\u12g4"`, 1},
		{`"\u+123"`, 1}, {`"\u 123"`, 1}, {`"\u0x12"`, 1}, {`"\u1_23"`, 1}, {`"\u٠555"`, 1}, {`"\u@@@@"`, 1},

		{"[", 1}, {"[1", 2}, {"[1,", 3}, {"[1,]", 3}, {"[,1]", 1}, {"[1 2]", 3}, {"[1}", 2}, {"]", 0}, {"[nul]", 1},
		{"{", 1}, {`{"a"`, 4}, {`{"a":`, 5}, {`{"a":1`, 6}, {`{"a":1,`, 7}, {`{"a":1,}`, 7}, {"{a:1}", 1}, {"{1:2}", 1},
		{`{"a" 1}`, 5}, {`{"a":}`, 5}, {"{,}", 1}, {`{"a":1 "b":2}`, 7}, {`{"a":1]`, 6}, {"}", 0}, {`{"a\q":1}`, 3}, {`{"a`, 3},

		{"1 2", 2}, {"{}x", 2}, {`{"a":1}}`, 7}, {"[1]\x00", 3},
		{"\x00", 0}, {"{\"a\":\x001}", 5}, {"{\"a\"\v:1}", 4},
		{"\u00a01", 0}, {"1\u00a0", 1}, {"\v1", 0}, {"\ufeff1", 0}, {"//x\n1", 0},
	} {
		t.Run(row.doc, func(t *testing.T) {
			v, err := pyjson.Load(row.doc)
			found, ok := errors.AsType[*pyjson.Error](err)
			require.True(t, ok)
			assert.Equal(t, pyjson.ErrSyntax, found.Err)
			assert.True(t, pyjson.IsSyntax(err))
			assert.Equal(t, "not valid JSON", err.Error())
			assert.Equal(t, row.offset, found.Offset)
			if row.offset == 0 {
				assert.Zero(t, v)
			}
		})
	}
}

func TestLoadDigits(t *testing.T) {
	ones := strings.Repeat("1", 4300)
	for doc, offset := range map[string]int{
		ones:                    -1,
		"-" + ones:              -1,
		"0." + ones + "1":       -1, // a float may have more
		ones + "1.0":            -1,
		ones + "1e5":            -1,
		ones + "1":              0,
		"-" + ones + "1":        0,
		"[1, " + ones + "1, @]": 4, // the first fault counts
		`{"a": ` + ones + `1}`:  6,
	} {
		_, err := pyjson.Load(doc)
		if offset < 0 {
			assert.NoError(t, err)
			continue
		}
		assert.Equal(t, &pyjson.Error{Err: pyjson.ErrDigits, Offset: offset}, err)
		assert.False(t, pyjson.IsSyntax(err))
	}
}

func TestLoadDepth(t *testing.T) {
	nest := func(n int, head, tail string) string { return strings.Repeat(head, n) + "1" + strings.Repeat(tail, n) }
	for _, form := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		v, err := pyjson.Load(nest(pyjson.MaxDepth, form[0], form[1]))
		require.NoError(t, err)
		assert.Len(t, pyjson.AppendDump(nil, v), len(nest(pyjson.MaxDepth, strings.ReplaceAll(form[0], ":", ": "), form[1])))

		_, err = pyjson.Load(nest(pyjson.MaxDepth+1, form[0], form[1]))
		assert.Equal(t, &pyjson.Error{Err: pyjson.ErrDepth, Offset: pyjson.MaxDepth * len(form[0])}, err)
		assert.False(t, pyjson.IsSyntax(err))

		_, err = pyjson.Load(strings.Repeat(form[0], 1<<20))
		assert.ErrorIs(t, err, pyjson.ErrDepth, "and no stack overflow")
	}
	err := pyjson.Members(nest(pyjson.MaxDepth+1, `{"a":`, "}"), nil)
	assert.ErrorIs(t, err, pyjson.ErrDepth)
	assert.NoError(t, pyjson.Members(nest(pyjson.MaxDepth, `{"a":`, "}"), nil))
}

func TestMembers(t *testing.T) {
	type member struct {
		key, value   string
		kind         pyjson.Kind
		at, valuesAt int
	}
	for _, row := range []struct {
		doc    string
		want   []member
		err    error
		offset int
	}{
		{doc: `{}`},
		{doc: ` { } `},
		{doc: ` {"a" : 1, "b":"x","a":[2]} `, want: []member{
			{"a", "1", pyjson.Int, 3, 8}, {"b", "x", pyjson.String, 12, 16}, {"a", "[2]", pyjson.Array, 20, 23},
		}},
		{doc: `{"a": 1, "b": @}`, want: []member{{"a", "1", pyjson.Int, 2, 6}}, err: pyjson.ErrSyntax, offset: 14},
		{doc: `{"a": 1} x`, want: []member{{"a", "1", pyjson.Int, 2, 6}}, err: pyjson.ErrSyntax, offset: 9},
		{doc: ` [1]`, err: pyjson.ErrObject, offset: 1},
		{doc: `null`, err: pyjson.ErrObject},
		{doc: `[1`, err: pyjson.ErrSyntax, offset: 2},
		{doc: ``, err: pyjson.ErrSyntax},
	} {
		var got []member
		err := pyjson.Members(row.doc, func(key, value pyjson.Value) error {
			assert.Equal(t, pyjson.String, key.Kind)
			got = append(got, member{key.Raw, value.Raw, value.Kind, key.Offset, value.Offset})
			return nil
		})
		assert.Equal(t, row.want, got, row.doc)
		if row.err == nil {
			assert.NoError(t, err, row.doc)
		} else {
			assert.Equal(t, &pyjson.Error{Err: row.err, Offset: row.offset}, err, row.doc)
			assert.Equal(t, row.err.Error(), err.Error())
		}
	}
}

func TestElements(t *testing.T) {
	var got []string
	collect := func(v pyjson.Value) error { got = append(got, v.Raw); return nil }
	require.NoError(t, pyjson.Elements(`[ 1, "a" , [2], {}]`, collect))
	assert.Equal(t, []string{"1", "a", "[2]", "{}"}, got)
	got = nil
	require.NoError(t, pyjson.Elements(`[]`, collect))
	assert.Empty(t, got)
}

// TestStop checks that the error of a callback comes out as it is, at once.
func TestStop(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	err := pyjson.Members(`{"a": 1, "b": 2} not read`, func(_, _ pyjson.Value) error { calls++; return stop })
	assert.Equal(t, stop, err)
	err = pyjson.Elements(`[1, 2]`, func(pyjson.Value) error { calls++; return stop })
	assert.Equal(t, stop, err)
	assert.Equal(t, 2, calls)
}

func TestText(t *testing.T) {
	for _, row := range []struct {
		doc, want string
		whole     bool
	}{
		{`""`, "", true},
		{`"é"`, "é", true},
		{`"a\"\\\/\b\f\n\r\tz"`, "a\"\\/\b\f\n\r\tz", true},
		{`"\u0041\u00e9\u00E9\uABCD\uabcd"`, "Aéé\uabcd\uabcd", true},
		{`"\u0000"`, "\x00", true},
		{`"\ud83d\ude00"`, "😀", true},
		{`"x\uD83D\uDE00y"`, "x😀y", true},
		{`"\\ud83d"`, `\ud83d`, true},
		{`"\ufffd"`, "\ufffd", true},
		{`"\ud83d"`, "\ufffd", false},
		{`"\ud83dx"`, "\ufffdx", false},
		{`"\ud83d\n"`, "\ufffd\n", false},
		{`"\ud83d\u0041"`, "\ufffdA", false},
		{`"\ude00\ud83d"`, "\ufffd\ufffd", false},
		{`"\ud83d\ud83d\ude00"`, "\ufffd😀", false},
	} {
		v, err := pyjson.Load(row.doc)
		require.NoError(t, err)
		got, whole := v.Text()
		assert.Equal(t, row.want, got, row.doc)
		assert.Equal(t, row.whole, whole, row.doc)
	}
}

func TestNumber(t *testing.T) {
	for doc, want := range map[string]string{
		"5": "5", "-0": "0", "-7": "-7", "5.0": "5.0", "1e3": "1000.0", "-0.0": "-0.0",
		"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf", "1e400": "inf",
	} {
		v, err := pyjson.Load(doc)
		require.NoError(t, err)
		assert.Equal(t, want, v.Number(), doc)
	}
	v, err := pyjson.Load("-1e400")
	require.NoError(t, err)
	assert.True(t, math.IsInf(v.Float(), -1))
}
