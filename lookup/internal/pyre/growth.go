package pyre

import (
	"math"
	"strings"
	"unicode/utf8"
)

// An attack is a family of ids: lead, then pump any number of times, then tail.
type attack struct {
	lead, pump, tail string
	cost             float64 // to choose by
	most             int     // turns that cost that
}

func (a attack) id(turns int) string { return a.lead + strings.Repeat(a.pump, turns) + a.tail }

const longestAttack = 64 // characters

// width is how long CPython takes a text to be.
func width(text string) int { return utf8.RuneCountInString(text) }

// turns is how often the pump fits.
func (a attack) turns() int {
	return max(longestAttack-width(a.lead)-width(a.tail), 0) / width(a.pump)
}

// A stopwatch counts what CPython would do, on a program that remembers no failures. What all runs
// take together is bounded.
type stopwatch struct {
	tree     *node
	program  *Program
	shortest uint64 // id that CPython tries at all, in characters
	counts   bool   // the program can be counted
	recalls  bool   // but for its back-references
	base     int32  // its first register of a loop
	spots    int    // instructions that may still be counted
	left     int
}

// tooShort reports whether CPython refuses an id by its length alone.
func (s *stopwatch) tooShort(id string) bool { return uint64(width(id)) < s.shortest }

// run returns the cost of a match, at most limit.
func (s *stopwatch) run(id string, limit int) int {
	if s.tooShort(id) {
		return 0
	}
	limit = min(limit, s.left)
	_, left := s.program.matchThoroughly(id, limit)
	cost := limit - max(left, 0)
	s.left -= cost
	return cost
}

// count returns the exact cost, where that can be told.
func (s *stopwatch) count(id string) (cost float64, ok bool) {
	if !s.counts || s.tooShort(id) {
		return 0, s.counts
	}
	t := s.program.tally(id, s.base, min(mostCounted, s.spots))
	cost = t.from(spot{}).cost
	s.spots -= min(mostCounted, s.spots) - max(t.left, 0)
	return cost, t.left > 0
}

// alwaysFails reports whether a match goes all ways before it fails: none of its parts matches for
// itself, and it does not match.
func (s *stopwatch) alwaysFails(id string) bool {
	if s.recalls || !s.tree.isWhole() {
		return false
	}
	most := min(endurance, s.left)
	matched, left := emit(s.tree, 0, false).MatchWithin(id, most)
	s.left -= most - max(left, 0)
	return !matched && left >= 0
}

// A point is the cost of an id of so many turns.
type point struct{ turns, cost float64 }

// estimate returns what the attack costs at most, and the number of turns that does. Runs that cost
// more than limit are stopped, and what they would cost is read off the ones before.
func (s *stopwatch) estimate(a attack, limit int) (cost float64, turns int) {
	most := a.turns()
	var points []point
	n := 1
	for ; n <= most; n += 1 + n/8 {
		c := s.run(a.id(n), limit)
		if s.left <= 0 {
			return 0, 0
		}
		if c >= limit {
			break
		}
		if c > 0 {
			points = append(points, point{float64(n), float64(c)})
		}
		if c > int(cost) {
			cost, turns = float64(c), n
		}
	}
	if n > most {
		return cost, turns
	}
	// A count or a look-ahead may end the growth: the longest that goes on is looked for.
	for last := most; last >= n; last-- {
		if s.run(a.id(last), limit) >= limit {
			return extrapolate(points, float64(limit), float64(n), float64(last)), last
		}
	}
	return cost, turns
}

// extrapolate fits growth that is a power times an exponential to the last points, and never goes
// below either alone.
func extrapolate(points []point, limit, reached, turns float64) float64 {
	for len(points) > 0 && points[0].cost*4 > limit {
		points = points[1:] // too close to the end to tell
	}
	n := len(points)
	if n < 3 {
		return steep(points, limit, reached, turns)
	}
	c := points[n-1]
	b, a := before(points, c.turns*0.8), before(points, c.turns*0.6)
	if a == b {
		return steep(points, limit, reached, turns)
	}
	x1, y1, z1 := b.turns-a.turns, math.Log(b.turns/a.turns), math.Log(b.cost/a.cost)
	x2, y2, z2 := c.turns-b.turns, math.Log(c.turns/b.turns), math.Log(c.cost/b.cost)
	det := x1*y2 - x2*y1
	base, power := (z1*y2-z2*y1)/det, (x1*z2-x2*z1)/det
	switch {
	case base < 0 || math.IsNaN(base):
		base, power = 0, z2/y2
	case power < 0:
		base, power = z2/x2, 0
	}
	return c.cost * math.Exp(base*(turns-c.turns)) * math.Pow(turns/c.turns, power)
}

// before returns the last point of at most so many turns.
func before(points []point, turns float64) point {
	p := points[0]
	for _, q := range points {
		if q.turns <= turns {
			p = q
		}
	}
	return p
}

// steep takes growth that leaves no three points for exponential.
func steep(points []point, limit, reached, turns float64) float64 {
	if len(points) == 0 {
		return limit // no growth was seen
	}
	last := points[len(points)-1]
	return limit * math.Pow(limit/last.cost, (turns-reached)/(reached-last.turns))
}
