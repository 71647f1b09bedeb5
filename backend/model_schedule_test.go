package backend_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// schedule plays random steps against a Backend. No two steps happen at the same moment, so that
// a seed always gives the same schedule.
type schedule struct {
	*modelHistory
	rnd     *rand.Rand
	aws     *modelAWS
	b       *backend.Backend
	running sync.WaitGroup
	version int
	ids     []string
}

// play plays the schedule of a seed.
func play(t *testing.T, seed uint64) *modelHistory {
	rnd := rand.New(rand.NewPCG(seed, 13))
	h := &modelHistory{epoch: time.Now(), states: map[modelKey][]modelState{}, voids: map[modelKey][]time.Duration{}}
	s := &schedule{modelHistory: h, rnd: rnd, ids: []string{"a", "b", "c", "d", "e"}[:1+rnd.IntN(5)]}
	s.aws = &modelAWS{h: h, seed: seed, texts: map[string][]string{}, faults: map[string]modelFault{}, pace: 50 * time.Millisecond, large: map[string]bool{}, asked: map[string]uint64{}}
	h.policy, h.timeout = s.policies()
	b, err := backend.New(s.aws, backend.Config{Cache: h.policy, Timeout: h.timeout, Observe: s.observe, RotationBudget: 5 * time.Second, TryPrevious: rnd.IntN(2) == 0})
	require.NoError(t, err)
	s.b = b
	for _, id := range s.ids {
		for _, name := range []string{"airflow/connections/" + id, "airflow/connections/red--" + id, "airflow/variables/" + id} {
			if rnd.IntN(3) > 0 {
				s.aws.texts[name] = []string{s.text()}
			}
		}
	}
	for range 10 + rnd.IntN(31) {
		s.pass()
		s.step()
	}
	h.mu.Lock()
	s.aws.hang = false
	h.mu.Unlock()
	s.running.Wait()
	time.Sleep(2*h.timeout + time.Second)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.check(b)
	return h
}

// one returns one of several values.
func one[T any](s *schedule, values ...T) T { return values[s.rnd.IntN(len(values))] }

func (s *schedule) policies() (backend.CachePolicy, time.Duration) {
	p := backend.CachePolicy{On: true, Jitter: -1, Pause: one(s, 10*time.Second, time.Second, -1)}
	p.TTL = one(s, time.Minute, 15*time.Minute)
	p.NotFoundTTL = one(s, 10*time.Second, time.Minute, -1)
	p.MaxAge = one(s, time.Hour, time.Hour, 2*p.TTL, p.TTL+5*time.Second, -1)
	p.RefreshAhead = one(s, 0, 0, 20*time.Second)
	p.MaxEntries = one(s, 10_000, 10_000, 10_000, 10_000, 10_000, 2)
	return p, one(s, 15*time.Second, 15*time.Second, 4*time.Second)
}

func (s *schedule) observe(ctx context.Context, e backend.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := byOf(ctx)
	l.events = append(l.events, e)
	if e.Cache != backend.CacheRefresh {
		l.told[e.ID] = s.now()
	}
}

// some returns a duration below most.
func (s *schedule) some(most time.Duration) time.Duration {
	return 1 + time.Duration(s.rnd.Int64N(int64(most)))
}

// pass lets time pass, often until something becomes due.
func (s *schedule) pass() {
	d := s.some(300 * time.Millisecond)
	switch n := s.rnd.IntN(100); {
	case n < 45:
	case n < 65:
		d = s.some(3 * time.Second)
	case n < 85:
		d = max(d, s.due()-s.now())
	case n < 97:
		d = s.some(90 * time.Second)
	default:
		d = s.some(2 * time.Hour)
	}
	time.Sleep(d)
}

// due returns a time close to a moment at which the rules decide differently about a call.
func (s *schedule) due() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) == 0 {
		return 0
	}
	c := s.calls[max(0, len(s.calls)-1-s.rnd.IntN(4))]
	p := &s.policy
	after := one(s, p.TTL, p.TTL, p.NotFoundTTL, p.MaxAge, p.MaxAge, p.Pause, p.Pause+s.timeout, p.TTL-p.RefreshAhead)
	if s.rnd.IntN(8) == 0 {
		return c.start + s.timeout + s.some(40*time.Millisecond) - 20*time.Millisecond
	}
	return c.end + after + one(s, -1, time.Duration(1))*s.some(one(s, 1200*time.Millisecond, 20*time.Millisecond))
}

