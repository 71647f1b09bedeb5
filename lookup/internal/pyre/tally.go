package pyre

// A tally counts what a backtracking match costs without going the same way twice. From a place in
// the program and in the text the match goes on in one way only, so its cost is remembered and
// added the next time. That makes 2^60 steps as quick to count as 60. Of the surrounding loops it
// only matters which have an iteration open that took nothing so far. Programs that ask what a
// group matched, or that count as they run, cannot be counted.
type tally struct {
	code  []instruction
	base  int32 // the first register of a loop
	text  string
	known map[spot]outcome
	m     machine // for its sets and places
	left  int     // instructions and characters that may still be looked at; none: the outcome is not known
}

// A spot is where a match stands. open has a bit for each loop whose iteration began here.
type spot struct {
	pc, pos int
	open    uint64
}

// An outcome is what comes of going on from a spot up to the next opAccept.
type outcome struct {
	ok   bool
	end  int
	cost float64
}

// countable reports whether a tally can tell what the program costs.
func (p *Program) countable(base int32) bool {
	for _, in := range p.code {
		switch in.op {
		case opCondition, opCount, opIteration, opTrie:
			return false
		case opMark, opUnmark, opProgress:
			if in.register-base >= 64 {
				return false
			}
		}
	}
	return true
}

// tally makes one that looks at most at so many instructions and characters.
func (p *Program) tally(text string, base int32, most int) *tally {
	t := &tally{code: p.code, base: base, text: text, known: map[spot]outcome{}, left: most}
	t.m = machine{program: p, text: text, left: 1 << 40}
	return t
}

// from remembers what comes of a spot.
func (t *tally) from(s spot) outcome {
	if o, ok := t.known[s]; ok {
		return o
	}
	if t.left <= 0 {
		return outcome{}
	}
	o := t.follow(s)
	t.known[s] = o
	return o
}

// follow goes the one way on until it forks or ends.
func (t *tally) follow(s spot) (o outcome) {
	for {
		if t.left--; t.left <= 0 {
			return outcome{}
		}
		in := &t.code[s.pc]
		s.pc++
		o.cost += step
		at := s.pos
		switch in.op {
		case opAccept:
			o.ok, o.end = true, s.pos
			return o
		case opText:
			end, ok := t.m.prefix(in.fold, in.text, s.pos)
			if !ok {
				return o
			}
			s.pos = end
		case opSet:
			if s.pos = t.m.step(in.set, s.pos); s.pos < 0 {
				return o
			}
		case opAt:
			if !t.m.holds(in.at, s.pos) {
				return o
			}
		case opRecall:
			return o
		case opJump:
			s.pc = in.other
		case opSplit:
			first, second := s, s
			second.pc = in.other
			if in.greed == lazy {
				first, second = second, first
			}
			return o.then(t.from(first)).or(func() outcome { return t.from(second) })
		case opRepeatOne:
			return t.repeatOne(in, s, o)
		case opLook, opAtomic:
			inner := t.inner(in, s)
			if o.cost += nested + inner.cost; inner.ok == (in.op == opLook && in.negated) {
				return o
			}
			if in.op == opAtomic {
				s.pos = inner.end
			}
			s.pc = in.other
		default:
			t.mark(in, &s)
		}
		if s.pos != at {
			s.open = 0
		}
	}
}

// mark opens an iteration, or ends one.
func (t *tally) mark(in *instruction, s *spot) {
	bit := uint64(1) << ((in.register - t.base) & 63)
	switch in.op {
	case opMark:
		s.open |= bit
	case opUnmark:
		s.open &^= bit
	case opProgress:
		if s.open&bit != 0 {
			s.pc = in.other
		}
	}
}

// inner is what comes of the body of a look-around or an atomic group.
func (t *tally) inner(in *instruction, s spot) outcome {
	if in.behind {
		for n := in.min; n > 0; n-- {
			if s.pos == 0 {
				return outcome{}
			}
			s.pos = t.m.back(s.pos)
		}
	}
	return t.from(spot{s.pc, s.pos, s.open})
}

// repeatOne tries the rest after each number of characters.
func (t *tally) repeatOne(in *instruction, s spot, o outcome) outcome {
	ends := []int{s.pos}
	for uint64(len(ends)) <= in.max {
		next := t.m.step(in.set, ends[len(ends)-1])
		if next < 0 {
			break
		}
		ends = append(ends, next)
	}
	o.cost += float64(len(ends)) * character
	if uint64(len(ends)) <= in.min {
		return o
	}
	ends = ends[in.min:]
	t.left -= len(ends)
	for i := range ends {
		end := ends[i]
		if in.greed != lazy {
			end = ends[len(ends)-1-i]
		}
		next := spot{pc: s.pc, pos: end}
		if end == s.pos {
			next.open = s.open
		}
		if o.cost += character; in.first != nil && t.m.step(in.first, end) < 0 && in.greed != possessive {
			continue // CPython looks at what comes next, too
		}
		if o = o.then(t.from(next)); o.ok || in.greed == possessive {
			return o
		}
	}
	return o
}

// then adds what comes next.
func (o outcome) then(next outcome) outcome {
	next.cost += o.cost
	return next
}

// or tries another way where this one failed.
func (o outcome) or(other func() outcome) outcome {
	if o.ok {
		return o
	}
	return o.then(other())
}
