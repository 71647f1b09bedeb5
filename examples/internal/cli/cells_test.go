package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCells(t *testing.T) {
	for text, want := range map[string]int{
		"":         0,
		"pg":       2,
		"é":        1, // one letter
		"e\u0301":  1, // a letter and a mark
		"…":        1,
		"接続":       4,
		"ﾃｽﾄ":      3, // halfwidth
		"テスト":      6,
		"ＰＧ":       4,
		"한국":       4,
		"ok ✅ 🚀":   8,
		"a\u200db": 2,
	} {
		assert.Equal(t, want, Cells(text), text)
		assert.Equal(t, 10, Cells(Pad(text, 10)), text)
	}
	assert.Equal(t, "longer", Pad("longer", 3))
}
