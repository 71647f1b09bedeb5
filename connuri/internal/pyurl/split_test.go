package pyurl_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// The expected values of this package were printed by CPython 3.11; those about
// brackets follow the stricter check that CPython has from 3.12.10 on.

func TestSplit(t *testing.T) {
	type parts struct{ Scheme, Netloc, Path, Query string }
	for _, row := range []struct {
		name, in string
		want     parts
	}{
		{"empty", "", parts{}},
		{"path alone", "a", parts{Path: "a"}},
		{"scheme alone", "a:", parts{Scheme: "a"}},
		{"scheme and path", "a:b", parts{Scheme: "a", Path: "b"}},
		{"first colon ends the scheme", "a:b:c", parts{Scheme: "a", Path: "b:c"}},
		{"all marks of a scheme, lower case", "A+b-c.1:x", parts{Scheme: "a+b-c.1", Path: "x"}},
		{"digit first", "1a://h", parts{Path: "1a://h"}},
		{"mark first", "+a://h", parts{Path: "+a://h"}},
		{"no scheme before the colon", ":x", parts{Path: ":x"}},
		{"underscore in the scheme", "a_b://h", parts{Path: "a_b://h"}},
		{"letter beyond ASCII in the scheme", "é://h", parts{Path: "é://h"}},
		{"letter after an at sign in ASCII", "[://h", parts{Path: "[://h"}},
		{"NUL in the scheme", "a\x00b://h", parts{Path: "a\x00b://h"}},
		{"no scheme", "//h", parts{Netloc: "h"}},
		{"empty netloc", "///p", parts{Path: "/p"}},
		{"all", "A://u:p@H:5/P?q#f", parts{"a", "u:p@H:5", "/P", "q"}},
		{"query after the netloc", "a://h?q", parts{Scheme: "a", Netloc: "h", Query: "q"}},
		{"fragment before a query", "a://h#f?q", parts{Scheme: "a", Netloc: "h"}},
		{"empty fragment", "a://h/p#", parts{Scheme: "a", Netloc: "h", Path: "/p"}},
		{"second question mark", "a:/p?a?b", parts{Scheme: "a", Path: "/p", Query: "a?b"}},
		{"query alone", "?q", parts{Query: "q"}},
		{"fragment alone", "#f", parts{}},
		{"back slash", `a://h\x`, parts{Scheme: "a", Netloc: `h\x`}},
		{"semicolon", "a://h;p", parts{Scheme: "a", Netloc: "h;p"}},
		{"controls and space before", "  \x00\x1fa://h ", parts{Scheme: "a", Netloc: "h "}},
		{"no-break space before", "\u00a0a://h", parts{Path: "\u00a0a://h"}},
		{"line ends and tabs anywhere", "a\n:/\t/h\r/p", parts{Scheme: "a", Netloc: "h", Path: "/p"}},
		{"letter that NFKC composes", "a://\u212b", parts{Scheme: "a", Netloc: "\u212b"}},
		{"folding character in the path", "a://h/\u2100?\uff03", parts{Scheme: "a", Netloc: "h", Path: "/\u2100", Query: "\uff03"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got pyurl.Parts
			require.NoError(t, got.Split(row.in))
			assert.Equal(t, row.want, parts{got.Scheme, got.Netloc, got.Path, got.Query})
		})
	}
}

func TestSplitBrackets(t *testing.T) {
	for netloc, want := range map[string]error{
		"[::1]":            nil,
		"[::1]:5":          nil,
		"[::1]:x":          nil,
		"u:p@[::1]:5":      nil,
		"[::ffff:1.2.3.4]": nil,
		"[fe80::1%eth0]":   nil,
		"[fe80::1%25eth0]": nil,
		"[v1.x]":           nil,
		"[vaF.[]":          nil,
		"u:[p@[::1]":       nil, // the password may have one since 3.12.10
		"u:p]@[::1]":       nil,
		"[::1":             pyurl.ErrBrackets,
		"::1]":             pyurl.ErrBrackets,
		"][":               pyurl.ErrBrackets,
		"[]":               pyurl.ErrBrackets,
		"[h]":              pyurl.ErrBrackets,
		"[1.2.3.4]":        pyurl.ErrBrackets,
		"[::1%]":           pyurl.ErrBrackets,
		"[::1%a%b]":        pyurl.ErrBrackets,
		"[v1.]":            pyurl.ErrBrackets,
		"[v.x]":            pyurl.ErrBrackets,
		"[vg.x]":           pyurl.ErrBrackets,
		"[v1x]":            pyurl.ErrBrackets,
		"[V1.x]":           pyurl.ErrBrackets,
		"[::1]x":           pyurl.ErrBrackets,
		"x[::1]":           pyurl.ErrBrackets,
		"[[::1]]":          pyurl.ErrBrackets,
		"u:[p]@h":          pyurl.ErrBrackets,
		"[::1]@h":          pyurl.ErrBrackets,
	} {
		for _, url := range []string{"a://" + netloc, "//" + netloc + "/p", "a://" + netloc + "?q"} {
			var got pyurl.Parts
			err := got.Split(url)
			assert.Equal(t, want, err, url)
			if err == nil {
				assert.Equal(t, netloc, got.Netloc)
			}
		}
	}
	for _, url := range []string{"a://h/[", "a://h?]", "a:[", "[://h", "a://h#["} {
		assert.NoError(t, new(pyurl.Parts).Split(url), "brackets count in the netloc only: %s", url)
	}
}

