package backend_test

import (
	"slices"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// modelWalk is a lookup in the reference model. It follows the rules through the names of a
// query, given the calls and their outcomes.
type modelWalk struct {
	h        *modelHistory
	l        *modelLookup
	n        int // the index of the current name
	now      time.Duration
	limit    time.Duration // when its time is up
	patience time.Duration
	waited   bool
	stale    bool // an expired entry was used
	want     modelGot
	why      backend.Reason
	lost     bool // the model cannot follow the lookup
	done     bool
}

// walkAll walks all lookups at the same time, since they learn from each other that a call hangs.
func (h *modelHistory) walkAll() {
	var walks []*modelWalk
	for _, l := range h.lookups {
		if l.op < opAll && !l.noMore {
			w := &modelWalk{h: h, l: l, now: l.start, limit: l.start + h.timeout, patience: time.Second}
			if l.ctxEnd > 0 {
				w.limit = min(w.limit, l.ctxEnd)
			}
			walks = append(walks, w)
		}
	}
	for range 100_000 {
		var next *modelWalk
		for _, w := range walks {
			if !w.done && (next == nil || w.now < next.now) {
				next = w
			}
		}
		if next == nil {
			break
		}
		if next.l.op == opRefresh {
			next.refresh()
		} else {
			next.step()
		}
	}
	for _, w := range walks {
		w.compare()
	}
}

// compare compares the real result with that of the model.
func (w *modelWalk) compare() {
	l, want := w.l, w.want
	if w.lost {
		return
	}
	got := l.got
	if l.op == opValue { // GetConnValue returns neither
		want.call, want.stale = 0, false
	}
	if got != want {
		w.h.fail("op %d has %+v and not %+v", l.id, got, want)
		return
	}
	e := l.events[slices.IndexFunc(l.events, func(e backend.Event) bool { return e.Cache != backend.CacheRefresh || l.op == opRefresh })]
	cache := backend.CacheHit
	switch {
	case l.op == opRefresh:
		cache = backend.CacheRefresh
	case w.stale:
		cache = backend.CacheStale
	case w.waited:
		cache = backend.CacheMiss
	}
	if e.Cache != cache || len(e.Names) != w.n+1 {
		w.h.fail("rule 14: op %d is a %s that asked for %v, and not a %s for %d names", l.id, e.Cache, e.Names, cache, w.n+1)
	}
}

func (w *modelWalk) key() modelKey { return modelKey{w.l.names[w.n], w.l.q.Stage} }

func (w *modelWalk) absence() bool { return w.n < len(w.l.names)-1 }

// step asks for one name at one moment, by rules 3 to 8.
func (w *modelWalk) step() {
	h, p := w.h, &w.h.policy
	s := h.at(w.key(), w.now)
	e := s.entry
	if s.failed != nil && s.failed.tied {
		w.lose()
		return
	}
	paused := s.failed != nil && w.now < s.failed.end+max(p.Pause, 0)
	serves := e.servable(w.now, w.absence())
	soft := e != nil && w.now >= e.soft && (e.keep != keepAbsent || w.absence())
	switch {
	case e != nil && w.now < e.expires:
		if soft && !paused && s.air == nil && !h.landsAt(w.key(), w.now) {
			h.fail("rule 5: op %d refreshes nothing ahead", w.l.id)
		}
		w.use(e.call, false)
		return
	case paused && serves:
		w.use(e.call, true)
		return
	case paused && e != nil:
		w.fails(s.failed.reason)
		return
	case s.air == nil && w.now >= w.limit: // no call begins any more
		w.expire(s)
		return
	case s.air == nil && h.landsAt(w.key(), w.now): // the call may still have been in progress when this lookup asked
		w.lose()
		return
	case s.air == nil:
		h.fail("rule 3: op %d asks for %v at %v without a call", w.l.id, w.key(), w.now)
		w.done = true
		return
	}
	c := s.air
	known := c.vain <= w.now || s.failed != nil && w.now < s.failed.end+max(p.Pause, 0)+h.timeout
	switch {
	case serves && known:
		w.use(e.call, true)
	case serves && c.vague:
		w.lose()
	case serves:
		w.waitStale(c, e)
	default:
		w.wait(c, s.epoch)
	}
}

// lose stops following a lookup. Nobody can know any more what it has waited for.
func (w *modelWalk) lose() {
	w.lost, w.done = true, true
	for _, c := range w.h.calls {
		c.vague = c.vague || w.l.touches(c)
	}
}

// waitStale waits for a call while a stale answer is available, by rule 7.
func (w *modelWalk) waitStale(c *modelCall, e *modelEntry) {
	w.waited = true
	end := w.now + w.patience
	epoch := w.h.at(w.key(), w.now).epoch
	switch {
	case c.end <= min(end, w.limit+grace):
		w.patience -= c.end - w.now
		w.wait(c, epoch)
	case end < w.limit:
		w.patience, w.now = 0, end
		if c.vain = min(c.vain, end); e.servable(end, w.absence()) {
			w.use(e.call, true)
			return
		}
		w.wait(c, epoch)
	default:
		w.wait(c, epoch)
	}
}

// wait waits for a call and takes its outcome.
func (w *modelWalk) wait(c *modelCall, epoch int) {
	w.waited = true
	if !w.landed(c) {
		return
	}
	s := w.h.at(w.key(), w.now)
	switch {
	case c.keep == keepNothing: // ask again
	case c.keep == keepOutage && s.epoch == epoch && s.entry.servable(w.now, w.absence()):
		w.use(s.entry.call, w.now >= s.entry.expires)
	default:
		w.takes(c)
	}
}

// landed waits until a call has ended. If the time of the lookup is up first, the lookup ends.
func (w *modelWalk) landed(c *modelCall) bool {
	limit := max(w.limit, w.now)
	canceled := w.limit == w.l.ctxEnd && w.l.ctxGives == backend.Canceled
	if !canceled && c.start+w.h.timeout-limit <= grace { // the time of the call is up as well
		limit += grace
	}
	if c.end <= limit && c.tied {
		w.lose()
		return false
	}
	if c.end <= limit {
		w.now = c.end
		return true
	}
	w.now = limit
	w.expire(w.h.at(w.key(), w.now))
	return false
}

// expire ends a lookup whose time is up, by rules 6 and 11.
func (w *modelWalk) expire(s modelState) {
	switch {
	case w.l.ctxEnd > 0 && w.now >= w.l.ctxEnd:
		w.end(modelGot{reason: w.l.ctxGives})
	case w.l.op != opRefresh && s.entry.servable(w.now, w.absence()):
		w.use(s.entry.call, w.now >= s.entry.expires)
	default:
		w.end(modelGot{reason: backend.TimedOut})
	}
}

// use takes the cached outcome of a call.
func (w *modelWalk) use(c *modelCall, stale bool) {
	w.stale = w.stale || stale
	w.takes(c)
}

// takes takes the outcome of a call, by rules 2 and 4.
func (w *modelWalk) takes(c *modelCall) {
	if c.reason != 0 {
		w.fails(c.reason)
		return
	}
	if reason := refuses(w.l.q, w.l.op, c.text); reason != 0 {
		w.end(modelGot{reason: reason})
		return
	}
	w.end(modelGot{text: c.text, call: c.id, stale: w.stale})
}

// fails continues with the next name, or ends the lookup.
func (w *modelWalk) fails(reason backend.Reason) {
	swallowed := (&backend.LookupError{Reason: reason}).Swallowed()
	if !swallowed || w.why == 0 || w.why == backend.NoSecret {
		w.why = reason
	}
	if swallowed && w.absence() {
		w.n++
		return
	}
	w.end(modelGot{reason: w.why})
}

func (w *modelWalk) end(got modelGot) {
	w.want, w.done = got, true
	w.want.at = w.now
}

// refresh asks for one name in a Refresh, by rule 10.
func (w *modelWalk) refresh() {
	s := w.h.at(w.key(), w.now)
	if s.failed != nil && s.failed.tied {
		w.lose()
		return
	}
	if e := s.entry; e != nil && e.call.start >= w.l.start && s.failed == nil && w.now < e.expires {
		w.takes(e.call)
		return
	}
	c := s.air
	if c != nil && c.start < w.l.start {
		if !w.landed(c) {
			return
		}
		c = w.h.at(w.key(), w.now).air
	}
	if c == nil && w.now >= w.limit {
		w.expire(s)
		return
	}
	if c == nil {
		w.h.fail("rule 10: the Refresh %d makes no call for %v at %v", w.l.id, w.key(), w.now)
		w.done = true
		return
	}
	if w.landed(c) && c.keep != keepNothing {
		w.takes(c)
	}
}
