package eight_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/eight"
)

// TestFirst puts each byte at each of the eight places, behind and before bytes that
// are next to it in value, and compares the first mark with a plain search.
func TestFirst(t *testing.T) {
	const c = '"'
	for b := range 256 {
		for place := range 8 {
			for _, fill := range []byte{'a', c - 1, c + 1, c, 0, 0x7F, 0x80, 0xFF} {
				text := []byte(strings.Repeat(string([]byte{fill}), 8))
				text[place] = byte(b)
				w := eight.Load(string(text))
				for name, row := range map[string]struct {
					mask uint64
					is   func(byte) bool
				}{
					"Equal":    {eight.Equal(w, c), func(x byte) bool { return x == c }},
					"Below":    {eight.Below(w, c), func(x byte) bool { return x < c }},
					"Between":  {eight.Between(w, c, 'a'), func(x byte) bool { return x >= c && x <= 'a' }},
					"Above":    {eight.Above(w, c), func(x byte) bool { return x > c }},
					"Flip":     {eight.Below(eight.Flip(w, 2), '!'), func(x byte) bool { return x < ' ' || x == '"' }},
					"NotASCII": {eight.NotASCII(w), func(x byte) bool { return x >= 0x80 }},
				} {
					want, got := -1, -1
					for i, x := range text {
						if row.is(x) {
							want = i
							break
						}
					}
					if row.mask != 0 {
						got = eight.First(row.mask)
					}
					assert.Equal(t, want, got, "%s of %q", name, text)
				}
			}
		}
	}
}
