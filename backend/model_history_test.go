package backend_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// modelKey identifies an entry of the cache, by rule 1.
type modelKey struct{ name, stage string }

// modelKeep says what the rules do with the outcome of a call.
type modelKeep uint8

const (
	keepNothing modelKeep = iota // the call was cut, or a batch says nothing about the key
	keepText
	keepAbsent
	keepRefused // a text that is kept as long as a miss
	keepForget
	keepOutage
)

// modelCall is one call of the client for one key. Each member of a batch is one.
type modelCall struct {
	id     int // also the VersionID of the text
	key    modelKey
	by     *modelLookup
	start  time.Duration
	end    time.Duration // 0 while the call is in progress
	keep   modelKeep
	reason backend.Reason
	text   string

	vain  time.Duration // when a lookup first spent its patience on it
	vague bool          // a lookup that the model cannot follow may have done so earlier
	tied  bool          // its time was up when its loop was left, so it is an outage or nothing
}

// modelEntry is the entry of a key.
type modelEntry struct {
	call                 *modelCall
	keep                 modelKeep
	expires, soft, limit time.Duration
}

func (e *modelEntry) servable(now time.Duration, absence bool) bool {
	return e != nil && now < e.limit && (e.keep == keepText || e.keep == keepAbsent && absence)
}

// modelState is the state of a key from a moment on.
type modelState struct {
	from   time.Duration
	entry  *modelEntry
	failed *modelCall // the last call, if it failed as an outage
	air    *modelCall
	epoch  int // the number of invalidations
}

// The operations.
type modelOp uint8

const (
	opLookup modelOp = iota
	opValue          // GetConnValue
	opRefresh
	opAll
	opUse
)

// modelLookup is one operation of the schedule and its result.
type modelLookup struct {
	id       int
	op       modelOp
	q        backend.Query
	names    []string
	start    time.Duration
	end      time.Duration
	ctxEnd   time.Duration // 0 means never
	ctxGives backend.Reason
	got      modelGot
	events   []backend.Event
	told     map[string]time.Duration // by id: when the event of its lookup arrived

	ids    []string // the ids of LookupAll
	items  []modelGot
	leave  int // the number of items after which the loop is left; -1 means never
	noMore bool
	calls  int // the number of calls of the client
}

// modelGot is the result of a lookup.
type modelGot struct {
	at     time.Duration
	text   string
	call   int // the call that returned the text; 0 if it is unknown
	stale  bool
	reason backend.Reason
}

func gotOf(answer backend.Answer, err error) modelGot {
	call, _ := strconv.Atoi(answer.VersionID)
	return modelGot{text: answer.Text.Reveal(), call: call, stale: answer.Stale, reason: reasonOf(err)}
}

// modelHistory records a schedule and the states of each key.
type modelHistory struct {
	mu      sync.Mutex
	epoch   time.Time
	policy  backend.CachePolicy
	timeout time.Duration
	states  map[modelKey][]modelState
	voids   map[modelKey][]time.Duration // when the key was invalidated
	calls   []*modelCall
	lookups []*modelLookup
	notes   []string
	wrong   []string

	evictions uint64
}

func (h *modelHistory) now() time.Duration { return time.Since(h.epoch) }

func (h *modelHistory) fail(format string, args ...any) {
	h.wrong = append(h.wrong, fmt.Sprintf(format, args...))
}

func (h *modelHistory) note(format string, args ...any) {
	h.notes = append(h.notes, fmt.Sprintf("%15v  ", h.now())+fmt.Sprintf(format, args...))
}

// at returns the state of a key at a moment, after everything that happened then.
func (h *modelHistory) at(k modelKey, t time.Duration) modelState {
	states := h.states[k]
	for i := len(states) - 1; i >= 0; i-- {
		if states[i].from <= t {
			return states[i]
		}
	}
	return modelState{}
}

// landsAt reports whether a call for a key ends at a moment.
func (h *modelHistory) landsAt(k modelKey, t time.Duration) bool {
	return slices.ContainsFunc(h.calls, func(c *modelCall) bool { return c.key == k && c.end == t })
}

func (h *modelHistory) latest(k modelKey) modelState { return h.at(k, 1<<62) }

