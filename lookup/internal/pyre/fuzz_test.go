package pyre

import "testing"

// FuzzVariants looks for a pattern whose answer depends on the way the machine runs it: with and
// without the memory of failures, with groups recorded or not, counted or written out.
func FuzzVariants(f *testing.F) {
	g := &generator{Rand: newRand(1)}
	for range 200 {
		f.Add(g.pattern(), g.id())
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 200 || len(text) > 200 {
			return
		}
		all, err := variants(expr)
		if err != nil {
			return
		}
		answers := map[bool]string{}
		for name, p := range all {
			for _, match := range []func(string) (bool, error){p.Match, p.thoroughly} {
				if ok, err := match(text); err == nil {
					answers[ok] = name
				}
			}
		}
		if len(answers) > 1 {
			t.Fatalf("%q on %q: %v", expr, text, answers)
		}
	})
}
