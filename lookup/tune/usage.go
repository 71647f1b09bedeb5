package tune

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// Config says what a Usage counts.
type Config struct {
	// Rules say which names are ids, and of which kind; their patterns play no part. None are Airflow's defaults for all three kinds.
	Rules []lookup.Rule

	// User, if set, counts the calls of one caller only: a session name, a role, both with a slash
	// between them, or the name of a user. ACCOUNT/ may precede each, for a role that two accounts
	// have. On MWAA it is MWAASession.
	User string

	// Since and Until, where set, bound the time of the calls that are counted: from Since on, and before Until, as in
	// 2026-11-01T00:00:00Z. A call at another time, or without one, counts as OtherTimes, and still reports whether a secret is there.
	// With a text that is no such time no call is counted. A row of a query's result counts whole; one with calls on both sides of a
	// bound is an error of Read that wraps ErrIncomplete.
	Since, Until string

	// Days is how long the calls took to come together, 0 for the time from the first to the last, which counts as a day at least.
	Days float64

	// Longest is how many bytes a suggested pattern may have, 0 for 2,000. A longer one is read by nobody.
	Longest int
}

// How many names of a sort are told apart, and how long they are kept. What comes later counts as others.
const (
	maxIDs    = 100_000
	maxRows   = 10_000
	maxLabel  = 256
	maxSecret = 2048 // of AWS
)

// A Usage counts calls of GetSecretValue. It is safe for concurrent use.
type Usage struct {
	cfg   Config
	paths []path

	mu        sync.Mutex
	ids       map[idKey]*entry
	full      bool // there were more
	total     Counts
	unknown   Counts
	others    Counts
	skipped   skipped
	use       uses
	untimed   int
	pages     map[result]*pages
	pagesRead map[uint64]bool // :: sums of pages
	twice     bool            // a page was read twice
	doubts    map[string]bool // what is wrong with the results that were read
	by        struct{ principals, agents, sources, days, outside table }
}

// An entry is what is known of an id.
type entry struct {
	Counts
	exists bool
}

// missing tells an id that was asked for and never there. One that was ever denied may be there.
func (e entry) missing() bool { return e.NotFound > 0 && !e.exists && e.Denied == 0 }

// skipped counts the records that are no calls of the caller's.
type skipped struct{ foreign, broken, batches, users, times int }

// New makes an empty Usage.
func New(cfg Config) *Usage {
	if len(cfg.Rules) == 0 {
		cfg.Rules = []lookup.Rule{{Kind: lookup.KindConnection}, {Kind: lookup.KindVariable}, {Kind: lookup.KindConfig}}
	}
	return &Usage{
		cfg: cfg, paths: paths(cfg.Rules), ids: map[idKey]*entry{},
		use: uses{
			secrets: map[asking]*use{}, keys: map[keyUse]bool{}, callers: map[callerOf]bool{},
		},
	}
}

// Read counts the calls in one input, plain or gzip, in any of the forms that the package's doc names. What it takes does not grow
// with the input. Several inputs may be read at once.
//
// Broken and foreign records are counted and passed over. The error is that of the input, such as a gzip that is cut short, or
// ctx's; or it wraps io.ErrUnexpectedEOF for an object or array that is not closed at the end; or it says why there are no events in it, and what to give instead; or it wraps ErrIncomplete for half of a query's result.
// What came before is counted. The pages of a result may come in several inputs: then Report.Incomplete says in the end whether all
// of them did.
func (l *Usage) Read(ctx context.Context, r io.Reader) error {
	in := bufio.NewReaderSize(r, 16<<10)
	var text io.Reader = in
	if head, _ := in.Peek(2); string(head) == "\x1f\x8b" { // an error comes again
		zip, err := gzip.NewReader(in)
		if err != nil {
			return readError(err)
		}
		text = zip
	}
	s := &scanner{reader: &reader{log: l, names: map[string]string{}, refused: map[string]bool{}}, stream: stream{ctx: ctx, in: text}}
	s.fill()
	switch {
	case bytes.HasPrefix(s.buf, []byte("\xff\xfe")), bytes.HasPrefix(s.buf, []byte("\xfe\xff")):
		return errors.New("tune: the input is UTF-16; write it as UTF-8")
	case bytes.HasPrefix(s.buf, []byte("\xef\xbb\xbf")): // the mark of UTF-8, as Windows writes it
		s.pos = 3
	}
	s.run()
	err := s.finish(s.broken)
	switch {
	case !s.ended():
		return readError(s.err)
	case s.cut && err != nil:
		return fmt.Errorf("%w; %w", err, errCut)
	case s.cut:
		return readError(errCut)
	}
	return err
}

// errCut is what a plain text lacks that was cut short.
var errCut = fmt.Errorf("an object or array is not closed: %w", io.ErrUnexpectedEOF)

func readError(err error) error {
	return fmt.Errorf("tune: the input was not read to its end: %w", err)
}

