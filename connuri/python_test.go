package connuri_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// bracketTests were recorded: what urlsplit of CPython 3.10.13 accepts, and what that of
// 3.11.7, 3.12.1 and 3.13.0 accepts. The rule of later releases is that of ParseURI.
var bracketTests = []struct {
	uri        string
	v310, v311 bool
}{
	{"pg://u:p@h", true, true},
	{"pg://u:p@[::1]:5/x", true, true},
	{"pg://u:p[x]w@h", true, false},
	{"pg://u:p[::1]w@h", true, true},
	{"pg://u:p@[::1]@h", true, true},
	{"pg://u:[::1]@h", true, true},
	{"pg://[::1]:p@h", true, true},
	{"pg://[v1.ab]@h", true, true},
	{"pg://u[v1.ab]x@h", true, true},
	{"pg://u:p[1.2.3.4]@h", true, false},
	{"pg://u:p@[1.2.3.4]", true, false},
	{"pg://u:p@x[::1]", true, true},
	{"pg://u:p@[::1]x", true, true},
	{"pg://u:p@[::1]x:5", true, true},
	{"pg://u:p@[x]", true, false},
	{"pg://u:p]w@h", false, false},
	{"pg://u:p[w@h", false, false},
	{"pg://u:p]x[@h", true, false},
	{"pg://u:p[::1][::2]@h", true, true},
	{"pg://u:[::1]@[::1]", true, true},
	{"pg://u:[a]@[::1]", true, false},
	{"pg://u:[::1]@[x]", true, true},
	{"pg://h]", false, false},
	{"pg://[h", false, false},
	{"pg://[::1%25eth]", true, true},
	{"pg://[::1%eth]", true, true},
	{"pg://u:p[]@h", true, false},
	{"pg://u:p[v1.]@h", true, false},
	{"pg://[v1.ab]", true, true},
	{"pg://[vg.ab]", true, false},
	{"pg://h[::1]:5", true, true},
	{"pg://[::1]5", true, true},
	{"pg://u:p[::1]@h/x]y[", true, true},
	{"pg://u:p@h/[x]", true, true},
	{"pg://u:p@h?a=[x]", true, true},
	{"pg://u:[[::1]]@h", true, false},
	{"pg://[[::1]]", true, false},
	{"pg://u[::1]:p[x]@h", true, true},
	{"pg://[::1]:5:6", true, true},
	{"pg://[::1]:", true, true},
	{"pg://a@[::1]b@h", true, true},
	{"pg://[::1]@[::2]@h", true, true},
	{"pg://u:p@[v1.ab]x", true, true},
	{"pg://u:p@[::1]x@[::2]", true, true},
	{"pg://u:p@x[v1.a]y:5", true, true},
}

func TestDependsOnPython(t *testing.T) {
	for _, tt := range bracketTests {
		_, err := connuri.ParseURI(tt.uri)
		e, refused := errors.AsType[*connuri.Error](err)
		newest := !refused || e.Field == "port" // which urlsplit does not look at
		depends := tt.v310 != tt.v311 || tt.v311 != newest
		assert.Equal(t, depends, connuri.DependsOnPython(tt.uri), tt.uri)
		assert.Equal(t, depends, connuri.DependsOnPython("\n"+tt.uri+" "), tt.uri)
	}
	for text, depends := range map[string]bool{
		`{"uri": "pg://u:p[x]@h"}`: false, "spark://https://h[x]": true, "spark://https://[::1]": false, "": false, "pg:/[x]": false, "p\tg:/\t/[x]": true,
	} {
		assert.Equal(t, depends, connuri.DependsOnPython(text), text)
	}
}
