//go:build unix

package pyre

import (
	"syscall"
	"testing"
	"time"
)

// most is what a compile or a match may take.
const most = 300 * time.Millisecond

// BenchmarkHostile says what the worst patterns cost to compile, and to match against the worst ids:
//
//	go test ./lookup/internal/pyre -run '^$' -bench Hostile -benchtime 1x
func BenchmarkHostile(b *testing.B) {
	var worst time.Duration
	for _, h := range hostiles {
		b.Run(h.name, func(b *testing.B) {
			var compiling, matching time.Duration
			for b.Loop() {
				var p *Program
				var err error
				compiling = max(compiling, takes(func() { p, err = Compile(h.expr) }))
				if err != nil {
					b.Fatal(err)
				}
				for _, id := range hostileIDs(100_000) {
					matching = max(matching, takes(func() { _, _ = p.Match(id) }))
				}
			}
			b.ReportMetric(milliseconds(compiling), "compile-ms")
			b.ReportMetric(milliseconds(matching), "match-ms")
			if compiling > most || matching > most {
				b.Errorf("more than %v", most)
			}
			worst = max(worst, compiling, matching)
		})
	}
	b.Run("the worst of all", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(milliseconds(worst), "worst-ms")
	})
}

// BenchmarkLarge says what the largest patterns cost to compile.
func BenchmarkLarge(b *testing.B) {
	for name, expr := range large() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var compiling time.Duration
			for b.Loop() {
				compiling = max(compiling, takes(func() { _, _ = Compile(expr) }))
			}
			b.ReportMetric(milliseconds(compiling), "compile-ms")
			if compiling > most {
				b.Errorf("more than %v", most)
			}
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// takes is the time that f has the processor, which other programs do not make longer.
func takes(f func()) time.Duration {
	before := processorTime()
	f()
	return processorTime() - before
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
