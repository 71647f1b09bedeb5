package lookup_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Patterns that Go's regexp can do as well, on ids they accept and ids they do not. Ours should need
// at most 1.5 times as long.
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

// The usual patterns against strings.EqualFold of their literal: at most 8 times.
func BenchmarkAllBut(b *testing.B) {
	for _, s := range []struct{ expr, literal string }{
		{`^(?!aws_default$).*$`, "aws_default"},
		{`^(?!aws-default).*`, "aws-default"},
	} {
		p := lookup.MustCompile(s.expr)
		for _, id := range []string{s.literal, strings.ToUpper(s.literal), "aws_other", "smtp_default", "postgres_default"} {
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
	p := lookup.MustCompile(`^(?!aws_default$).*$`)
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
	for _, expr := range []string{`^(?!aws_default$).*$`, `^[a-z]+_(?P<env>dev|prod)$`} {
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
	for _, expr := range []string{`^(?!aws_default$).*$`, `^((?!aws).)*$`} {
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
