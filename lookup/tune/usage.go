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
	"strings"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/internal/shown"
)

// Config determines what a Usage counts.
type Config struct {
	// Rules determine which names are ids, and of which kind. Their patterns are ignored. The
	// default is Airflow's own prefixes for all three kinds.
	Rules []lookup.Rule

	// User, if set, restricts the counts to one caller: a session name, a role, ROLE/SESSION, or
	// the name of a user. Write ACCOUNT/ in front if two accounts have such a caller. On MWAA, the
	// session name is MWAASession.
	User string

	// Since and Until, if set, restrict the counts to calls at or after Since and before Until.
	// Write them as 2026-11-01T00:00:00Z; with any other form, no call counts. A call at another
	// time, or without a time, counts in Report.OtherTimes, and still shows whether a secret
	// exists. A row of a query's result counts as a whole; if it has calls on both sides of a
	// bound, Read returns an error that wraps ErrIncomplete.
	Since, Until string

	// Days is how many days the calls cover. The default is the time from the first call to the
	// last, but at least one day.
	Days float64

	// Longest is the maximum length of a suggested pattern in bytes. The default is 2,000; longer
	// patterns are unreadable.
	Longest int
}

// Limits of what is kept. Names beyond them are counted together.
const (
	maxIDs    = 100_000 // ids
	maxRows   = 10_000  // rows of any other table
	maxLabel  = 256     // bytes of a name that is kept
	maxSecret = 2048    // bytes that AWS allows for the name or ARN of a secret
)

// A Usage counts calls of GetSecretValue. It is safe for concurrent use.
type Usage struct {
	cfg   Config
	paths []path

	mu        sync.Mutex
	ids       map[idKey]*entry
	full      bool // there were more ids
	total     Counts
	unknown   Counts
	others    Counts
	skipped   skipped
	use       uses
	untimed   int
	pages     map[result]*pages
	pagesRead map[uint64]bool // the sums of the pages
	twice     bool            // a page was read twice
	doubts    map[string]bool // why results are not complete
	by        struct{ principals, agents, sources, days, outside table }
}

// An entry is what is known of an id.
type entry struct {
	Counts
	exists bool
	listed bool // by Exists, so it exists whatever its calls say
}

// missing reports whether an id was asked for and its secret does not exist. A secret that was
// denied may exist.
func (e entry) missing() bool { return e.NotFound > 0 && !e.exists && e.Denied == 0 }

// skipped counts the records that are not calls of the caller.
type skipped struct{ foreign, broken, batches, users, times int }

// New returns an empty Usage.
func New(cfg Config) *Usage {
	if len(cfg.Rules) == 0 {
		cfg.Rules = []lookup.Rule{
			{Kind: lookup.KindConnection}, {Kind: lookup.KindVariable}, {Kind: lookup.KindConfig},
		}
	}
	return &Usage{
		cfg: cfg, paths: paths(cfg.Rules), ids: map[idKey]*entry{},
		use: uses{
			secrets: map[asking]*use{}, keys: map[keyUse]bool{},
			callers: map[callerOf]callerID{}, mwaa: map[callerID]bool{},
		},
	}
}

// Read counts the calls in one input, plain or gzip, in any of the forms that the package doc
// lists. Its memory does not grow with the input. Several inputs may be read at the same time.
//
// Read skips broken and foreign records, and counts them as such. If Read returns an error, the
// calls that it counted before stay counted. The error is one of these:
//   - the error of the input, such as a truncated gzip, or of ctx
//   - one that wraps io.ErrUnexpectedEOF, if the last object, array or row is cut short
//   - one that wraps ErrNoEvents, or says what to give instead
//   - one that wraps ErrIncomplete, if a part of a query's result or of the output of lookup-events
//     is missing
//
// The pages of a result may be in several inputs. After the last one, Report.Incomplete says
// whether a page is missing.
func (l *Usage) Read(ctx context.Context, r io.Reader) error {
	text, err := unzipped(r)
	if err != nil {
		return readError(err)
	}
	s := &scanner{
		reader: &reader{log: l, names: map[string]string{}, refused: map[string]bool{}},
		stream: stream{ctx: ctx, in: text},
	}
	s.fill()
	switch {
	case bytes.HasPrefix(s.buf, []byte("\xff\xfe")), bytes.HasPrefix(s.buf, []byte("\xfe\xff")):
		return errors.New("tune: the input is UTF-16; write it as UTF-8")
	case bytes.HasPrefix(s.buf, []byte("\xef\xbb\xbf")): // the mark of UTF-8, as Windows writes it
		s.pos = 3
	}
	s.run()
	err, cut := s.finish(s.broken), s.cutShort()
	switch {
	case !s.ended():
		return readError(s.err)
	case cut != nil && err != nil:
		return fmt.Errorf("%w; %w", err, cut)
	case cut != nil:
		return readError(cut)
	}
	return err
}

