package pyre

import "strconv"

// unbounded is the upper count of * and +. Python keeps it out of reach: a count of 4294967295 is
// an OverflowError.
const unbounded = 1<<32 - 1

type greed uint8

const (
	greedy     greed = iota
	lazy             // *?
	possessive       // *+
)

type repeat struct {
	min, max uint64
	greed    greed
}

// readRepeat reads the counts of a repeat that begins with r. ok is false for a brace that begins
// none: {} and {a} stand for themselves. {,2} is {0,2}, {,} is any number.
func (p *parser) readRepeat(r rune, at int) (rep repeat, ok bool) {
	switch r {
	case '?':
		rep = repeat{min: 0, max: 1}
	case '*':
		rep = repeat{min: 0, max: unbounded}
	case '+':
		rep = repeat{min: 1, max: unbounded}
	case '{':
		if rep, ok = p.braces(); !ok {
			p.pos = at + 1
			return rep, false
		}
	}
	return rep, true
}

// readGreed reads the sign after a repeat.
func (p *parser) readGreed() greed {
	switch {
	case p.accept('?'):
		return lazy
	case p.accept('+'):
		return possessive
	}
	return greedy
}

func (p *parser) braces() (rep repeat, ok bool) {
	at := p.pos
	if p.accept('}') {
		return rep, false
	}
	low := p.digits(-1, isDigit)
	high := low
	if p.accept(',') {
		high = p.digits(-1, isDigit)
	}
	if !p.accept('}') {
		return rep, false
	}
	rep = repeat{min: 0, max: unbounded}
	if low != "" {
		rep.min = p.count(at, low)
	}
	if high != "" {
		rep.max = p.count(at, high)
	}
	if rep.max < rep.min {
		p.fail(at, "min repeat greater than max repeat")
	}
	return rep, true
}

func (p *parser) count(at int, digits string) uint64 {
	const longest = 4300 // Python's limit for int(), leading zeros and all
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n >= unbounded || len(digits) > longest {
		p.fail(at, "the repetition number is too large")
	}
	return n
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
func isOctal(r rune) bool { return '0' <= r && r <= '7' }
func isHex(r rune) bool {
	return isDigit(r) || 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F'
}
