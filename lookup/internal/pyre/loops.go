package pyre

import (
	"math"
	"slices"
)

// A loop is a repeat of more than one character, or what stands for one, with a text that leads to
// it.
type loop struct {
	body *node
	lead string
}

// A finder walks over a tree and gathers what an attack may repeat.
type finder struct {
	alphabet *alphabet
	loops    []loop
	ones     []loop   // repeats of one character, wherever they are
	ended    int      // loops whose end was looked at
	ends     []string // what may come after a loop: nothing, or a sample of the rest
	looked   []string // samples of look-aheads: an attack may have to hold one
	more     uint64   // what a text that leads to a loop takes beyond the demanded, see sample
}

const (
	mostLoops   = 40
	longestLead = 40
)

func (f *finder) walk(n *node, lead string) {
	if len(f.loops) >= mostLoops {
		return
	}
	switch n.op {
	case nSequence:
		for i, k := range n.kids {
			if k.op == nRepeat && len(f.ends) < 4 && f.ended < 16 {
				f.ended++
				f.end(n.kids[i+1:])
			}
			f.walk(k, lead)
			if width(lead) < longestLead {
				lead += f.sample(k, f.more)
			}
		}
		return
	case nRepeat:
		if n.repeat.max < 2 {
			break
		}
		if n.kids[0].single(false) == nil {
			f.loops = append(f.loops, loop{n, lead})
		} else if n.repeat.max > n.repeat.min && len(f.ones) < mostLoops {
			f.ones = append(f.ones, loop{n, lead})
		}
	case nLook:
		if n.behind {
			return
		}
		if s := f.sample(n.kids[0], 0); !n.negated && s != "" && len(f.looked) < 4 {
			f.looked = append(f.looked, s)
		}
	}
	for _, k := range n.kids {
		f.walk(k, lead)
	}
}

// end adds a sample of what comes after a loop.
func (f *finder) end(rest []*node) {
	text := ""
	for _, k := range rest[:min(len(rest), longestLead)] {
		if text += f.sample(k, 0); width(text) > longestLead {
			return
		}
	}
	if !slices.Contains(f.ends, text) {
		f.ends = append(f.ends, text)
	}
}

// sample returns a text that the node matches, as far as can be told without looking around. more
// asks for iterations beyond the demanded.
func (f *finder) sample(n *node, more uint64) string {
	switch n.op {
	case nLiteral, nSet:
		return f.sampleOf(n)
	case nAlternatives:
		return f.sample(n.kids[min(int(more), len(n.kids)-1)], more)
	case nRepeat:
		one := f.sample(n.kids[0], more)
		count := min(n.repeat.max, n.repeat.min+more, longestLead)
		text := ""
		for range count {
			if text += one; width(text) > longestLead {
				break
			}
		}
		return text
	case nLook, nBackReference, nAt:
		return ""
	}
	text := ""
	for _, k := range n.kids {
		if text += f.sample(k, more); width(text) > longestLead || n.op == nConditional {
			break
		}
	}
	return text
}

func (f *finder) sampleOf(n *node) string {
	s := n.single(false)
	for _, r := range f.alphabet.runes {
		if s.has(r) {
			return string(r)
		}
	}
	return ""
}

// degree is how many repeats a match may have to divide a text among: without a loop in a loop, the
// time it takes grows with that power of the length. It is 100 at most.
func degree(n *node) uint64 {
	const most = 100
	var sum uint64
	for _, k := range n.kids {
		d := degree(k)
		if n.op == nAlternatives {
			sum = max(sum, d)
		} else {
			sum += d
		}
	}
	if n.op == nRepeat && n.repeat.max > n.repeat.min {
		sum = max(sum, 1)
	}
	if n.op == nRepeat {
		sum = times(sum, max(n.repeat.max, 1))
	}
	return min(sum, most)
}

// ways is the logarithm, to the base of 2, of how many ways a match may go at most on a text as
// long as an attack.
func ways(n *node) float64 {
	var sum float64
	for _, k := range n.kids {
		w := ways(k)
		if n.op == nAlternatives {
			sum += math.Exp2(w)
		} else {
			sum += w
		}
	}
	if n.op == nAlternatives {
		return math.Log2(sum)
	}
	if n.op != nRepeat {
		return sum
	}
	if sum == 0 {
		return math.Log2(float64(min(n.repeat.max-n.repeat.min, longestAttack) + 1))
	}
	return sum*float64(min(n.repeat.max, longestAttack)) + 1 // all shorter ones are as many again at most
}