// maxZips is how often an input may be compressed: Firehose compresses again what CloudWatch Logs
// has compressed.
const maxZips = 4

// unzipped returns the text of an input that may be gzip.
func unzipped(r io.Reader) (io.Reader, error) {
	for range maxZips {
		in := bufio.NewReaderSize(r, 16<<10)
		if head, _ := in.Peek(2); string(head) != "\x1f\x8b" { // an error comes again with the next read
			return in, nil
		}
		zip, err := gzip.NewReader(in)
		if err != nil {
			return nil, err
		}
		r = zip
	}
	return r, nil
}

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

// add counts n calls that are alike, the first at the time of the event.
func (l *Usage) add(e *Event, n int, last string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Exists = e.Exists || e.Outcome == Found
	c := countsOf(e, n, last)
	key, alike, ok := l.key(e)
	counted := l.counts(e)
	l.use.add(e, &c, counted, pathOf(l.paths, e.Kind))
	if !counted {
		if l.isUser(e) {
			l.skipped.times += n
		} else {
			l.skipped.users += n
		}
		if ok && e.Exists { // whoever found it, and whenever
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

// key returns the id of an event.
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

// entry returns the entry of an id, or nil if there are too many ids.
func (l *Usage) entry(key idKey) *entry {
	id := l.ids[key]
	if id == nil {
		if len(l.ids) == maxIDs {
			l.full = true
			return nil
		}
		key.id = strings.Clone(key.id) // so that the text around it can be freed
		id = &entry{}
		l.ids[key] = id
	}
	return id
}

// exists notes ids whose secrets exist, so that no suggestion hides them. It skips an empty id.
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

// counts reports whether a call is by Config.User, and between Since and Until.
func (l *Usage) counts(e *Event) bool {
	return l.isInTime(e.Time) && l.isUser(e)
}

func (l *Usage) isInTime(at string) bool {
	since, until := l.cfg.Since, l.cfg.Until
	if since == "" && until == "" {
		return true
	}
	isBound := func(text string) bool { return text == "" || isTimestamp(text) }
	return at != "" && isBound(since) && isBound(until) && at >= since && (until == "" || at < until)
}

// straddles reports whether Since or Until lies between the first and the last call of a row.
func (l *Usage) straddles(first, last string) bool {
	divides := func(bound string) bool { return first != "" && first < bound && bound <= last }
	return divides(l.cfg.Since) || divides(l.cfg.Until)
}

func (l *Usage) isUser(e *Event) bool {
	return l.cfg.User == "" || e.isBy(l.cfg.User)
}

// caller returns ROLE/SESSION, or a name.
func caller(e *Event) string {
	if e.Role == "" || e.Session == "" {
		return cmp.Or(e.Role, e.Session)
	}
	return e.Role + "/" + e.Session
}

// Exists adds ids whose secrets are known to exist, such as those from a list of secrets. No
// suggestion hides these.
func (l *Usage) Exists(kind lookup.Kind, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if shown.IsID(id) && len(id) <= maxSecret {
			l.exists(kind, id)
			if e := l.ids[idKey{kind, id}]; e != nil {
				e.listed = true
			}
		}
	}
}

// Resolve returns the id that a secret is for. It takes a name or an ARN as a list of secrets has
// it, and compares only the name in a prefix that is an ARN. ok is false for a name under no
// prefix.
func (l *Usage) Resolve(secret string) (kind lookup.Kind, id string, ok bool) {
	key, _, ok := find(named(l.paths), &Event{Secret: secret, Outcome: Found})
	return key.kind, key.id, ok
}