func (h *modelHistory) set(k modelKey, s modelState) {
	s.from = h.now()
	h.states[k] = append(h.states[k], s)
}

// begin records a call. By rule 8 there is one at a time for a key.
func (h *modelHistory) begin(k modelKey, by *modelLookup) *modelCall {
	c := &modelCall{id: len(h.calls) + 1, key: k, by: by, start: h.now()}
	h.calls = append(h.calls, c)
	s := h.latest(k)
	if s.air != nil {
		h.fail("rule 8: call %d for %v begins while call %d is in the air", c.id, k, s.air.id)
	}
	s.air = c
	h.set(k, s)
	return c
}

// land records the end of a call and keeps its outcome as the rules say.
func (h *modelHistory) land(c *modelCall) {
	c.end = h.now()
	s := h.latest(c.key)
	if s.air != c {
		return // detached by an Invalidate
	}
	s.air = nil
	switch c.keep {
	case keepNothing:
	case keepForget:
		s.entry, s.failed = nil, nil
	case keepOutage:
		if s.failed = c; s.entry == nil {
			s.failed = nil
		}
	default:
		s.entry, s.failed = h.entryOf(c), nil
	}
	h.set(c.key, s)
}

func (h *modelHistory) entryOf(c *modelCall) *modelEntry {
	e := &modelEntry{call: c, keep: c.keep}
	ttl := h.policy.TTL
	if c.keep != keepText {
		ttl = max(h.policy.NotFoundTTL, 0)
	}
	e.expires = c.end + ttl
	e.soft, e.limit = e.expires, e.expires
	switch c.keep {
	case keepText:
		e.soft = e.expires - h.policy.RefreshAhead
		e.limit = max(c.end+h.policy.MaxAge, e.expires)
	case keepAbsent:
		e.soft = e.expires - min(h.policy.RefreshAhead, ttl/2)
		e.limit = max(c.end+h.policy.MaxAge, e.expires)
	}
	if e.expires <= c.end && !e.servable(c.end, c.by.absence(c.key.name)) {
		return nil
	}
	return e
}

// absence reports whether a miss of name is an answer for a lookup, by rule 5.
func (l *modelLookup) absence(name string) bool {
	return l.q.Name == "" && l.q.Team != "" && strings.Contains(name, l.q.Team+"--")
}

func (h *modelHistory) invalidate(names []string, stage string) {
	for _, name := range names {
		k := modelKey{name, stage}
		h.set(k, modelState{epoch: h.latest(k).epoch + 1})
		h.voids[k] = append(h.voids[k], h.now())
	}
}

// refuses returns why the reading of a query refuses a text.
func refuses(q backend.Query, op modelOp, text string) backend.Reason {
	switch {
	case q.Name != "" || q.Kind != lookup.KindConnection:
		return 0
	case text == "" && op != opValue:
		return backend.EmptyConnection
	case strings.HasPrefix(text, "{"):
		return backend.Malformed
	}
	return 0
}

// dump describes the schedule for a reader.
func (h *modelHistory) dump() string {
	lines := slices.Clone(h.notes)
	for _, c := range h.calls {
		lines = append(lines, fmt.Sprintf("%15v  call %d for %v begins, for op %d", c.start, c.id, c.key, c.by.id),
			fmt.Sprintf("%15v  call %d for %v lands: keep %d, %q, %v", c.end, c.id, c.key, c.keep, c.text, c.reason))
	}
	for _, l := range h.lookups {
		lines = append(lines, fmt.Sprintf("%15v  op %d begins: kind %d, %+v %v, leaves at %v", l.start, l.id, l.op, l.q, l.ids, l.ctxEnd))
		for _, g := range append([]modelGot{l.got}, l.items...) {
			lines = append(lines, fmt.Sprintf("%15v  op %d ends: %+v", max(g.at, l.end), l.id, g))
		}
	}
	moment := func(line string) time.Duration {
		d, _ := time.ParseDuration(strings.Fields(line)[0])
		return d
	}
	slices.SortStableFunc(lines, func(a, b string) int { return int(moment(a) - moment(b)) })
	return strings.Join(lines, "\n")
}
