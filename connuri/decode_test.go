package connuri_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

type pool struct {
	Size     int     `json:"size"`
	Overflow float64 `json:"overflow"`
	Names    []string
}

type settings struct {
	common
	SSLMode    string            `json:"sslmode"`
	Timeout    int64             `json:"timeout"`
	Ratio      *float32          `json:"ratio"`
	KeepAlive  bool              `json:"keepalive"`
	Verify     *bool             `json:"verify"`
	Pool       *pool             `json:"pool"`
	Hosts      []string          `json:"hosts"`
	Ports      []uint16          `json:"ports"`
	Labels     map[string]int    `json:"labels"`
	Keyfile    string            `json:"keyfile"`
	Any        any               `json:"any"`
	Number     json.Number       `json:"number"`
	Addr       netip.Addr        `json:"addr"`
	Raw        json.RawMessage   `json:"raw"`
	Secret     []byte            `json:"secret"`
	Pair       [2]bool           `json:"pair"`
	Unexported map[string]string `json:"-"`
}

type common struct {
	Region string `json:"region_name"`
}

type Leveled struct{ Level int8 }

// wrong has fields of kinds that seldom fit.
type wrong struct {
	Leveled
	Lists    [][]int
	Pools    []pool
	Numbered map[int]string
	N        int      `json:"n,string"`
	Quoted   *float64 `json:",string"`
	At       time.Time
	F        func()
	Stringer fmt.Stringer
}

// The same settings fill the same struct, whether a URI or JSON held them.
func TestDecodeIsLedByItsTarget(t *testing.T) {
	uri, err := connuri.ParseURI("aws://?region_name=eu-west-1&SSLMODE=require&timeout=30&ratio=0.5&keepalive=True&verify=false" +
		"&pool=%7B%22size%22%3A+%225%22%2C+%22overflow%22%3A+1%2C+%22names%22%3A+%5B%22a%22%5D%7D&hosts=%5B%22a%22%2C+%22b%22%5D&ports=%5B%2280%22%2C+443%5D" +
		"&labels=%7B%22x%22%3A+%221%22%7D&keyfile=%7B%22type%22%3A+%22service_account%22%7D&any=1&number=12345678901234567890&addr=10.0.0.1" +
		"&raw=%7B%7D&secret=aGk%3D&pair=%5B%22True%22%2C+false%5D&ignored=x")
	require.NoError(t, err)
	doc, err := connuri.ParseJSON(`{"conn_type": "aws", "extra": {"region_name": "eu-west-1", "SSLMODE": "require", "timeout": 30, "ratio": 0.5,
		"keepalive": true, "verify": false, "pool": {"size": 5, "overflow": 1, "names": ["a"]}, "hosts": ["a", "b"], "ports": [80, 443],
		"labels": {"x": 1}, "keyfile": {"type": "service_account"}, "any": "1", "number": 12345678901234567890, "addr": "10.0.0.1",
		"raw": "{}", "secret": "aGk=", "pair": [true, false], "ignored": [1]}}`)
	require.NoError(t, err)

	var fromURI, fromJSON settings
	require.NoError(t, uri.Extra.Decode(&fromURI))
	require.NoError(t, doc.Extra.Decode(&fromJSON))
	assert.Equal(t, fromJSON, fromURI)

	half, no := float32(0.5), false
	assert.Equal(t, settings{
		common: common{Region: "eu-west-1"}, SSLMode: "require", Timeout: 30, Ratio: &half, KeepAlive: true, Verify: &no,
		Pool: &pool{Size: 5, Overflow: 1, Names: []string{"a"}}, Hosts: []string{"a", "b"}, Ports: []uint16{80, 443},
		Labels: map[string]int{"x": 1}, Keyfile: `{"type": "service_account"}`, Any: "1", Number: "12345678901234567890",
		Addr: netip.MustParseAddr("10.0.0.1"), Raw: json.RawMessage(`"{}"`), Secret: []byte("hi"), Pair: [2]bool{true, false},
	}, fromURI)
}

// Of a repeated key the last value counts, as in Python, also where
// encoding/json would merge the two.
func TestDecodeTakesTheLastOfARepeatedKey(t *testing.T) {
	var got struct{ A map[string]int }
	require.NoError(t, connuri.RawExtra(`{"a": {"x": 1}, "a": {"y": 2}}`).Decode(&got))
	assert.Equal(t, map[string]int{"y": 2}, got.A)
}

// The option string of encoding/json wants its number in quotes.
func TestDecodeHonorsTheOptionString(t *testing.T) {
	type quoted struct {
		N int     `json:"n,string"`
		B bool    `json:"b,string"`
		F float32 `json:"f,string"`
	}
	for _, extra := range []string{`{"n": "30", "b": "true", "f": "-1.5"}`, `{"n": 30, "b": true, "f": -1.5}`} {
		var got quoted
		require.NoError(t, connuri.RawExtra(extra).Decode(&got))
		assert.Equal(t, quoted{30, true, -1.5}, got)
	}
}

