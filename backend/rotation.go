package backend

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// LoginRefused marks the error of a login that was refused because of its user or
// password, so that UseConnection looks for newer ones. It returns nil for nil.
func LoginRefused(err error) error {
	if err == nil {
		return nil
	}
	return &loginRefused{err}
}

type loginRefused struct{ err error }

func (e *loginRefused) Error() string { return e.err.Error() }
func (e *loginRefused) Unwrap() error { return e.err }

// The first and the longest wait between two tries of UseConnection.
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 4 * time.Second
)

// UseConnection logs in with a connection whose password may be rotated at any time. It
// calls use with the connection, and again while use returns LoginRefused: first with
// what AWS has now, then after ever longer waits until Config.RotationBudget is spent,
// since a database and AWS learn of a new password seconds apart. With
// Config.TryPrevious it also tries each previous version once. Any other result of use
// is returned as it is.
//
// It calls use about fifteen times at most; some databases lock an account before that.
// With a cache, all callers share the calls: while logins are refused, a secret is asked for
// once a second at most, however many callers there are and whether or not AWS answers, and
// its previous version twice a minute, or once a second while AWS cannot be asked. What was
// read within that second is new enough, so a login may learn of a new password a second
// late, and of the previous version of a secret that was put back half a minute late. Logins
// that have less than a second, by the budget or the context, always ask. So does every
// login if the cache cannot keep the secret for a second, because of its TTL or MaxBytes.
//
// When the budget is spent, UseConnection returns the last error of use. If the secret is
// gone when a login is refused, it returns that error joined with Lookup's.
func (b *Backend) UseConnection(ctx context.Context, id string, use func(context.Context, connuri.Connection) error) error {
	l := login{
		q: Query{Kind: lookup.KindConnection, ID: id}, use: use, budget: b.cfg.rotationBudget(), tryPrevious: b.cfg.TryPrevious,
		lookup: b.Lookup, mark: func() any { return b.mark() },
		renew: func(ctx context.Context, q Query, mark any, current connuri.Secret) (Answer, error) {
			return b.renewForLogin(ctx, q, mark.(uint64), current, b.cfg.rotationBudget())
		},
	}
	return l.through(ctx)
}

// login is one UseConnection, of a Backend or a Chain.
type login struct {
	q           Query
	use         func(context.Context, connuri.Connection) error
	budget      time.Duration
	tryPrevious bool

	lookup func(context.Context, Query) (Answer, error)
	mark   func() any // this moment
	// renew gives what was read after a mark; current is the text of AWSCURRENT at the time.
	renew func(ctx context.Context, q Query, mark any, current connuri.Secret) (Answer, error)

	tried      []connuri.Secret // the current text and the previous one
	previousTo connuri.Secret   // the current text when the previous one was read
	err        error            // of use, at the last try
}

func (l *login) through(ctx context.Context) error {
	answer, err := l.lookup(ctx, l.q)
	if err != nil {
		return err
	}
	mark := l.mark()
	l.tried = []connuri.Secret{answer.Text, {}}
	if !l.refused(ctx, answer) {
		return l.err
	}
	end := time.Now().Add(l.budget)
	for round := 0; ; round++ {
		since := mark // what anyone has read since the last try began will do, or a second ago
		answer, err := l.renew(ctx, l.q, since, l.tried[0])
		mark = l.mark()
		switch {
		case err != nil && !isOutage(err):
			return errors.Join(l.err, err)
		case err == nil && (round > 0 || !answer.Text.Equal(l.tried[0])):
			l.tried[0] = answer.Text
			if !l.refused(ctx, answer) {
				return l.err
			}
		}
		if l.tryPrevious && !l.previousTo.Equal(l.tried[0]) && !l.previousRefused(ctx, since) {
			return l.err
		}
		left := time.Until(end)
		if left <= 0 {
			return l.err
		}
		wait := min(firstWait<<min(round, 5), longestWait)
		wait -= time.Duration(rand.Int64N(int64(wait / 4)))
		select {
		case <-time.After(min(wait, left)):
		case <-ctx.Done():
			return errors.Join(l.err, nobody.gaveUp(&l.q, nil, ctx.Err()))
		}
	}
}

