package pystr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

func TestLower(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"", ""},
		{"abc-1.x", "abc-1.x"},
		{"ABC", "abc"},
		{"aBc", "abc"},
		{"abcD", "abcd"},
		{"@Z[`z{", "@z[`z{"},
		{"KÅΩ", "k\u00e5ω"},
		{"aÉB", "aéb"},
		{"ẞ", "ß"},
		{"Ǆ", "ǆ"},
		{"Ⓐ", "ⓐ"},
		{"ϓ", "ϓ"},
		{"Ꭰ", "ꭰ"},
		{"Ა", "ა"},

		// İ is the one letter with two characters in lower case.
		{"İ", "i\u0307"},
		{"aİB", "ai\u0307b"},
		{"İΣ", "i\u0307ς"},
		{"ΣİA", "σi\u0307a"},

		// Σ: final after a cased letter, where none follows.
		{"Σ", "σ"},
		{"Σα", "σα"},
		{"ΑΣ", "ας"},
		{"AΣ", "aς"},
		{"ΑΣΒ", "ασβ"},
		{"ΑΣΣ", "ασς"},
		{"ΣΑΣ", "σας"},
		{"Α Σ", "α σ"},
		{"ΑΣ Β", "ας β"},
		{"AΣ-B", "aς-b"},
		{"AΣ_B", "aς_b"},
		{"1Σ", "1σ"},
		{"ΑΣ1", "ας1"},
		{"Α1Σ", "α1σ"},

		// What the rule passes over: dots, quotes, colons, marks, soft hyphens.
		{".Σ", ".σ"},
		{"Α.Σ", "α.ς"},
		{"ΑΣ.", "ας."},
		{"ΑΣ.Β", "ασ.β"},
		{"aΣ:5", "aς:5"},
		{"ΑΣ'", "ας'"},
		{"ΑΣ’Β", "ασ’β"},
		{"AΣ·B", "aσ·b"},
		{"ΑΣ\u00ad", "ας\u00ad"},
		{"Α\u0301Σ", "α\u0301ς"},
		{"ΑΣ\u0301", "ας\u0301"},
		{"ΑΣ\u0301Β", "ασ\u0301β"},

		// Modifier letters are passed over even where they are cased as well.
		{"ʰΣ", "ʰσ"},
		{"ΑʰΣ", "αʰς"},
		{"ΑΣʰ", "αςʰ"},
		{"ΑΣʰΒ", "ασʰβ"},

		// Cased without being a letter of either case, or being of both.
		{"ªΣ", "ªς"},
		{"ΑΣª", "ασª"},
		{"ⅠΣ", "ⅰς"},
		{"ΑΣⅠ", "ασⅰ"},
		{"ⓐΣ", "ⓐς"},
		{"ΑΣⓑ", "ασⓑ"},
		{"ǅΣ", "ǆς"},
		{"ΑΣǅ", "ασǆ"},
	} {
		assert.Equal(t, row.want, pystr.Lower(row.in), "%+q", row.in)
	}
}