// A struct may embed a pointer to itself.
func TestDecodeIntoAnEndlessStruct(t *testing.T) {
	type Endless struct {
		*Endless
		Size int
	}
	var got Endless
	require.NoError(t, connuri.RawExtra(`{"size": "5", "other": 1}`).Decode(&got))
	assert.Equal(t, Endless{Size: 5}, got)
}

func TestDecodeIntoMaps(t *testing.T) {
	extra := connuri.RawExtra(`{"a": "1", "b": 2}`)
	var texts map[string]string
	require.NoError(t, extra.Decode(&texts))
	assert.Equal(t, map[string]string{"a": "1", "b": "2"}, texts)
	var numbers map[string]int
	require.NoError(t, extra.Decode(&numbers))
	assert.Equal(t, map[string]int{"a": 1, "b": 2}, numbers)
	var anything map[string]any
	require.NoError(t, extra.Decode(&anything))
	assert.Equal(t, map[string]any{"a": "1", "b": 2.0}, anything)
}

func TestDecodeNothing(t *testing.T) {
	got := settings{SSLMode: "as it was"}
	require.NoError(t, connuri.Extra{}.Decode(&got))
	require.NoError(t, connuri.RawExtra("").Decode(&got))
	assert.Equal(t, settings{SSLMode: "as it was"}, got)
}

func TestDecodeErrorsNameTheKeyAndTheType(t *testing.T) {
	const value = "hunter2hunter2"
	for _, row := range []struct {
		name, extra string
		into        any
		want        string
	}{
		{"not a pointer", `{}`, settings{}, "extra: cannot be decoded into connuri_test.settings, only into a pointer"},
		{"nil", `{}`, (*settings)(nil), "extra: cannot be decoded into *connuri_test.settings, only into a pointer"},
		{"no JSON", value, new(settings), "extra: not valid JSON"},
		{"no object", `["` + value + `"]`, new(settings), "extra: must be a JSON object"},
		{"number", `{"timeout": "` + value + `"}`, new(settings), `extra: the value of "timeout" does not fit int64`},
		{"nested", `{"pool": {"size": "` + value + `"}}`, new(settings), `extra: the value of "pool.size" does not fit int`},
		{"bool", `{"keepalive": "` + value + `"}`, new(settings), `extra: the value of "keepalive" does not fit bool`},
		{"out of range", `{"ports": [70000]}`, new(settings), `extra: the value of "ports" does not fit uint16`},
		{"an Unmarshaler that quotes", `{"addr": "` + value + `"}`, new(settings), `extra: the value of "addr" does not fit netip.Addr`},
		{"not finite", `{"ratio": NaN}`, new(settings), `extra: the value of "ratio" does not fit float32`},
		{"map", `{"a": "` + value + `"}`, new(map[string]int), `extra: the value of "a" does not fit int`},
		{"not finite, a list", `{"hosts": [1], "any": [-Infinity]}`, new(settings), `extra: the value of "any" does not fit interface {}`},
		{"too large for any", `{"any": [1e400]}`, new(settings), `extra: the value of "any" does not fit interface {}`},
		{"any case", `{"POOL": {"SIZE": true}}`, new(settings), `extra: the value of "POOL.SIZE" does not fit int`},
		{"element", `{"ports": ["443", "` + value + `"]}`, new(settings), `extra: the value of "ports" does not fit uint16`},
		{"list in a list", `{"lists": [[1], [2, "` + value + `"]]}`, new(wrong), `extra: the value of "lists" does not fit int`},
		{"struct in a list", `{"pools": [{"size": 1}, {"size": "` + value + `"}]}`, new(wrong), `extra: the value of "pools.size" does not fit int`},
		{"embedded", `{"level": "` + value + `"}`, new(wrong), `extra: the value of "level" does not fit int8`},
		{"map in a field", `{"labels": {"` + value + `": "x"}}`, new(settings), `extra: the value of "labels" does not fit int`},
		{"map in a map", `{"a": {"` + value + `": "x"}}`, new(map[string]map[string]int), `extra: the value of "a" does not fit int`},
		{"key of a map", `{"numbered": {"` + value + `": "x"}}`, new(wrong), `extra: the value of "numbered" does not fit int`},
		{"list for a struct", `{"pool": ["` + value + `"]}`, new(settings), `extra: the value of "pool" does not fit connuri_test.pool`},
		{"text for a list", `{"hosts": "` + value + `"}`, new(settings), `extra: the value of "hosts" does not fit []string`},
		{"base64", `{"secret": "` + value + `!"}`, new(settings), `extra: the value of "secret" does not fit []uint8`},
		{"number as text", `{"number": "` + value + `"}`, new(settings), `extra: the value of "number" does not fit json.Number`},
		{"no number", `{"number": true}`, new(settings), `extra: the value of "number" does not fit json.Number`},
		{"quoted", `{"n": "` + value + `"}`, new(wrong), `extra: the value of "n" does not fit int`},
		{"quoted, not finite", `{"quoted": "NaN"}`, new(wrong), `extra: the value of "quoted" does not fit float64`},
		{"quoted, a plus", `{"quoted": "+1"}`, new(wrong), `extra: the value of "quoted" does not fit float64`},
		{"quoted, too large", `{"quoted": 1e400}`, new(wrong), `extra: the value of "quoted" does not fit float64`},
		{"time", `{"at": 1}`, new(wrong), `extra: the value of "at" does not fit time.Time`},
		{"raw", `{"raw": NaN}`, new(settings), `extra: the value of "raw" does not fit json.RawMessage`},
		{"function", `{"f": 1}`, new(wrong), `extra: the value of "f" does not fit func()`},
		{"interface", `{"stringer": 1}`, new(wrong), `extra: the value of "stringer" does not fit fmt.Stringer`},
		{"the first of two", `{"timeout": "` + value + `", "addr": "x"}`, new(settings), `extra: the value of "timeout" does not fit int64`},
		{"the first of two, an Unmarshaler", `{"addr": "x", "timeout": "` + value + `"}`, new(settings), `extra: the value of "addr" does not fit netip.Addr`},
		{"no object wanted", `{"a": 1}`, new(int), `extra: does not fit int`},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := connuri.RawExtra(row.extra).Decode(row.into)
			require.Error(t, err)
			assert.Equal(t, "connuri: "+row.want, err.Error())
			var named *connuri.Error
			assert.ErrorAs(t, err, &named)
		})
	}
}