func (s *schedule) step() {
	switch n := s.rnd.IntN(100); {
	case n < 46:
		q, op := s.query(), opLookup
		if q.Name == "" && q.Kind == lookup.KindConnection && s.rnd.IntN(4) == 0 {
			op, q.Stage = opValue, "" // GetConnValue has no stage
		}
		for range 1 + max(0, s.rnd.IntN(6)-3) {
			s.start(&modelLookup{op: op, q: q})
			time.Sleep(time.Nanosecond)
		}
	case n < 52:
		q := s.query()
		s.mu.Lock()
		if n := len(s.lookups); n > 0 && s.rnd.IntN(2) == 0 && s.lookups[n-1].op < opAll {
			q = s.lookups[n-1].q
		}
		s.mu.Unlock()
		s.start(&modelLookup{op: opRefresh, q: q})
	case n < 59:
		s.invalidateOne()
	case n < 68:
		s.lookupAll()
	case n < 70:
		s.start(&modelLookup{op: opUse, q: backend.Query{ID: one(s, s.ids...), Team: one(s, "", "red")}})
	case n < 82:
		s.change()
	default:
		s.trouble()
	}
}

func (s *schedule) query() backend.Query {
	q := backend.Query{ID: one(s, s.ids...), Kind: one(s, lookup.KindConnection, lookup.KindConnection, lookup.KindVariable), Team: one(s, "", "red")}
	if s.rnd.IntN(8) == 0 {
		q.Stage = one(s, "AWSPREVIOUS", "AWSCURRENT")
	}
	if s.rnd.IntN(8) == 0 {
		q.Name = s.name()
	}
	return q
}

func (s *schedule) name() string {
	return one(s, "airflow/connections/", "airflow/connections/red--", "airflow/variables/") + one(s, s.ids...)
}

// recent often returns the name of a recent call.
func (s *schedule) recent() string {
	if n := len(s.calls); n > 0 && s.rnd.IntN(3) > 0 {
		return s.calls[max(0, n-1-s.rnd.IntN(4))].key.name
	}
	return s.name()
}

// text often returns a text that no other call returns.
func (s *schedule) text() string {
	s.version++
	switch s.rnd.IntN(10) {
	case 0:
		return ""
	case 1:
		return "{" + strconv.Itoa(s.version)
	}
	return fmt.Sprintf("postgres://u:p%d@h/db", s.version)
}

func (s *schedule) invalidateOne() {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.query()
	if n := len(s.lookups); n > 0 && s.rnd.IntN(2) == 0 {
		if l := s.lookups[max(0, n-1-s.rnd.IntN(3))]; l.op < opAll {
			q = l.q
		}
	}
	plan, _ := s.b.Plan(q)
	s.note("Invalidate %+v", q)
	s.b.Invalidate(q)
	s.invalidate(plan.Names, q.Stage)
}

func (s *schedule) change() {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.name()
	if s.rnd.IntN(4) == 0 {
		s.note("%s is deleted", name)
		delete(s.aws.texts, name)
		return
	}
	s.aws.texts[name] = append(s.aws.texts[name], s.text())
	s.note("%s is %q", name, s.aws.texts[name])
}

func (s *schedule) trouble() {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.aws
	switch n := s.rnd.IntN(20); {
	case n < 4:
		clear(a.faults)
		a.hang, a.noBatch, a.pace = false, false, 50*time.Millisecond
		s.note("AWS is well")
	case n < 8:
		name, fault := s.recent(), one(s, append(modelFaults, modelFaults[0])...)
		a.faults[name] = fault
		s.note("%s fails: %v", name, fault.reason)
	case n < 11:
		a.faults[""] = one(s, modelFaults[2:]...)
		s.note("AWS fails: %v", a.faults[""].reason)
	case n < 14:
		a.hang = !a.hang
		s.note("AWS hangs: %v", a.hang)
	case n < 18:
		a.pace = one(s, 50*time.Millisecond, time.Second, 4*time.Second, 12*time.Second)
		s.note("calls take up to %v", a.pace)
	case n < 19:
		a.noBatch = !a.noBatch
		s.note("no batch: %v", a.noBatch)
	default:
		name := s.name()
		a.large[name] = !a.large[name]
		s.note("%s is large: %v", name, a.large[name])
	}
}

