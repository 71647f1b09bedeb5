package lookup_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// firstCompile names, in the environment, the pattern that this process compiles instead of running
// tests.
const firstCompile = "LOOKUP_FIRST_COMPILE"

func TestMain(m *testing.M) {
	expr, ok := os.LookupEnv(firstCompile)
	if !ok {
		os.Exit(m.Run())
	}
	start := time.Now()
	_, err := lookup.Compile(expr)
	took := time.Since(start)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds())
}

// What the first compile of a process costs, which nothing has warmed: the median of 21 processes.
// At most 100 µs.
func BenchmarkFirstCompile(b *testing.B) {
	exprs := []string{lookup.MWAAPattern}
	for _, r := range runaway {
		exprs = append(exprs, r.expr)
	}
	for _, s := range shared {
		exprs = append(exprs, s.expr)
	}
	slices.Sort(exprs[1:])
	for _, expr := range append(slices.Compact(exprs), `[^a]`, `[\u0100-\uffff]`, `[\x00-\U0010ffff]`) {
		b.Run(expr, func(b *testing.B) {
			for b.Loop() {
				took := make([]float64, 21)
				for i := range took {
					took[i] = inFreshProcess(b, expr)
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2]/1000, "µs/compile")
			}
		})
	}
}

func inFreshProcess(b *testing.B, expr string) (ns float64) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), firstCompile+"="+expr)
	out, err := cmd.Output()
	if err == nil {
		ns, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	}
	if err != nil {
		b.Fatal(err)
	}
	return ns
}
