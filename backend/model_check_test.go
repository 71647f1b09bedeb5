package backend_test

import (
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// grace is how much longer a lookup waits for a call whose time ends with its own.
const grace = 20 * time.Millisecond

// check compares a history with the rules. First it checks the rules that need only calls and
// results, then it compares each lookup with the reference model.
func (h *modelHistory) check(b *backend.Backend) {
	calls, stats := 0, b.Stats()
	h.evictions = stats.Evictions
	for _, c := range h.calls {
		c.vain = 1 << 62
		c.tied = c.by.op == opAll && c.reason == backend.TimedOut && c.end == c.by.end
		c.vague = slices.ContainsFunc(h.lookups, func(l *modelLookup) bool { return l.op >= opAll && l.touches(c) })
		if c.end == 0 {
			h.fail("rule 11: call %d does not end", c.id)
		}
	}
	for _, l := range h.lookups {
		calls += l.calls
		h.checkEvents(l)
		h.checkTime(l)
		got := l.items
		if l.op == opAll {
			for n := range got {
				got[n].at = l.told[l.ids[n]] // the moment at which it was looked up
			}
		}
		if l.op < opAll {
			got = append(got, l.got)
		}
		for n, g := range got {
			if c := h.callOf(l, g); c != nil && g.reason == 0 && g.text == c.text {
				h.checkText(l, c, g)
			} else if g.call != 0 {
				h.fail("rule 2: op %d has text %d of no call for it", l.id, n)
			}
		}
		if l.op == opAll {
			h.checkAll(l)
		}
	}
	if stats.Calls != uint64(calls) {
		h.fail("Stats counts %d calls and not %d", stats.Calls, calls)
	}
	if stats.Entries > h.policy.MaxEntries {
		h.fail("rule 13: %d entries", stats.Entries)
	}
	if len(h.wrong) == 0 && stats.Evictions == 0 { // evictions are random
		h.walkAll()
	}
}

// touches reports whether a lookup may have waited for a call.
func (l *modelLookup) touches(c *modelCall) bool {
	stage := c.key.stage == l.q.Stage || l.op == opUse
	return stage && slices.Contains(l.names, c.key.name) && l.start <= c.end && c.start <= l.end
}

// callOf returns the call that returned a text.
func (h *modelHistory) callOf(l *modelLookup, g modelGot) *modelCall {
	if g.call > 0 && g.call <= len(h.calls) {
		if c := h.calls[g.call-1]; c.key.stage == l.q.Stage && slices.Contains(l.names, c.key.name) {
			return c
		}
		return nil
	}
	if !strings.Contains(g.text, ":p") { // several calls return this text
		return nil
	}
	for _, c := range slices.Backward(h.calls) { // UseConnection and GetConnValue return no version
		if c.text == g.text && c.end <= g.at && slices.Contains(l.names, c.key.name) && (l.op == opUse || c.key.stage == l.q.Stage) {
			return c
		}
	}
	return nil
}

// checkText checks one text that a lookup returned.
func (h *modelHistory) checkText(l *modelLookup, c *modelCall, g modelGot) {
	if c.keep != keepText && c.keep != keepRefused || c.end > g.at {
		h.fail("rule 2: op %d has the text of call %d, which brought none by then", l.id, c.id)
	}
	if l.op == opUse {
		return // its versions share texts
	}
	e := h.entryOf(c)
	waited := c.end >= l.start
	if e == nil {
		e = &modelEntry{}
	}
	if !waited && g.at >= e.limit && l.op != opValue {
		h.fail("rule 6: op %d is handed call %d, %v old, past its limit by %v", l.id, c.id, g.at-c.end, g.at-e.limit)
	}
	if !waited && !g.stale && l.start >= e.expires && l.op < opValue {
		h.fail("rule 6: op %d is handed call %d past its time by %v, and it is not marked", l.id, c.id, l.start-e.expires)
	}
	if l.op == opRefresh && (c.start < l.start || g.stale) {
		h.fail("rule 10: the Refresh %d has call %d, which began before it", l.id, c.id)
	}
	for _, void := range h.voids[c.key] {
		if void < l.start && c.start < void && l.op != opValue {
			h.fail("rule 8: op %d has call %d, from before the Invalidate at %v", l.id, c.id, void)
		}
	}
	for _, d := range h.calls {
		if d.keep == keepForget && d.key == c.key && d.end < l.start && c.start < d.start && l.op != opValue {
			h.fail("rule 8: op %d has call %d, from before the denial of call %d", l.id, c.id, d.id)
		}
	}
}

// checkTime checks that a lookup obeyed its time limit and its context.
func (h *modelHistory) checkTime(l *modelLookup) {
	took := l.end - l.start
	most := h.timeout
	if l.op == opAll {
		most *= 2 // ids with a stale answer and the others may take turns
	}
	if l.op != opUse && took > most+grace {
		h.fail("rule 11: op %d takes %v", l.id, took)
	}
	if l.ctxEnd > 0 && l.end > l.ctxEnd+grace {
		h.fail("rule 11: op %d outlasts its context by %v", l.id, l.end-l.ctxEnd)
	}
	if l.noMore && l.op != opAll && l.calls > 0 {
		h.fail("op %d makes a call though its context has ended", l.id)
	}
	if l.got.reason == backend.Canceled && (l.ctxGives != backend.Canceled || l.end < l.ctxEnd) {
		h.fail("rule 11: op %d is Canceled by somebody else", l.id)
	}
}

// checkEvents checks rule 14.
func (h *modelHistory) checkEvents(l *modelLookup) {
	calls, lookups, ahead := 0, 0, 0
	for _, e := range l.events {
		calls += e.Calls
		if e.Cache == backend.CacheRefresh && l.op != opRefresh && l.op != opUse {
			ahead++
			continue
		}
		lookups++
		if l.op == opRefresh && e.Cache != backend.CacheRefresh {
			h.fail("rule 14: the Refresh %d is a %s", l.id, e.Cache)
		}
		if (e.Cache == backend.CacheHit && (e.Calls > 0 || e.Took > 0)) || e.Took > h.timeout+grace {
			h.fail("rule 14: op %d is a %s of %d calls in %v", l.id, e.Cache, e.Calls, e.Took)
		}
		if l.op < opAll && e.Took != l.end-l.start {
			h.fail("rule 14: op %d took %v and not %v", l.id, l.end-l.start, e.Took)
		}
		if l.op != opUse && !slices.Equal(e.Names, l.names[:min(len(e.Names), len(l.names))]) && l.op != opAll {
			h.fail("rule 14: op %d asked for %v", l.id, e.Names)
		}
	}
	if calls != l.calls {
		h.fail("rule 14: the events of op %d tell of %d calls and not %d", l.id, calls, l.calls)
	}
	if want := len(l.ids); l.op == opAll && lookups != want || l.op < opAll && lookups != 1 {
		h.fail("rule 14: op %d has %d events", l.id, lookups)
	}
}

// checkAll checks rule 9 and, for LookupAll, rule 6: during an outage it serves what Lookup
// would.
func (h *modelHistory) checkAll(l *modelLookup) {
	if l.ctxEnd == 0 && !l.noMore && len(l.items) != len(l.ids) {
		h.fail("op %d gives %d results for %d ids", l.id, len(l.items), len(l.ids))
	}
	per := len(l.names) / max(len(l.ids), 1)
	for n, g := range l.items {
		left := l.ctxEnd > 0 && g.at >= l.ctxEnd
		switch g.reason {
		case backend.Canceled:
			if !left {
				h.fail("rule 9: item %d of op %d is Canceled", n, l.id)
			}
		case backend.TimedOut, backend.Throttled, backend.Unreachable, backend.ServiceError:
			if left {
				continue
			}
			names := l.names[n*per : (n+1)*per]
			if h.evictions == 0 && h.servedAll(l, names, g.at) {
				h.fail("rule 6: item %d of op %d is %v, though all is kept for %v", n, l.id, g.reason, names)
			}
		}
	}
}

// servedAll reports whether the cache could answer for all names from the beginning of a lookup
// until a moment.
func (h *modelHistory) servedAll(l *modelLookup, names []string, until time.Duration) bool {
	for n, name := range names {
		k, absence := modelKey{name: name}, n < len(names)-1
		was, is := h.at(k, l.start-1), h.at(k, until)
		if was.entry == nil || was.entry != is.entry || !is.entry.servable(until, absence) {
			return false
		}
		if is.entry.keep == keepText {
			return true
		}
	}
	return false
}