func (s *schedule) lookupAll() {
	l := &modelLookup{op: opAll, q: backend.Query{Kind: one(s, lookup.KindConnection, lookup.KindConnection, lookup.KindVariable), Team: one(s, "", "red")}, leave: -1}
	for _, id := range s.ids {
		if s.rnd.IntN(4) > 0 {
			l.ids = append(l.ids, id)
		}
	}
	if s.rnd.IntN(3) == 0 {
		l.leave = s.rnd.IntN(3)
	}
	s.start(l)
}

// start begins an operation in a new goroutine.
func (s *schedule) start(l *modelLookup) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), modelByKey{}, l))
	within := one(s, 300*time.Millisecond, 3*time.Second, 20*time.Second)
	s.mu.Lock()
	l.id, l.start = len(s.lookups)+1, s.now()
	s.lookups = append(s.lookups, l)
	s.mu.Unlock()
	switch s.rnd.IntN(10) {
	case 0:
		cancel()
		d := s.some(within)
		ctx, cancel = context.WithTimeout(context.WithValue(context.Background(), modelByKey{}, l), d)
		l.ctxEnd, l.ctxGives = l.start+d, backend.TimedOut
	case 1:
		d := s.some(within)
		timer, end := time.AfterFunc(d, cancel), cancel
		cancel = func() { timer.Stop(); end() }
		l.ctxEnd, l.ctxGives = l.start+d, backend.Canceled
	case 2:
		if l.op != opAll && s.rnd.IntN(4) == 0 {
			cancel()
			l.ctxEnd, l.ctxGives, l.noMore = l.start, backend.Canceled, true
		}
	}
	l.names, l.told = s.names(l), map[string]time.Duration{}
	s.running.Go(func() {
		defer cancel()
		s.perform(ctx, l)
		s.mu.Lock()
		l.end = s.now()
		l.got.at = l.end
		s.mu.Unlock()
	})
}

func (s *schedule) names(l *modelLookup) (names []string) {
	qs := []backend.Query{l.q}
	if l.op == opAll {
		qs = nil
		for _, id := range l.ids {
			qs = append(qs, backend.Query{Kind: l.q.Kind, ID: id, Team: l.q.Team})
		}
	}
	for _, q := range qs {
		plan, _ := s.b.Plan(q)
		names = append(names, plan.Names...)
	}
	return names
}

func (s *schedule) perform(ctx context.Context, l *modelLookup) {
	switch b := s.b.Team(l.q.Team); l.op {
	case opLookup:
		if l.q.Name != "" && l.q.Stage == "" {
			l.got = gotOf(b.Secret(ctx, l.q.Name))
		} else {
			l.got = gotOf(s.b.Lookup(ctx, l.q))
		}
	case opValue:
		text, err := b.GetConnValue(ctx, l.q.ID)
		l.got = modelGot{text: text, reason: reasonOf(err)}
	case opRefresh:
		l.got = gotOf(s.b.Refresh(ctx, l.q))
	case opAll:
		for answer, err := range b.LookupAll(ctx, l.q.Kind, l.ids) {
			g := gotOf(answer, err)
			g.at = s.now()
			l.items = append(l.items, g)
			if len(l.items) == l.leave {
				l.noMore = true
				break
			}
		}
	case opUse:
		tries := 0
		err := b.UseConnection(ctx, l.q.ID, func(_ context.Context, c connuri.Connection) error {
			l.items = append(l.items, modelGot{at: s.now(), text: "postgres://u:" + c.Password.Reveal() + "@h/db"})
			if tries++; tries > l.id%4 {
				return nil
			}
			return backend.LoginRefused(errors.New("refused"))
		})
		l.got.reason = reasonOf(err)
	}
}
