package pyjson_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

func TestAppendString(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"", `""`},
		{"a ~", `"a ~"`},
		{`"\/`, `"\"\\/"`},
		{`\n\u0041`, `"\\n\\u0041"`},
		{"\b\f\n\r\t", `"\b\f\n\r\t"`},
		{"\x00\x1f\x7f\u0080", `"\u0000\u001f\u007f\u0080"`},
		{"'<>&", `"'<>&"`},
		{"é€", `"\u00e9\u20ac"`},
		{"a\u2028b", `"a\u2028b"`},
		{"\ue000\uffff", `"\ue000\uffff"`},
		{"😀\U00010000\U0010ffff", `"\ud83d\ude00\ud800\udc00\udbff\udfff"`},
	} {
		assert.Equal(t, "x"+row.want, string(pyjson.AppendString([]byte("x"), row.in)))
	}
}

func TestAppendDump(t *testing.T) {
	for _, row := range []struct{ doc, want string }{
		{`[1,2.0,"a",null,true,false]`, `[1, 2.0, "a", null, true, false]`},
		{`[1.0,1e16,1e-5,-0,-0.0,1E2]`, `[1.0, 1e+16, 1e-05, 0, -0.0, 100.0]`},
		{`[NaN,Infinity,-Infinity,1e400,-1e400]`, `[NaN, Infinity, -Infinity, Infinity, -Infinity]`},
		{`[ [ [ ] ] ]`, `[[[]]]`},
		{`{"a" :[ ],"b":{ }}`, `{"a": [], "b": {}}`},
		{`{"é":"é"}`, `{"\u00e9": "\u00e9"}`},
		{`"\b\f\n\r\t\/\"\\\u0041"`, `"\b\f\n\r\t/\"\\A"`},
		{`"\ud83d\ude00\u00E9"`, `"\ud83d\ude00\u00e9"`},
		{`"😀"`, `"\ud83d\ude00"`},

		// Half of a surrogate pair goes through.
		{`"\uD83Dx"`, `"\ud83dx"`},
		{`"\ude00\ud83d"`, `"\ude00\ud83d"`},
		{`"\ud83d\ud83d\ude00"`, `"\ud83d\ud83d\ude00"`},

		// Of a repeated key: the first place, the last value.
		{`{"a":1,"b":2,"a":3}`, `{"a": 3, "b": 2}`},
		{`{"a":1,"a":1}`, `{"a": 1}`},
		{`{"":1,"":2}`, `{"": 2}`},
		{`{"a":1,"\u0061":2}`, `{"a": 2}`},
		{`{"é":1,"\u00E9":2}`, `{"\u00e9": 2}`},
		{`{"\ud83d":1,"\uD83D":2}`, `{"\ud83d": 2}`},
		{`{"b":1,"a":2,"c":3,"a":{"x":1,"y":2,"x":3}}`, `{"b": 1, "a": {"x": 3, "y": 2}, "c": 3}`},
		{`{"a":{"x":1,"x":[{"y":1,"y":2}]},"a":"longer than before"}`, `{"a": "longer than before"}`},
		{`[{"a":1,"a":2},{"a":3}]`, `[{"a": 2}, {"a": 3}]`},

		// The same on both sides of the eight pairs that are searched in a row.
		{
			`{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k7":"r"}`,
			`{"k0": 0, "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": 5, "k6": 6, "k7": "r"}`,
		},
		{
			`{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k0":"r","k7":7,"k8":8,"k0":"s","k9":9}`,
			`{"k0": "s", "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": 5, "k6": 6, "k7": 7, "k8": 8, "k9": 9}`,
		},
		{
			`{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k8":"r"}`,
			`{"k0": 0, "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": 5, "k6": 6, "k7": 7, "k8": "r"}`,
		},
		{
			`{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9,"k0":"x","k9":"y","k8":{"a":1},"k5":[1]}`,
			`{"k0": "x", "k1": 1, "k2": 2, "k3": 3, "k4": 4, "k5": [1], "k6": 6, "k7": 7, "k8": {"a": 1}, "k9": "y"}`,
		},
	} {
		v, err := pyjson.Load(row.doc)
		require.NoError(t, err)
		assert.Equal(t, "x"+row.want, string(pyjson.AppendDump([]byte("x"), v)), row.doc)
	}
}

// TestDictByHand is the use that a caller with keys of its own makes of Dict.
func TestDictByHand(t *testing.T) {
	write := func(keys ...string) string {
		var dict pyjson.Dict
		dst := dict.Begin([]byte("before"))
		for i, key := range keys {
			dst = dict.Colon(pyjson.AppendString(dict.Sep(dst), key))
			dst = append(dst, byte('0'+i))
		}
		return string(dict.End(dst))
	}
	assert.Equal(t, `before{}`, write())
	assert.Equal(t, `before{"a": 0}`, write("a"))
	assert.Equal(t, `before{"a": 2, "b": 1}`, write("a", "b", "a"))
	assert.Equal(t,
		`before{"a": 9, "b": 8, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6, "h": 7}`,
		write("a", "b", "c", "d", "e", "f", "g", "h", "b", "a"))
}
