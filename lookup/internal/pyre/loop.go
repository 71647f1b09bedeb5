package pyre

// Loops follow CPython in what an iteration that takes nothing does: it counts, what it captured
// stays, and no further iteration is tried after it. The iterations that a lower bound demands are
// exempt: they may all take nothing, and one more is tried after them.

func (e *emitter) repeat(n *node) {
	r, body := n.repeat, n.kids[0]
	if s := body.single(!e.recalls); s != nil {
		in := instruction{op: opRepeatOne, set: s, min: r.min, max: r.max, greed: r.greed}
		if r.min == r.max {
			in.greed = possessive // nothing to give back
		}
		if in.greed == possessive {
			e.add(in)
		} else {
			e.addChoice(in)
		}
		return
	}
	if r.greed == possessive {
		// Atomic per iteration, not as a whole: (?:a|ab){2}+c fails on "abac". The outer group keeps
		// the number of iterations, the inner one the way each was matched.
		r.greed = greedy
		e.enclosed(instruction{op: opAtomic}, func() { e.loop(newAtomic(body), r) })
		return
	}
	e.loop(body, r)
}

func (e *emitter) loop(body *node, r repeat) {
	if e.counts && r.max > 1 && (r.min > 1 || r.max != unbounded) {
		e.counted(body, r)
		return
	}
	if r.max == unbounded {
		for i := uint64(1); i < r.min; i++ {
			e.node(body)
		}
		e.unbounded(body, r)
		return
	}
	for range r.min {
		e.node(body)
	}
	e.optional(body, r)
}

// unbounded emits the part of a loop that goes on and on; its first iteration is a must unless min
// is 0.
//
// The first iteration of + is exempt from the test of progress, and so begins unmarked. Whether it
// is can be seen only by asking what a group matched. Where nobody asks it is marked like the
// others, since the memory of failures needs the marks of nested loops to stand in order.
func (e *emitter) unbounded(body *node, r repeat) {
	split := -1
	if r.min == 0 {
		split = e.addChoice(instruction{op: opSplit, greed: r.greed})
	}
	register, skip := e.next, -1
	testing := body.lo == 0
	if testing && r.min > 0 && e.recalls {
		e.add(instruction{op: opUnmark, register: register})
		skip = e.add(instruction{op: opJump})
	}
	again := len(e.code)
	progress := e.iteration(body, register, testing, skip)
	if split >= 0 {
		e.code[e.add(instruction{op: opJump})].other = split
		e.land(split)
	} else {
		e.again(again, r.greed)
	}
	if progress >= 0 {
		e.land(progress)
	}
}

// again emits a split back to the body: greedy tries that first, lazy last.
func (e *emitter) again(body int, g greed) {
	split := e.addChoice(instruction{op: opSplit, greed: g})
	back := e.add(instruction{op: opJump})
	e.code[back].other = body
	e.land(split)
}

// iteration emits a body between a mark and the test that it took something. It returns the place
// of the test.
func (e *emitter) iteration(body *node, register int32, testing bool, skip int) (progress int) {
	if !testing {
		e.node(body)
		return -1
	}
	e.add(instruction{op: opMark, register: register})
	if skip >= 0 {
		e.land(skip)
	}
	e.next++
	e.most = max(e.most, e.next)
	e.node(body)
	e.next--
	return e.add(instruction{op: opProgress, register: register})
}

// optional emits the iterations between the bounds, each within the one before.
func (e *emitter) optional(body *node, r repeat) {
	var ends []int
	for i := r.min; i < r.max; i++ {
		ends = append(ends, e.addChoice(instruction{op: opSplit, greed: r.greed}))
		testing := body.lo == 0 && i+1 < r.max
		if end := e.iteration(body, e.next, testing, -1); end >= 0 {
			ends = append(ends, end)
		}
	}
	e.land(ends...)
}

// counted emits a loop that counts as it runs: one register for the iterations, one for where the
// last began.
func (e *emitter) counted(body *node, r repeat) {
	e.counting = true
	register := e.next
	e.next += 2
	e.most = max(e.most, e.next)
	e.add(instruction{op: opUnmark, register: register})
	e.add(instruction{op: opUnmark, register: register + 1})
	count := e.add(instruction{op: opCount, register: register, min: r.min, max: r.max, greed: r.greed})
	e.add(instruction{op: opIteration, register: register})
	e.node(body)
	e.code[e.add(instruction{op: opJump})].other = count
	e.land(count)
	e.next -= 2
}