// TestSplitNFKC goes through all of Unicode, so a new version of it that adds a
// character to the list is noticed where Python's list was printed again.
func TestSplitNFKC(t *testing.T) {
	folding := "\u2047\u2048\u2049\u2100\u2101\u2105\u2106\u2a74\ufe13\ufe16\ufe55\ufe56\ufe5f\ufe6b\uff03\uff0f\uff1a\uff1f\uff20"
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		err := new(pyurl.Parts).Split("//a" + string(r))
		if want := strings.ContainsRune(folding, r); want != errors.Is(err, pyurl.ErrNFKC) || !want && err != nil {
			t.Errorf("%U: %v", r, err)
		}
	}
	assert.Equal(t, pyurl.ErrNFKC, new(pyurl.Parts).Split("a://u:p\uff03@h"), "in the password too")
	assert.Equal(t, pyurl.ErrBrackets, new(pyurl.Parts).Split("//\u2100["), "brackets come first")
}

func TestNetloc(t *testing.T) {
	type userinfo struct {
		login       string
		hasLogin    bool
		password    string
		hasPassword bool
	}
	type port struct {
		port  int
		given bool
		err   error
	}
	none, bad := port{}, port{err: pyurl.ErrPort}
	for _, row := range []struct {
		netloc string
		user   userinfo
		host   string
		port   port
	}{
		{"", userinfo{}, "", none},
		{"H", userinfo{}, "h", none},
		{"u@H", userinfo{"u", true, "", false}, "h", none},
		{"u:p@H:5", userinfo{"u", true, "p", true}, "h", port{5, true, nil}},
		{"a:b:c@h", userinfo{"a", true, "b:c", true}, "h", none},
		{"a@b@h", userinfo{"a@b", true, "", false}, "h", none},
		{"@h", userinfo{"", true, "", false}, "h", none},
		{":@h", userinfo{"", true, "", true}, "h", none},
		{"u:@h", userinfo{"u", true, "", true}, "h", none},
		{":p@h", userinfo{"", true, "p", true}, "h", none},
		{"u@", userinfo{"u", true, "", false}, "", none},
		{"u%41:p%41@h%41", userinfo{"u%41", true, "p%41", true}, "hA", none},
		{"h:", userinfo{}, "h", none},
		{"h:0", userinfo{}, "h", port{0, true, nil}},
		{"h:005", userinfo{}, "h", port{5, true, nil}},
		{"h:65535", userinfo{}, "h", port{65535, true, nil}},
		{"h:65536", userinfo{}, "h", bad},
		{"h:" + strings.Repeat("0", 4300), userinfo{}, "h", port{0, true, nil}},
		{"h:" + strings.Repeat("0", 4301), userinfo{}, "h", bad}, // int() counts the zeros
		{"h:" + strings.Repeat("9", 30), userinfo{}, "h", bad},
		{"h:5x", userinfo{}, "h", bad},
		{"h:-1", userinfo{}, "h", bad},
		{"h:+5", userinfo{}, "h", bad},
		{"h: 5", userinfo{}, "h", bad},
		{"h:5_0", userinfo{}, "h", bad},
		{"h:٥", userinfo{}, "h", bad},
		{"h:5:6", userinfo{}, "h", bad},
		{"H%2FX", userinfo{}, "h/X", none},
		{"H%", userinfo{}, "h%", none},
		{"İ", userinfo{}, "i\u0307", none},
		{"ΑΣ", userinfo{}, "ας", none},
		{"ΑΣ%41", userinfo{}, "αςA", none},
		{"[::1]", userinfo{}, "::1", none},
		{"[::1]:5", userinfo{}, "::1", port{5, true, nil}},
		{"[FE80::A%25ETH]:5", userinfo{}, "fe80::a%ETH", port{5, true, nil}},
		{"u:[p@[::1]:5", userinfo{"u", true, "[p", true}, "::1", port{5, true, nil}},
	} {
		t.Run(row.netloc, func(t *testing.T) {
			var p pyurl.Parts
			require.NoError(t, p.Split("//"+row.netloc))
			assert.Equal(t, row.user, userinfo{p.Login, p.HasLogin, p.Password, p.HasPassword})
			assert.Equal(t, row.host, p.Hostname())
			got := port{given: p.Port != ""}
			got.port, got.err = p.PortNumber()
			if got.err != nil {
				got.given = false
			}
			assert.Equal(t, row.port, got)
		})
	}
}
