package pystr_test

import (
	"math"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// The expected values of this package were printed by CPython 3.11.

func TestIsSpace(t *testing.T) {
	want := "\t\n\v\f\r\x1c\x1d\x1e\x1f \u0085\u00a0\u1680" +
		"\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if pystr.IsSpace(r) != strings.ContainsRune(want, r) {
			t.Errorf("IsSpace(%U) = %v", r, pystr.IsSpace(r))
		}
	}
	assert.Equal(t, "a\u200bb", pystr.Strip(want+"a\u200bb"+want))
	assert.Equal(t, "\u200b", pystr.Strip(" \u200b "), "a zero width space is none")
	assert.Equal(t, "\ufeff", pystr.Strip("\ufeff\x1f"), "nor is a byte order mark")
	assert.Empty(t, pystr.Strip(want))
	assert.Empty(t, pystr.Strip(""))
	assert.Equal(t, "é b", pystr.Strip("é b"))
	assert.Equal(t, "a", pystr.Strip("a\u2003"))
	assert.Equal(t, "a\u200bb"+want, pystr.StripLeft(want+"a\u200bb"+want))
	assert.Equal(t, "a ", pystr.StripLeft("a "))
	assert.Equal(t, "é ", pystr.StripLeft("\x1cé "))
	assert.Empty(t, pystr.StripLeft(want))
	assert.Empty(t, pystr.StripLeft(""))
}

func TestInt(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	for _, row := range []struct {
		name, in string
		want     int64
		err      error
	}{
		{name: "zero", in: "0"},
		{name: "minus zero", in: "-0"},
		{name: "leading zeros", in: "007", want: 7},
		{name: "plus", in: "+5", want: 5},
		{name: "minus", in: "-5", want: -5},
		{name: "sign alone", in: "+", err: pystr.ErrNotInt},
		{name: "two signs", in: "+-1", err: pystr.ErrNotInt},
		{name: "space after the sign", in: "- 1", err: pystr.ErrNotInt},
		{name: "empty", in: "", err: pystr.ErrNotInt},
		{name: "blank", in: "  ", err: pystr.ErrNotInt},
		{name: "fraction", in: "5.0", err: pystr.ErrNotInt},
		{name: "exponent", in: "1e3", err: pystr.ErrNotInt},
		{name: "hexadecimal", in: "0x10", err: pystr.ErrNotInt},
		{name: "two numbers", in: "5 5", err: pystr.ErrNotInt},
		{name: "NUL before", in: "\x005", err: pystr.ErrNotInt},
		{name: "NUL after", in: "5\x00", err: pystr.ErrNotInt},

		{name: "C space", in: "\t\n\v\f\r 5 \t", want: 5},
		{name: "separator before ASCII", in: "\u001c5", err: pystr.ErrNotInt},
		{name: "separator after ASCII", in: "5\u001f", err: pystr.ErrNotInt},
		// The separators are ASCII, so int() never takes them for a space.
		{name: "separator before another script", in: "\u001c٥", err: pystr.ErrNotInt},
		{name: "separator after another script", in: "٥\u001f", err: pystr.ErrNotInt},
		{name: "next line", in: "\u00855", want: 5},
		{name: "no-break space", in: "\u00a05", want: 5},
		{name: "em space after", in: "5\u2003", want: 5},
		{name: "both spaces", in: " \u2003 ٥ \u2003 ", want: 5},
		{name: "next line inside", in: "1\u00855", err: pystr.ErrNotInt},
		{name: "zero width space", in: "5\u200b", err: pystr.ErrNotInt},
		{name: "byte order mark", in: "\ufeff5", err: pystr.ErrNotInt},
		{name: "broken UTF-8", in: "5\xff", err: pystr.ErrNotInt},

		{name: "underscore", in: "1_0", want: 10},
		{name: "underscore, signed", in: "-1_0", want: -10},
		{name: "two underscores", in: "1__0", err: pystr.ErrNotInt},
		{name: "underscore first", in: "_1", err: pystr.ErrNotInt},
		{name: "underscore after the sign", in: "+_1", err: pystr.ErrNotInt},
		{name: "underscore last", in: "1_", err: pystr.ErrNotInt},

		{name: "Arabic", in: "٥", want: 5},
		{name: "full width", in: "１２３", want: 123},
		{name: "mixed scripts", in: "1٢", want: 12},
		{name: "Arabic with underscore", in: "٠_١", want: 1},
		{name: "double-struck, the second of five runs", in: "𝟘𝟙", want: 1},
		{name: "Adlam, beyond the BMP", in: "𞥐𞥑", want: 1},
		{name: "last of a run", in: "𞥙", want: 9},
		{name: "superscript", in: "²", err: pystr.ErrNotInt},
		{name: "Roman", in: "Ⅷ", err: pystr.ErrNotInt},
		{name: "half", in: "½", err: pystr.ErrNotInt},
		{name: "Han", in: "三", err: pystr.ErrNotInt},

		{name: "largest", in: "9223372036854775807", want: math.MaxInt64},
		{name: "smallest", in: "-9223372036854775808", want: math.MinInt64},
		{name: "one too large", in: "9223372036854775808", err: pystr.ErrRange},
		{name: "one too small", in: "-9223372036854775809", err: pystr.ErrRange},

		{name: "4300 digits", in: zeros(4299) + "7", want: 7},
		{name: "4300 digits and a sign", in: "+" + zeros(4299) + "7", want: 7},
		{name: "4300 digits, underscores not counted", in: strings.Repeat("0_", 4299) + "7", want: 7},
		{name: "4300 digits beyond int64", in: "1" + zeros(4299), err: pystr.ErrRange},
		{name: "4301 digits", in: zeros(4300) + "7", err: pystr.ErrNotInt},
		{name: "4301 digits beyond int64", in: "1" + zeros(4300), err: pystr.ErrNotInt},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := pystr.Int(row.in)
			assert.Equal(t, row.want, got)
			assert.Equal(t, row.err, err)
		})
	}
}

