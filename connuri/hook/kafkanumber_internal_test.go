package hook

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The answers are those of strtol with the base 0, cut to 32 bits, and of strtod.
func TestNumbersOfC(t *testing.T) {
	const none = math.MaxFloat64
	for text, want := range map[string]struct{ whole, float float64 }{
		"": {none, none}, " ": {none, none}, "x": {none, none}, "+": {none, none}, "+-1": {none, none}, "--1": {none, none}, "- 1": {none, none}, ".": {none, none}, ".x": {none, none},
		"0": {0, 0}, " \t\n\v\f\r5ms": {5, 5}, "+5": {5, 5}, "-5": {-5, -5}, "1_000": {1, 1}, "1 000": {1, 1}, "٥": {none, none}, "0b1": {0, 0}, "0o7": {0, 0},
		"010": {8, 10}, "08": {0, 8}, "-010": {-8, -10}, "0x10": {16, 16}, "0XfF": {255, 255}, "0x": {0, 0}, "0xg": {0, 0}, "-0x10": {-16, -16}, "0x_1": {0, 0}, "0x-1": {0, 0},
		"0x1p4": {1, 16}, "0x1.8": {1, 1.5}, "0x.8": {0, 0.5}, "0x.": {0, 0}, "0x1p": {1, 1}, "0x1p+": {1, 1}, "0x1P-1z": {1, 0.5}, "0xFFFFFF": {0xFFFFFF, 0xFFFFFF}, "0x1e1": {0x1e1, 0x1e1},
		".5": {none, 0.5}, "5.": {5, 5}, "2.5ms": {2, 2.5}, "1e2": {1, 100}, "1e": {1, 1}, "1e+": {1, 1}, "1e-": {1, 1}, "1e+2": {1, 100}, "1E-2x": {1, 0.01}, "1.e1": {1, 10}, "1p4": {1, 1}, ".e1": {none, none},
		"nan": {none, 0}, "-NaN(1)": {none, 0}, "na": {none, none}, "inf": {none, math.Inf(1)}, "-INFINITY": {none, math.Inf(-1)}, "+inf": {none, math.Inf(1)}, "1e999": {1, math.Inf(1)}, "1e-999": {1, 0},
		"4294967297": {1, 4294967297}, "2147483648": {-2147483648, 2147483648}, "99999999999999999999": {-1, 1e20}, "-99999999999999999999": {0, -1e20}, "0777777777777777777777777": {-1, 777777777777777777777777},
	} {
		for name, read := range map[string]func(string) (float64, bool){"whole": cWhole, "float": cFloat} {
			want := map[string]float64{"whole": want.whole, "float": want.float}[name]
			n, ok := read(text)
			assert.Equal(t, want != none, ok, "%s %q", name, text)
			if ok {
				assert.Equal(t, want, n, "%s %q", name, text) //nolint:testifylint // exact
			}
		}
	}
}

// A property is read in time that grows with its length. The memory that reading takes stands
// for the time: reading it once for each of its beginnings copied all of them.
func TestLongPropertiesTakeLinearWork(t *testing.T) {
	work := func(p kafkaProperty, text string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = p.read(text)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for name, p := range kafkaProperties() {
		for _, unit := range []string{"1", "_", "x", " ", "a,", "all,", "range,", "0", "-", "."} {
			for _, start := range []string{"", "1", "60000x"} {
				const n = 4000
				got := work(p, start+strings.Repeat(unit, n))
				assert.Less(t, got, uint64(64*n), "%s of many %q", name, unit)
			}
		}
	}
}
