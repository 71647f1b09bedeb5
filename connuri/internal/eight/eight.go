// Package eight looks at eight bytes of a text at a time. A private key in an extra
// is two thousand bytes, nearly all of which stand for themselves.
//
// Each function but Load returns a mask with the high bit of each byte for which it
// holds. Bits above the lowest one that is set may be wrong.
package eight

import "math/bits"

const (
	each = 0x0101010101010101
	high = 0x80 * each
)

// All is the mask that marks every byte.
const All uint64 = high

// Load returns the first eight bytes of s, which must have as many.
func Load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Equal marks the bytes that are c.
func Equal(w uint64, c byte) uint64 {
	w = Flip(w, c)
	return (w - each) &^ w & high
}

// Below marks the bytes that are less than c, which must be ASCII.
func Below(w uint64, c byte) uint64 { return (w - each*uint64(c)) &^ w & high }

// Above marks the bytes that are greater than c, which must be ASCII.
func Above(w uint64, c byte) uint64 { return (w + each*uint64(0x7F-c) | w) & high }

// Flip flips the bits of c in each byte.
func Flip(w uint64, c byte) uint64 { return w ^ each*uint64(c) }

// NotASCII marks the bytes that are not ASCII.
func NotASCII(w uint64) uint64 { return w & high }

// Between marks exactly the bytes from lo to hi, which must be ASCII.
func Between(w uint64, lo, hi byte) uint64 {
	low := w &^ high // so that no sum runs over into the next byte
	return (low + each*uint64(0x80-lo)) &^ (low + each*uint64(0x7F-hi)) &^ w & high
}

// First returns the index of the first marked byte of a mask that is not 0.
func First(mask uint64) int { return bits.TrailingZeros64(mask) / 8 }
