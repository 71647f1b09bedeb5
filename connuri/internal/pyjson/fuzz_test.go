package pyjson_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// FuzzDump holds the reader and the writer against plain ones below, which
// build the values in memory and write them by the rules of json.dumps.
func FuzzDump(f *testing.F) {
	for doc := range vectorTexts(f) {
		f.Add(doc)
	}
	f.Add(`{"a":1,"b":[1e16,-0,NaN],"a":"\ud83d\ude00\ud83d"}`)
	f.Add(`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"a":{"x":1,"x":2}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		if !utf8.ValidString(doc) {
			t.Skip("no Python str; callers refuse it before")
		}
		v, err := pyjson.Load(doc)
		plain, ok := plainLoad(doc)
		if ok != (err == nil) {
			t.Fatalf("accepted: %v, plain reader: %v", err == nil, ok)
		}
		if err != nil {
			return
		}
		if v.Truthy() != plain.truthy() {
			t.Fatal("Truthy differs")
		}
		got := string(pyjson.AppendDump(nil, v))
		if got != plain.dump() {
			t.Fatalf("%q instead of %q", got, plain.dump())
		}
		again, err := pyjson.Load(got)
		if err != nil || string(pyjson.AppendDump(nil, again)) != got {
			t.Fatal("what was dumped dumps otherwise")
		}
		if text, whole := v.Text(); v.Kind == pyjson.String {
			if want := string(utf16.Decode(plain.text)); text != want {
				t.Fatal("Text differs")
			}
			if halves := slices.Contains(utf16.Decode(plain.text), utf8.RuneError); !whole && !halves {
				t.Fatal("whole text is called broken")
			}
		}
		if err := pyjson.Members(doc, func(_, _ pyjson.Value) error { return nil }); (err == nil) != (v.Kind == pyjson.Object) {
			t.Fatal("Members and Load disagree")
		}
	})
}

// vectorTexts are all texts in the recorded rows, at any depth: documents,
// extras, URIs.
func vectorTexts(tb testing.TB) map[string]bool {
	texts := map[string]bool{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			if len(v) < 500 {
				texts[v] = true
			}
		case []any:
			for _, v := range v {
				collect(v)
			}
		case map[string]any:
			for _, v := range v {
				collect(v)
			}
		}
	}
	for _, family := range []string{"uri_parse", "conn_json", "uri_build", "secret_json"} {
		require.True(tb, connuritest.Rows(tb, family, func(line int, row any) {
			if line%8 == 1 { // an eighth is plenty
				collect(row)
			}
		}))
	}
	return texts
}

// node is a value built in memory.
type node struct {
	kind  byte // n, t, f, i(nt), d(ouble), s, [ or {
	num   string
	text  []uint16
	items []node
	keys  [][]uint16 // of an object, beside items
}

type plainReader struct {
	rest  string
	depth int
}

// plainLoad panics its way out of a fault, which is the shortest way to write
// a reader whose every branch can fail.
func plainLoad(doc string) (v node, ok bool) {
	defer func() { ok = recover() == nil }()
	r := &plainReader{rest: doc}
	r.space()
	v = r.value()
	r.space()
	if r.rest != "" {
		panic("more text")
	}
	return v, true
}

func (r *plainReader) space() { r.rest = strings.TrimLeft(r.rest, " \t\n\r") }

func (r *plainReader) take(prefix string) bool {
	rest, ok := strings.CutPrefix(r.rest, prefix)
	r.rest = rest
	return ok
}

func (r *plainReader) need(prefix string) {
	if !r.take(prefix) {
		panic("no " + prefix)
	}
}

// numbers is NUMBER_RE of Python's json.scanner.
var numbers = regexp.MustCompile(`^(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?`)

func (r *plainReader) value() node {
	for _, word := range []string{"null", "true", "false"} {
		if r.take(word) {
			return node{kind: word[0]}
		}
	}
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if r.take(word) {
			return node{kind: 'd', num: word}
		}
	}
	switch {
	case strings.HasPrefix(r.rest, `"`):
		return node{kind: 's', text: r.str()}
	case r.take("["):
		v := node{kind: '['}
		r.each("]", func() { v.items = append(v.items, r.value()) })
		return v
	case r.take("{"):
		v := node{kind: '{'}
		r.each("}", func() {
			key := r.str()
			r.space()
			r.need(":")
			r.space()
			value := r.value()
			if i := slices.IndexFunc(v.keys, func(k []uint16) bool { return slices.Equal(k, key) }); i >= 0 {
				v.items[i] = value
				return
			}
			v.keys, v.items = append(v.keys, key), append(v.items, value)
		})
		return v
	}
	m := numbers.FindStringSubmatch(r.rest)
	if m == nil {
		panic("no value")
	}
	r.need(m[0])
	if m[2] != "" || m[3] != "" {
		return node{kind: 'd', num: m[0]}
	}
	if len(strings.TrimPrefix(m[0], "-")) > 4300 {
		panic("too many digits")
	}
	return node{kind: 'i', num: m[0]}
}

func (r *plainReader) each(end string, item func()) {
	if r.depth++; r.depth > 1000 {
		panic("too deep")
	}
	defer func() { r.depth-- }()
	r.space()
	for first := true; !r.take(end); first = false {
		if !first {
			r.need(",")
			r.space()
		}
		item()
		r.space()
	}
}

func (r *plainReader) str() []uint16 {
	r.need(`"`)
	var text []uint16
	for !r.take(`"`) {
		if r.take(`\u`) {
			digits := r.rest[:4]
			if strings.ContainsAny(digits, "+-_") {
				panic("no digits") // ParseUint would let them pass
			}
			unit, err := strconv.ParseUint(digits, 16, 16)
			if err != nil {
				panic(err)
			}
			r.rest = r.rest[4:]
			text = append(text, uint16(unit))
			continue
		}
		if r.take(`\`) {
			text = append(text, map[byte]uint16{'"': '"', '\\': '\\', '/': '/', 'b': 8, 'f': 12, 'n': 10, 'r': 13, 't': 9}[r.rest[0]])
			if text[len(text)-1] == 0 {
				panic("no escape")
			}
			r.rest = r.rest[1:]
			continue
		}
		c, n := utf8.DecodeRuneInString(r.rest)
		if n == 0 || c < ' ' {
			panic("no string")
		}
		r.rest = r.rest[n:]
		text = utf16.AppendRune(text, c)
	}
	return text
}

func (v node) float() float64 {
	f, _ := strconv.ParseFloat(v.num, 64) // of an overflow too it gives what Python has
	return f
}

func (v node) truthy() bool {
	switch v.kind {
	case 'n', 'f':
		return false
	case 'i':
		return strings.Trim(v.num, "-0") != ""
	case 'd':
		return v.float() != 0
	case 's':
		return len(v.text) > 0
	case '[', '{':
		return len(v.items) > 0
	}
	return true
}

func (v node) dump() string {
	switch v.kind {
	case 'n':
		return "null"
	case 't':
		return "true"
	case 'f':
		return "false"
	case 'i':
		if v.num == "-0" {
			return "0"
		}
		return v.num
	case 'd':
		return plainFloat(v.float())
	case 's':
		return plainString(v.text)
	}
	parts := []string{}
	for i, item := range v.items {
		part := item.dump()
		if v.kind == '{' {
			part = plainString(v.keys[i]) + ": " + part
		}
		parts = append(parts, part)
	}
	return string(v.kind) + strings.Join(parts, ", ") + string(v.kind+2) // ] and } come two after [ and {
}

func plainString(text []uint16) string {
	s := `"`
	for _, u := range text {
		switch {
		case u == '"' || u == '\\':
			s += `\` + string(rune(u))
		case u >= ' ' && u <= '~':
			s += string(rune(u))
		case strings.ContainsRune("\b\t\n\f\r", rune(u)):
			s += `\` + map[uint16]string{8: "b", 9: "t", 10: "n", 12: "f", 13: "r"}[u]
		default:
			s += fmt.Sprintf(`\u%04x`, u)
		}
	}
	return s + `"`
}

// plainFloat is float_repr_style "short": the shortest digits d.ddd and the
// exponent, put together as format_float_short does with the bounds -4 and 16.
func plainFloat(f float64) string {
	mantissa, power, finite := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !finite {
		return map[string]string{"NaN": "NaN", "+Inf": "Infinity", "-Inf": "-Infinity"}[mantissa]
	}
	exp, err := strconv.Atoi(power)
	if err != nil {
		panic(err)
	}
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	switch {
	case f == 0:
		return sign + "0.0"
	case exp < -4 || exp >= 16:
		return fmt.Sprintf("%s%se%+03d", sign, mantissa, exp)
	case exp < 0:
		return sign + "0." + strings.Repeat("0", -exp-1) + digits
	case len(digits) <= exp+1:
		return sign + digits + strings.Repeat("0", exp+1-len(digits)) + ".0"
	}
	return sign + digits[:exp+1] + "." + digits[exp+1:]
}