func TestNested(t *testing.T) {
	for _, row := range []struct{ extra, want string }{
		{`{"a": "{\"b\": 1}", "c": "x", "d": "[1]", "e": "1", "f": {"g": "{}"}}`, `{"a": {"b": 1}, "c": "x", "d": [1], "e": 1, "f": {"g": "{}"}}`},
		{`{"a": "1", "a": "x"}`, `{"a": "x"}`},
		{`{}`, `{}`},
		{`no JSON`, `no JSON`},
		{`[1]`, `[1]`},
	} {
		assert.Equal(t, row.want, connuri.RawExtra(row.extra).Nested().Reveal())
	}
	assert.True(t, connuri.Extra{}.Nested().IsZero())
}

func TestGet(t *testing.T) {
	extra := connuri.RawExtra(`{"text": "a\u00e9", "number": 1e2, "yes": true, "null": null, "object": {"a":1}, "twice": 1, "twice": "2", "": "empty"}`)
	for key, want := range map[string]string{"text": "aé", "number": "100.0", "yes": "true", "object": `{"a": 1}`, "twice": "2", "": "empty"} {
		got, ok := extra.Get(key)
		assert.True(t, ok, key)
		assert.Equal(t, want, got, key)
	}
	for _, e := range []connuri.Extra{extra, {}, connuri.RawExtra("x"), connuri.RawExtra("[1]")} {
		got, ok := e.Get("null")
		assert.False(t, ok)
		assert.Empty(t, got)
	}
}

func TestNewExtra(t *testing.T) {
	extra, err := connuri.NewExtra(struct {
		Region string `json:"region_name"`
		Ratio  float64
		Note   string
	}{"eu-west-1", 1e21, "<é>"})
	require.NoError(t, err)
	assert.Equal(t, `{"region_name": "eu-west-1", "Ratio": 1e+21, "Note": "<\u00e9>"}`, extra.Reveal())
	_, err = connuri.NewExtra(map[string]any{"token": connuri.NewSecret("x")})
	assert.EqualError(t, err, "connuri: extra: a Secret in it would be written as [redacted]")
	_, err = connuri.NewExtra(json.RawMessage("{"))
	assert.EqualError(t, err, "connuri: extra: json.RawMessage cannot be written as JSON")
	extra, err = connuri.NewExtra(map[string]string{"b": "\xff", "a": "\u2028"})
	require.NoError(t, err)
	assert.Equal(t, `{"a": "\u2028", "b": "\ufffd"}`, extra.Reveal())
	_, err = connuri.NewExtra(map[string]any{"x": func() {}})
	assert.EqualError(t, err, "connuri: extra: map[string]interface {} cannot be written as JSON")
}