// refused tries an answer. It reports whether the login was refused.
func (l *login) refused(ctx context.Context, answer Answer) bool {
	l.err = l.use(ctx, answer.Connection)
	return isRefused(l.err)
}

// previousRefused tries the version before the current one, if it was not tried yet.
func (l *login) previousRefused(ctx context.Context, since any) bool {
	q := l.q
	q.Stage = previousStage
	answer, err := l.renew(ctx, q, since, l.tried[0])
	if err == nil || !isOutage(err) {
		l.previousTo = l.tried[0]
	}
	if err != nil || answer.Text.Equal(l.tried[0]) || answer.Text.Equal(l.tried[1]) {
		return true
	}
	l.tried[1] = answer.Text
	return l.refused(ctx, answer)
}

const previousStage = "AWSPREVIOUS"

// renewPause is how long an answer is new enough for another login.
const renewPause = time.Second

// renewForLogin is renew for a login that was refused. It makes no more than one call of a
// secret in each renewPause, and one of its previous version in each previousLife for each
// current text, however many logins are refused. A failed call counts as one. A login with
// less time than renewPause has no later try that would find what this one misses.
func (b *Backend) renewForLogin(ctx context.Context, q Query, mark uint64, current connuri.Secret, budget time.Duration) (Answer, error) {
	if deadline, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(deadline))
	}
	isPrevious := q.Stage == previousStage
	if b.store == nil || !isPrevious && budget < renewPause {
		return b.renew(ctx, q, mark)
	}
	if !isPrevious {
		current = connuri.Secret{} // a failure is one whatever was read before
	}
	seen := b.latest.see(b.asTeam(q), current, b.store.Mark())
	switch {
	case seen.failed != nil:
		return Answer{}, seen.failed
	case isPrevious:
		mark = seen.mark
	default:
		mark = min(mark, b.store.RoundMark(renewPause))
	}
	answer, err := b.renew(ctx, q, mark)
	if err != nil && ctx.Err() == nil {
		b.latest.fail(b.asTeam(q), seen, err)
	}
	return answer, err
}

// previousLife is how long the previous version of a text is taken for the same one. AWS
// moves AWSPREVIOUS only together with AWSCURRENT, but a secret that is put back has its old
// text again, and another previous version.
const previousLife = 30 * time.Second

// latestTexts are the current texts that logins were refused with of late, and the failures
// to read another.
type latestTexts struct {
	most int
	seed maphash.Seed
	mu   sync.Mutex
	of   map[Query]latestText
}

type latestText struct {
	sum         uint64    // of the text, which is not kept itself
	mark        uint64    // of when it was first seen
	began       time.Time // when that was
	failed      error     // of the last call, nil if it is to be made again
	failedUntil time.Time
}

// see returns when a text was first seen as the current one, which is now if it was not
// within previousLife.
func (l *latestTexts) see(q Query, text connuri.Secret, mark uint64) latestText {
	sum, now := maphash.String(l.seed, text.Reveal()), time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen, ok := l.of[q]; ok && seen.sum == sum && now.Sub(seen.began) < previousLife {
		if !now.Before(seen.failedUntil) {
			seen.failed = nil
		}
		return seen
	}
	if len(l.of) >= l.most {
		clear(l.of)
	}
	seen := latestText{sum: sum, mark: mark, began: now}
	l.of[q] = seen
	return seen
}

// fail remembers that a call for a text has failed: an outage for renewPause, anything else
// as long as the text.
func (l *latestTexts) fail(q Query, seen latestText, err error) {
	until := seen.began.Add(previousLife)
	if q.Stage != previousStage || isOutage(err) {
		until = time.Now().Add(renewPause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, ok := l.of[q]; ok && now.sum == seen.sum && now.mark == seen.mark {
		now.failed, now.failedUntil = err, until
		l.of[q] = now
	}
}

// forget forgets all of them.
func (l *latestTexts) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.of)
}

func (c *Config) rotationBudget() time.Duration { return cmp.Or(c.RotationBudget, 30*time.Second) }

func isRefused(err error) bool {
	_, ok := errors.AsType[*loginRefused](err)
	return ok
}

func isOutage(err error) bool {
	failed, ok := errors.AsType[*LookupError](err)
	return ok && failed.Reason.traits().keep == store.Outage
}