func TestTrunc(t *testing.T) {
	for _, row := range []struct {
		in   float64
		want int64
		err  error
	}{
		{in: 0},
		{in: math.Copysign(0, -1)},
		{in: 0.999},
		{in: -0.999},
		{in: 1.5, want: 1},
		{in: -1.5, want: -1},
		{in: 5432, want: 5432},
		{in: 5e-324},
		{in: 1 << 53, want: 1 << 53},
		{in: math.Nextafter(1<<63, 0), want: 9223372036854774784},
		{in: 1 << 63, err: pystr.ErrRange},
		{in: -1 << 63, want: math.MinInt64},
		{in: math.Nextafter(-1<<63, math.Inf(-1)), err: pystr.ErrRange},
		{in: 1e308, err: pystr.ErrRange},
		{in: math.NaN(), err: pystr.ErrNotInt},
		{in: math.Inf(1), err: pystr.ErrNotInt},
		{in: math.Inf(-1), err: pystr.ErrNotInt},
	} {
		got, err := pystr.Trunc(row.in)
		assert.Equal(t, row.want, got, "%v", row.in)
		assert.Equal(t, row.err, err, "%v", row.in)
	}
}

func TestFloatRepr(t *testing.T) {
	for _, row := range []struct {
		in   float64
		want string
	}{
		{0, "0.0"},
		{math.Copysign(0, -1), "-0.0"},
		{1, "1.0"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{0.1 + math.Nextafter(0.2, 1), "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"},
		{0.00012345, "0.00012345"},
		{1e-4, "0.0001"},
		{math.Nextafter(1e-4, 0), "9.999999999999999e-05"},
		{-1e-5, "-1e-05"},
		{2.5e-7, "2.5e-07"},
		{1e-100, "1e-100"},
		{5e-324, "5e-324"},
		{1e15, "1000000000000000.0"},
		{math.Nextafter(1e16, 0), "9999999999999998.0"},
		{1e16, "1e+16"},
		{-1e16, "-1e+16"},
		{1.2345e16, "1.2345e+16"},
		{123456789012345680, "1.2345678901234568e+17"},
		{1 << 53, "9007199254740992.0"},
		{1e100, "1e+100"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
		{math.NaN(), "nan"},
		{math.Inf(1), "inf"},
		{math.Inf(-1), "-inf"},
	} {
		assert.Equal(t, row.want, pystr.FloatRepr(row.in))
	}
}

func TestFloat(t *testing.T) {
	for text, want := range map[string]float64{
		"1_0": 10, "+5": 5, ".5": 0.5, "5.": 5, "1e-400": 0, "  7": 7, "١": 1, "\u00a07": 7, "1e1_0": 1e10, "7\u0085": 7,
		"٧.٥": 7.5, "५e१": 50, "1e400": math.Inf(1), "-Infinity": math.Inf(-1), "inf": math.Inf(1), "-1.5e+2": -150,
	} {
		got, ok := pystr.Float(text)
		assert.True(t, ok, "%q", text)
		assert.Equal(t, want, got, "%q", text)
	}
	for _, text := range []string{
		"", " ", "0x1p4", "0X10", "7\x1f", "\x1f7", "1__0", "_1", "1_", "1_e5", "1e_5", "1._5", "−5", "5 5", "1e", "e5", ".", "+-1", "1p4", "x", "\xff", "1\x00",
	} {
		_, ok := pystr.Float(text)
		assert.False(t, ok, "%q", text)
	}
}