// batch notes a call of BatchGetSecretValue.
func (l *Usage) batch(e *Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts(e) {
		l.use.addBatch(e)
	}
}

// decrypt notes the key that a secret was decrypted with.
func (l *Usage) decrypt(e *Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts(e) {
		l.use.addKey(e)
	}
}

// Add counts a call.
func (l *Usage) Add(e Event) {
	given := e.Time
	e.Time = timestamp(given)
	e.untimed = given != "" && e.Time == ""
	l.add(&e, 1, e.Time)
}

// add counts n calls that are alike, from the event's time to another.
func (l *Usage) add(e *Event, n int, last string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Exists = e.Exists || e.Outcome == Found
	c := countsOf(e, n, last)
	key, alike, ok := l.key(e)
	counted := l.counts(e)
	l.use.add(e, &c, counted, l.pathOf(e.Kind))
	if !counted {
		if l.isUser(e) {
			l.skipped.times += n
		} else {
			l.skipped.users += n
		}
		if ok && e.Exists { // who found it, and when, makes no difference
			l.exists(key.kind, key.id, alike)
		}
		return
	}

	l.total.add(&c)
	if e.untimed {
		l.untimed += n
	}
	l.by.principals.add(caller(e), &c)
	l.by.agents.add(e.Agent, &c)
	l.by.sources.add(e.Source, &c)
	if e.Time != "" {
		l.by.days.add(e.Time[:10], &c)
	}
	switch {
	case ok:
		l.addID(key, alike, e, &c)
	case e.Secret == "":
		l.unknown.add(&c)
	default:
		l.by.outside.add(label(e.Secret), &c)
	}
}

func (l *Usage) addID(key idKey, alike string, e *Event, c *Counts) {
	id := l.entry(key)
	if id == nil {
		l.others.add(c)
		return
	}
	id.add(c)
	id.exists = id.exists || e.Exists
	if e.Exists || e.Outcome == Denied {
		l.exists(key.kind, alike)
	}
}

// key finds the id of an event.
func (l *Usage) key(e *Event) (key idKey, alike string, ok bool) {
	if e.Secret == "" && e.ID == "" || len(e.Secret) > maxSecret || len(e.ID) > maxSecret {
		return idKey{}, "", false
	}
	if e.Secret == "" {
		key, ok = idKey{e.Kind, e.ID}, true
	} else {
		key, alike, ok = find(l.paths, e)
	}
	if !shown.IsID(key.id) {
		return idKey{key.kind, shown.Redacted}, "", ok
	}
	return key, alike, ok
}

// entry is that of an id; nil if there are too many.
func (l *Usage) entry(key idKey) *entry {
	id := l.ids[key]
	if id == nil {
		if len(l.ids) == maxIDs {
			l.full = true
			return nil
		}
		key.id = string([]byte(key.id)) // the text around it can go
		id = &entry{}
		l.ids[key] = id
	}
	return id
}

// exists keeps ids from being hidden, but for the empty one.
func (l *Usage) exists(kind lookup.Kind, ids ...string) {
	for _, id := range ids {
		if id == "" {
			continue
		}
		if e := l.entry(idKey{kind, id}); e != nil {
			e.exists = true
		}
	}
}

// counts reports whether a call is one of the user's in the time that is asked for.
func (l *Usage) counts(e *Event) bool {
	return l.isInTime(e.Time) && l.isUser(e)
}

func (l *Usage) isInTime(at string) bool {
	since, until := l.cfg.Since, l.cfg.Until
	if since == "" && until == "" {
		return true
	}
	isBound := func(text string) bool { return text == "" || len(text) == 20 && timestamp(text) != "" }
	return at != "" && isBound(since) && isBound(until) && at >= since && (until == "" || at < until)
}

// straddles reports whether a bound divides the time of a row's calls.
func (l *Usage) straddles(first, last string) bool {
	divides := func(bound string) bool { return first != "" && first < bound && bound <= last }
	return divides(l.cfg.Since) || divides(l.cfg.Until)
}

func (l *Usage) isUser(e *Event) bool {
	return l.cfg.User == "" || e.isBy(l.cfg.User)
}

// caller is ROLE/SESSION, or a name.
func caller(e *Event) string {
	if e.Role == "" || e.Session == "" {
		return cmp.Or(e.Role, e.Session)
	}
	return e.Role + "/" + e.Session
}

// Exists tells of ids whose secrets are there, from a list of them. No suggestion hides one.
func (l *Usage) Exists(kind lookup.Kind, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if shown.IsID(id) && len(id) <= maxSecret {
			l.exists(kind, id)
		}
	}
}

// Resolve says which id a secret is for, by its name or ARN in a list of secrets. The account of a prefix that is an ARN plays no
// part. ok is false for a name under no prefix.
func (l *Usage) Resolve(secret string) (kind lookup.Kind, id string, ok bool) {
	key, _, ok := find(named(l.paths), &Event{Secret: secret, Outcome: Found})
	return key.kind, key.id, ok
}
