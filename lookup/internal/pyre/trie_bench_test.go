package pyre

import (
	"fmt"
	"strings"
	"testing"
)

// Lists of ids, as Suggest writes them: 12 and 1,000 of them, as a trie and as the chain of splits
// it stands for.
func BenchmarkList(b *testing.B) {
	for _, shape := range []string{`^(?!(%s)$)`, `^(?:%s)$`} {
		for _, n := range []int{12, 1000} {
			all, err := variants(fmt.Sprintf(shape, ids(n)))
			if err != nil {
				b.Fatal(err)
			}
			list := strings.Split(ids(n), "|")
			asked := []string{list[0], list[n/2], strings.ToUpper(list[n-1]), list[n-1] + "x", "smtp_default", "team_c/none"}
			for _, way := range []string{"as it is", "chained"} {
				b.Run(fmt.Sprintf("%s/%d/%s", shape, n, way), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						for _, id := range asked {
							_, _ = all[way].Match(id)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(asked)), "ns/match")
				})
			}
		}
	}
}
