package lookup_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Patterns that Go's regexp can do as well, on ids they accept and ids they do not. Ours should not
// need longer; see BenchmarkRatios.
var shared = []struct {
	name, expr string
	ids        []string
}{
	{"prefix", `^(prod|stg)_.*`, []string{"prod_db", "STG_warehouse_reader", "smtp_default", "aws_default", "postgres_default"}},
	{"suffix", `.*_smtp$`, []string{"prod_smtp", "my_team_mail_smtp", "smtp_default", "aws_default", "postgres_default"}},
	{"named", `^[a-z]+_(?P<env>dev|prod)$`, []string{"db_dev", "warehouse_prod", "smtp_default", "aws_default", "postgres_default"}},
}

func BenchmarkSharedWithRegexp(b *testing.B) {
	for _, s := range shared {
		ours, theirs := lookup.MustCompile(s.expr), regexp.MustCompile(`(?i)\A(?:`+s.expr+`)`)
		for _, id := range s.ids {
			b.Run(s.name+"/"+id+"/lookup", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = ours.Match(id)
				}
			})
			b.Run(s.name+"/"+id+"/regexp", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					theirs.MatchString(id)
				}
			})
		}
	}
}

// The usual patterns against strings.EqualFold of their literal: at most 4.5 times; see
// BenchmarkRatios.
var allBut = []struct{ expr, literal string }{
	{lookup.MWAAPattern, "aws_default"},
	{`^(?!aws-default).*`, "aws-default"},
}

func BenchmarkAllBut(b *testing.B) {
	for _, s := range allBut {
		p := lookup.MustCompile(s.expr)
		for _, id := range idsAround(s.literal) {
			b.Run(s.expr+"/"+id+"/lookup", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = p.Match(id)
				}
			})
			b.Run(s.expr+"/"+id+"/EqualFold", func(b *testing.B) {
				for b.Loop() {
					strings.EqualFold(id, s.literal)
				}
			})
		}
	}
}

func idsAround(literal string) []string {
	return []string{literal, strings.ToUpper(literal), "aws_other", "smtp_default", "postgres_default"}
}

// How many times as long as another way a match takes, over all ids of a pattern together.
func BenchmarkRatios(b *testing.B) {
	for _, s := range shared {
		ours, theirs := lookup.MustCompile(s.expr), regexp.MustCompile(`(?i)\A(?:`+s.expr+`)`)
		ratio(b, s.expr+"/regexp", "x-regexp", s.ids,
			func(id string) { _, _ = ours.Match(id) }, func(id string) { theirs.MatchString(id) })
	}
	for _, s := range allBut {
		p := lookup.MustCompile(s.expr)
		ratio(b, s.expr+"/EqualFold", "x-EqualFold", idsAround(s.literal),
			func(id string) { _, _ = p.Match(id) }, func(id string) { strings.EqualFold(id, s.literal) })
	}
	for _, shape := range []string{`^(?!(%s)$)`, `^(?:%s)$`} {
		few, many := lookup.MustCompile(fmt.Sprintf(shape, list(12))), lookup.MustCompile(fmt.Sprintf(shape, list(1000)))
		asked := append(strings.Split(list(12), "|"), "smtp_default", "team_c/none")
		ratio(b, fmt.Sprintf(shape, "1000 ids")+"/12 ids", "x-12", asked,
			func(id string) { _, _ = many.Match(id) }, func(id string) { _, _ = few.Match(id) })
	}
}

func list(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("team_%c/warehouse_%d", 'a'+i%13, i)
	}
	return strings.Join(all, "|")
}

// ratio takes turns so short that most see nothing else run, and counts the fastest of each kind
// for each id.
func ratio(b *testing.B, name, unit string, ids []string, ours, theirs func(id string)) {
	const calls = 200
	turn := func(f func(string), id string) time.Duration {
		start := time.Now()
		for range calls {
			f(id)
		}
		return time.Since(start)
	}
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			var one, other time.Duration
			worst := 0.0
			for _, id := range ids {
				least, least2 := time.Hour, time.Hour
				for range 200 {
					least, least2 = min(least, turn(ours, id)), min(least2, turn(theirs, id))
				}
				one, other = one+least, other+least2
				worst = max(worst, float64(least)/float64(least2))
			}
			b.ReportMetric(float64(one)/float64(other), unit)
			b.ReportMetric(worst, unit+"-at-worst")
			b.ReportMetric(float64(one.Nanoseconds())/float64(calls*len(ids)), "ns/match")
		}
	})
}

// Shapes that make a backtracking engine run away, each on an id that makes it try everything.
var runaway = []struct {
	expr string
	id   func(n int) string
}{
	{`(a+)+$`, func(n int) string { return strings.Repeat("a", n-1) + "b" }},
	{`(a|a)*b`, func(n int) string { return strings.Repeat("a", n) }},
	{`(?!x)(a+)+$`, func(n int) string { return strings.Repeat("a", n-1) + "b" }},
	{`^((?!aws).)*$`, func(n int) string { return strings.Repeat("a", n-1) + "\x01" }},
	{`^((?!aws).)*$`, func(n int) string { return strings.Repeat("aw", n/2-1) + "\n\n" }},
	{`(?<!x)(a*)*b`, func(n int) string { return strings.Repeat("a", n) }},
	{`(x+x+)+y`, func(n int) string { return strings.Repeat("x", n) }},
	{`(a+?)+?$`, func(n int) string { return strings.Repeat("a", n-1) + "b" }},
	{`((a*)*)*b`, func(n int) string { return strings.Repeat("a", n) }},
	{`(?:a{1,9}b?)+c`, func(n int) string { return strings.Repeat("a", n) }},
}

// Time per byte should not grow with the id.
func BenchmarkRunaway(b *testing.B) {
	for _, r := range runaway {
		p := lookup.MustCompile(r.expr)
		for _, n := range []int{64, 256, 1024, 4096} {
			id := r.id(n)
			b.Run(fmt.Sprintf("%s/%d", r.expr, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Match(id); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/byte")
			})
		}
	}
}

func BenchmarkPlanSkipped(b *testing.B) {
	p := lookup.MustCompile(lookup.MWAAPattern)
	rule := lookup.Rule{Pattern: p}
	b.Run("match", func(b *testing.B) {
		for b.Loop() {
			_, _ = p.Match("aws_default")
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = rule.Plan("aws_default", "red")
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	for _, expr := range []string{lookup.MWAAPattern, `^[a-z]+_(?P<env>dev|prod)$`} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lookup.MustCompile(expr)
			}
		})
	}
}

// Run with -cpu 1,2,4: a Pattern is shared without a lock.
func BenchmarkParallel(b *testing.B) {
	for _, expr := range []string{lookup.MWAAPattern, `^((?!aws).)*$`} {
		p := lookup.MustCompile(expr)
		b.Run(expr, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = p.Match("my_team_warehouse_reader")
				}
			})
		})
	}
}
